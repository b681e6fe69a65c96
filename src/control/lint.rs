//! What a control file must have beyond being readable.

use std::collections::BTreeSet;

use serde_json::Value;

use super::diagnostic::{Diagnostic, nearest};
use super::judge::places;
use super::load::{Library, LoadedControl};
use super::schema::{IDENTITY, array_of, object_of};
use crate::model::control::{Case, ItemScope};
use crate::model::gap::GapCode;
use crate::model::resource::type_info;
use crate::model::verdict::Verdict;

/// How many criteria there are.
const CRITERIA: usize = 61;

impl Library {
    /// Everything that is wrong with the library, sorted by file.
    #[must_use]
    pub fn lint(&self) -> Vec<Diagnostic> {
        let mut wrong: Vec<Diagnostic> = self.controls.values().flat_map(lint).collect();
        let ids: BTreeSet<&str> = self.criteria.iter().map(|criterion| criterion.id.as_str()).collect();
        if ids.len() != CRITERIA || self.criteria.len() != CRITERIA {
            let message = format!(
                "there are {} criteria, {} of them distinct; there must be {CRITERIA}",
                self.criteria.len(),
                ids.len()
            );
            wrong.push(Diagnostic::new("controls/criteria.yaml", message));
        }
        wrong.sort();
        wrong
    }
}

/// Everything that is wrong with one control.
#[must_use]
pub fn lint(loaded: &LoadedControl) -> Vec<Diagnostic> {
    let control = &loaded.control;
    let mut wrong = Vec::new();
    let mut say = |key: &str, message: String, help: &str| {
        wrong.push(Diagnostic::new(&loaded.file, message).at_key(&loaded.text, key).help(help));
    };
    if !control.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        say("id", format!("the id `{}` is not lower-case letters, digits and hyphens", control.id), "rename it");
    }
    for (key, text) in [
        ("title", &control.title),
        ("procedure", &control.procedure),
        ("exception", &control.exception),
        ("fix", &control.fix.text),
    ] {
        if text.trim().is_empty() {
            say(key, format!("`{key}` is empty"), "write it");
        }
    }
    if control.criteria.is_empty() {
        say("criteria", "the control serves no criterion".to_owned(), "name at least one, with the reason");
    }
    for (id, reason) in &control.criteria {
        if reason.trim().len() < 10 {
            say(id, format!("the mapping to {id} has no reason"), "say why the control serves the criterion");
        }
    }
    if control.sources.is_empty() {
        say("sources", "the control names no source".to_owned(), "live, terraform, cloudformation");
    }
    if control.when.is_some() != control.not_applicable.is_some() {
        say(
            "when",
            "`when` and `not_applicable` go together".to_owned(),
            "say in words why the rest is not applicable",
        );
    }
    if control.fix.docs.as_deref().is_some_and(|docs| !docs.starts_with("https://")) {
        say("docs", "the documentation link is not https".to_owned(), "link to AWS's page");
    }
    for name in control.parameters.keys().filter(|name| !control.laxer.contains_key(*name)) {
        say(
            name,
            format!("nothing says which way `{name}` asks for less"),
            "add it to `laxer`: higher, lower, longer, shorter or other",
        );
    }
    for verdict in Verdict::ALL {
        let needed = verdict != Verdict::NotApplicable || control.when.is_some();
        if needed && !control.cases.iter().any(|case| case.expect == verdict) {
            say(
                "cases",
                format!("no case expects `{verdict}`"),
                "add one: every verdict the control can give has a case",
            );
        }
    }
    let mut names = BTreeSet::new();
    for case in &control.cases {
        if !names.insert(&case.name) {
            say("cases", format!("two cases are named `{}`", case.name), "give each its own name");
        }
    }
    wrong.extend(bad_patch(loaded));
    wrong.extend(bad_places(loaded));
    wrong.extend(control.cases.iter().flat_map(|case| bad_case(loaded, case)));
    wrong
}

/// Entries of the patch that change nothing, or name what the control does not have.
fn bad_patch(loaded: &LoadedControl) -> Vec<Diagnostic> {
    let control = &loaded.control;
    let Some(patch) = &control.patch else { return Vec::new() };
    let mut wrong = Vec::new();
    let mut say = |message: String, help: &str| {
        wrong.push(Diagnostic::new(&loaded.file, message).at_key(&loaded.text, "patch").help(help));
    };
    if patch.terraform.is_empty() && patch.cloudformation.is_empty() && patch.none.is_none() {
        say("the patch has no entry".to_owned(), "add one, or say in `none` why there is no patch");
    }
    for (kind, change) in patch.terraform.iter().chain(&patch.cloudformation) {
        if change.set.is_empty() && change.companion.is_none() {
            say(format!("the patch of {kind} changes nothing"), "give it `set` or `companion`");
        }
        if change.ask && change.caution.is_none() {
            say(format!("the patch of {kind} has to be asked for, and does not say why"), "add `caution`");
        }
        let companion =
            change.companion.iter().flat_map(|companion| companion.set.values().chain(companion.also.values()));
        let values = change.set.values().chain(change.inline.values()).chain(companion);
        let texts: Vec<String> = values.map(Value::to_string).collect();
        for place in texts.iter().flat_map(|text| places(text)) {
            let known = match place.split_once('.') {
                Some(("parameters", name)) => control.parameters.contains_key(name),
                Some(("block", _)) => change.companion.is_some(),
                _ => false,
            };
            if !known {
                say(
                    format!("`{{{{ {place} }}}}` in the patch of {kind} names nothing"),
                    "parameters.NAME, or in a companion block.ATTRIBUTE",
                );
            }
        }
    }
    wrong
}

