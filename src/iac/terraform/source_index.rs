//! Where resources are written, for plans: syntax only, nothing is evaluated.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::expand::join;
use super::files::{Loader, is_local};
use super::manifest::Manifest;
use super::module::{Module, SourceFile};
use super::syntax::{Body, Lines};
use crate::iac::deployment::{Ignore, Place, Problem};
use crate::iac::display_path::join_shown;

/// Most modules that are followed.
const MODULES: usize = 20_000;

/// Most module calls that lead to a module.
const DEPTH: usize = 32;

/// Where a resource is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceBlock {
    /// From its header to its closing brace.
    pub place: Place,
    /// The module calls that lead to it, outermost first: address without keys, and place.
    pub calls: Vec<(String, Place)>,
    /// Where its arguments and nested blocks are written, by path from the body
    /// (`ingress/0/cidr_blocks`). A `dynamic` block has no number: its path is `ingress`, and what is in
    /// its content is at `ingress/cidr_blocks`.
    pub spans: BTreeMap<String, (u32, u32)>,
    /// The directives at it and at the calls that lead to it; `at` is an address without keys.
    pub ignores: Vec<Ignore>,
}

/// The resources of a configuration by module, type and name.
#[derive(Debug, Default)]
pub struct SourceIndex {
    blocks: HashMap<(String, String, String), SourceBlock>,
    /// Every file that was read.
    pub files: BTreeMap<Arc<str>, Arc<str>>,
    /// Every directive that was found.
    pub ignores: Vec<Ignore>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Finds the module that a module calls: by the caller, the key of the call, and its source.
type Find<'a> = dyn FnMut(&Module, &str, &str) -> Option<Arc<Module>> + 'a;

impl SourceIndex {
    /// The index of a root module on the disk, shown as `shown`, and of the modules it calls as far as
    /// they are on this machine.
    #[must_use]
    pub fn of_directory(directory: &Path, shown: &str) -> Self {
        let shown = join_shown(shown, "");
        let mut index = Self::default();
        let mut loader = Loader::default();
        match loader.load(directory, &shown) {
            Ok(root) => {
                let manifest = Manifest::read(directory);
                let mut find = |caller: &Module, key: &str, source: &str| {
                    let (path, shown): (PathBuf, String) = if is_local(source) {
                        (caller.directory.join(source), join_shown(&caller.shown, source))
                    } else {
                        let found = manifest.directory(key)?;
                        (directory.join(found), join_shown(&shown, &found.to_string_lossy()))
                    };
                    loader.load(&path, &shown).ok()
                };
                index.follow(&root, &mut find);
            }
            Err(message) => index.problems.push(Problem { file: shown.clone(), line: None, message }),
        }
        index.problems.append(&mut loader.problems);
        index
    }

    /// The index of texts: for each module by its key (empty for the root module, `vpc.endpoints` for
    /// `module.vpc.module.endpoints`) its files, each with its path as it is shown and its text.
    #[must_use]
    pub fn of_texts(modules: &BTreeMap<String, Vec<(String, String)>>) -> Self {
        let mut index = Self::default();
        let mut built: HashMap<String, Arc<Module>> = HashMap::new();
        for (key, files) in modules {
            let files: Vec<SourceFile> = files
                .iter()
                .map(|(shown, text)| SourceFile {
                    name: shown.rsplit('/').next().unwrap_or(shown).to_owned(),
                    shown: Arc::from(shown.as_str()),
                    text: Arc::from(text.as_str()),
                })
                .filter(|file| super::module::stem(&file.name).is_some())
                .collect();
            // Each stands in a directory of its own, so that none is taken for a module that calls itself.
            let (module, problems) = Module::build(Path::new(&format!("/{key}")), "", files);
            index.problems.extend(problems);
            built.insert(key.clone(), Arc::new(module));
        }
        if let Some(root) = built.get("").cloned() {
            index.follow(&root, &mut |_, key, _| built.get(key).cloned());
        }
        index
    }

