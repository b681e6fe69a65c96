//! A module: what the files of one directory declare.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::comments::{self, Directive};
use super::json;
use super::lower;
use super::syntax::{Attribute, Body, Expr, Lines, Nested, render};
use super::types::Type;
use crate::iac::deployment::{Ignore, Place, Problem};
use crate::iac::ignore;
use crate::iac::value::Unknown;
use crate::model::gap::GapCode;

/// A file of a module.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    /// Its name in its directory.
    pub(super) name: String,
    /// Its path as it is shown.
    pub(super) shown: Arc<str>,
    /// What is in it.
    pub(super) text: Arc<str>,
}

/// What the files of one directory declare.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The directory, as the files in it are read.
    pub(super) directory: PathBuf,
    /// The directory as it is shown.
    pub(super) shown: String,
    pub(super) files: Vec<SourceFile>,
    pub(super) variables: BTreeMap<Arc<str>, Variable>,
    pub(super) locals: HashMap<Arc<str>, Expr>,
    pub(super) outputs: BTreeMap<Arc<str>, Output>,
    /// Resources and data sources in the order of files and lines.
    pub(super) resources: Vec<Resource>,
    pub(super) calls: Vec<ModuleCall>,
    /// Provider configurations by the names that resources call them by: `aws`, `aws.frankfurt`.
    pub(super) providers: HashMap<Arc<str>, Provider>,
    /// Directives of suppression with the local address of what they stand at.
    pub(super) ignores: Vec<Ignore>,
    /// Files that could not be read.
    pub(super) unread: Vec<Unknown>,
    /// Which versions of the AWS provider it asks for.
    pub(super) aws_versions: Option<Arc<str>>,
    /// Whether it says where its state is kept (`backend`, `cloud`), as what is deployed by itself does.
    pub(super) keeps_state: bool,
    resources_by_name: HashMap<(bool, Arc<str>), HashMap<Arc<str>, usize>>,
    calls_by_name: HashMap<Arc<str>, usize>,
}

/// A variable.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) kind: Type,
    pub(super) default: Option<Expr>,
    pub(super) sensitive: bool,
    pub(super) nullable: bool,
}

/// An output.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) value: Expr,
    pub(super) sensitive: bool,
}

/// A resource, or a data source.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) kind: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) data: bool,
    pub(super) lines: Lines,
    pub(super) count: Option<Expr>,
    pub(super) for_each: Option<Expr>,
    /// `lifecycle { enabled }` of `OpenTofu` 1.11.
    pub(super) enabled: Option<Expr>,
    /// The provider configuration as written: `aws.frankfurt`.
    pub(super) provider: Option<Arc<str>>,
    /// Without meta-arguments.
    pub(super) body: Body,
    /// Indexes in [`Module::ignores`].
    pub(super) ignores: Vec<usize>,
}

/// A provider configuration: what says for which account and region it is.
#[derive(Debug, Default)]
pub(super) struct Provider {
    pub(super) region: Option<Expr>,
    /// Account numbers that it may be used for.
    pub(super) allowed_accounts: Option<Expr>,
    /// ARN of the role that is assumed.
    pub(super) role: Option<Expr>,
    /// Other credentials that it names, by the names of their arguments.
    pub(super) credentials: Vec<(Arc<str>, Expr)>,
    /// There is one for each element of something (`OpenTofu`).
    pub(super) repeated: bool,
}

/// A call of another module.
#[derive(Debug)]
pub(super) struct ModuleCall {
    pub(super) name: Arc<str>,
    pub(super) lines: Lines,
    /// Where `source` is written.
    pub(super) source_line: u32,
    pub(super) source: Option<Arc<str>>,
    /// The same where it is no plain text: `OpenTofu` takes variables and locals in it.
    pub(super) source_expression: Option<Expr>,
    /// Which versions of it are asked for.
    pub(super) version: Option<Arc<str>>,
    pub(super) count: Option<Expr>,
    pub(super) for_each: Option<Expr>,
    /// `lifecycle { enabled }` of `OpenTofu` 1.11.
    pub(super) enabled: Option<Expr>,
    /// Provider configurations: name in the called module → name in this one.
    pub(super) providers: Vec<(Arc<str>, Arc<str>)>,
    pub(super) arguments: HashMap<Arc<str>, Expr>,
    /// Indexes in [`Module::ignores`].
    pub(super) ignores: Vec<usize>,
}

