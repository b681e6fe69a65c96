//! What `terragrunt render --format json` (before: `render-json`) made of a unit: the values of a module's
//! variables, and where the module is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::input::shown;
use crate::iac::foreign::RENDERED;

/// A unit of Terragrunt.
#[derive(Debug, PartialEq)]
pub(super) struct Rendered {
    /// The file as it is shown.
    pub(super) file: String,
    /// The module.
    pub(super) module: Module,
    /// Values of its variables, as Terragrunt puts them into the environment.
    pub(super) inputs: BTreeMap<String, String>,
}

/// The module of a unit.
#[derive(Debug, PartialEq)]
pub(super) enum Module {
    /// In this directory, shown so.
    Local(PathBuf, String),
    /// Somewhere that is not read.
    Elsewhere(String),
}

/// Whether a file is such a one, by its name.
fn is_named(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    name.is_some_and(|name| RENDERED.contains(&&*name))
}

/// Reads a rendered unit; nothing where the file is none. A file of another name is one where it has what every
/// rendered unit has, and nothing that says otherwise.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Option<Rendered> {
    // No other file is parsed for it than one that begins as an object and speaks of inputs.
    const INPUTS: &[u8] = b"\"inputs\"";
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
        && bytes.windows(INPUTS.len()).any(|window| window == INPUTS);
    let unit: Value = if begins { serde_json::from_slice(bytes).ok()? } else { return None };
    let members = unit.as_object()?;
    let inputs = plain(members.get("inputs")?);
    let known =
        is_named(path) || members.contains_key("terragrunt_version_constraint") || members.contains_key("terraform");
    if !known || !(inputs.is_object() || inputs.is_null()) {
        return None;
    }
    let source = members.get("terraform").map(plain).and_then(|terraform| match terraform {
        Value::Object(members) => members.get("source").map(plain),
        _ => None,
    });
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let module = match source.as_ref().and_then(Value::as_str).filter(|source| !source.is_empty()) {
        // Without a source Terragrunt runs where its file lies.
        None => Module::Local(directory.to_owned(), shown(directory)),
        Some(source) => {
            // Two slashes say how much Terragrunt copies, and are one otherwise.
            let below = directory.join(source.replacen("//", "/", 1));
            let is_path = [".", "/"].iter().any(|start| source.starts_with(start));
            match below.canonicalize() {
                Ok(_) if is_path => Module::Local(below.clone(), shown(&tidy(&below))),
                _ => Module::Elsewhere(source.to_owned()),
            }
        }
    };
    let inputs = match inputs {
        Value::Object(inputs) => inputs.iter().map(|(name, value)| (name.clone(), text(&plain(value)))).collect(),
        _ => BTreeMap::new(),
    };
    Some(Rendered { file: shown(path), module, inputs })
}

/// A value without the metadata that `--with-metadata` puts around it.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.len() == 2 && members.contains_key("metadata") => {
            members.get("value").map_or(Value::Null, plain)
        }
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

/// A value as the environment has it: a text as it is, anything else as JSON, which is an expression too.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A path without `a/..`.
fn tidy(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if matches!(tidy.components().next_back(), Some(Component::Normal(_))) => {
                tidy.pop();
            }
            Component::CurDir => {}
            part => tidy.push(part),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("modules/app")).expect("a folder");
        std::fs::create_dir_all(folder.path().join("live/app")).expect("a folder");
        folder
    }

    fn unit(folder: &Path, text: &str) -> Option<Rendered> {
        read(&folder.join("live/app/terragrunt.rendered.json"), text.as_bytes())
    }

    #[test]
    fn a_unit_has_a_module_and_inputs() {
        let folder = folder();
        let text = r#"{"terraform": {"source": "../../modules//app", "extra_arguments": {}},
            "inputs": {"name": "x", "ports": [22], "on": true, "none": null}, "locals": {"a": 1}}"#;
        let unit = unit(folder.path(), text).expect("a unit");
        let Module::Local(module, _) = &unit.module else { panic!("{unit:?}") };
        let of = |path: &Path| path.canonicalize().expect("it is there");
        assert_eq!(of(module), of(&folder.path().join("modules/app")));
        let inputs: Vec<(&str, &str)> =
            unit.inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(inputs, [("name", "x"), ("none", "null"), ("on", "true"), ("ports", "[22]")]);
    }

    #[test]
    fn metadata_around_values_is_left_out() {
        let folder = folder();
        let text = r#"{"terraform": {"metadata": {"found_in_file": "/x"}, "value": {"source": "../../modules/app"}},
            "inputs": {"tags": {"metadata": {}, "value": {"a": "b"}}}}"#;
        let unit = unit(folder.path(), text).expect("a unit");
        assert!(matches!(unit.module, Module::Local(..)), "{unit:?}");
        assert_eq!(unit.inputs["tags"], r#"{"a":"b"}"#);
    }

    #[test]
    fn a_module_that_is_fetched_is_elsewhere_and_none_is_beside_the_unit() {
        let folder = folder();
        for source in ["git::https://example.com/m.git?ref=v1", "tfr:///a/b/aws?version=1.0.0", "../../gone"] {
            let unit =
                unit(folder.path(), &format!("{{\"terraform\": {{\"source\": \"{source}\"}}, \"inputs\": {{}}}}"));
            assert_eq!(unit.expect("a unit").module, Module::Elsewhere(source.to_owned()));
        }
        let unit = unit(folder.path(), "{\"inputs\": {}}").expect("a unit");
        assert!(matches!(&unit.module, Module::Local(at, _) if at.ends_with("live/app")), "{unit:?}");
    }

    #[test]
    fn other_files_are_no_units() {
        let path = Path::new("values.json");
        for text in [
            "",
            "[]",
            "{}",
            "{\"inputs\": {}}",
            "{\"inputs\": [1], \"terraform\": {}}",
            "{\"terraform\": {}}",
            "inputs: {}",
        ] {
            assert_eq!(read(path, text.as_bytes()), None, "{text}");
        }
        assert!(read(path, b"{\"inputs\": {}, \"terraform\": {\"source\": \"x\"}}").is_some());
    }
}
