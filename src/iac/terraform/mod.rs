//! Terraform and `OpenTofu` configuration.
//!
//! A directory is read as Terraform reads a root module: its files ([`module`]), the values of its
//! variables ([`variables`]), the modules it calls ([`modules`]). Then each resource is evaluated
//! ([`evaluate`], [`traverse`], [`expand`]) as far as the code alone tells, and what it does not tell
//! is unknown with its reason. Nothing is fetched or run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

mod calls;
mod collections;
pub(super) mod comments;
mod convert;
mod duplicate;
mod evaluate;
mod expand;
mod files;
pub(crate) mod functions;
mod identity;
mod json;
mod lower;
mod manifest;
mod module;
mod modules;
pub(crate) mod policy_document;
mod provider_version;
mod scope;
mod sites;
mod source_index;
mod stacks;
mod syntax;
#[cfg(test)]
mod tests;
mod texts;
mod traverse;
mod types;
mod variables;
mod versions;

use evaluate::Evaluator;
use files::Loader;
use manifest::Manifest;
use scope::{Children, Expansion, Instance, Key, Scope, address_of};

pub use evaluate::Limits;
pub use source_index::{SourceBlock, SourceIndex};

use super::deployment::{Block, Code, Deployment, Ignore, Language, Problem, Scenario};
use super::display_path::{Named, Seen, join_shown};
use super::replaced::Replaced;
use super::value::{Unknown, Value};
use crate::model::gap::GapCode;

/// The stack of the thread that evaluates: expressions wait for each other on it.
const STACK: usize = 192 * 1024 * 1024;

/// The steps that a part of a block counts as.
const KEPT_STEPS: u64 = 6;

/// What is given beside the code.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Values of variables by name, as `-var` takes them.
    pub variables: Vec<(String, String)>,
    /// Files of values, as `-var-file` takes them.
    pub variable_files: Vec<PathBuf>,
    /// The environment's values by the variable's name, with or without `TF_VAR_` before it.
    pub environment: BTreeMap<String, String>,
    /// Every variable of the root module has a value that is not known here, whatever its default and
    /// the files beside it say: so it is for a plan, which was made with values of its own.
    pub unknown_variables: bool,
    /// By the directory of a root module, another one that has its `.terraform/modules`.
    pub modules: BTreeMap<PathBuf, PathBuf>,
    /// Bounds of the work on one root module.
    pub limits: Limits,
    /// Texts that stand in for those of files.
    pub replaced: Replaced,
}

/// Whether a file is configuration, by its name.
#[must_use]
pub fn is_configuration(name: &str) -> bool {
    module::stem(name).is_some()
}

/// Reads one root module: a directory, shown as `shown`.
#[must_use]
pub fn read(directory: &Path, shown: &str, options: &Options) -> Code {
    read_all(&[vec![(directory.to_owned(), shown.to_owned())]], options)
}

/// Reads the root modules among directories that were found together: those that no other of them
/// calls. What several call is read once, and so is a root that was found twice.
#[must_use]
pub fn read_all(trees: &[Vec<Named>], options: &Options) -> Code {
    let Some((_, shown)) = trees.iter().flatten().next() else { return Code::default() };
    with_stack(shown, || {
        let mut loader = Loader::replacing(options.replaced.clone());
        let mut code = Code::default();
        let mut seen = Seen::default();
        for tree in trees {
            let components = stacks::components(tree, &mut code.problems);
            let roots = files::roots(&mut loader, tree).into_iter().map(|root| tree[root].clone()).collect();
            let above = files::above(tree);
            for (directory, shown) in seen.new_of(roots) {
                let of_stack = components.contains(&directory.canonicalize().unwrap_or_else(|_| directory.clone()));
                let unknown = of_stack.then(|| Options { unknown_variables: true, ..options.clone() });
                let options = unknown.as_ref().unwrap_or(options);
                read_root(&mut loader, (&directory, &above), &join_shown(&shown, ""), options, &mut code);
            }
        }
        close(loader, &mut code);
        code
    })
}

