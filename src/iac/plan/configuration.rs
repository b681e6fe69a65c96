//! The configuration inside a plan: which arguments the author wrote, and what each refers to.
//!
//! Constant values are never read from here. They stand in `change.after` as well, where
//! `after_sensitive` says which of them may be shown; here nothing does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{NameSeed, Names, TextSeed};
use super::sites;
use crate::iac::deployment::Site;

/// An expression: what it refers to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Leaf {
    /// `aws_kms_key.main.arn`, `aws_kms_key.main`, `var.key`, `each.value`, as Terraform lists them: each
    /// is followed by its own beginnings.
    pub(super) references: Vec<Arc<str>>,
    /// Terraform could compute it without knowing anything else.
    pub(super) constant: bool,
}

/// What is written for an argument or a nested block.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written {
    /// An expression.
    Leaf(Leaf),
    /// Nested blocks of one kind, those made by `dynamic` not among them.
    Blocks(Vec<Body>),
}

/// Arguments and nested blocks by name.
pub(super) type Body = BTreeMap<Arc<str>, Written>;

/// A `resource` or `data` block.
#[derive(Debug, Default)]
pub(super) struct ResourceConfig {
    pub(super) body: Body,
    pub(super) for_each: Option<Leaf>,
    /// `aws`, `aws.west`, `module.logs:aws`.
    pub(super) provider: Option<Arc<str>>,
}

/// A `module` block.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) body: Body,
    pub(super) for_each: Option<Leaf>,
    /// Index of the module in [`Configuration::modules`]; `None` where the plan does not say.
    pub(super) module: Option<usize>,
}

/// The blocks of a module.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// By `aws_s3_bucket.logs`, `data.aws_iam_policy_document.read`.
    pub(super) resources: BTreeMap<String, ResourceConfig>,
    pub(super) calls: BTreeMap<Arc<str>, Call>,
    pub(super) outputs: BTreeMap<Arc<str>, Leaf>,
    /// The module that calls it, and the name of the call; `None` for the root module.
    pub(super) parent: Option<(usize, Arc<str>)>,
}

/// The modules, the root module first.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    pub(super) modules: Vec<Module>,
    /// Where the provider configurations are for, by their keys (`aws`, `module.logs:aws.west`).
    pub(super) sites: BTreeMap<String, Site>,
}

impl Configuration {
    /// The member `configuration` of a plan.
    pub(super) fn parse(text: &str, names: &Names) -> Result<Self, serde_json::Error> {
        let mut tree: Option<ModuleTree> = None;
        let mut configuration = Self::default();
        let root = RootVisitor { names, tree: &mut tree, sites: &mut configuration.sites };
        serde_json::Deserializer::from_str(text).deserialize_map(root)?;
        if let Some(tree) = tree {
            configuration.add(tree, None);
        }
        Ok(configuration)
    }

    fn add(&mut self, tree: ModuleTree, parent: Option<(usize, Arc<str>)>) -> usize {
        let index = self.modules.len();
        let calls = tree.calls;
        self.modules.push(Module { resources: tree.resources, outputs: tree.outputs, calls: BTreeMap::new(), parent });
        for (name, (mut call, module)) in calls {
            // As deep as the JSON is nested, which its reader bounds.
            call.module = module.map(|module| self.add(module, Some((index, Arc::clone(&name)))));
            self.modules[index].calls.insert(name, call);
        }
        index
    }

    /// Whether something that decides about a change (an address and an attribute) is in no expression
    /// here: `dynamic` blocks are left out of a configuration, and what they refer to with them. A local
    /// value may refer to anything, and is not in a plan: where one is used, nothing can be told.
    pub(super) fn leaves_out(&self, relevant: &[(String, String)]) -> bool {
        let mut referred = BTreeSet::new();
        for module in &self.modules {
            let bodies = module.resources.values().map(|resource| (&resource.body, resource.for_each.as_ref()));
            let calls = module.calls.values().map(|call| (&call.body, call.for_each.as_ref()));
            for (body, for_each) in bodies.chain(calls) {
                add_references(body, &mut referred);
                referred.extend(for_each.into_iter().flat_map(|leaf| &leaf.references).map(|each| without_keys(each)));
            }
            referred.extend(module.outputs.values().flat_map(|leaf| &leaf.references).map(|each| without_keys(each)));
        }
        let begins =
            |start: &str| referred.range(start.to_owned()..).next().is_some_and(|next| next.starts_with(start));
        if begins("local.") {
            return false;
        }
        relevant.iter().any(|(address, attribute)| {
            let address = without_keys(address);
            let mut local = address.as_str();
            while let Some((_, rest)) = local.strip_prefix("module.").and_then(|rest| rest.split_once('.')) {
                local = rest;
            }
            let whole = referred.contains(local) && !begins(&format!("{local}."));
            !whole && !begins(&format!("{local}.{attribute}"))
        })
    }

