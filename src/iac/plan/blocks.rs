//! The resource changes of a plan as blocks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::address;
use super::carried::Companions;
use super::configuration::{Configuration, ResourceConfig};
use super::document::{Document, ResourceChange};
use super::instances::Instances;
use super::json::{Mask, Names};
use super::merge::{DOCUMENT_KIND, Documents, Instance, Merge, Pending};
use super::reference::{References, Scope};
use super::source;
use super::text::Lines;
use super::without_position;
use crate::iac::deployment::{Block, Change, Past, Place, Problem, Site, SitePart};
use crate::iac::value::Value;

/// What the changes came to.
pub(super) struct Read {
    pub(super) blocks: Vec<Block>,
    /// What is changed, replaced or given up, as it is before.
    pub(super) before: Vec<Past>,
    pub(super) problems: Vec<Problem>,
    /// The sources have at least one of the blocks, or there are none.
    pub(super) found: bool,
}

/// A change with the lines it stands on in the plan.
struct Placed<'t> {
    change: ResourceChange<'t>,
    line: u32,
    end_line: u32,
}

/// Makes blocks of the changes.
pub(super) fn read(shown: &str, text: &str, document: &Document<'_>, sources: Option<&source::Read>) -> Read {
    let mut lines = Lines::new(text);
    let names = Names::default();
    let file: Arc<str> = Arc::from(shown);
    let mut problems = Vec::new();
    let mut problem = |line: u32, message: String| {
        problems.push(Problem { file: shown.to_owned(), line: Some(line), message });
    };
    let start = |raw: &RawValue| raw.get().as_ptr().addr() - text.as_ptr().addr();

    let mut changes = Vec::new();
    for raw in document.changes.iter().flatten() {
        let offset = start(raw);
        let line = lines.line(offset);
        let end_line = lines.line(offset + raw.get().len());
        match ResourceChange::parse(raw, &names) {
            Ok(change) => changes.push(Placed { change, line, end_line }),
            Err(error) => {
                let at = u32::try_from(error.line()).unwrap_or(1).max(1);
                problem(line + at - 1, format!("read a resource change of the plan: {}", without_position(&error)));
            }
        }
    }
    for raw in &document.deferred {
        let line = lines.line(start(raw));
        match ResourceChange::parse_deferred(raw, &names) {
            Ok(change) => {
                let address = bounded(&change.address);
                problem(
                    line,
                    format!("judge {address}: Terraform deferred it, and the plan does not say what it will be"),
                );
            }
            Err(error) => problem(line, format!("read a deferred change of the plan: {}", without_position(&error))),
        }
    }
    let configuration = match configuration(document, &names) {
        Ok(configuration) => configuration,
        Err((raw, error)) => {
            let line = lines.line(start(raw)) + u32::try_from(error.line()).unwrap_or(1).max(1) - 1;
            problem(line, format!("read the configuration in the plan: {}", without_position(&error)));
            Configuration::default()
        }
    };

    let instances = Instances::of(
        changes.iter().filter(|placed| planned(&placed.change).is_some()).map(|placed| placed.change.address.as_str()),
    );
    let references = References::new(&configuration, &instances);
    let may_be_dynamic = configuration.leaves_out(&document.relevant);
    let documents = Documents::default();
    let mut modules = Modules { configuration: &configuration, known: HashMap::new() };
    let mut managed = Vec::new();
    let mut companions = Companions::default();
    let mut before = Vec::new();
    for placed in changes {
        companions.add(&placed.change);
        before.extend(as_it_was(&placed, &mut modules, &file));
        let Some(change) = planned(&placed.change) else { continue };
        if placed.change.mode == "managed" {
            managed.push((placed, change));
        } else if placed.change.kind.as_deref() == Some(DOCUMENT_KIND) {
            let (instance, config) = modules.instance(&placed.change, true);
            let ResourceChange { address, change, .. } = placed.change;
            documents.add(address, Pending { instance, change, written: config.map(|config| &config.body) });
        }
    }
    let mut blocks = Vec::with_capacity(managed.len());
    let mut found = false;
    for (Placed { change: resource, line, end_line }, change) in managed {
        let Some(kind) = resource.kind.as_ref().filter(|_| is_told(&resource)) else {
            problem(line, format!("judge {}: the plan does not say what it will be", bounded(&resource.address)));
            continue;
        };
        let (instance, config) = modules.instance(&resource, false);
        let inner = resource.change;
        let mut merge = Merge::new(&references, &documents, &instance).of_type(kind, may_be_dynamic);
        let mut body = merge.body(inner.after, &inner.unknown, &inner.sensitive, config.map(|config| &config.body));
        if let (Value::Map(members), Some(config)) = (&mut body, config) {
            companions.leave_out(kind, Arc::make_mut(members), &config.body);
        }
        let (left_out, unwritten) = (merge.left_out, merge.unwritten);
        let (site, elsewhere) = placed_at(&configuration, config, &resource.address, &body);
        let mut block = Block {
            address: resource.address,
            kind: Arc::clone(kind),
            module: resource.module.unwrap_or_default(),
            key: instance.key,
            body,
            place: Place { file: Arc::clone(&file), line, end_line },
            calls: Vec::new(),
            spans: BTreeMap::new(),
            ignores: Vec::new(),
            change: Some(change),
            uncertain: None,
            site,
            elsewhere,
        };
        found |= sources.is_some_and(|sources| sources.attach(&mut block, &left_out, &unwritten, &instances));
        blocks.push(block);
    }
    take_settings_away(&before, &mut blocks);
    Read { found: found || blocks.is_empty(), blocks, before, problems }
}