/// Runs on a stack that is large enough for [`evaluate`]'s bounds.
fn with_stack(shown: &str, work: impl FnOnce() -> Code + Send) -> Code {
    let failed = |message: &str| Code {
        problems: vec![Problem { file: shown.to_owned(), line: None, message: message.to_owned() }],
        ..Code::default()
    };
    std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
        Ok(thread) => thread.join().unwrap_or_else(|_| failed("evaluate it: the evaluation broke off")),
        Err(error) => failed(&format!("evaluate it: {error}")),
    })
}

/// Puts what was read into the code: files, problems, directives.
fn close(mut loader: Loader, code: &mut Code) {
    code.problems.append(&mut loader.problems);
    for module in loader.modules() {
        code.files.extend(module.files.iter().map(|file| (file.shown.clone(), file.text.clone())));
        code.ignores.extend(module.ignores.iter().cloned());
    }
}

/// Reads the root module of a directory; files of the directory around all code may be read.
fn read_root(
    loader: &mut Loader,
    (directory, around): (&Path, &Path),
    shown: &str,
    options: &Options,
    code: &mut Code,
) {
    let module = match loader.load(directory, shown) {
        Ok(module) => module,
        Err(message) => {
            code.problems.push(Problem { file: shown.to_owned(), line: None, message });
            return;
        }
    };
    let variables::Values { given, problems, files } = if options.unknown_variables {
        let unknown = module.variables.keys().map(|name| (name.clone(), variables::Given::Unknown));
        variables::Values { given: unknown.collect(), ..variables::Values::default() }
    } else {
        variables::given(directory, shown, &options.variables, &options.variable_files, &options.environment)
    };
    code.files.extend(files);
    for problem in problems {
        if !code.problems.contains(&problem) {
            code.problems.push(problem);
        }
    }
    let elsewhere = directory.canonicalize().ok().and_then(|directory| options.modules.get(&directory));
    let manifest = Manifest::read(elsewhere.map_or(directory, PathBuf::as_path));
    let mut evaluator =
        Evaluator::new(loader, directory.to_owned(), shown.to_owned(), manifest, given, options.limits.clone());
    let root = Rc::new(Instance { module, ..Instance::default() });
    around.clone_into(&mut evaluator.code);
    evaluator.aws_version = provider_version::locked(directory).or_else(|| root.module.aws_versions.clone());
    evaluator.locate(&root);
    let mut unread: Vec<Unknown> = Vec::new();
    let mut blocks = Vec::new();
    evaluator.collect(&root, &mut blocks, &mut unread);
    if evaluator.exhausted() {
        let message = "evaluate all of it: it takes more steps or has more instances than are taken".to_owned();
        unread.push(Unknown::new(GapCode::Unresolved, &format!("{shown}: could not {message}")));
        evaluator.problem(shown, None, &message);
    }
    let mut missing = evaluator.missing.take();
    missing.extend(unread.iter().cloned());
    code.problems.append(&mut evaluator.problems.take());
    code.deployments.push(Deployment {
        path: shown.to_owned(),
        language: Language::Terraform,
        scenarios: vec![Scenario { part: 0, assumptions: Vec::new(), blocks }],
        missing,
        unread,
        before: Vec::new(),
    });
}