impl Resource {
    /// The address in its module, without instance key.
    pub(super) fn address(&self) -> String {
        if self.data { format!("data.{}.{}", self.kind, self.name) } else { format!("{}.{}", self.kind, self.name) }
    }
}

impl Module {
    /// The resource or data source of this type and name.
    pub(super) fn resource(&self, data: bool, kind: &Arc<str>, name: &str) -> Option<usize> {
        self.resources_by_name.get(&(data, kind.clone()))?.get(name).copied()
    }

    /// Whether it is a policy document that nothing in the module names.
    pub(super) fn is_unused_policy(&self, resource: &Resource) -> bool {
        const KIND: &str = "aws_iam_policy_document";
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let names = |text: &str| {
            text.split("data.aws_iam_policy_document.")
                .skip(1)
                .any(|rest| rest.strip_prefix(&*resource.name).is_some_and(|after| !after.starts_with(is_name)))
        };
        resource.data && &*resource.kind == KIND && !self.files.iter().any(|file| names(&file.text))
    }

    /// The call of this name.
    pub(super) fn call(&self, name: &str) -> Option<usize> {
        self.calls_by_name.get(name).copied()
    }

    /// Where lines are.
    pub(super) fn place(&self, lines: Lines) -> Place {
        Place {
            file: self.files.get(lines.file as usize).map_or_else(|| Arc::from(""), |file| file.shown.clone()),
            line: lines.first,
            end_line: lines.last,
        }
    }

