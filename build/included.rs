//! Files of the repository that are in the binary as they are: models of AWS's APIs, and tapes of the demo.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Writes the expression `&[(name, text), …]` of every `src/collect/api/models/<name>.json`, by name.
pub(crate) fn models() {
    println!("cargo::rerun-if-changed=src/collect/api/models");
    let files = entries("src/collect/api/models");
    let models = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    write("models.rs", models.map(|model| format!("({:?}, include_str!({:?}))", stem(model), text(model))));
}

/// Writes the expression `&[&[u8], …]` of every `tests/estates/<service>/demo.tape`, by service.
pub(crate) fn tapes() {
    // A new tape comes with a new collector.
    println!("cargo::rerun-if-changed=src/collect/aws");
    let tapes = entries("tests/estates").into_iter().map(|service| service.join("demo.tape"));
    let tapes: Vec<_> = tapes.filter(|tape| tape.exists()).collect();
    for tape in &tapes {
        println!("cargo::rerun-if-changed={}", tape.display());
    }
    write("demo_tapes.rs", tapes.iter().map(|tape| format!("include_bytes!({:?})", text(tape))));
}

/// What is in a folder of the package, in order.
fn entries(folder: &str) -> Vec<PathBuf> {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let folder = Path::new(&root).join(folder);
    let listed = fs::read_dir(&folder).unwrap_or_else(|error| panic!("read {}: {error}", folder.display()));
    let mut entries: Vec<_> = listed.map(|entry| entry.expect("a folder is read to its end").path()).collect();
    entries.sort();
    entries
}

fn stem(file: &Path) -> &str {
    file.file_stem().and_then(|name| name.to_str()).expect("a file has a name in UTF-8")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the folder has a name in UTF-8")
}

/// Writes a slice of these expressions.
fn write(name: &str, items: impl Iterator<Item = String>) {
    let code = format!("&[\n    {}\n]\n", items.collect::<Vec<_>>().join(",\n    "));
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join(name), code).unwrap_or_else(|error| panic!("write {name}: {error}"));
}
