//! What a directory of configuration comes to. Each case writes its files and reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::iac::origin::Origin;
use crate::iac::value::{Part, Value};

mod bounds;
mod expressions;
mod files;
mod ignores;
mod index;
mod modules;
mod opentofu;
mod origins;
mod references;
mod repetition;
mod sites;
mod variables;

/// A directory of files that goes when it is dropped.
pub(super) struct Estate(tempfile::TempDir);

impl Estate {
    /// Files by path.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(directory)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub(super) fn read(&self) -> Code {
        self.read_with(&Options::default())
    }

    pub(super) fn read_with(&self, options: &Options) -> Code {
        read(self.0.path(), "infra", options)
    }
}

/// Reads one file.
pub(super) fn read_main(text: &str) -> Code {
    Estate::of(&[("main.tf", text)]).read()
}

/// The block with this address.
pub(super) fn block<'a>(code: &'a Code, address: &str) -> &'a Block {
    blocks(code).into_iter().find(|block| block.address == address).unwrap_or_else(|| {
        panic!("no {address} among {:?}; {:?}", addresses(code), code.problems);
    })
}

pub(super) fn blocks(code: &Code) -> Vec<&Block> {
    code.deployments.iter().flat_map(|deployment| &deployment.scenarios).flat_map(|scenario| &scenario.blocks).collect()
}

pub(super) fn addresses(code: &Code) -> Vec<&str> {
    blocks(code).into_iter().map(|block| block.address.as_str()).collect()
}

/// An argument of a block, as [`show`] writes it.
pub(super) fn shown(code: &Code, address: &str, name: &str) -> String {
    block(code, address).body.get(name).map_or_else(|| "absent".to_owned(), show)
}

/// The value of an expression in a root module with these other lines.
pub(super) fn evaluated(expression: &str, rest: &str) -> String {
    let code = read_main(&format!("resource \"t\" \"x\" {{\n  v = {expression}\n}}\n{rest}\n"));
    assert_eq!(code.problems, [], "{expression}");
    shown(&code, "t.x", "v")
}

/// A value as text: JSON, with `?(…)` where it is unknown, and its whole references after `@`.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Template(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => format!("{text:?}"),
                    Part::Unknown(unknown) => show_unknown(unknown),
                })
                .collect();
            format!("<{}>", parts.join(" "))
        }
        Value::Json(inner) => format!("json {}", show(inner)),
        Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Map(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, member)| format!("{name}: {}", show(member))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Unknown(unknown) => show_unknown(unknown),
    }
}

fn show_unknown(unknown: &Unknown) -> String {
    let code = match unknown.code {
        GapCode::KnownAfterApply => "apply",
        GapCode::Unresolved => "open",
        GapCode::Sensitive => "secret",
        _ => "other",
    };
    let references: Vec<String> = unknown
        .references
        .iter()
        .map(|reference| {
            let sign = if reference.whole { "@" } else { "~" };
            let any = if reference.instance { "" } else { "[*]" };
            format!(" {sign}{}{any}.{}", reference.address, reference.attribute)
        })
        .collect();
    format!("?({code} {}{})", unknown.shown, references.concat())
}

pub(super) fn options(variables: &[(&str, &str)], environment: &[(&str, &str)]) -> Options {
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Options {
        variables: own(variables),
        environment: own(environment).into_iter().collect::<BTreeMap<_, _>>(),
        ..Options::default()
    }
}