    /// Makes a module of its files, in their order; override files come last. What cannot be parsed
    /// becomes a problem.
    pub(super) fn build(directory: &Path, shown: &str, files: Vec<SourceFile>) -> (Self, Vec<Problem>) {
        let mut module = Self { directory: directory.to_owned(), shown: shown.to_owned(), files, ..Self::default() };
        let mut problems = Vec::new();
        let mut blocks: Vec<Nested> = Vec::new();
        let mut overrides: Vec<Nested> = Vec::new();
        let mut directives: Vec<(u32, Directive)> = Vec::new();
        for (number, file) in module.files.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let parsed = if is_json(&file.name) {
                json::parse(&file.text, number)
            } else {
                lower::parse(&file.text, number).map(|body| (body, comments::directives(&file.text)))
            };
            match parsed {
                Ok((body, found)) => {
                    if is_override(&file.name) { &mut overrides } else { &mut blocks }.extend(body.blocks);
                    directives.extend(found.into_iter().map(|directive| (number, directive)));
                }
                Err(error) => {
                    module.unread.push(Unknown::new(GapCode::Unresolved, &format!("{} could not be read", file.shown)));
                    problems.push(Problem {
                        file: file.shown.to_string(),
                        line: Some(error.line),
                        message: error.message,
                    });
                }
            }
        }
        if !overrides.is_empty() {
            override_blocks(&mut blocks, overrides);
        }
        for block in blocks {
            module.declare(block, &mut problems);
        }
        module.attach(directives);
        (module, problems)
    }

    fn declare(&mut self, block: Nested, problems: &mut Vec<Problem>) {
        match (&*block.kind, block.labels.as_slice()) {
            ("resource" | "data", [kind, name]) => {
                let data = &*block.kind == "data";
                let at = self.resources.len();
                let by_name = self.resources_by_name.entry((data, kind.clone())).or_default();
                if by_name.contains_key(name) {
                    let address = format!("{}{kind}.{name}", if data { "data." } else { "" });
                    let place = self.place(block.lines);
                    problems.push(Problem {
                        file: place.file.to_string(),
                        line: Some(place.line),
                        message: format!("take {address} a second time: it is declared already"),
                    });
                    return;
                }
                by_name.insert(name.clone(), at);
                let (kind, name) = (kind.clone(), name.clone());
                self.resources.push(resource(data, kind, name, block));
            }
            ("module", [name]) => {
                let at = self.calls.len();
                if self.calls_by_name.contains_key(name) {
                    let place = self.place(block.lines);
                    problems.push(Problem {
                        file: place.file.to_string(),
                        line: Some(place.line),
                        message: format!("take module.{name} a second time: it is declared already"),
                    });
                    return;
                }
                self.calls_by_name.insert(name.clone(), at);
                let name = name.clone();
                self.calls.push(call(name, block));
            }
            ("variable", [name]) => {
                let body = &block.body;
                let variable = Variable {
                    kind: body.value("type").map_or(Type::Any, Type::read),
                    default: body.value("default").cloned(),
                    sensitive: body.flag("sensitive").unwrap_or(false) || body.flag("ephemeral").unwrap_or(false),
                    nullable: body.flag("nullable").unwrap_or(true),
                };
                self.variables.insert(name.clone(), variable);
            }
            ("output", [name]) => {
                let output = Output {
                    value: block.body.value("value").cloned().unwrap_or(Expr::Null),
                    sensitive: block.body.flag("sensitive").unwrap_or(false),
                };
                self.outputs.insert(name.clone(), output);
            }
            ("terraform", []) => {
                let body = &block.body;
                // In JSON syntax a block is written as an argument is.
                let mut names =
                    body.blocks.iter().map(|inner| &inner.kind).chain(body.attributes.iter().map(|a| &a.name));
                self.keeps_state |= names.any(|name| matches!(&**name, "backend" | "cloud"));
                self.aws_versions = self.aws_versions.take().or_else(|| super::versions::required(body));
            }
            ("provider", [name]) => {
                let (alias, configuration) = provider_configuration(block.body);
                let key = alias.map_or_else(|| name.clone(), |alias| Arc::from(format!("{name}.{alias}")));
                self.providers.insert(key, configuration);
            }
            ("locals", []) => {
                self.locals.extend(block.body.attributes.into_iter().map(|local| (local.name, local.value)));
            }
            ("resource" | "data" | "module" | "variable" | "output" | "locals", labels) => {
                let place = self.place(block.lines);
                problems.push(Problem {
                    file: place.file.to_string(),
                    line: Some(place.line),
                    message: format!("take a `{}` block with {} labels", block.kind, labels.len()),
                });
            }
            _ => {}
        }
    }

    /// Finds what each directive stands at.
    fn attach(&mut self, directives: Vec<(u32, Directive)>) {
        if directives.is_empty() {
            return;
        }
        // Whether it is a call, its index, its lines.
        let mut targets: Vec<(Lines, bool, usize)> = Vec::new();
        targets.extend(self.calls.iter().enumerate().map(|(index, call)| (call.lines, true, index)));
        for (index, resource) in self.resources.iter().enumerate() {
            if !resource.data || self.is_unused_policy(resource) {
                targets.push((resource.lines, false, index));
            }
        }
        targets.sort_by_key(|(lines, ..)| (lines.file, lines.first));
        for (file, directive) in directives {
            // The block that the line is in; else the block that begins where the comments end.
            let found = [Some(directive.line), directive.above].into_iter().flatten().find_map(|line| {
                let after = targets.partition_point(|(lines, ..)| (lines.file, lines.first) <= (file, line));
                let target = targets.get(after.checked_sub(1)?)?;
                let inside = target.0.file == file && line <= target.0.last;
                let begins = line == directive.line || target.0.first == line;
                (inside && begins).then_some(target)
            });
            let address = match found {
                Some((_, true, index)) => format!("module.{}", self.calls[*index].name),
                Some((_, false, index)) => self.resources[*index].address(),
                None => String::new(),
            };
            let place = self.place(Lines { file, first: directive.line, last: directive.line });
            let number = self.ignores.len();
            self.ignores.extend(ignore::parse(&directive.text, place, &address));
            let numbers = number..self.ignores.len();
            match found {
                Some((_, true, index)) => self.calls[*index].ignores.extend(numbers),
                Some((_, false, index)) => self.resources[*index].ignores.extend(numbers),
                None => {}
            }
        }
    }
}