    /// The module whose calls, from the root module on, have these names.
    pub(super) fn module<'a>(&self, calls: impl Iterator<Item = &'a str>) -> Option<usize> {
        let mut index = 0;
        for call in calls {
            index = self.modules.get(index)?.calls.get(call)?.module?;
        }
        (index < self.modules.len()).then_some(index)
    }
}

/// Adds what the expressions in a body refer to, without keys of instances.
fn add_references(body: &Body, referred: &mut BTreeSet<String>) {
    for written in body.values() {
        match written {
            Written::Leaf(leaf) => referred.extend(leaf.references.iter().map(|each| without_keys(each))),
            Written::Blocks(blocks) => blocks.iter().for_each(|block| add_references(block, referred)),
        }
    }
}

/// An address or a reference without what is in brackets.
fn without_keys(address: &str) -> String {
    let mut depth = 0_u32;
    let outside = address.chars().filter(|letter| {
        depth += u32::from(*letter == '[');
        let outside = depth == 0;
        depth = depth.saturating_sub(u32::from(*letter == ']'));
        outside
    });
    outside.collect()
}

/// A module with the modules it calls inside it, as in JSON.
#[derive(Default)]
struct ModuleTree {
    resources: BTreeMap<String, ResourceConfig>,
    calls: BTreeMap<Arc<str>, (Call, Option<Self>)>,
    outputs: BTreeMap<Arc<str>, Leaf>,
}

struct RootVisitor<'n, 't> {
    names: &'n Names,
    tree: &'t mut Option<ModuleTree>,
    sites: &'t mut BTreeMap<String, Site>,
}

impl<'de> Visitor<'de> for RootVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a configuration, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key_seed(NameSeed(self.names))? {
            if &*name == "root_module" {
                *self.tree = Some(members.next_value_seed(ModuleSeed(self.names))?);
            } else if &*name == "provider_config" {
                *self.sites = sites::read(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Declares a seed that reads an object by an arm per member.
macro_rules! object_seed {
    ($seed:ident -> $value:ty, $what:literal, |$names:ident, $members:ident, $object:ident| $($member:literal => $read:expr,)*) => {
        #[derive(Clone, Copy)]
        struct $seed<'n>(&'n Names);

        impl<'de> DeserializeSeed<'de> for $seed<'_> {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for $seed<'_> {
            type Value = $value;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str($what)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut $members: A) -> Result<Self::Value, A::Error> {
                let $names = self.0;
                let mut $object = <$value>::default();
                while let Some(name) = $members.next_key_seed(NameSeed($names))? {
                    match &*name {
                        $($member => $read,)*
                        _ => {
                            $members.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok($object)
            }
        }
    };
}

object_seed!(ModuleSeed -> ModuleTree, "a module, which is a JSON object", |names, members, module|
    "resources" => module.resources = members.next_value_seed(ResourceListSeed(names))?,
    "module_calls" => module.calls = members.next_value_seed(ByName(names, CallSeed(names)))?,
    "outputs" => module.outputs = members.next_value_seed(ByName(names, OutputSeed(names)))?,
);

/// What a `resource` block is, and what is in it.
type Entry = (String, Option<String>, Option<String>, ResourceConfig);

object_seed!(ResourceSeed -> Entry, "a resource, which is a JSON object", |names, members, entry|
    "mode" => entry.0 = members.next_value_seed(TextSeed)?.unwrap_or_default(),
    "type" => entry.1 = members.next_value_seed(TextSeed)?,
    "name" => entry.2 = members.next_value_seed(TextSeed)?,
    "provider_config_key" => {
        entry.3.provider = members.next_value_seed(TextSeed)?.map(|key| names.keep(&key));
    },
    "expressions" => entry.3.body = members.next_value_seed(BodySeed(names))?,
    "for_each_expression" => entry.3.for_each = members.next_value_seed(WrittenSeed(names))?.into_leaf(),
);

/// A `module` block and the module it calls.
type CallEntry = (Call, Option<ModuleTree>);

object_seed!(CallSeed -> CallEntry, "a module call, which is a JSON object", |names, members, entry|
    "expressions" => entry.0.body = members.next_value_seed(BodySeed(names))?,
    "for_each_expression" => entry.0.for_each = members.next_value_seed(WrittenSeed(names))?.into_leaf(),
    "module" => entry.1 = Some(members.next_value_seed(ModuleSeed(names))?),
);

object_seed!(OutputSeed -> Leaf, "an output, which is a JSON object", |names, members, leaf|
    "expression" => leaf = members.next_value_seed(WrittenSeed(names))?.into_leaf().unwrap_or_default(),
);

/// Reads `resources`.
struct ResourceListSeed<'n>(&'n Names);

impl<'de> DeserializeSeed<'de> for ResourceListSeed<'_> {
    type Value = BTreeMap<String, ResourceConfig>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ResourceListSeed<'_> {
    type Value = BTreeMap<String, ResourceConfig>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of resources")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut resources = BTreeMap::new();
        while let Some((mode, kind, name, config)) = items.next_element_seed(ResourceSeed(self.0))? {
            let (Some(kind), Some(name)) = (kind, name) else { continue };
            let prefix = if mode == "data" { "data." } else { "" };
            resources.insert(format!("{prefix}{kind}.{name}"), config);
        }
        Ok(resources)
    }
}

/// Reads an object whose members are all alike.
struct ByName<'n, S>(&'n Names, S);

