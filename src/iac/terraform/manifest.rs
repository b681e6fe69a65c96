//! The modules that `terraform init` has put on this machine.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::files::read_text;
use crate::iac::version;

/// What `.terraform/modules/modules.json` names, by key (`vpc.endpoints`).
#[derive(Debug, Default)]
pub(super) struct Manifest {
    entries: BTreeMap<String, Entry>,
    /// The directory that the modules' directories are below.
    root: PathBuf,
}

#[derive(Debug, Deserialize)]
struct File {
    #[serde(rename = "Modules", default)]
    modules: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Dir", default)]
    directory: PathBuf,
    #[serde(rename = "Source", default)]
    source: String,
    #[serde(rename = "Version", default)]
    version: String,
}

impl Manifest {
    /// Reads the manifest of a root module; an empty one where there is none. What cannot be read of it
    /// is not there, and the calls that need it say so.
    pub(super) fn read(root: &Path) -> Self {
        let none = || Self { entries: BTreeMap::new(), root: root.to_owned() };
        let Ok(text) = read_text(&root.join(".terraform/modules/modules.json")) else { return none() };
        let Ok(file) = serde_json::from_str::<File>(&text) else { return none() };
        let inside = |directory: &Path| {
            directory.starts_with(".terraform")
                && directory.components().all(|part| matches!(part, Component::Normal(_)))
        };
        let entries = file.modules.into_iter().filter(|entry| inside(&entry.directory));
        Self { entries: entries.map(|entry| (entry.key.clone(), entry)).collect(), ..none() }
    }

    /// A directory of the manifest.
    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        self.root.join(directory)
    }

    /// The directory of the module with this key, from the root module's.
    pub(super) fn directory(&self, key: &str) -> Option<&Path> {
        self.entries.get(key).map(|entry| entry.directory.as_path())
    }

    /// The same, if it is what the call asks for by now: the code may have changed since `terraform init`.
    /// The error fits after "could not find module …:".
    pub(super) fn find(&self, key: &str, source: &str, constraint: Option<&str>) -> Result<&Path, String> {
        let Some(entry) = self.entries.get(key) else {
            return Err("it is not on this machine; run `terraform init` before, or check with --init".to_owned());
        };
        if !entry.source.is_empty() && !same_source(&entry.source, source) {
            return Err(
                "the module on this machine has another source; run `terraform init` before, or check with --init"
                    .to_owned(),
            );
        }
        match constraint {
            Some(constraint) if !version::allows(constraint, &entry.version) => Err(format!(
                "version {} is on this machine, and {constraint} is asked for; run `terraform init` before, or check with --init",
                entry.version
            )),
            _ => Ok(&entry.directory),
        }
    }
}

/// Whether the manifest's source is the one that a call names. An address of a registry stands in the
/// manifest with its host; any other in a form that differs with the kind of address, but for what
/// follows the `?`, which names the revision.
fn same_source(manifest: &str, called: &str) -> bool {
    let registry = |address: &str| {
        let (package, inner) = address.split_once("//").unwrap_or((address, ""));
        let parts: Vec<&str> = package.split('/').collect();
        let plain = |part: &&str| !part.is_empty() && !part.contains([':', '?', '@']);
        let has_host = parts.len() == 4 && parts[0].contains('.');
        ((parts.len() == 3 && !parts[0].contains('.') || has_host) && parts.iter().all(plain))
            .then(|| (parts[parts.len() - 3..].join("/"), inner.to_owned()))
    };
    match (registry(manifest), registry(called)) {
        (Some(manifest), Some(called)) => manifest == called,
        (None, None) => {
            let revision = |address: &str| address.split_once('?').map(|(_, revision)| revision.to_owned());
            revision(manifest) == revision(called)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::same_source;

    #[test]
    fn a_source_is_told_from_another() {
        for (manifest, called, same) in [
            ("registry.terraform.io/a/vpc/aws", "a/vpc/aws", true),
            ("a/vpc/aws", "a/vpc/aws", true),
            ("registry.opentofu.org/a/vpc/aws//modules/x", "a/vpc/aws//modules/x", true),
            ("app.terraform.io/a/vpc/aws", "app.terraform.io/a/vpc/aws", true),
            ("registry.terraform.io/a/vpc/aws", "b/vpc/aws", false),
            ("registry.terraform.io/a/vpc/aws//modules/x", "a/vpc/aws", false),
            ("git::https://github.com/a/b.git?ref=v1", "github.com/a/b?ref=v1", true),
            ("git::https://github.com/a/b.git?ref=v1", "github.com/a/b?ref=v2", false),
            ("git::https://github.com/a/b.git", "git::https://github.com/a/b.git?ref=v2", false),
            ("registry.terraform.io/a/vpc/aws", "git::https://github.com/a/b.git", false),
        ] {
            assert_eq!(same_source(manifest, called), same, "{manifest} {called}");
        }
    }
}