/// Says of buckets that the plan takes their Block Public Access away, or gives it to another.
fn take_settings_away(before: &[Past], blocks: &mut [Block]) {
    let of_bucket = |past: &Past| {
        let body: serde_json::Value = serde_json::from_str(&past.body).ok()?;
        body.get("bucket")?.as_str().map(ToOwned::to_owned)
    };
    let gone = before.iter().filter(|past| &*past.block.kind == "aws_s3_bucket_public_access_block");
    let gone: Vec<String> = gone.filter_map(of_bucket).collect();
    for block in blocks.iter_mut().filter(|block| &*block.kind == "aws_s3_bucket") {
        let named = |name: &str| {
            block.body.get(name).and_then(Value::as_text).is_some_and(|name| gone.iter().any(|gone| gone == name))
        };
        if named("bucket") || named("id") {
            block.take_settings_away();
        }
    }
}

/// The configuration in the plan, where it has one; else where it stands, and what is wrong with it.
fn configuration<'t>(
    document: &Document<'t>,
    names: &Names,
) -> Result<Configuration, (&'t RawValue, serde_json::Error)> {
    match document.configuration {
        Some(raw) => Configuration::parse(raw.get(), names).map_err(|error| (raw, error)),
        None => Ok(Configuration::default()),
    }
}

/// A managed resource that does not stay as it is, as it is before; `None` for one that is not there yet.
fn as_it_was(placed: &Placed<'_>, modules: &mut Modules<'_>, file: &Arc<str>) -> Option<Past> {
    let resource = &placed.change;
    if resource.mode != "managed" || resource.deposed || planned(resource) == Some(Change::None) {
        return None;
    }
    let body = Box::from(resource.change.before?.get());
    let (instance, config) = modules.instance(resource, false);
    let (site, elsewhere) = placed_at(modules.configuration, config, &resource.address, &Value::Null);
    let block = Block {
        address: resource.address.clone(),
        kind: resource.kind.clone().unwrap_or_default(),
        module: resource.module.clone().unwrap_or_default(),
        key: instance.key,
        body: Value::Null,
        place: Place { file: Arc::clone(file), line: placed.line, end_line: placed.end_line },
        calls: Vec::new(),
        spans: BTreeMap::new(),
        ignores: Vec::new(),
        change: None,
        uncertain: None,
        site,
        elsewhere,
    };
    Some(Past { block, body })
}

