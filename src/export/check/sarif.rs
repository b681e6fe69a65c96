//! SARIF 2.1.0, for code scanning.
//! Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub
//! documentation, "SARIF support for code scanning".
//!
//! GitHub makes an alert of every result, whatever its kind. So only failed items are results; what
//! could not be judged or read is a notification of the run. Waived items are results with a
//! suppression, those of the baseline have the state `unchanged`.
//!
//! A result is a finding: a block, and what is said of its instances. Its fingerprint does not hang on them,
//! so an instance more is the same alert. GitHub knows `primaryLocationLineHash` alone among the partial
//! fingerprints, and what uploads a file computes it of the lines where it is not there.
//!
//! GitHub refuses a run of more than 25,000 results and shows the 5,000 most severe; of a result it shows 100
//! locations ("SARIF results exceed one or more limits").

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::finding::{Finding, group};
use super::standing::{
    Language, Standing, about, bare, calls, criteria, focus, is_module_call, is_unreadable, reason, score, sentence,
    standing,
};
use super::text::{fenced, is_absolute, link, markdown, path, plain, uri};
use super::{CheckFormat, Look, RenderError};
use crate::model::check::{Check, CheckError, CheckResult, Location};

/// Where the schema is; it names the version of the format.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Most results that are written; the least severe are left out.
const RESULTS: usize = 25_000;

/// Most instances, and most other locations, that are named of a result.
const LOCATIONS: usize = 100;

/// Results, their rules, and what the run has to tell.
pub(super) struct Sarif;

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<SarifResult>,
    column_kind: &'static str,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: String,
    rules: Vec<Rule>,
    notifications: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    descriptor: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<Reference>,
    level: &'static str,
    message: Message,
    locations: Vec<Place>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
    index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Place>,
    #[serde(skip_serializing_if = "is_one")]
    occurrence_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
    properties: Value,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Place>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

impl CheckFormat for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn render(&self, check: &Check, look: &Look<'_>) -> Result<String, RenderError> {
        let rules = Rules::of(check);
        let all = group(check.results.iter());
        let (results, left_out) = bounded(check, all.iter().collect());
        let results = results.into_iter().map(|finding| sarif_result(check, look, &rules, finding)).collect();
        let mut notifications: Vec<Notification> = check.errors.iter().map(problem).collect();
        notifications.extend(
            all.iter()
                .filter(|finding| standing(check, finding.first()) == Standing::NotEvaluated)
                .map(|finding| undecided(&rules, finding)),
        );
        notifications.extend(left_out.map(too_many));
        // What was not evaluated is told, and is no failure of the tool; a file that was not read is.
        let complete = check.summary.exit_code != 2 && !check.errors.iter().any(is_unreadable);
        let log = Log {
            schema: SCHEMA,
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "tickmark",
                        version: check.tool_version.clone(),
                        rules: rules.list,
                        notifications: DESCRIPTORS
                            .iter()
                            .map(|(id, text)| json!({"id": id, "shortDescription": {"text": text}}))
                            .collect(),
                    },
                },
                invocations: [Invocation {
                    execution_successful: complete,
                    exit_code: check.summary.exit_code,
                    tool_execution_notifications: notifications,
                }],
                results,
                column_kind: "unicodeCodePoints",
            }],
        };
        Ok(serde_json::to_string(&log)? + "\n")
    }
}

/// Kinds of notifications; the first is for kinds of errors that are not named here.
const DESCRIPTORS: [(&str, &str); 9] = [
    ("input", "Something is wrong with the input"),
    ("unreadable", "A file could not be read; the check is not complete"),
    ("missing", "Something is deployed that is not in the code; it could not be judged"),
    ("not_judged", "A file of another tool, which says nothing that could be judged"),
    ("expired", "An accepted exception is over; what it accepted counts again"),
    ("malformed", "A suppression is not well formed, and suppresses nothing"),
    ("unused", "A suppression suppresses nothing"),
    ("not_evaluated", "A control could not be judged for an item; the reason is given"),
    ("left_out", "There are more results than code scanning takes"),
];

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_one(number: &usize) -> bool {
    *number == 1
}

/// The findings that are results, in their order; where there are too many, the first of them by standing and
/// severity, and how many are left out.
fn bounded<'f, 'a>(check: &Check, all: Vec<&'f Finding<'a>>) -> (Vec<&'f Finding<'a>>, Option<usize>) {
    let mut results: Vec<_> = all.into_iter().filter(|finding| is_result(standing(check, finding.first()))).collect();
    let Some(left_out) = results.len().checked_sub(RESULTS).filter(|left_out| *left_out > 0) else {
        return (results, None);
    };
    results.sort_by_key(|finding| (standing(check, finding.first()), std::cmp::Reverse(finding.first().severity)));
    results.truncate(RESULTS);
    (results, Some(left_out))
}

fn too_many(left_out: usize) -> Notification {
    let text = format!("{left_out} results are left out, the least severe: code scanning refuses more than {RESULTS}");
    Notification {
        descriptor: descriptor("left_out"),
        associated_rule: None,
        level: "warning",
        message: message(&text),
        locations: Vec::new(),
    }
}

