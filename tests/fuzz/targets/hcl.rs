//! Terraform configuration: a root module, values of its variables and a module that it may call, of
//! arbitrary bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tickmark::iac::terraform::{Options, read};

fuzz_target!(|input: &[u8]| {
    let directory = tickmark_fuzz::write(input);
    tickmark_fuzz::judge(&read(directory, "code", &Options::default()));
});