/// `lifecycle { enabled = … }` in a block (<https://opentofu.org/docs/language/meta-arguments/enabled/>).
fn enabled(body: &Body) -> Option<Expr> {
    let lifecycle = body.blocks.iter().find(|block| &*block.kind == "lifecycle")?;
    lifecycle.body.value("enabled").cloned()
}

fn resource(data: bool, kind: Arc<str>, name: Arc<str>, block: Nested) -> Resource {
    let mut resource = Resource {
        kind,
        name,
        data,
        lines: block.lines,
        count: None,
        for_each: None,
        enabled: enabled(&block.body),
        provider: None,
        body: Body::default(),
        ignores: Vec::new(),
    };
    for attribute in block.body.attributes {
        match &*attribute.name {
            "count" => resource.count = Some(attribute.value),
            "for_each" => resource.for_each = Some(attribute.value),
            "provider" => resource.provider = provider(&attribute.value),
            "depends_on" | "lifecycle" | "connection" | "provisioner" | "timeouts" => {}
            _ => resource.body.attributes.push(attribute),
        }
    }
    resource.body.blocks = block.body.blocks;
    resource
        .body
        .blocks
        .retain(|block| !matches!(block_type(block), "lifecycle" | "connection" | "provisioner" | "timeouts"));
    resource
}

fn call(name: Arc<str>, block: Nested) -> ModuleCall {
    let mut call = ModuleCall {
        name,
        lines: block.lines,
        source_line: block.lines.first,
        source: None,
        source_expression: None,
        version: None,
        count: None,
        for_each: None,
        enabled: enabled(&block.body),
        providers: Vec::new(),
        arguments: HashMap::new(),
        ignores: Vec::new(),
    };
    for Attribute { name, value, lines } in block.body.attributes {
        match &*name {
            "source" => {
                call.source_line = lines.first;
                match value {
                    Expr::Text(source) => call.source = Some(source),
                    expression => call.source_expression = Some(expression),
                }
            }
            "count" => call.count = Some(value),
            "for_each" => call.for_each = Some(value),
            "providers" => {
                if let Expr::Object(items) = &value {
                    call.providers =
                        items.iter().filter_map(|(key, value)| Some((provider(key)?, provider(value)?))).collect();
                }
            }
            "version" => {
                if let Expr::Text(version) = value {
                    call.version = Some(version);
                }
            }
            "depends_on" => {}
            _ => {
                call.arguments.insert(name, value);
            }
        }
    }
    call
}

/// Modules of the registry of which a mapping tells all that controls ask, by what they are given.
const PUBLISHED: [&str; 7] = [
    "terraform-aws-modules/dynamodb-table/aws",
    "terraform-aws-modules/ecr/aws",
    "terraform-aws-modules/efs/aws",
    "terraform-aws-modules/eks/aws",
    "terraform-aws-modules/rds/aws",
    "terraform-aws-modules/rds-aurora/aws",
    "terraform-aws-modules/s3-bucket/aws",
];

/// Published modules that make nothing which belongs to what they are given, and nothing of an account or a
/// region as a whole.
const SELF_CONTAINED: [&str; 8] = [
    "terraform-aws-modules/acm/aws",
    "terraform-aws-modules/kms/aws",
    "terraform-aws-modules/vpc/aws",
    "terraform-aws-modules/iam/aws//modules/iam-policy",
    "terraform-aws-modules/iam/aws//modules/iam-role",
    "terraform-aws-modules/iam/aws//modules/iam-role-for-service-accounts",
    "terraform-aws-modules/iam/aws//modules/iam-role-for-service-accounts-eks",
    "terraform-aws-modules/lambda/aws",
];

/// Whether the call of a module that is not on this machine certainly makes nothing that belongs to a block of
/// this code.
pub(super) fn is_self_contained(call: &ModuleCall) -> bool {
    let Some(source) = call.source.as_deref() else { return false };
    let source = source.strip_prefix("registry.terraform.io/").unwrap_or(source).trim_end_matches('/');
    // A VPC can write its flow logs into a bucket that it is given.
    let writes = call.arguments.keys().any(|name| name.starts_with("flow_log_destination"));
    SELF_CONTAINED.contains(&source) && !writes
}

