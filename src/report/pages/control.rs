//! A page per control: what it says, how it was tested, what was found, item by item.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use crate::model::attr::CaptureId;
use crate::model::control::{Control, ControlType, Frequency, ItemScope};
use crate::model::scan::Population;
use crate::model::verdict::ItemVerdict;
use crate::report::ReportError;
use crate::report::context::{Context, ExceptionRow, Findings, agreements};
use crate::report::item::{self, Group, GroupView};
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::raw::{self, RawShelf};
use crate::report::tally::{Outcome, Tally};
use crate::report::words::{Mark, clip, count, file_name, link, noun, number, size, time};

use super::populations::{PopulationView, population};

/// Most items on one page.
const ITEMS: usize = 200;
/// What the items of a control's first page may weigh; its head takes the rest.
const FIRST_BUDGET: usize = 350_000;
/// What the items of a further page may weigh.
const BUDGET: usize = 700_000;
/// Most rows of the population table on a control's page; the ledger has all.
const POPULATIONS: usize = 30;
/// Most characters of a text that the control file gives.
const TEXT: usize = 6000;

/// A criterion that the control serves.
struct Mapping {
    id: String,
    href: String,
    text: String,
    why: String,
}

/// One operation that was called for this control.
struct CallView {
    operation: String,
    calls: String,
    errors: String,
    first: String,
    last: String,
}

/// A parameter as it was in force.
struct ParameterView {
    name: String,
    value: String,
    default: String,
    note: String,
    lax: bool,
}

/// A snippet that puts an exception right.
struct Snippet {
    title: &'static str,
    code: String,
}

/// What stands above the items on the first page.
struct Head {
    title: String,
    id: String,
    mark: Mark,
    sentence: String,
    why_not: String,
    tally: Tally,
    severity: String,
    facts: Vec<(&'static str, String)>,
    mappings: Vec<Mapping>,
    procedure: String,
    calls: Vec<CallView>,
    rule: String,
    when: String,
    not_applicable: String,
    limits: String,
    parameters: Vec<ParameterView>,
    population: String,
    tie: String,
    ties: bool,
    populations: Vec<PopulationView>,
    more_populations: String,
    second: String,
    fix: String,
    snippets: Vec<Snippet>,
    docs: String,
}

#[derive(Template)]
#[template(path = "control.html")]
struct ControlPage<'a> {
    page: Chrome<'a>,
    head: Option<Head>,
    id: String,
    title: String,
    /// On the first page: what needs attention, shown before the test.
    first_groups: Vec<GroupView>,
    groups: Vec<GroupView>,
    has_items: bool,
    pager: Pager,
}

