//! The demo's tapes, one a service, are in the binary.

use std::path::Path;
use std::{env, fs};

/// Writes the expression `&[&[u8], …]` of every `tests/estates/<service>/demo.tape`, by service.
pub(crate) fn list() {
    // A new tape comes with a new collector.
    println!("cargo::rerun-if-changed=src/collect/aws");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let estates = Path::new(&root).join("tests/estates");
    let mut tapes: Vec<_> = fs::read_dir(&estates)
        .unwrap_or_else(|error| panic!("read {}: {error}", estates.display()))
        .map(|entry| entry.expect("a folder is read to its end").path().join("demo.tape"))
        .filter(|tape| tape.exists())
        .collect();
    tapes.sort();
    let mut code = String::from("&[\n");
    for tape in tapes {
        println!("cargo::rerun-if-changed={}", tape.display());
        let file = tape.to_str().expect("the folder has a name in UTF-8");
        code.push_str(&format!("    include_bytes!({file:?}),\n"));
    }
    code.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join("demo_tapes.rs"), code).expect("write the list of the demo's tapes");
}