impl Evaluator<'_> {
    /// The blocks of a module instance and of those it calls.
    fn collect(&self, instance: &Rc<Instance>, blocks: &mut Vec<Block>, unread: &mut Vec<Unknown>) {
        for unknown in &instance.module.unread {
            if !unread.contains(unknown) {
                unread.push(unknown.clone());
            }
        }
        for (place, resource) in instance.module.resources.iter().enumerate() {
            if self.exhausted() {
                return;
            }
            if resource.data && !instance.module.is_unused_policy(resource) {
                continue;
            }
            if let Ok(expansion) = self.expansion(instance, place) {
                for at in 0..expansion.keys.all.len() {
                    if self.exhausted() {
                        return;
                    }
                    blocks.extend(self.block(instance, &expansion, at));
                }
            }
        }
        for place in 0..instance.module.calls.len() {
            if self.exhausted() {
                return;
            }
            if let Ok(children) = self.children(instance, place) {
                for child in &children.instances {
                    self.collect(child, blocks, unread);
                }
                if children.instances.is_empty() {
                    blocks.extend(self.published(instance, place, &children));
                }
            }
        }
    }

    /// The call of a published module that is not on this machine, as a block of what it is given.
    fn published(&self, instance: &Rc<Instance>, place: usize, children: &Children) -> Vec<Block> {
        let call = &instance.module.calls[place];
        let Some(kind) = call.source.as_deref().and_then(module::published) else { return Vec::new() };
        let block = |key: &Key| {
            let scope = Scope { instance: Some(instance), repetition: Some(&key.repetition), binding: None };
            let given = call.arguments.iter().map(|(name, value)| (name.clone(), self.value(value, &scope)));
            let mut body: BTreeMap<Arc<str>, Value> = given.filter(|(_, value)| !value.is_null()).collect();
            if let Some(version) = &call.version {
                body.insert(Arc::from("version"), Value::Text(version.clone()));
            }
            let body = convert::plain(&Value::map(body));
            self.spend(KEPT_STEPS * self.weight(&body));
            let address = instance.qualify(&address_of(&children.address, key.text.as_deref()));
            let ignores = call.ignores.iter().map(|number| &instance.module.ignores[*number]);
            Block {
                kind: Arc::from(kind),
                module: instance.address.clone(),
                key: key.text.clone(),
                body,
                place: instance.module.place(call.lines),
                calls: instance.calls.clone(),
                spans: BTreeMap::new(),
                ignores: ignores
                    .chain(&instance.ignores)
                    .map(|ignore| Ignore { at: address.clone(), ..ignore.clone() })
                    .collect(),
                change: None,
                uncertain: key.uncertain.clone().or_else(|| instance.uncertain.clone()),
                site: self.configuration(instance, &Arc::from("aws")).1,
                elsewhere: None,
                address,
            }
        };
        children.keys.all.iter().map(block).collect()
    }

    fn block(&self, instance: &Rc<Instance>, expansion: &Rc<Expansion>, at: usize) -> Option<Block> {
        let resource = instance.resource(expansion.resource)?;
        let key = expansion.keys.all.get(at)?;
        let body = self.block_body(expansion, at)?;
        // What is made is kept to the end: the steps bound memory, too. This block is there all the same.
        self.spend(KEPT_STEPS * (self.weight(&body.value) + 2 * body.spans.len() as u64));
        let address = expansion.instance_address(at);
        self.spend(10 * (resource.ignores.len() + instance.ignores.len()) as u64);
        let mut ignores: Vec<Ignore> = resource
            .ignores
            .iter()
            .map(|number| Ignore { at: address.clone(), ..instance.module.ignores[*number].clone() })
            .collect();
        ignores.extend(instance.ignores.iter().cloned());
        let (kind, value) = if resource.data {
            (Arc::from(format!("data.{}", resource.kind)), policy_document::unused(&body.value)?)
        } else {
            (resource.kind.clone(), body.value.clone())
        };
        let (site, elsewhere) = self.site(instance, resource, &value);
        let value = self.with_version(instance, resource, value);
        Some(Block {
            kind,
            module: instance.address.clone(),
            key: key.text.clone(),
            body: value,
            place: instance.module.place(resource.lines),
            calls: instance.calls.clone(),
            spans: body.spans.clone(),
            ignores,
            change: None,
            uncertain: key.uncertain.clone().or_else(|| instance.uncertain.clone()),
            site,
            elsewhere,
            address,
        })
    }
}
