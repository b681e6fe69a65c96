//! Writes what was read as the files that the program includes.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::control::compile::{Files, SourceFile, Summary, dangling, file_stem, parse};
use crate::iac::mapping::language::Compiled;
use crate::model::policy::Policy;

/// Packs everything.
///
/// # Errors
///
/// Everything that is wrong with the files, a line each.
pub(crate) fn all() -> Result<(), Vec<String>> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to write"));
    let mut wrong = Vec::new();
    for packed in [controls(&out), mappings(&out)] {
        wrong.extend(packed.err().into_iter().flatten());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn controls(out: &Path) -> Result<(), Vec<String>> {
    let sources = files(Path::new("controls")).into_iter();
    let files_read = Files::read(sources.map(|(name, text)| SourceFile { name: format!("controls/{name}"), text }));
    let mut wrong = files_read.wrong;
    let criteria = files_read.criteria.unwrap_or_default();
    for (source, compiled) in files_read.controls.values() {
        wrong.extend(dangling(&source.name, &source.text, compiled.control.criteria.keys(), &criteria));
    }
    let mut policies = Vec::new();
    for (name, text) in files(Path::new("policies")) {
        match parse::<Policy>(&format!("policies/{name}"), &text) {
            Ok(policy) => policies.push((file_stem(&name).to_owned(), policy)),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if !wrong.is_empty() {
        wrong.sort();
        return Err(wrong.iter().map(ToString::to_string).collect());
    }
    let mut code = String::from("pub(super) static CONTROLS: &[File] = &[\n");
    let mut summaries = Vec::new();
    for (id, (source, compiled)) in &files_read.controls {
        code.push_str(&format!(
            "    File {{ name: {:?}, text: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{}\")), control: {}, when: \
             {}, assert: {} }},\n",
            source.name,
            source.name,
            packed(out, &format!("{id}-control"), &compiled.control),
            packed(out, &format!("{id}-when"), &compiled.when),
            packed(out, &format!("{id}-assert"), &compiled.assert),
        ));
        summaries.push((Summary::from(&compiled.control), &compiled.reads));
    }
    code.push_str("];\npub(super) static POLICIES: &[(&str, &str)] = &[\n");
    for (name, policy) in &policies {
        code.push_str(&format!("    ({name:?}, {}),\n", packed(out, &format!("policy-{name}"), policy)));
    }
    code.push_str(&format!(
        "];\npub(super) static SUMMARIES: &str = {};\npub(super) static CRITERIA: &str = {};\n",
        packed(out, "summaries", &summaries),
        packed(out, "criteria", &criteria),
    ));
    write(&out.join("controls.rs"), &code);
    Ok(())
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
        code.push_str(&format!("    ({name:?}, {}),\n", packed(out, &name.replace("::", "-"), mapping)));
    }
    code.push_str("];\npub(super) static KINDS: &[(&str, &[usize])] = &[\n");
    for (kind, types) in compiled.kinds() {
        code.push_str(&format!("    ({kind:?}, &{types:?}),\n"));
    }
    code.push_str(&format!("];\npub(super) static SHARED: &str = {};\n", packed(out, "mappings", &compiled.shared)));
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
