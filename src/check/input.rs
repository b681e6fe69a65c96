//! The paths of a request, read by the reader of its form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::rendered::{self, Module, Rendered};
use super::{Parameter, Request};
use crate::evidence::error::Failure;
use crate::iac::deployment::{Code, Problem};
use crate::iac::display_path::{Named, Seen};
use crate::iac::exclude::Exclude;
use crate::iac::foreign::Foreign;
use crate::iac::replaced::Replaced;
use crate::iac::walk::walk;
use crate::iac::{cloudformation, plan, terraform};

/// Largest file that is looked at, in bytes.
const SIZE_LIMIT: u64 = 1 << 30;

/// Values from outside the code.
pub(super) struct Options {
    terraform: terraform::Options,
    cloudformation: cloudformation::Options,
    source: Option<PathBuf>,
    exclude: Exclude,
}

impl Options {
    /// As a request has them.
    pub(super) fn of(request: &Request) -> Result<Self, Failure> {
        for file in &request.variable_files {
            if !file.is_file() {
                return Err(Failure::with_help(format!("find the file {}", file.display()), "check --var-file"));
            }
        }
        let terraform = terraform::Options {
            variables: request.variables.clone(),
            variable_files: request.variable_files.clone(),
            environment: request.environment.clone(),
            modules: request.modules.clone(),
            ..terraform::Options::default()
        };
        let cloudformation = cloudformation::Options { parameters: parameters(&request.parameters)? };
        let patterns = request.exclude.iter().chain(&request.exclude_by_policy);
        let exclude = Exclude::of(patterns.map(String::as_str)).map_err(|wrong| {
            let from = if request.exclude.contains(&wrong.pattern) { "--exclude" } else { "`exclude` of the policy" };
            Failure::with_help(wrong.to_string(), format!("write {from} as in .gitignore: examples/, *.yaml, envs/old"))
        })?;
        Ok(Self { terraform, cloudformation, source: request.source.clone(), exclude })
    }

    /// The same with texts that stand in for those of files.
    pub(super) fn replacing(&self, replaced: Replaced) -> Self {
        let terraform = terraform::Options { replaced, ..self.terraform.clone() };
        let (source, exclude) = (self.source.clone(), self.exclude.clone());
        Self { terraform, cloudformation: self.cloudformation.clone(), source, exclude }
    }

    /// The same for another tree of files: relative paths of variable files and of the plan's source
    /// are meant below it.
    pub(super) fn below(&self, root: &Path) -> Self {
        let moved = |path: &PathBuf| if path.is_absolute() { path.clone() } else { root.join(path) };
        let mut terraform = self.terraform.clone();
        terraform.variable_files = terraform.variable_files.iter().map(moved).filter(|path| path.exists()).collect();
        let cloudformation = self.cloudformation.clone();
        let source = self.source.as_ref().map(moved);
        Self { terraform, cloudformation, source, exclude: self.exclude.clone() }
    }

    /// The content of a file, or what stands in for it.
    fn content(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match self.terraform.replaced.of(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => std::fs::read(path),
        }
    }
}

/// Values of parameters. A file is one that the AWS CLI takes: a list of `ParameterKey` and
/// `ParameterValue`, or a map.
fn parameters(given: &[Parameter]) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    for given in given {
        let file = match given {
            Parameter::Value { name, value } => {
                all.insert(name.clone(), value.clone());
                continue;
            }
            Parameter::File(file) => file,
        };
        let text = std::fs::read_to_string(file).map_err(|error| {
            Failure::with_help(
                format!("read the parameters {}: {error}", file.display()),
                "write --parameter-override Name=Value, or name a JSON file of parameters",
            )
        })?;
        all.extend(parameter_file(&text).ok_or_else(|| {
            Failure::with_help(
                format!("read the parameters {}", file.display()),
                "expected a JSON list of {\"ParameterKey\", \"ParameterValue\"}, or a map of names to values",
            )
        })?);
    }
    Ok(all)
}