/// The name under which a mapping knows the module of this source, if one does.
pub(super) fn published(source: &str) -> Option<&'static str> {
    let source = source.strip_prefix("registry.terraform.io/").unwrap_or(source).trim_end_matches('/');
    PUBLISHED.iter().find(|known| **known == source).copied()
}

/// The alias of a provider configuration, and what it says.
fn provider_configuration(body: Body) -> (Option<Arc<str>>, Provider) {
    const CREDENTIALS: [&str; 6] =
        ["access_key", "profile", "shared_config_files", "shared_credentials_files", "token", "endpoints"];
    let mut provider = Provider::default();
    let mut alias = None;
    for attribute in body.attributes {
        match &*attribute.name {
            "alias" => {
                alias = match attribute.value {
                    Expr::Text(text) => Some(text),
                    _ => None,
                };
            }
            "region" => provider.region = Some(attribute.value),
            "allowed_account_ids" => provider.allowed_accounts = Some(attribute.value),
            "for_each" => provider.repeated = true,
            name if CREDENTIALS.contains(&name) => provider.credentials.push((attribute.name, attribute.value)),
            _ => {}
        }
    }
    for block in body.blocks {
        let kind = block_type(&block).to_owned();
        let role = block.body.value("role_arn").cloned();
        match &*kind {
            "assume_role" | "assume_role_with_web_identity" if role.is_some() => provider.role = role,
            "assume_role" | "assume_role_with_web_identity" => {
                provider.credentials.push((Arc::from(kind), Expr::Null));
            }
            _ => {}
        }
    }
    (alias, provider)
}

/// The name of a provider configuration: `aws`, `aws.frankfurt`.
fn provider(expression: &Expr) -> Option<Arc<str>> {
    match expression {
        Expr::Text(text) | Expr::Variable(text) => Some(text.clone()),
        Expr::Traverse(..) => Some(Arc::from(render(expression))),
        _ => None,
    }
}

/// Puts what override files say over the blocks they mean. A block that is not there is one of its
/// own; Terraform refuses it, and it is better judged than passed over.
fn override_blocks(blocks: &mut Vec<Nested>, overrides: Vec<Nested>) {
    let mut places: HashMap<(Arc<str>, Vec<Arc<str>>), usize> = HashMap::new();
    for (place, block) in blocks.iter().enumerate() {
        places.entry((block.kind.clone(), block.labels.clone())).or_insert(place);
    }
    for over in overrides {
        let name = (over.kind.clone(), over.labels.clone());
        // Of two local values of one name the later counts.
        let target = places.get(&name).filter(|_| !over.labels.is_empty()).and_then(|place| blocks.get_mut(*place));
        if let Some(target) = target {
            override_body(&mut target.body, over.body);
        } else {
            places.insert(name, blocks.len());
            blocks.push(over);
        }
    }
}

fn override_body(target: &mut Body, over: Body) {
    let attributes: HashSet<Arc<str>> = over.attributes.iter().map(|attribute| attribute.name.clone()).collect();
    let kinds: HashSet<Arc<str>> = over.blocks.iter().map(|block| Arc::from(block_type(block))).collect();
    // Nested blocks of one type are replaced as a whole.
    target.attributes.retain(|other| !attributes.contains(&other.name) && !kinds.contains(&other.name));
    target.blocks.retain(|other| !attributes.contains(block_type(other)) && !kinds.contains(block_type(other)));
    target.attributes.extend(over.attributes);
    target.blocks.extend(over.blocks);
}

fn block_type(block: &Nested) -> &str {
    match block.labels.first() {
        Some(label) if &*block.kind == "dynamic" => label,
        _ => &block.kind,
    }
}

/// Whether a file is in JSON syntax.
pub(super) fn is_json(name: &str) -> bool {
    name.rsplit('.').next() == Some("json")
}

/// The name of a configuration file without its endings: `None` for what is none.
pub(super) fn stem(name: &str) -> Option<&str> {
    if name.starts_with('.') || name.starts_with('#') || name.ends_with('~') {
        return None;
    }
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().find_map(|ending| name.strip_suffix(ending))
}

fn is_override(name: &str) -> bool {
    stem(name).is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}