/// Places in the exception's sentence that name nothing.
fn bad_places(loaded: &LoadedControl) -> Vec<Diagnostic> {
    let control = &loaded.control;
    let schema = type_info(&control.resource).map(|info| (info.schema)().to_value()).unwrap_or_default();
    let mut wrong = Vec::new();
    for path in places(&control.exception) {
        let mut parts = path.split('.');
        let fine = match (parts.next(), control.scope) {
            (Some("account" | "region"), _) => parts.next().is_none(),
            (Some("parameters"), _) => parts.next().is_some_and(|name| control.parameters.contains_key(name)),
            (Some("resource"), ItemScope::Resource) => match parts.next() {
                Some(first) if IDENTITY.contains(&first) => true,
                Some(first) => exists(&schema, first, parts),
                None => false,
            },
            _ => false,
        };
        if !fine {
            wrong.push(
                Diagnostic::new(&loaded.file, format!("`{{{{ {path} }}}}` names nothing"))
                    .at_key(&loaded.text, "exception")
                    .help("resource.ATTRIBUTE (without scope), parameters.NAME, account or region"),
            );
        }
    }
    wrong
}

fn exists<'a>(schema: &Value, first: &'a str, rest: impl Iterator<Item = &'a str>) -> bool {
    let mut at = schema;
    for part in std::iter::once(first).chain(rest) {
        let Some(object) = object_of(at) else { return false };
        let member = object.get("properties").and_then(|members| members.get(part));
        match member.or_else(|| object.get("additionalProperties")) {
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}

/// Attributes in a case that the type does not have, and codes that do not exist.
fn bad_case(loaded: &LoadedControl, case: &Case) -> Vec<Diagnostic> {
    let control = &loaded.control;
    let mut wrong = Vec::new();
    let mut say = |words: &str, message: String, help: Option<String>| {
        let diagnostic = Diagnostic::new(&loaded.file, format!("case `{}`: {message}", case.name));
        let diagnostic = diagnostic.at_words(&loaded.text, words);
        wrong.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    };
    for code in case.unknown.values().filter(|code| GapCode::parse(code).is_none()) {
        let near = nearest(code, GapCode::ALL.iter().map(|code| code.as_str()));
        say(code, format!("`{code}` is not a gap code"), near.map(|near| format!("did you mean `{near}`?")));
    }
    let scoped = control.scope != ItemScope::Resource;
    if scoped && !case.resource.is_empty() {
        say("resource:", "a scoped control's case has `resources`, not `resource`".to_owned(), None);
    }
    if !scoped && !case.resources.is_empty() {
        say("resources:", "the case of a control without scope has `resource`".to_owned(), None);
    }
    for name in case.parameters.keys().filter(|name| !control.parameters.contains_key(*name)) {
        say(name, format!("the control has no parameter `{name}`"), None);
    }
    let one = std::iter::once((control.resource.as_str(), &case.resource)).filter(|_| !scoped);
    let many = case.resources.iter().flat_map(|(name, list)| list.iter().map(move |item| (name.as_str(), item)));
    for (name, attributes) in one.chain(many) {
        let Some(info) = type_info(name) else {
            say(name, format!("there is no resource type `{name}`"), None);
            continue;
        };
        let schema = (info.schema)().to_value();
        let rest: Value = attributes
            .iter()
            .filter(|(key, _)| !IDENTITY.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        for (word, message) in strangers(&schema, &rest, name) {
            say(&word, message, None);
        }
    }
    wrong
}

/// Members of a value that its schema does not have.
fn strangers(schema: &Value, value: &Value, at: &str) -> Vec<(String, String)> {
    match value {
        Value::Object(members) => {
            let Some(object) = object_of(schema) else {
                return vec![(at.to_owned(), format!("`{at}` is not an object"))];
            };
            let Some(known) = object.get("properties").and_then(Value::as_object) else {
                let any = object.get("additionalProperties");
                return any.map_or_else(Vec::new, |any| {
                    members.iter().flat_map(|(key, value)| strangers(any, value, key)).collect()
                });
            };
            members
                .iter()
                .flat_map(|(key, value)| {
                    if let Some(schema) = known.get(key) {
                        return strangers(schema, value, key);
                    }
                    let near = nearest(key, known.keys().map(String::as_str));
                    let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    vec![(key.clone(), format!("there is no attribute `{key}` in `{at}`{help}"))]
                })
                .collect()
        }
        Value::Array(items) => match array_of(schema).and_then(|array| array.get("items")) {
            Some(schema) => items.iter().flat_map(|item| strangers(schema, item, at)).collect(),
            None if array_of(schema).is_some() || schema == &Value::Bool(true) => Vec::new(),
            None => vec![(at.to_owned(), format!("`{at}` is not a list"))],
        },
        _ => Vec::new(),
    }
}