    /// Where a resource is written: by the address of its module without keys (`module.a.module.b`,
    /// empty for the root module), its type and its name.
    #[must_use]
    pub fn find(&self, module: &str, kind: &str, name: &str) -> Option<&SourceBlock> {
        self.blocks.get(&(module.to_owned(), kind.to_owned(), name.to_owned()))
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    fn follow(&mut self, root: &Arc<Module>, find: &mut Find<'_>) {
        let mut left = MODULES;
        let mut told: HashSet<PathBuf> = HashSet::new();
        let mut waiting: Vec<Visit> = vec![Visit {
            module: root.clone(),
            key: String::new(),
            address: String::new(),
            calls: Vec::new(),
            ignores: Vec::new(),
            above: Vec::new(),
        }];
        while let Some(visit) = waiting.pop() {
            let Some(rest) = left.checked_sub(1) else {
                let file = root.shown.clone();
                let message = format!("follow more than {MODULES} calls of modules");
                self.problems.push(Problem { file, line: None, message });
                return;
            };
            left = rest;
            let module = &visit.module;
            if told.insert(module.directory.clone()) {
                self.files.extend(module.files.iter().map(|file| (file.shown.clone(), file.text.clone())));
                self.ignores.extend(module.ignores.iter().cloned());
            }
            self.take(&visit);
            for call in &module.calls {
                let key =
                    if visit.key.is_empty() { call.name.to_string() } else { format!("{}.{}", visit.key, call.name) };
                let Some(called) = call.source.as_deref().and_then(|source| find(module, &key, source)) else {
                    continue;
                };
                let circle = called.directory == module.directory || visit.above.contains(&called.directory);
                if circle || visit.above.len() >= DEPTH {
                    continue;
                }
                let address = qualify(&visit.address, &format!("module.{}", call.name));
                let mut calls = visit.calls.clone();
                calls.push((address.clone(), module.place(call.lines)));
                let mut ignores = visit.ignores.clone();
                ignores.extend(call.ignores.iter().map(|number| at(&module.ignores[*number], &address)));
                let mut above = visit.above.clone();
                above.push(module.directory.clone());
                waiting.push(Visit { module: called, key, address, calls, ignores, above });
            }
        }
    }

    fn take(&mut self, visit: &Visit) {
        for resource in visit.module.resources.iter().filter(|resource| !resource.data) {
            let address = qualify(&visit.address, &resource.address());
            let mut ignores: Vec<Ignore> =
                resource.ignores.iter().map(|number| at(&visit.module.ignores[*number], &address)).collect();
            ignores.extend(visit.ignores.iter().cloned());
            let mut spans = BTreeMap::new();
            written(&resource.body, resource.lines.file, "", &mut spans, 0);
            let block =
                SourceBlock { place: visit.module.place(resource.lines), calls: visit.calls.clone(), spans, ignores };
            self.blocks.insert((visit.address.clone(), resource.kind.to_string(), resource.name.to_string()), block);
        }
    }
}

/// A module on the way.
struct Visit {
    module: Arc<Module>,
    key: String,
    address: String,
    calls: Vec<(String, Place)>,
    ignores: Vec<Ignore>,
    /// The directories of the modules that lead to it.
    above: Vec<PathBuf>,
}

fn qualify(module: &str, address: &str) -> String {
    if module.is_empty() { address.to_owned() } else { format!("{module}.{address}") }
}

fn at(ignore: &Ignore, address: &str) -> Ignore {
    Ignore { at: address.to_owned(), ..ignore.clone() }
}

/// Where the arguments and nested blocks of a body are written.
fn written(body: &Body, file: u32, path: &str, spans: &mut BTreeMap<String, (u32, u32)>, depth: u32) {
    if depth > 64 {
        return;
    }
    let mut note = |path: String, lines: Lines| {
        if lines.file == file {
            spans.entry(path).or_insert((lines.first, lines.last));
        }
    };
    for attribute in &body.attributes {
        note(join(path, &attribute.name), attribute.lines);
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut inner = Vec::new();
    for block in &body.blocks {
        if let (true, Some(kind)) = (&*block.kind == "dynamic", block.labels.first()) {
            let path = join(path, kind);
            note(path.clone(), block.lines);
            inner.extend(
                block.body.blocks.iter().filter(|block| &*block.kind == "content").map(|block| (path.clone(), block)),
            );
            continue;
        }
        let count = counts.entry(&block.kind).or_default();
        let path = format!("{}/{count}", join(path, &block.kind));
        *count += 1;
        note(path.clone(), block.lines);
        inner.push((path, block));
    }
    for (path, block) in inner {
        written(&block.body, file, &path, spans, depth + 1);
    }
}
