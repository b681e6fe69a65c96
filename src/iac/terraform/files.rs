//! Reading directories: modules from the disk, each once.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::module::{Module, SourceFile, stem};
use crate::iac::deployment::Problem;
use crate::iac::display_path::{Named, join_shown};
use crate::iac::replaced::Replaced;
use crate::iac::value::Unknown;
use crate::model::gap::GapCode;

/// Largest file that is read, in bytes.
const FILE_LIMIT: u64 = 20 * 1024 * 1024;

/// The modules that were read, by directory.
#[derive(Debug, Default)]
pub(super) struct Loader {
    modules: HashMap<PathBuf, Arc<Module>>,
    /// What could not be read, in the order it was tried.
    pub(super) problems: Vec<Problem>,
    replaced: Replaced,
}

impl Loader {
    /// One that takes some texts for those of their files.
    pub(super) fn replacing(replaced: Replaced) -> Self {
        Self { replaced, ..Self::default() }
    }

    /// The module in a directory. The error fits after "could not".
    pub(super) fn load(&mut self, directory: &Path, shown: &str) -> Result<Arc<Module>, String> {
        let real = fs::canonicalize(directory).map_err(|error| format!("read {shown}: {error}"))?;
        if let Some(module) = self.modules.get(&real) {
            return Ok(module.clone());
        }
        let names = configuration(&real).map_err(|error| format!("read {shown}: {error}"))?;
        let mut files = Vec::new();
        let mut unread = Vec::new();
        for name in names {
            let path = join_shown(shown, &name);
            let file = real.join(&name);
            let text = self.replaced.of(&file).map(|text| Ok(text.to_owned()));
            match text.unwrap_or_else(|| read_text(&file)) {
                Ok(text) => files.push(SourceFile { name, shown: Arc::from(path), text: Arc::from(text) }),
                Err(message) => {
                    unread.push(Unknown::new(GapCode::Unresolved, &format!("{path} could not be read")));
                    self.problems.push(Problem { file: path, line: None, message });
                }
            }
        }
        let (mut module, problems) = Module::build(&real, shown, files);
        module.unread.extend(unread);
        self.problems.extend(problems);
        let module = Arc::new(module);
        self.modules.insert(real, module.clone());
        Ok(module)
    }

    /// Every module that was read, in the order of their directories.
    pub(super) fn modules(&self) -> Vec<Arc<Module>> {
        let mut modules: Vec<_> = self.modules.values().cloned().collect();
        modules.sort_by(|one, other| one.directory.cmp(&other.directory));
        modules
    }
}

/// The names of the configuration files of a directory in the order they are read.
fn configuration(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if stem(&name).is_some() && !entry.path().is_dir() {
            names.push(name);
        }
    }
    // OpenTofu reads a.tofu in place of a.tf.
    let tofu: HashSet<String> = names
        .iter()
        .filter_map(|name| {
            name.strip_suffix(".tofu.json")
                .map(|stem| format!("{stem}.tf.json"))
                .or_else(|| name.strip_suffix(".tofu").map(|stem| format!("{stem}.tf")))
        })
        .collect();
    names.retain(|name| !tofu.contains(name));
    names.sort();
    Ok(names)
}

/// The text of a file. The error fits after "could not".
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let read = || -> std::io::Result<Result<String, String>> {
        let file = fs::File::open(path)?;
        if !file.metadata()?.is_file() {
            return Ok(Err("read it: it is not a file".to_owned()));
        }
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_LIMIT {
            return Ok(Err(format!("read it: it is larger than {} MB", FILE_LIMIT / 1024 / 1024)));
        }
        Ok(String::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
            format!("read it: it is not UTF-8 in line {}", good.matches('\n').count() + 1)
        }))
    };
    read().unwrap_or_else(|error| Err(format!("read it: {error}")))
}

/// Whether a source is a directory beside the module. On Windows a path may have `\` in it.
pub(super) fn is_local(source: &str) -> bool {
    let starts = ["./", "../", ".\\", "..\\"];
    source == "." || source == ".." || starts.iter().any(|start| source.starts_with(start))
}

/// Those of the directories that are not called by another of them, in their order, and those that are
/// deployed by themselves even so. Where directories call each other in a circle, the first of them is one.
pub(super) fn roots(loader: &mut Loader, found: &[Named]) -> Vec<usize> {
    let numbers: HashMap<PathBuf, usize> = found
        .iter()
        .enumerate()
        .filter_map(|(number, (directory, _))| Some((fs::canonicalize(directory).ok()?, number)))
        .collect();
    let mut called: Vec<Vec<usize>> = vec![Vec::new(); found.len()];
    let mut keeps_state = vec![false; found.len()];
    for (number, (directory, shown)) in found.iter().enumerate() {
        let Ok(module) = loader.load(directory, shown) else { continue };
        keeps_state[number] = module.keeps_state;
        for call in &module.calls {
            let Some(source) = call.source.as_deref().filter(|source| is_local(source)) else { continue };
            let target = fs::canonicalize(module.directory.join(source.replace('\\', "/"))).ok();
            if let Some(target) = target.and_then(|target| numbers.get(&target)).filter(|target| **target != number) {
                called[number].push(*target);
            }
        }
    }
    let callees: HashSet<usize> = called.iter().flatten().copied().collect();
    let mut reached = vec![false; found.len()];
    let mut roots: Vec<usize> = (0..found.len()).filter(|number| !callees.contains(number)).collect();
    for root in &roots {
        reach(*root, &called, &mut reached);
    }
    let is_deployed = |number: usize| keeps_state[number] || is_set_up(&found[number].0);
    for number in 0..found.len() {
        if !reached[number] || (callees.contains(&number) && is_deployed(number)) {
            roots.push(number);
            reach(number, &called, &mut reached);
        }
    }
    roots.sort_unstable();
    roots
}

/// The directory that these directories lie in.
pub(super) fn above(found: &[Named]) -> PathBuf {
    let mut found = found.iter().map(|(directory, _)| directory.as_path());
    let Some(first) = found.next() else { return PathBuf::new() };
    found.fold(first.to_owned(), |above, next| {
        above.components().zip(next.components()).take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    })
}

/// The files of values that are read first.
pub(super) const STANDARD: [&str; 2] = ["terraform.tfvars", "terraform.tfvars.json"];

/// Whether a root module reads a file of values that nobody names.
fn is_read_unasked(name: &str) -> bool {
    STANDARD.contains(&name) || is_automatic(name)
}

/// Whether a file of values is read without being named, after the [`STANDARD`] ones.
pub(super) fn is_automatic(name: &str) -> bool {
    !name.starts_with('.') && [".auto.tfvars", ".auto.tfvars.json"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a directory holds what only a root module has: values for its variables, or a lock file.
fn is_set_up(directory: &Path) -> bool {
    let names = fs::read_dir(directory).into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .any(|name| name == ".terraform.lock.hcl" || is_read_unasked(&name))
}

fn reach(start: usize, called: &[Vec<usize>], reached: &mut [bool]) {
    let mut left = vec![start];
    while let Some(number) = left.pop() {
        if !std::mem::replace(&mut reached[number], true) {
            left.extend(&called[number]);
        }
    }
}