/// What the plan does to a resource that is there afterwards; `None` for one that is not, and for an
/// object that is left over from an earlier replacement.
fn planned(resource: &ResourceChange<'_>) -> Option<Change> {
    if resource.deposed {
        return None;
    }
    let is = |action: &str| resource.change.actions.iter().any(|other| &**other == action);
    let only = |actions: &[&str]| resource.change.actions.iter().all(|action| actions.contains(&&**action));
    if only(&["no-op", "read"]) {
        Some(Change::None)
    } else if only(&["delete", "forget"]) && !is("create") {
        None
    } else {
        Some(Change::Made)
    }
}

/// Where a block lies: by its provider configuration and by its own argument `region`; and what tells that
/// from where the default configuration is for.
fn placed_at(
    configuration: &Configuration,
    config: Option<&ResourceConfig>,
    address: &str,
    body: &Value,
) -> (Site, Option<Arc<str>>) {
    let key = config.and_then(|config| config.provider.as_deref()).unwrap_or("aws");
    let default = configuration.sites.get("aws").cloned().unwrap_or_default();
    let known = configuration.sites.get(key).cloned();
    let mut site = known.unwrap_or_else(|| match alias(key) {
        Some(alias) => Site::unknown(&Arc::from(alias)),
        None => default.clone(),
    });
    match body.get("region") {
        Some(Value::Text(region)) => site.region = SitePart::Named(region.clone()),
        Some(Value::Unknown(_) | Value::Template(_)) => {
            site.region = SitePart::Unknown(Arc::from(address));
        }
        _ => {}
    }
    let elsewhere = site.elsewhere(&default, alias(key).map(Arc::from).as_ref());
    (site, elsewhere)
}

/// Whether the plan says what a resource will be.
fn is_told(resource: &ResourceChange<'_>) -> bool {
    let after = &resource.change.after;
    matches!(after, Value::Map(_)) || (after.is_null() && resource.change.unknown != Mask::None)
}

/// The alias of a provider configuration: `module.logs:aws.west` is `aws.west`, `aws` has none.
fn alias(key: &str) -> Option<&str> {
    let key = key.rsplit(':').next().unwrap_or(key);
    key.contains('.').then_some(key)
}

/// An address of the plan in a message.
fn bounded(address: &str) -> String {
    if address.is_empty() { "a resource".to_owned() } else { address.chars().take(200).collect() }
}

/// Finds the configuration of instances.
struct Modules<'c> {
    configuration: &'c Configuration,
    /// By address of the module instance: its module, and the parts of its address.
    known: HashMap<Arc<str>, KnownModule>,
}

/// Index of a module in the configuration, and the parts of the address of its instance.
type KnownModule = (Option<usize>, Arc<[String]>);

impl<'c> Modules<'c> {
    fn instance(&mut self, resource: &ResourceChange<'_>, data: bool) -> (Instance<'c>, Option<&'c ResourceConfig>) {
        let module = resource.module.clone().unwrap_or_default();
        let (index, parts) = self
            .known
            .entry(Arc::clone(&module))
            .or_insert_with(|| {
                let parts = address::modules(&module).unwrap_or_default();
                let index = self.configuration.module(parts.iter().map(|(name, _)| *name));
                (index, parts.iter().map(|(_, part)| (*part).to_owned()).collect())
            })
            .clone();
        let prefix = if data { "data." } else { "" };
        let name = match (&resource.kind, &resource.name) {
            (Some(kind), Some(name)) => format!("{prefix}{kind}.{name}"),
            _ => String::new(),
        };
        let config = index.and_then(|index| self.configuration.modules[index].resources.get(&name));
        let scope = index
            .filter(|_| config.is_some())
            .map(|module| Scope { module, for_each: config.and_then(|config| config.for_each.as_ref()) });
        let dot = usize::from(!module.is_empty());
        let key = resource
            .address
            .get(module.len() + dot + name.len()..)
            .and_then(|key| key.strip_prefix('[')?.strip_suffix(']'))
            .map(Arc::from);
        (Instance { scope, modules: parts, key, in_document: data }, config)
    }
}
