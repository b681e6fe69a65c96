//! Writes what was read as the files that the program includes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::iac::mapping::language::Compiled;

/// Packs everything.
///
/// # Errors
///
/// Everything that is wrong with the files, a line each.
pub(crate) fn all() -> Result<(), Vec<String>> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to write"));
    mappings(&out)
}

fn mappings(out: &Path) -> Result<(), Vec<String>> {
    let folder = Path::new("src/iac/mapping/types");
    let files = files(folder);
    let named: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let compiled = Compiled::of(&named).map_err(|wrong| {
        let line = |error: &crate::iac::mapping::language::MappingError| {
            format!("{}/{}: {}", folder.display(), error.file, error.message)
        };
        wrong.iter().map(line).collect::<Vec<_>>()
    })?;
    let mut code = String::from("pub(super) static TYPES: &[(&str, &str)] = &[\n");
    for (name, mapping) in &compiled.types {
        writeln!(code, "    ({name:?}, {}),", packed(out, &name.replace("::", "-"), mapping))
            .expect("writing to a String cannot fail");
    }
    code.push_str("];\npub(super) static KINDS: &[(&str, &[usize])] = &[\n");
    for (kind, types) in compiled.kinds() {
        writeln!(code, "    ({kind:?}, &{types:?}),").expect("writing to a String cannot fail");
    }
    writeln!(code, "];\npub(super) static SHARED: &str = {};", packed(out, "mappings", &compiled.shared))
        .expect("writing to a String cannot fail");
    write(&out.join("mappings.rs"), &code);
    Ok(())
}

/// Writes a value as JSON; gives the expression that includes it.
fn packed(out: &Path, name: &str, value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("what is packed has a form in JSON");
    write(&out.join(format!("{name}.json")), &json);
    format!("include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}.json\"))")
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("could not write {}: {error}", path.display()));
}

/// The YAML files below a folder, by their path from there, in order.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries =
            std::fs::read_dir(&next).unwrap_or_else(|error| panic!("could not list {}: {error}", next.display()));
        for entry in entries {
            let path = entry.expect("lists a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let text = std::fs::read_to_string(&path)
                    .unwrap_or_else(|error| panic!("could not read {}: {error}", path.display()));
                let name = path.strip_prefix(folder).expect("below the folder").to_string_lossy().replace('\\', "/");
                found.push((name, text));
            }
        }
    }
    found.sort();
    found
}
