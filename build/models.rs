//! The models of AWS's APIs are in the binary, as they are in the repository.

use std::path::Path;
use std::{env, fs};

/// Writes the expression `&[(name, text), …]` of every `src/collect/api/models/<name>.json`, by name.
pub(crate) fn list() {
    println!("cargo::rerun-if-changed=src/collect/api/models");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let folder = Path::new(&root).join("src/collect/api/models");
    let mut models: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("read {}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder is read to its end").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    models.sort();
    let mut code = String::from("&[\n");
    for model in models {
        let name = model.file_stem().and_then(|name| name.to_str()).expect("a file of a model has a name in ASCII");
        let file = model.to_str().expect("the folder has a name in UTF-8");
        code.push_str(&format!("    ({name:?}, include_str!({file:?})),\n"));
    }
    code.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join("models.rs"), code).expect("write the list of the models");
}
