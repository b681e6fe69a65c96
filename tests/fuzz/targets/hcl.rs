//! Terraform configuration: a root module, values of its variables and a module that it may call, of
//! arbitrary bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tickmark::iac::terraform::{Limits, Options, read};

fuzz_target!(|input: &[u8]| {
    // With the limits of the program one input could take seconds, and few would be tried.
    let limits = Limits { steps: 300_000, instances: 1_000, ..Limits::default() };
    let directory = tickmark_fuzz::write(input);
    tickmark_fuzz::judge(&read(directory, "code", &Options { limits, ..Options::default() }));
});