fn descriptor(kind: &str) -> Reference {
    let index = DESCRIPTORS.iter().position(|(id, _)| *id == kind).unwrap_or_default();
    Reference { id: DESCRIPTORS[index].0.to_owned(), index }
}

/// The rules that results and notifications name.
struct Rules {
    list: Vec<Rule>,
    index: BTreeMap<String, usize>,
}

impl Rules {
    fn of(check: &Check) -> Self {
        let mut by_control: BTreeMap<&str, Vec<&CheckResult>> = BTreeMap::new();
        for result in &check.results {
            if is_result(standing(check, result)) || standing(check, result) == Standing::NotEvaluated {
                by_control.entry(&result.control).or_default().push(result);
            }
        }
        let index = by_control.keys().enumerate().map(|(at, id)| ((*id).to_owned(), at)).collect();
        let list = by_control.values().filter_map(|results| rule(check, results)).collect();
        Self { list, index }
    }

    fn at(&self, control: &str) -> usize {
        self.index.get(control).copied().unwrap_or_default()
    }
}

fn is_result(standing: Standing) -> bool {
    matches!(standing, Standing::Denied | Standing::Warned | Standing::Known | Standing::Waived)
}

/// A control as a rule, told by its results: they share what the control says, and the worst of their
/// severities is the rule's.
fn rule(check: &Check, results: &[&CheckResult]) -> Option<Rule> {
    let worst = results.iter().max_by_key(|result| result.severity)?;
    let told = results.iter().find(|result| result.fix.is_some()).unwrap_or(worst);
    let why: Vec<String> = told.criteria.iter().map(|(criterion, why)| format!("{criterion}: {why}")).collect();
    let mut tags = vec!["security".to_owned(), "soc2".to_owned()];
    tags.extend(told.criteria.keys().map(|criterion| plain(criterion)));
    Some(Rule {
        id: told.control.clone(),
        name: told.control.clone(),
        short_description: message(&told.title),
        full_description: message(&format!("{}. {}", told.title, why.join(" "))),
        help: help(told, results),
        help_uri: told.fix.as_ref().and_then(|fix| fix.docs.as_deref()).and_then(link).map(ToOwned::to_owned),
        default_configuration: Configuration {
            level: results.iter().map(|result| standing(check, result)).min().map_or("note", level),
        },
        properties: RuleProperties { tags, security_severity: score(worst.severity) },
    })
}

fn help(told: &CheckResult, results: &[&CheckResult]) -> Message {
    let mut text = format!("{}.", told.title);
    let mut page = format!("**{}**\n\n", markdown(&told.title));
    for (criterion, why) in &*told.criteria {
        text.push_str(&format!("\n{criterion}: {why}"));
        page.push_str(&format!("- {}: {}\n", markdown(criterion), markdown(why)));
    }
    if let Some(fix) = &told.fix {
        text.push_str(&format!("\nFix: {}", fix.text));
        page.push_str(&format!("\n{}\n", markdown(&fix.text)));
        let mut languages: Vec<Language> = results.iter().map(|result| Language::of(result)).collect();
        languages.sort_unstable();
        languages.dedup();
        for language in languages {
            // A result has the snippet of its own language.
            let mut of_language = results.iter().filter(|result| Language::of(result) == language);
            if let Some(snippet) = of_language.find_map(|result| language.snippet(result)) {
                text.push_str(&format!("\n\n{}:\n{snippet}", language.name()));
                page.push_str(&format!("\n{}:\n\n{}", language.name(), fenced(snippet, language.fence())));
            }
        }
        if let Some(docs) = fix.docs.as_deref().and_then(link) {
            page.push_str(&format!("\n[Documentation]({docs})\n"));
        }
    }
    Message { text, markdown: Some(page) }
}

fn level(standing: Standing) -> &'static str {
    match standing {
        Standing::Denied => "error",
        Standing::Warned => "warning",
        _ => "note",
    }
}

fn sarif_result(check: &Check, look: &Look<'_>, rules: &Rules, finding: &Finding<'_>) -> SarifResult {
    let result = finding.first();
    let stands = standing(check, result);
    let (primary, related) = places(finding);
    let mut text = format!("{} ({})", unlinked(sentence(result)), unlinked(&finding.named()));
    for (at, location) in related.iter().enumerate() {
        // A link to a related location is what makes GitHub show it.
        let role = if is_module_call(&location.address) { "called here" } else { "with this block" };
        text.push_str(&format!(", [{role}]({})", at + 1));
    }
    let suppressions = result.waived.iter().filter(|_| stands == Standing::Waived).map(|waived| Suppression {
        kind: if waived.at.is_some() { "inSource" } else { "external" },
        status: "accepted",
        justification: match &waived.by {
            Some(by) => format!("{} ({}, by {})", plain(waived.why()), plain(&waived.ends()), plain(by)),
            None => format!("{} ({})", plain(waived.why()), plain(&waived.ends())),
        },
        location: waived.at.as_ref().map(|at| place(at, None)),
    });
    let fingerprint = finding.fingerprint(check);
    SarifResult {
        rule_id: result.control.clone(),
        rule_index: rules.at(&result.control),
        kind: "fail",
        // What is known keeps the level it had when it was new; what is waived is no more than a note.
        level: if stands == Standing::Waived { "note" } else { level(bare(check, result)) },
        message: Message { text, markdown: None },
        locations: primary.into_iter().collect(),
        occurrence_count: finding.results.len(),
        related_locations: related.iter().enumerate().map(|(at, location)| place(location, Some(at + 1))).collect(),
        partial_fingerprints: BTreeMap::from([
            ("primaryLocationLineHash", fingerprint.clone()),
            ("tickmark/v2", fingerprint),
        ]),
        baseline_state: look.baseline.then_some(if result.in_baseline { "unchanged" } else { "new" }),
        suppressions: suppressions.collect(),
        fixes: fixes(result),
        properties: json!({
            "verdict": result.verdict,
            "severity": result.severity,
            "action": result.action,
            "type": result.resource.r#type,
            "address": result.resource.address,
            "criteria": criteria(result),
        }),
    }
}

