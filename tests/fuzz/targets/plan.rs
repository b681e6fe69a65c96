//! A plan as JSON of arbitrary bytes, in every encoding: alone, with a saved plan, with a directory.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tickmark::iac::plan::{Sources, before, looks_like, read};

static SAVED: &[u8] = include_bytes!("../../fixtures/plan/estate/tfplan");
static MAIN: &[u8] = include_bytes!("../../fixtures/plan/estate/main.tf");
static DIRECTORY: LazyLock<&'static Path> = LazyLock::new(|| tickmark_fuzz::write(MAIN));

/// The last byte says in which form the rest is given; the end of a line is UTF-8 beside a saved plan.
fn encoded(form: u8, rest: &[u8]) -> Vec<u8> {
    let text = || String::from_utf8_lossy(rest);
    let wide =
        |mark: [u8; 2], of: fn(u16) -> [u8; 2]| mark.into_iter().chain(text().encode_utf16().flat_map(of)).collect();
    match form & 0x0f {
        1 => wide([0xff, 0xfe], u16::to_le_bytes),
        2 => wide([0xfe, 0xff], u16::to_be_bytes),
        3 => [&[0xef, 0xbb, 0xbf], rest].concat(),
        4 => text().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => rest.to_vec(),
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((form, rest)) = input.split_last() else { return };
    let bytes = encoded(*form, rest);
    let directory = Sources::Directory { path: *DIRECTORY, shown: "code" };
    let saved = Sources::Saved { shown: "tfplan", bytes: SAVED };
    let sources = match form >> 6 {
        0 => Some(&saved),
        1 => Some(&directory),
        _ => None,
    };
    std::hint::black_box(looks_like(&bytes));
    let code = read("plan.json", &bytes, sources);
    tickmark_fuzz::judge(&before(&code));
    tickmark_fuzz::judge(&code);
});