/// Writes the pages of one control, and notes what they say.
pub(crate) fn write(
    context: &Context<'_>,
    control: &Control,
    output: &mut Output,
    shelf: &mut RawShelf<'_>,
    findings: &mut Findings,
) -> Result<(), ReportError> {
    let verdicts = context
        .input
        .verdicts
        .of_control(&control.id)
        .map_err(|source| ReportError::Verdicts { control: control.id.clone(), source })?;
    let mut tally = Tally::default();
    for verdict in verdicts.iter() {
        tally.add(verdict);
    }
    let not_tested = match context.not_tested.get(control.id.as_str()) {
        // A verdict there is weighs more than a reason why there should be none.
        Some(why) if verdicts.is_empty() => Some(clip(why, 1000)),
        _ => None,
    };
    let outcome = Outcome { tally, not_tested };

    let mut order: Vec<usize> = (0..verdicts.len()).collect();
    order.sort_by_key(|&at| Group::of(&verdicts[at]));
    let base = format!("control/{}.html", file_name(&control.id));
    let weights = order.iter().map(|&at| item::heft(&verdicts[at]));
    let ranges = paginate(weights, ITEMS, FIRST_BUDGET, BUDGET);
    note(control, &verdicts, &order, &ranges, &base, findings);

    let mut totals: BTreeMap<Group, usize> = BTreeMap::new();
    for verdict in verdicts.iter() {
        *totals.entry(Group::of(verdict)).or_default() += 1;
    }
    for (index, range) in ranges.iter().enumerate() {
        let path = page_path(&base, index);
        let mut groups: Vec<GroupView> = Vec::new();
        for ordinal in range.clone() {
            let verdict = &verdicts[order[ordinal]];
            let group = Group::of(verdict);
            if groups.last().is_none_or(|last| last.group != group) {
                let continued = ordinal > 0 && Group::of(&verdicts[order[ordinal - 1]]) == group;
                let total = number(size(totals[&group]));
                groups.push(GroupView { group, total, continued, items: Vec::new() });
            }
            if let Some(last) = groups.last_mut() {
                last.items.push(item::view(verdict, ordinal, shelf));
            }
        }
        let has_items = !groups.is_empty();
        let needs_attention = |group: &GroupView| group.group <= Group::NotEvaluated;
        let first_groups: Vec<GroupView> =
            if index == 0 { groups.extract_if(.., |group| needs_attention(group)).collect() } else { Vec::new() };
        let head = (index == 0).then(|| head(context, control, &outcome, &verdicts, shelf));
        let title = clip(&control.title, 300);
        let mut page =
            Chrome::new(context.facts, &path, Section::Controls, title.clone()).under("Controls", "controls.html");
        if index > 0 {
            page = page.under(control.id.clone(), base.clone());
        }
        let pager = pager(&base, &ranges, index, "items");
        output.page(
            &path,
            &ControlPage { page, head, id: control.id.clone(), title, first_groups, groups, has_items, pager },
        )?;
    }
    findings.total.merge(&tally);
    findings.outcomes.insert(control.id.clone(), outcome);
    Ok(())
}

/// Notes the exceptions and the gaps for the pages that list them all.
fn note(
    control: &Control,
    verdicts: &[ItemVerdict],
    order: &[usize],
    pages: &[std::ops::Range<usize>],
    base: &str,
    findings: &mut Findings,
) {
    let mut page = 0;
    for (ordinal, &at) in order.iter().enumerate() {
        let verdict = &verdicts[at];
        while pages[page].end <= ordinal {
            page += 1;
        }
        match Group::of(verdict) {
            group @ (Group::Exceptions | Group::Waived) => {
                let (open, waived) = findings.by_severity.entry(verdict.severity).or_default();
                *if group == Group::Waived { waived } else { open } += 1;
                findings.exceptions.push(ExceptionRow {
                    severity: verdict.severity,
                    control: control.id.clone(),
                    name: clip(&item::name(verdict), 200),
                    account: clip(&verdict.account, 40),
                    region: clip(&verdict.region, 40),
                    message: verdict.message.as_deref().map(|message| clip(message, 500)).unwrap_or_default(),
                    waived_until: verdict.waived.as_ref().map(|waived| clip(&waived.until, 40)),
                    href: format!("{}#i{}", page_path(base, page), ordinal + 1),
                });
            }
            Group::NotEvaluated => {
                let sum = findings.gap(verdict.reason.as_ref(), &verdict.account, &verdict.region);
                sum.verdicts += 1;
                sum.controls.insert(control.id.clone());
                if let Some(accepted) = &verdict.accepted {
                    *findings.accepted.entry(accepted.clone()).or_default() += 1;
                }
            }
            Group::Clean | Group::NotApplicable => {}
        }
    }
}

