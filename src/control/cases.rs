//! Running the test cases inside control files.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::judge::{Item, Judgement, parameters};
use super::load::LoadedControl;
use crate::model::control::{Case, ItemScope};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::escape;
use crate::model::tree::Tree;

/// The clock of a case that names none: 2026-06-01T00:00:00Z.
const CLOCK: &str = "2026-06-01T00:00:00Z";
/// The account of a case that names none.
const ACCOUNT: &str = "123456789012";
/// The region of a case that names none.
const REGION: &str = "us-east-1";

/// What a case came to.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseOutcome {
    /// Id of the control.
    pub control: String,
    /// Name of the case.
    pub case: String,
    /// Why it did not come out as expected, where it did not.
    pub failure: Option<String>,
}

impl LoadedControl {
    /// Runs every case of the control.
    #[must_use]
    pub fn run_cases(&self) -> Vec<CaseOutcome> {
        self.control
            .cases
            .iter()
            .map(|case| CaseOutcome {
                control: self.control.id.clone(),
                case: case.name.clone(),
                failure: match self.run_case(case) {
                    Err(why) => Some(why),
                    Ok(judgement) if judgement.verdict == case.expect => None,
                    Ok(judgement) => Some(describe(case, &judgement)),
                },
            })
            .collect()
    }

    /// Runs one case.
    ///
    /// # Errors
    ///
    /// A sentence, where the case itself makes no sense.
    pub fn run_case(&self, case: &Case) -> Result<Judgement, String> {
        let clock = case.now.as_deref().unwrap_or(CLOCK);
        let now = DateTime::parse_from_rfc3339(clock).map_err(|_| format!("`{clock}` is not an RFC 3339 time"))?;
        let parameters = parameters(&self.control.parameters, &case.parameters);
        let mut unknown = BTreeMap::new();
        for (pointer, code) in &case.unknown {
            let code = GapCode::parse(code).ok_or_else(|| format!("`{code}` is not a gap code"))?;
            let pointer = if pointer.starts_with('/') { pointer.clone() } else { format!("/{pointer}") };
            unknown.insert(pointer, Gap::new(code, "as the case says"));
        }
        let account = case.account.as_deref().unwrap_or(ACCOUNT);
        let region = case.region.as_deref().unwrap_or(REGION);
        let (resource, resources) = match self.control.scope {
            ItemScope::Resource => (Some(resource_tree(&self.control.resource, case, &unknown, account, region)), None),
            ItemScope::Account | ItemScope::Region => (None, Some(self.scope_of_case(case, &unknown))),
        };
        let item = Item { resource: resource.as_ref(), resources: resources.as_ref(), hidden: &[], account, region };
        Ok(self.judge(&item, &parameters, now.timestamp()))
    }

    fn scope_of_case(&self, case: &Case, unknown: &BTreeMap<String, Gap>) -> Tree {
        let types = self.reads.iter().map(|(name, _)| name.as_str()).chain(case.resources.keys().map(String::as_str));
        let mut lists: BTreeMap<&str, (Vec<Tree>, Option<Arc<Gap>>)> =
            types.map(|name| (name, (Vec::new(), None))).collect();
        for (name, list) in &mut lists {
            let at = format!("/{}", escape(name));
            list.1 = unknown.get(&at).cloned().map(Arc::new);
            for (index, attributes) in case.resources.get(*name).into_iter().flatten().enumerate() {
                let prefix = format!("{at}/{index}");
                let below: BTreeMap<String, Gap> = unknown
                    .iter()
                    .filter_map(|(pointer, gap)| {
                        let rest = pointer.strip_prefix(&prefix).filter(|rest| rest.starts_with('/'))?;
                        Some((rest.to_owned(), gap.clone()))
                    })
                    .collect();
                list.0.push(Tree::with_unknown(&object(attributes), &below));
            }
        }
        scope_tree(lists)
    }
}

/// The `resources` of an account or a region: lists by type. A list that broke off ends in an
/// unknown element, so that only what was seen can decide.
#[must_use]
pub fn scope_tree<'a>(lists: impl IntoIterator<Item = (&'a str, (Vec<Tree>, Option<Arc<Gap>>))>) -> Tree {
    let lists = lists.into_iter().map(|(name, (mut items, gap))| {
        items.extend(gap.map(Tree::Unknown));
        (Arc::from(name), Tree::List(items.into()))
    });
    Tree::from(lists.collect::<BTreeMap<_, _>>())
}

fn object(attributes: &BTreeMap<String, Value>) -> Value {
    Value::Object(attributes.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

fn resource_tree(r#type: &str, case: &Case, unknown: &BTreeMap<String, Gap>, account: &str, region: &str) -> Tree {
    let mut attributes = case.resource.clone();
    for (key, value) in [("type", r#type), ("id", "case"), ("name", "case"), ("account", account), ("region", region)] {
        attributes.entry(key.to_owned()).or_insert_with(|| Value::String(value.to_owned()));
    }
    Tree::with_unknown(&object(&attributes), unknown)
}

fn describe(case: &Case, judgement: &Judgement) -> String {
    let mut why = format!("expected {}, got {}", case.expect, judgement.verdict);
    if let Some(gap) = &judgement.reason {
        why.push_str(&format!(" ({gap})"));
    }
    if !judgement.read.is_empty() {
        let read: Vec<String> = judgement
            .read
            .iter()
            .map(|read| match (&read.value, &read.gap) {
                (Some(value), _) => format!("{} = {value}", read.attribute),
                (None, Some(gap)) => format!("{} unknown ({})", read.attribute, gap.code.as_str()),
                (None, None) => format!("{} absent", read.attribute),
            })
            .collect();
        why.push_str(&format!("; read: {}", read.join(", ")));
    }
    why
}
