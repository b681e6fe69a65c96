//! The values given to variables of a root module, and which of them counts.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{STANDARD, is_automatic, read_text};
use super::json;
use super::lower;
use super::syntax::Expr;
use crate::iac::deployment::Problem;
use crate::iac::display_path::join_shown;

/// A value given to a variable.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    /// Of a file.
    Value(Expr),
    /// Of the command line or the environment: text, or an expression where the type asks for one.
    Text(String),
    /// One that is not known here; the default does not hold.
    Unknown,
}

/// What is given, and the files that it was read from: each as it is shown, with its text.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) given: HashMap<Arc<str>, Given>,
    pub(super) problems: Vec<Problem>,
    pub(super) files: Vec<(Arc<str>, Arc<str>)>,
}

/// What of the values is given, the later before the earlier: environment, `terraform.tfvars`,
/// `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` by name, files, single values.
/// See <https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence>.
pub(super) fn given(
    root: &Path,
    shown: &str,
    single: &[(String, String)],
    files: &[PathBuf],
    environment: &BTreeMap<String, String>,
) -> Values {
    let mut values: HashMap<Arc<str>, Given> = HashMap::new();
    let (mut problems, mut read_files) = (Vec::new(), Vec::new());
    for (name, text) in environment {
        let name = name.strip_prefix("TF_VAR_").unwrap_or(name);
        values.insert(Arc::from(name), Given::Text(text.clone()));
    }
    let mut names: Vec<String> = Vec::new();
    if let Ok(entries) = fs::read_dir(root) {
        let found = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        names.extend(found.filter(|name| is_automatic(name)));
    }
    names.sort();
    let mut read = |path: &Path, shown: &str, values: &mut HashMap<Arc<str>, Given>| {
        let outcome = read_text(path).map_err(|message| (None, message)).and_then(|text| {
            read_files.push((Arc::from(shown), Arc::from(text.as_str())));
            if super::module::is_json(shown) { json::parse_values(&text) } else { parse_values(&text) }
                .map_err(|error| (Some(error.line), error.message))
        });
        match outcome {
            Ok(found) => values.extend(found.into_iter().map(|(name, value)| (name, Given::Value(value)))),
            Err((line, message)) => problems.push(Problem { file: shown.to_owned(), line, message }),
        }
    };
    for name in STANDARD.map(str::to_owned).into_iter().filter(|name| root.join(name).is_file()).chain(names) {
        read(&root.join(&name), &join_shown(shown, &name), &mut values);
    }
    for file in files {
        read(file, &file.to_string_lossy(), &mut values);
    }
    for (name, text) in single {
        values.insert(Arc::from(name.as_str()), Given::Text(text.clone()));
    }
    Values { given: values, problems, files: read_files }
}

fn parse_values(text: &str) -> Result<Vec<(Arc<str>, Expr)>, lower::SyntaxError> {
    let body = lower::parse(text, 0)?;
    Ok(body.attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect())
}
