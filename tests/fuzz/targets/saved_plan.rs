//! A saved plan file beside a plan as JSON that is well formed: arbitrary bytes, or an archive that holds
//! arbitrary sources.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tickmark::iac::plan::{Sources, is_saved, read};

static PLAN: &[u8] = include_bytes!("../seeds/plan/small.json");

/// An archive of stored files, as the lines `#== NAME` of the input divide it.
fn archive(input: &[u8]) -> Vec<u8> {
    let mut files: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match (line.strip_prefix(b"#== "), files.last_mut()) {
            (Some(name), _) => files.push((name.trim_ascii_end(), Vec::new())),
            (None, Some((_, content))) => content.extend_from_slice(line),
            (None, None) => {}
        }
    }
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in &files {
        let length = u32::try_from(content.len()).expect("a short file").to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let name = &name[..usize::from(name_length)];
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend(checksum(content).to_le_bytes());
        common.extend(length);
        common.extend(length);
        common.extend(name_length.to_le_bytes());
        common.extend([0, 0]);
        let offset = u32::try_from(zip.len()).expect("a short archive");
        zip.extend(b"PK\x03\x04");
        zip.extend(&common);
        zip.extend(name);
        zip.extend(content);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name);
    }
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX).to_le_bytes();
    let offset = u32::try_from(zip.len()).expect("a short archive").to_le_bytes();
    let length = u32::try_from(directory.len()).expect("a short directory").to_le_bytes();
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count);
    zip.extend(count);
    zip.extend(length);
    zip.extend(offset);
    zip.extend([0, 0]);
    zip
}

/// CRC-32 as archives have it.
fn checksum(content: &[u8]) -> u32 {
    !content.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

fuzz_target!(|input: &[u8]| {
    let made;
    let bytes = if input.starts_with(b"#== ") {
        made = archive(input);
        &made[..]
    } else {
        input
    };
    std::hint::black_box(is_saved(bytes));
    tickmark_fuzz::judge(&read("plan.json", PLAN, Some(&Sources::Saved { shown: "tfplan", bytes })));
});