impl<'de, S: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for ByName<'_, S> {
    type Value = BTreeMap<Arc<str>, S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for ByName<'_, S> {
    type Value = BTreeMap<Arc<str>, S::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(name) = members.next_key_seed(NameSeed(self.0))? {
            map.insert(name, members.next_value_seed(self.1)?);
        }
        Ok(map)
    }
}

/// Reads the `expressions` of a block.
#[derive(Clone, Copy)]
struct BodySeed<'n>(&'n Names);

impl<'de> DeserializeSeed<'de> for BodySeed<'_> {
    type Value = Body;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Body, D::Error> {
        deserializer.deserialize_map(ByNameBody(self.0))
    }
}

struct ByNameBody<'n>(&'n Names);

impl<'de> Visitor<'de> for ByNameBody<'_> {
    type Value = Body;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expressions, which are a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Body, A::Error> {
        ByName(self.0, WrittenSeed(self.0)).visit_map(members)
    }
}

impl Written {
    fn into_leaf(self) -> Option<Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Blocks(_) => None,
        }
    }
}

/// Reads an expression (an object with `references` or `constant_value`), or nested blocks: an object,
/// or a list of them, of expressions by name.
#[derive(Clone, Copy)]
struct WrittenSeed<'n>(&'n Names);

impl<'de> DeserializeSeed<'de> for WrittenSeed<'_> {
    type Value = Written;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for WrittenSeed<'_> {
    type Value = Written;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an expression")
    }

    // A bare text is one of a list of references. Other scalars do not occur.
    fn visit_str<E>(self, text: &str) -> Result<Written, E> {
        Ok(Written::Leaf(Leaf { references: vec![self.0.keep(text)], constant: false }))
    }

    fn visit_unit<E>(self) -> Result<Written, E> {
        Ok(Written::Leaf(Leaf::default()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Written, E> {
        Ok(Written::Leaf(Leaf::default()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Written, E> {
        Ok(Written::Leaf(Leaf::default()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Written, E> {
        Ok(Written::Leaf(Leaf::default()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Written, E> {
        Ok(Written::Leaf(Leaf::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Written, A::Error> {
        let mut bodies = Vec::new();
        let mut references = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            match item {
                Written::Blocks(blocks) => bodies.extend(blocks),
                Written::Leaf(leaf) if leaf.references.is_empty() => bodies.push(Body::new()),
                Written::Leaf(leaf) => references.extend(leaf.references),
            }
        }
        Ok(if references.is_empty() {
            Written::Blocks(bodies)
        } else {
            Written::Leaf(Leaf { references, constant: false })
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Written, A::Error> {
        let mut body = Body::new();
        let mut references = None;
        let mut constant = false;
        while let Some(name) = members.next_key_seed(NameSeed(self.0))? {
            if &*name == "constant_value" {
                members.next_value::<IgnoredAny>()?;
                constant = true;
                continue;
            }
            match (&*name, members.next_value_seed(self)?) {
                // The list of an expression, and not an argument that has this name.
                ("references", Written::Leaf(leaf)) if !leaf.references.is_empty() => {
                    references = Some(leaf.references);
                }
                ("references", Written::Blocks(blocks)) if blocks.is_empty() => references = Some(Vec::new()),
                (_, written) => {
                    body.insert(name, written);
                }
            }
        }
        Ok(match references {
            Some(references) if body.is_empty() => Written::Leaf(Leaf { references, constant }),
            _ if body.is_empty() => Written::Leaf(Leaf { references: Vec::new(), constant }),
            _ => Written::Blocks(vec![body]),
        })
    }
}