fn head(
    context: &Context<'_>,
    control: &Control,
    outcome: &Outcome,
    verdicts: &[ItemVerdict],
    shelf: &mut RawShelf<'_>,
) -> Head {
    let (sentence, why_not) = match &outcome.not_tested {
        Some(why) => ("Not tested in this scan.".to_owned(), why.clone()),
        None => (outcome.tally.sentence(control.scope), String::new()),
    };
    let text = |text: &Option<String>| text.as_deref().map(|text| clip(text, TEXT)).unwrap_or_default();
    let ledger = context.populations.get(control.resource.as_str()).map_or(&[][..], Vec::as_slice);
    let (population_said, tie, ties) = population_words(control, outcome, ledger);
    let mut rows: Vec<&Population> = if outcome.not_tested.is_some() { Vec::new() } else { ledger.to_vec() };
    rows.sort_by_key(|row| (row.complete, row.count == 0));
    let more_populations = match rows.len().saturating_sub(POPULATIONS) {
        0 => String::new(),
        more => count(size(more), "more place", "more places"),
    };
    let populations = rows.iter().take(POPULATIONS).map(|row| population(row, shelf)).collect();
    let fix = &control.fix;
    let snippets = [("AWS CLI", &fix.cli), ("Terraform", &fix.terraform), ("CloudFormation", &fix.cloudformation)];
    Head {
        title: clip(&control.title, 300),
        id: control.id.clone(),
        mark: outcome.mark(),
        sentence,
        why_not,
        tally: outcome.tally,
        severity: context.input.policy.severity.get(&control.id).unwrap_or(&control.severity).to_string(),
        facts: facts(context, control),
        mappings: mappings(context, control),
        procedure: clip(&control.procedure, TEXT),
        calls: calls(verdicts, shelf),
        rule: clip(&control.assert, TEXT),
        when: text(&control.when),
        not_applicable: text(&control.not_applicable),
        limits: text(&control.limits),
        parameters: parameters(context, control),
        population: population_said,
        tie,
        ties,
        populations,
        more_populations,
        second: second_source(context, control),
        fix: clip(&fix.text, TEXT),
        snippets: snippets
            .into_iter()
            .filter_map(|(title, code)| code.as_deref().map(|code| Snippet { title, code: clip(code, TEXT) }))
            .collect(),
        docs: fix.docs.as_deref().and_then(link).unwrap_or_default().to_owned(),
    }
}

fn facts(context: &Context<'_>, control: &Control) -> Vec<(&'static str, String)> {
    let severity = context.input.policy.severity.get(&control.id);
    let kind = match control.r#type {
        ControlType::Preventive => "preventive: it stops the mistake",
        ControlType::Detective => "detective: it finds the mistake",
        ControlType::Corrective => "corrective: it limits or repairs the damage",
    };
    let frequency = match control.frequency {
        Frequency::Continuous => "continuous",
        Frequency::Daily => "daily",
        Frequency::Weekly => "weekly",
        Frequency::Monthly => "monthly",
        Frequency::Quarterly => "quarterly",
        Frequency::Annual => "annual",
    };
    let scope = match control.scope {
        ItemScope::Resource => "each resource of the type",
        ItemScope::Account => "each account",
        ItemScope::Region => "each enabled region of each account",
    };
    vec![
        (
            "Severity",
            match severity {
                Some(set) if *set != control.severity => {
                    format!("{set} (set by the policy; {} in the catalogue)", control.severity)
                }
                _ => control.severity.to_string(),
            },
        ),
        ("Kind", kind.to_owned()),
        ("Operates", frequency.to_owned()),
        ("One item is", scope.to_owned()),
        ("Resource type", clip(&control.resource, 200)),
    ]
}

fn mappings(context: &Context<'_>, control: &Control) -> Vec<Mapping> {
    let view = |(id, why): (&String, &String)| {
        let known = context.criteria.get(id.as_str());
        Mapping {
            id: clip(id, 40),
            href: known.map(|known| format!("criterion/{}.html", file_name(&known.id))).unwrap_or_default(),
            text: known.map(|known| clip(&known.text, 600)).unwrap_or_default(),
            why: clip(why, 1000),
        }
    };
    control.criteria.iter().take(30).map(view).collect()
}

