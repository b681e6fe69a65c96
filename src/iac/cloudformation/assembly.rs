//! CDK's `cdk.out`: the templates that its manifests name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Options;
use super::nested::read_linked;
use super::node::SIZE_LIMIT;
use crate::iac::deployment::{Code, Problem};

/// How deep assemblies may be inside one another (a stage in a stage).
const DEPTH_LIMIT: usize = 10;

/// Most templates of an assembly.
const TEMPLATE_LIMIT: usize = 2000;

/// Reads what `cdk synth` wrote: the template of each stack, those of stages, and those of nested
/// stacks. `shown` is the directory as places show it.
///
/// Stacks are found by `manifest.json`. Templates of nested stacks are assets, found by the name that
/// CDK gives them (`*.nested.template.json`); so are all others where the manifest cannot be read,
/// which is a [`Problem`]. Nothing outside the directory is read.
#[must_use]
pub fn read_assembly(directory: &Path, shown: &str, options: &Options) -> Code {
    let mut found = Found { root: directory.canonicalize().ok(), ..Found::default() };
    found.assembly(directory, shown.trim_end_matches('/'), 0);
    let mut code = read_linked(&found.templates, &found.objects, options);
    code.problems.extend(found.problems);
    code
}

#[derive(Default)]
struct Found {
    root: Option<PathBuf>,
    templates: Vec<(String, Vec<u8>)>,
    /// The path of what is uploaded, as it is shown, by the name that it is uploaded under.
    objects: BTreeMap<String, String>,
    seen: BTreeSet<PathBuf>,
    problems: Vec<Problem>,
}

impl Found {
    fn problem(&mut self, file: &str, message: String) {
        self.problems.push(Problem { file: file.to_owned(), line: None, message });
    }

    /// Reads a file of the assembly. `None`, with a problem, where it cannot be read.
    fn file(&mut self, path: &Path, shown: &str) -> Option<Vec<u8>> {
        let read = || -> Result<Vec<u8>, String> {
            let real = path.canonicalize().map_err(|error| error.to_string())?;
            if !self.root.as_ref().is_some_and(|root| real.starts_with(root)) {
                return Err("it is outside of the assembly".to_owned());
            }
            let about = fs::metadata(&real).map_err(|error| error.to_string())?;
            if !about.is_file() || about.len() > SIZE_LIMIT as u64 {
                return Err("it is no file, or larger than 32 MB".to_owned());
            }
            fs::read(&real).map_err(|error| error.to_string())
        };
        match read() {
            Ok(bytes) => Some(bytes),
            Err(reason) => {
                self.problem(shown, format!("read the file: {reason}"));
                None
            }
        }
    }

    fn assembly(&mut self, directory: &Path, shown: &str, depth: usize) {
        let at = format!("{shown}/manifest.json");
        let manifest =
            self.file(&directory.join("manifest.json"), &at).and_then(|bytes| {
                match serde_json::from_slice::<serde_json::Value>(&bytes) {
                    Ok(manifest) => Some(manifest),
                    Err(error) => {
                        self.problems.push(Problem {
                            file: at.clone(),
                            line: u32::try_from(error.line()).ok(),
                            message: format!("parse the manifest of the assembly: {error}"),
                        });
                        None
                    }
                }
            });
        let known = manifest.is_some();
        let artifacts = manifest.as_ref().and_then(|manifest| manifest.get("artifacts"));
        for artifact in artifacts.and_then(serde_json::Value::as_object).into_iter().flat_map(serde_json::Map::values) {
            let kind = artifact.get("type").and_then(serde_json::Value::as_str);
            let property = |name: &str| artifact.get("properties")?.get(name)?.as_str();
            match kind {
                Some("aws:cloudformation:stack") => {
                    if let Some(name) = property("templateFile") {
                        self.template(directory, shown, name);
                    }
                }
                Some("cdk:cloud-assembly") => {
                    let Some(name) = property("directoryName") else { continue };
                    if depth >= DEPTH_LIMIT || !inside(name) {
                        self.problem(&at, "read an assembly inside of this one: it is outside, or too deep".to_owned());
                        continue;
                    }
                    self.assembly(&directory.join(name), &format!("{shown}/{name}"), depth + 1);
                }
                Some("cdk:asset-manifest") => {
                    if let Some(name) = property("file") {
                        self.assets(directory, shown, name);
                    }
                }
                _ => {}
            }
        }
        let mut names: Vec<String> = fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.ends_with(if known { ".nested.template.json" } else { ".template.json" }))
            .collect();
        names.sort();
        for name in names {
            self.template(directory, shown, &name);
        }
    }

    /// Reads under which names files of the assembly are uploaded. The address of a nested stack's
    /// template has such a name, and not that of the file.
    fn assets(&mut self, directory: &Path, shown: &str, name: &str) {
        let at = format!("{shown}/{name}");
        if !inside(name) {
            self.problem(&at, "read the list of assets: it is outside of the assembly".to_owned());
            return;
        }
        let Some(bytes) = self.file(&directory.join(name), &at) else { return };
        let assets: serde_json::Value = match serde_json::from_slice(&bytes) {
            Ok(assets) => assets,
            Err(error) => {
                self.problem(&at, format!("parse the list of assets: {error}"));
                return;
            }
        };
        let files = assets.get("files").and_then(serde_json::Value::as_object);
        for file in files.into_iter().flat_map(serde_json::Map::values) {
            let Some(path) = file.get("source").and_then(|source| source.get("path")?.as_str()) else { continue };
            let destinations = file.get("destinations").and_then(serde_json::Value::as_object);
            for destination in destinations.into_iter().flat_map(serde_json::Map::values) {
                let object = destination.get("objectKey").and_then(serde_json::Value::as_str);
                let Some(object) = object.and_then(|key| key.rsplit('/').next()) else { continue };
                self.objects.insert(object.to_owned(), format!("{shown}/{path}"));
            }
        }
    }

    fn template(&mut self, directory: &Path, shown: &str, name: &str) {
        let shown = format!("{shown}/{name}");
        if !inside(name) {
            self.problem(&shown, "read the template: it is outside of the assembly".to_owned());
            return;
        }
        let path = directory.join(name);
        if !self.seen.insert(path.clone()) {
            return;
        }
        if self.templates.len() >= TEMPLATE_LIMIT {
            self.problem(&shown, format!("read more than {TEMPLATE_LIMIT} templates of an assembly"));
            return;
        }
        if let Some(bytes) = self.file(&path, &shown) {
            self.templates.push((shown, bytes));
        }
    }
}

/// Whether a path stays below where it begins.
fn inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}