/// The block, with its instances by their addresses, and what else took part: the blocks beside the first
/// instance, and the module calls that lead to any.
fn places<'a>(finding: &Finding<'a>) -> (Option<Place>, Vec<&'a Location>) {
    let first = finding.first();
    let mut primary = first.locations.first().map(|location| place(location, None));
    if let Some(primary) = &mut primary {
        let others = finding.results.iter().skip(1).take(LOCATIONS - 1).map(|result| &result.resource.address);
        primary.logical_locations.extend(others.map(|address| logical(address)));
    }
    let mut related: Vec<&Location> = first.locations.iter().skip(1).collect();
    let mut seen: BTreeSet<&Location> = related.iter().copied().collect();
    for call in finding.results.iter().skip(1).flat_map(|result| calls(result)) {
        if seen.insert(call) {
            related.push(call);
        }
    }
    related.truncate(LOCATIONS);
    (primary, related)
}

fn undecided(rules: &Rules, finding: &Finding<'_>) -> Notification {
    let result = finding.first();
    let text = format!("{} not evaluated for {}: {}", result.control, finding.named(), reason(result));
    Notification {
        descriptor: descriptor("not_evaluated"),
        associated_rule: Some(Reference { id: result.control.clone(), index: rules.at(&result.control) }),
        level: "note",
        message: message(&text),
        locations: result.locations.first().map(|location| place(location, None)).into_iter().collect(),
    }
}

fn problem(error: &CheckError) -> Notification {
    let region = error.line.map(|line| Region { start_line: line.max(1), end_line: line.max(1) });
    let at = Place {
        id: None,
        physical_location: Physical { artifact_location: artifact(&error.file), region, context_region: None },
        logical_locations: Vec::new(),
        message: None,
    };
    Notification {
        descriptor: descriptor(&error.kind),
        associated_rule: None,
        level: if is_unreadable(error) { "error" } else { "warning" },
        message: message(&format!("{}: {}", about(error), error.message)),
        locations: vec![at],
    }
}

fn place(location: &Location, id: Option<usize>) -> Place {
    let (first, last) = focus(location);
    let (from, to) = (location.line.max(1).min(first), location.end_line.max(last));
    let context = (from, to) != (first, last);
    Place {
        id,
        physical_location: Physical {
            artifact_location: artifact(&location.file),
            region: Some(Region { start_line: first, end_line: last }),
            context_region: context.then_some(Region { start_line: from, end_line: to }),
        },
        message: id.map(|_| message(&location.address)),
        logical_locations: vec![logical(&location.address)],
    }
}

fn logical(address: &str) -> Logical {
    let kind = if is_module_call(address) { "module" } else { "resource" };
    Logical { fully_qualified_name: plain(address), kind }
}

/// The patch as one fix (SARIF 2.1.0, 3.55): what is replaced, by file.
fn fixes(result: &CheckResult) -> Vec<Value> {
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for one in &result.patch {
        files.entry(&one.file).or_default().push(json!({
            "deletedRegion": {
                "startLine": one.line,
                "startColumn": one.column,
                "endLine": one.end_line,
                "endColumn": one.end_column,
            },
            "insertedContent": {"text": one.text},
        }));
    }
    if files.is_empty() {
        return Vec::new();
    }
    let change = |(file, replacements): (&str, Vec<Value>)| json!({"artifactLocation": artifact(file), "replacements": replacements});
    let changes: Vec<Value> = files.into_iter().map(change).collect();
    let text = format!("Change the code so that {} passes", result.control);
    vec![json!({"description": {"text": text}, "artifactChanges": changes})]
}

fn artifact(file: &str) -> Artifact {
    Artifact { uri: uri(file), uri_base_id: (!is_absolute(path(file))).then_some("%SRCROOT%") }
}

fn message(text: &str) -> Message {
    Message { text: unlinked(text), markdown: None }
}

/// Text of a message, in which `[a](b)` would be a link.
fn unlinked(text: &str) -> String {
    plain(text).replace("](", "] (")
}

#[cfg(test)]
mod tests;
