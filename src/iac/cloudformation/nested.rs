//! Several templates together: a stack in one of them may be made of another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::deployed::Stack;
use super::node::Node;
use super::template::Given;
use super::{Options, Parsed, Read, evaluate, parse};
use crate::iac::deployment::Code;
use crate::iac::value::{Unknown, Value};
use crate::model::gap::GapCode;

/// How much of an address that is put together is looked at, in bytes.
const ADDRESS_LIMIT: usize = 4096;

/// Reads templates, each with its path as it is shown. Where a stack in one of them
/// (`AWS::CloudFormation::Stack`) has another for its template, by a path from where the first one is,
/// the other is read with the parameters that the stack gives it, as far as they are known. A stack
/// whose template is not among them is noted as missing.
///
/// The deployments are in the order of the templates.
#[must_use]
pub fn read_all(templates: &[(String, Vec<u8>)], options: &Options) -> Code {
    read_linked(templates, &BTreeMap::new(), options)
}

/// Reads templates, of which some are uploaded before they are deployed: `objects` has the path of each
/// as it is shown, by the name that it is uploaded under.
pub(super) fn read_linked(
    templates: &[(String, Vec<u8>)],
    objects: &BTreeMap<String, String>,
    options: &Options,
) -> Code {
    let outer: BTreeMap<String, Given> =
        options.parameters.iter().map(|(name, value)| (name.clone(), Given::Value(value.clone()))).collect();
    let mut paths: HashMap<String, usize> = HashMap::new();
    for (index, (shown, _)) in templates.iter().enumerate() {
        paths.entry(normal("", shown)).or_insert(index);
    }
    let objects =
        objects.iter().filter_map(|(object, path)| Some((object.clone(), *paths.get(&normal("", path))?))).collect();
    let known = Known { paths, objects };
    // Of each template, what the stacks that are made of it give it. Parents are read first; where
    // templates name one another in a circle, which AWS would refuse, the one that is met first is.
    let mut parsed: Vec<Option<Parsed>> = templates.iter().map(|(shown, bytes)| Some(parse(shown, bytes))).collect();
    let children: Vec<Vec<usize>> =
        parsed.iter().map(|parsed| parsed.as_ref().map(|parsed| named(parsed, &known)).unwrap_or_default()).collect();
    let mut done: Vec<Option<Code>> = templates.iter().map(|_| None).collect();
    let mut given: Vec<Vec<Uses>> = templates.iter().map(|_| Vec::new()).collect();
    for index in parents_first(&children) {
        let Some(parsed) = parsed[index].take() else { continue };
        let shown = Arc::clone(&parsed.shown);
        let read = if (2..=USES_LIMIT).contains(&given[index].len()) {
            let again = || parse(&templates[index].0, &templates[index].1);
            each(&given[index], &outer, parsed, again)
        } else {
            let all: Vec<BTreeMap<String, Given>> = given[index].iter().map(|uses| uses.parameters.clone()).collect();
            evaluate(parsed, &together(&all, &outer))
        };
        let mut code = read.code;
        let mut missing: Vec<Unknown> = Vec::new();
        for stack in &read.stacks {
            match known.template(&shown, &stack.template) {
                Some(child) if child != index => {
                    let parameters = parameters(stack);
                    match given[child].iter_mut().find(|uses| uses.parameters == parameters) {
                        Some(uses) if !uses.stacks.contains(&stack.id) => uses.stacks.push(stack.id.clone()),
                        Some(_) => {}
                        None => given[child].push(Uses { stacks: vec![stack.id.clone()], parameters }),
                    }
                }
                _ => {
                    let expression = format!("the template of the nested stack {}", stack.id);
                    let unknown = Unknown::new(GapCode::Unresolved, &expression);
                    if !missing.contains(&unknown) {
                        missing.push(unknown);
                    }
                }
            }
        }
        if let Some(deployment) = code.deployments.first_mut() {
            deployment.missing.append(&mut missing);
        }
        done[index] = Some(code);
    }
    let mut code = Code::default();
    for one in done.into_iter().flatten() {
        code.append(one);
    }
    code
}

/// The most ways of being given parameters in which a template is looked at one by one.
const USES_LIMIT: usize = 8;

/// The stacks that give a template the same parameters.
struct Uses {
    stacks: Vec<Arc<str>>,
    parameters: BTreeMap<String, Given>,
}

/// A template that stacks give different parameters: what each makes of it is a scenario of its own.
fn each(uses: &[Uses], outer: &BTreeMap<String, Given>, parsed: Parsed, again: impl Fn() -> Parsed) -> Read {
    let mut first = Some(parsed);
    let mut all: Option<Read> = None;
    for (part, Uses { stacks, parameters }) in uses.iter().enumerate() {
        let parsed = first.take().unwrap_or_else(&again);
        let mut read = evaluate(parsed, &together(std::slice::from_ref(parameters), outer));
        let assumption = format!("it is the template of {}", stacks.join(" and "));
        for scenario in read.code.deployments.iter_mut().flat_map(|deployment| &mut deployment.scenarios) {
            scenario.assumptions.push(assumption.clone());
            scenario.part = part;
        }
        let Some(sum) = &mut all else {
            all = Some(read);
            continue;
        };
        sum.stacks.append(&mut read.stacks);
        for problem in read.code.problems {
            if !sum.code.problems.contains(&problem) {
                sum.code.problems.push(problem);
            }
        }
        let Some(deployment) = sum.code.deployments.first_mut() else { continue };
        for mut other in read.code.deployments {
            deployment.scenarios.append(&mut other.scenarios);
            other.missing.retain(|unknown| !deployment.missing.contains(unknown));
            deployment.missing.append(&mut other.missing);
        }
    }
    all.unwrap_or_else(|| Read { code: Code::default(), stacks: Vec::new() })
}