fn parameter_file(text: &str) -> Option<BTreeMap<String, String>> {
    use serde_json::Value;
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => {
            let parts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Some(parts?.join(","))
        }
        Value::Null | Value::Object(_) => None,
    };
    match serde_json::from_str(text).ok()? {
        Value::Array(items) => items
            .iter()
            .map(|item| Some((item.get("ParameterKey")?.as_str()?.to_owned(), plain(item.get("ParameterValue")?)?)))
            .collect(),
        Value::Object(members) => {
            let members = match members.get("Parameters") {
                Some(Value::Object(inner)) => inner,
                _ => &members,
            };
            members.iter().map(|(name, value)| Some((name.clone(), plain(value)?))).collect()
        }
        _ => None,
    }
}

/// Reads everything that was named.
pub(super) fn read(paths: &[PathBuf], options: &Options) -> Result<Code, Failure> {
    let mut reading = Reading::new(options);
    for path in paths {
        let kind = std::fs::metadata(path)
            .map_err(|error| Failure::with_help(format!("look at {}: {error}", path.display()), "check the path"))?;
        if kind.is_dir() {
            reading.directory(path);
        } else {
            reading.named_file(path);
        }
    }
    reading.finish()
}

/// A path as it is shown: with `/` between parts, without a leading `./`, below the current directory
/// where it is.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let path = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::RootDir => parts.push(String::new()),
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The directory that a file of Terraform's stands for when it is named: such a file is never read
/// without those beside it.
pub(super) fn root_module(path: &Path) -> Option<&Path> {
    let name = path.file_name()?.to_string_lossy();
    (path.is_file() && (terraform::is_configuration(&name) || extension(path) == "tfvars"))
        .then(|| path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// What was found of each form, before it is read.
struct Reading<'a> {
    options: &'a Options,
    code: Code,
    modules: Vec<Vec<Named>>,
    saved: Option<(String, Vec<u8>)>,
    plans: Vec<(String, Vec<u8>)>,
    templates: Vec<(String, Vec<u8>)>,
    /// Files of other tools below the directories that were named.
    foreign: BTreeMap<Foreign, Vec<String>>,
    /// Units of Terragrunt, rendered.
    units: Vec<Rendered>,
    seen: Seen,
}

impl<'a> Reading<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            code: Code::default(),
            modules: Vec::new(),
            saved: None,
            plans: Vec::new(),
            templates: Vec::new(),
            foreign: BTreeMap::new(),
            units: Vec::new(),
            seen: Seen::default(),
        }
    }

    fn problem(&mut self, file: &str, message: String) {
        self.code.problems.push(Problem { file: file.to_owned(), line: None, message });
    }

    /// A directory: its root modules, and every template and plan below it.
    fn directory(&mut self, directory: &Path) {
        let found = walk(directory, &shown(directory), &self.options.exclude);
        self.code.problems.extend(found.problems);
        self.code.left_out.extend(found.left_out);
        for (foreign, shown) in found.foreign {
            self.foreign.entry(foreign).or_default().push(shown);
        }
        self.modules.push(found.modules);
        for (assembly, shown) in self.seen.new_of(found.assemblies) {
            self.code.append(cloudformation::read_assembly(&assembly, &shown, &self.options.cloudformation));
        }
        for (path, shown) in self.seen.new_of(found.files) {
            match self.options.content(&path) {
                Ok(bytes) => {
                    // Of manifests of Kubernetes there are many, and none is of AWS.
                    let foreign = Foreign::by_head(&bytes);
                    if !self.recognised(&path, shown.clone(), bytes)
                        && let Some(foreign) = foreign
                    {
                        self.foreign.entry(foreign).or_default().push(shown);
                    }
                }
                Err(error) => self.problem(&shown, format!("read the file: {error}")),
            }
        }
    }

    /// A file that was named itself: not to know its form is an error.
    fn named_file(&mut self, path: &Path) {
        if let Some(directory) = root_module(path) {
            return self.modules.push(vec![(directory.to_owned(), shown(directory))]);
        }
        let Some((path, shown)) = self.seen.new_of(vec![(path.to_owned(), shown(path))]).pop() else { return };
        let read = match std::fs::metadata(&path) {
            Ok(about) if about.len() > SIZE_LIMIT => Err(format!("it is larger than {SIZE_LIMIT} bytes")),
            Ok(_) => self.options.content(&path).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(bytes) if plan::is_saved(&bytes) => self.saved = Some((shown, bytes)),
            Ok(bytes) => {
                let foreign = Foreign::by_name(&path).or_else(|| Foreign::by_content(&bytes));
                if !self.recognised(&path, shown.clone(), bytes) {
                    let what = match foreign {
                        Some(foreign) => format!("judge {}: {}", foreign.name(), foreign.advice()),
                        None => "tell what it is: neither Terraform configuration, nor a plan as JSON, nor a template"
                            .to_owned(),
                    };
                    self.problem(&shown, what);
                }
            }
            Err(error) => self.problem(&shown, format!("read the file: {error}")),
        }
    }

    /// Keeps a file whose content tells its form; whether it did.
    fn recognised(&mut self, path: &Path, shown: String, bytes: Vec<u8>) -> bool {
        if plan::looks_like(&bytes) {
            self.plans.push((shown, bytes));
            return true;
        }
        if extension(path) == "json"
            && let Some(unit) = rendered::read(path, &bytes)
        {
            self.units.push(unit);
            return true;
        }
        let is_template = cloudformation::looks_like(&String::from_utf8_lossy(&bytes), &extension(path));
        if is_template {
            self.templates.push((shown, bytes));
        }
        is_template
    }

    /// A unit of Terragrunt: its module, with its inputs.
    fn unit(&mut self, unit: Rendered) {
        let (module, shown) = match &unit.module {
            Module::Local(module, shown) => (module, shown),
            Module::Elsewhere(source) => {
                let message = format!(
                    "judge the unit: its module {source} is not on this machine; fetch it and render with \
                     `terraform.source` naming its directory, or check a plan as JSON"
                );
                return self.problem(&unit.file, message);
            }
        };
        let mut options = self.options.terraform.clone();
        options.environment.extend(unit.inputs);
        let mut code = terraform::read(module, shown, &options);
        for deployment in &mut code.deployments {
            deployment.path.clone_from(&unit.file);
        }
        self.code.append(code);
    }

    fn finish(mut self) -> Result<Code, Failure> {
        for (foreign, files) in std::mem::take(&mut self.foreign) {
            let Some(first) = files.first().cloned() else { continue };
            let more = match files.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let message = format!("{}{more} is not judged: {}", foreign.name(), foreign.advice());
            self.code.notes.push(Problem { file: first, line: None, message });
        }
        let units = std::mem::take(&mut self.units);
        if !units.is_empty() {
            // What a unit is of is judged with the values of the unit.
            let same = |one: &Path, other: &Path| {
                one.canonicalize().ok().is_some_and(|one| other.canonicalize().ok() == Some(one))
            };
            let of_unit = |directory: &Path| {
                units.iter().any(|unit| matches!(&unit.module, Module::Local(module, _) if same(module, directory)))
            };
            for tree in &mut self.modules {
                tree.retain(|(directory, _)| !of_unit(directory));
            }
        }
        self.code.append(terraform::read_all(&self.modules, &self.options.terraform));
        for unit in units {
            self.unit(unit);
        }
        // Together: a nested stack has its parameters from the template that calls it.
        if !self.templates.is_empty() {
            self.code.append(cloudformation::read_all(&self.templates, &self.options.cloudformation));
        }
        let saved = self.saved.take();
        if let (Some((name, _)), true) = (&saved, self.plans.is_empty()) {
            let message = format!(
                "judge a saved plan alone: its values are in a form of Terraform's own; run `terraform show -json \
                 {name} > plan.json` and name both"
            );
            self.code.problems.push(Problem { file: name.clone(), line: None, message });
        }
        let named = self.options.source.as_deref();
        let (directory, file) = match named {
            Some(path) if path.is_dir() => (Some((path, shown(path))), None),
            Some(path) => {
                let bytes = std::fs::read(path).map_err(Failure::io(format!("read {}", path.display())))?;
                (None, Some((shown(path), bytes)))
            }
            None => (None, saved),
        };
        let directory = directory.as_ref().map(|(path, shown)| plan::Sources::Directory { path, shown });
        let source = directory.or_else(|| file.as_ref().map(|(shown, bytes)| plan::Sources::Saved { shown, bytes }));
        for (name, bytes) in std::mem::take(&mut self.plans) {
            self.code.append(plan::read(&name, &bytes, source.as_ref()));
        }
        Ok(self.code.without_left_out())
    }
}

/// The extension in lower case.
fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}
