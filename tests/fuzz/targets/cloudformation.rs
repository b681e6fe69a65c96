//! `CloudFormation` templates of arbitrary bytes, YAML and JSON, alone and with one that is nested.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tickmark::iac::cloudformation::{Options, looks_like, read, read_all};

/// Between two templates.
const BETWEEN: &[u8] = b"\n#== nested\n";

fuzz_target!(|input: &[u8]| {
    let mut options = Options::default();
    options.parameters.insert("Stage".to_owned(), "prod".to_owned());
    let text = String::from_utf8_lossy(input);
    for extension in ["yaml", "json"] {
        std::hint::black_box(looks_like(&text, extension));
    }
    let code = match input.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        Some(at) => {
            let nested = input[at + BETWEEN.len()..].to_vec();
            read_all(&[("a.yaml".to_owned(), input[..at].to_vec()), ("nested.yaml".to_owned(), nested)], &options)
        }
        None if input.trim_ascii_start().starts_with(b"{") => read("a.json", input, &options),
        None => read("a.yaml", input, &options),
    };
    tickmark_fuzz::judge(&code);
});