/// The templates that are at hand.
struct Known {
    /// By path.
    paths: HashMap<String, usize>,
    /// By the name that they are uploaded under.
    objects: HashMap<String, usize>,
}

impl Known {
    /// The template that `named` is the path of, from where `beside` is, or the address.
    fn template(&self, beside: &str, named: &str) -> Option<usize> {
        if named.is_empty() {
            return None;
        }
        let object = named.rsplit('/').next().unwrap_or(named);
        self.paths.get(&normal(beside, named)).or_else(|| self.objects.get(object)).copied()
    }
}

/// The templates that a template names, before it is evaluated: this only puts them in order.
fn named(parsed: &Parsed, known: &Known) -> Vec<usize> {
    let resources = parsed.root.as_ref().and_then(|root| root.get("Resources")).and_then(Node::members);
    let mut out = Vec::new();
    for resource in resources.unwrap_or_default() {
        let asset = resource.value.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path"));
        let url = resource.value.get("Properties").and_then(|properties| properties.get("TemplateURL"));
        let Some(node) = asset.or(url) else { continue };
        match node.text() {
            Some(text) => out.extend(known.template(&parsed.shown, text)),
            // An address that is put together ends with the name of the object.
            None => out.extend(
                node.canonical(ADDRESS_LIMIT).split(['/', '"']).filter_map(|object| known.objects.get(object)).copied(),
            ),
        }
    }
    out
}

/// The templates in an order in which each comes after those that name it, where there is one.
fn parents_first(children: &[Vec<usize>]) -> Vec<usize> {
    let mut parents = vec![0_usize; children.len()];
    for child in children.iter().flatten() {
        parents[*child] += 1;
    }
    let mut order: Vec<usize> = (0..children.len()).filter(|index| parents[*index] == 0).collect();
    let mut next = 0;
    while let Some(index) = order.get(next).copied() {
        next += 1;
        for child in &children[index] {
            parents[*child] -= 1;
            if parents[*child] == 0 {
                order.push(*child);
            }
        }
    }
    order.extend((0..children.len()).filter(|index| parents[*index] > 0));
    order
}

/// What a stack gives the parameters of its template.
fn parameters(stack: &Stack) -> BTreeMap<String, Given> {
    let Value::Map(members) = &stack.parameters else { return BTreeMap::new() };
    let given = members.iter().map(|(name, value)| {
        let mut text = super::text::Text::default();
        match value {
            // A list is given as its items with commas.
            Value::List(items) if items.iter().all(|item| item.as_text().is_some()) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_text).collect();
                text.push(&items.join(","));
            }
            value => text.push_value(value),
        }
        let given = match text.value() {
            Value::Text(text) => Given::Value(text.to_string()),
            Value::Unknown(unknown) => {
                Given::Unknown { elsewhere: unknown.references.iter().any(|reference| reference.whole) }
            }
            // Text, and some of it is known: it is not nothing.
            _ => Given::Unknown { elsewhere: true },
        };
        (name.to_string(), given)
    });
    given.collect()
}

/// What a template is given by all the stacks that are made of it, and from outside where they do not
/// tell. Where they disagree, it is one or the other.
fn together(given: &[BTreeMap<String, Given>], outer: &BTreeMap<String, Given>) -> BTreeMap<String, Given> {
    let mut out = outer.clone();
    let names: std::collections::BTreeSet<&String> = given.iter().flat_map(BTreeMap::keys).collect();
    for name in names {
        let mut values: Vec<String> = Vec::new();
        let mut unknown = false;
        let mut elsewhere = true;
        for one in given {
            match one.get(name) {
                Some(Given::Value(value)) if !values.contains(value) => values.push(value.clone()),
                Some(Given::Value(_)) => {}
                Some(Given::Unknown { elsewhere: true }) => unknown = true,
                Some(Given::OneOf(_) | Given::Unknown { elsewhere: false }) | None => {
                    unknown = true;
                    elsewhere = false;
                }
            }
        }
        if unknown && outer.contains_key(name) {
            continue;
        }
        let together = match values.as_slice() {
            [value] if !unknown => Given::Value(value.clone()),
            _ if unknown => Given::Unknown { elsewhere: elsewhere && values.is_empty() },
            _ => Given::OneOf(values),
        };
        out.insert(name.clone(), together);
    }
    out
}

/// A path from where `beside` is, with `.` and `..` taken out; the address of a bucket stays what it is
/// and so is no file's.
fn normal(beside: &str, path: &str) -> String {
    if path.contains("://") {
        return path.to_owned();
    }
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    let directory = beside.rsplit_once('/').map_or("", |(directory, _)| directory);
    let beside = if path.starts_with('/') { "" } else { directory };
    let rooted = path.starts_with('/') || beside.starts_with('/');
    for part in beside.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}