/// The calls that the verdicts rest on, by operation: what was really asked, not what was planned.
fn calls(verdicts: &[ItemVerdict], shelf: &RawShelf<'_>) -> Vec<CallView> {
    let made: BTreeSet<CaptureId> = verdicts.iter().flat_map(|verdict| verdict.captures.iter().copied()).collect();
    let mut by_operation: BTreeMap<(&str, &str), (u64, u64, &str, &str)> = BTreeMap::new();
    for capture in made.into_iter().filter_map(|n| shelf.get(n)) {
        let entry = by_operation.entry((&capture.service, &capture.operation)).or_insert((
            0,
            0,
            &capture.started,
            &capture.ended,
        ));
        entry.0 += 1;
        entry.1 += u64::from(!raw::good(capture));
        entry.2 = entry.2.min(&capture.started);
        entry.3 = entry.3.max(&capture.ended);
    }
    let view =
        |((service, operation), (calls, errors, first, last)): ((&str, &str), (u64, u64, &str, &str))| CallView {
            operation: clip(&format!("{service}:{operation}"), 160),
            calls: number(calls),
            errors: if errors == 0 { String::new() } else { number(errors) },
            first: time(first),
            last: time(last),
        };
    by_operation.into_iter().take(60).map(view).collect()
}

fn parameters(context: &Context<'_>, control: &Control) -> Vec<ParameterView> {
    let view = |(name, default): (&String, &serde_json::Value)| {
        let value = context.input.policy.parameters.get(name).unwrap_or(default);
        let lax = context.input.footer.lax.iter().any(|lax| lax.control == control.id && lax.parameter == *name);
        ParameterView {
            name: clip(name, 100),
            value: clip(&value.to_string(), 500),
            default: clip(&default.to_string(), 500),
            note: if lax {
                "set by the policy; asks for less than the catalogue".to_owned()
            } else if value == default {
                "as in the catalogue".to_owned()
            } else {
                "set by the policy".to_owned()
            },
            lax,
        }
    };
    control.parameters.iter().take(30).map(view).collect()
}

/// What the population was, and whether the ledger and the verdicts tie out.
fn population_words(control: &Control, outcome: &Outcome, ledger: &[&Population]) -> (String, String, bool) {
    if outcome.not_tested.is_some() {
        return ("The population was not looked at.".to_owned(), String::new(), true);
    }
    let (one, many) = noun(control.scope);
    let items = outcome.tally.items();
    let incomplete = size(ledger.iter().filter(|row| !row.complete).count());
    if control.scope != ItemScope::Resource {
        let said = format!("{} in scope.", count(items, one, many));
        let lists = if incomplete > 0 {
            format!(
                " The list of {} is incomplete in {}.",
                clip(&control.resource, 120),
                count(incomplete, "place", "places")
            )
        } else {
            String::new()
        };
        return (said + &lists, String::new(), true);
    }
    if ledger.is_empty() {
        return ("The ledger holds no population of this type.".to_owned(), String::new(), items == 0);
    }
    let listed: u64 = ledger.iter().map(|row| row.count).sum();
    let gone: u64 = ledger.iter().map(|row| size(row.gone.len())).sum();
    let complete = if incomplete == 0 {
        match ledger.len() {
            1 => "the listing reached its end".to_owned(),
            places => format!("the listing reached its end in all of {} places", number(size(places))),
        }
    } else {
        format!(
            "the listing did not reach its end in {} of {}, so items may be missing",
            number(incomplete),
            count(size(ledger.len()), "place", "places")
        )
    };
    let said = format!("{} listed; {complete}.", count(listed, one, many));
    let left = if gone > 0 { format!(" (and {} gone before looked at)", number(gone)) } else { String::new() };
    let ties = listed == items;
    let tie = if ties {
        format!("The ledger's {}{left} and the {} judged here tie out.", number(listed), count(items, one, many))
    } else {
        format!(
            "The ledger's {}{left} and the {} judged here differ by {}.",
            number(listed),
            count(items, one, many),
            number(listed.abs_diff(items))
        )
    };
    (said, tie, ties)
}

fn second_source(context: &Context<'_>, control: &Control) -> String {
    let Some(rows) = context.reconciled.get(control.id.as_str()) else {
        return String::new();
    };
    let [agrees, disagrees, ours, theirs] = agreements(rows.iter().copied());
    format!(
        "Security Hub ({}) agrees on {}, disagrees on {}, says nothing of {}, and speaks of {} not judged here.",
        clip(&control.security_hub.join(", "), 200),
        count(agrees, "item", "items"),
        number(disagrees),
        number(ours),
        number(theirs)
    )
}
