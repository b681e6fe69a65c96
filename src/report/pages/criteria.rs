//! The map of the 61 criteria, and a page for each.

use askama::Template;

use crate::model::criterion::{Automation, Criterion};
use crate::report::ReportError;
use crate::report::context::{Context, Findings};
use crate::report::output::Output;
use crate::report::page::{Chrome, Section};
use crate::report::tally::{CriterionState, criterion};
use crate::report::words::{Mark, clip, count, file_name, number, size};

use super::controls::{ControlRow, by_attention, row};

/// One criterion on the map.
pub(crate) struct Tile {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) text: String,
    pub(crate) state: CriterionState,
    /// Controls with exceptions; empty where there are none.
    pub(crate) exceptions: String,
    /// Controls not evaluated, in part or at all; empty where there are none.
    pub(crate) unknowns: String,
}

/// A series of criteria on the map.
pub(crate) struct Series {
    pub(crate) name: String,
    /// What it is about, in two words.
    pub(crate) about: &'static str,
    pub(crate) tiles: Vec<Tile>,
}

/// The map.
pub(crate) struct Map {
    pub(crate) series: Vec<Series>,
    /// How many criteria there are of each state.
    pub(crate) counts: Vec<(Mark, String)>,
    /// How many have a control with exceptions.
    pub(crate) with_exceptions: u64,
    pub(crate) total: String,
}

/// What a series of criteria is about. The privacy criteria are one series here: most of them
/// hold a single criterion.
fn about(series: &str) -> &'static str {
    match series {
        "CC1" => "Control environment",
        "CC2" => "Communication",
        "CC3" => "Risk assessment",
        "CC4" => "Monitoring",
        "CC5" => "Control activities",
        "CC6" => "Access",
        "CC7" => "Operations",
        "CC8" => "Change",
        "CC9" => "Risk mitigation",
        "A1" => "Availability",
        "C1" => "Confidentiality",
        "PI1" => "Processing integrity",
        "P" => "Privacy",
        _ => "",
    }
}

fn series(id: &str) -> &str {
    let head = id.split_once('.').map_or(id, |(head, _)| head);
    let privacy = head.strip_prefix('P').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    if privacy { "P" } else { head }
}

pub(crate) fn state(context: &Context<'_>, one: &Criterion, findings: &Findings) -> CriterionState {
    let outcomes: Vec<_> = context.controls_of(&one.id).map(|control| &findings.outcomes[&control.id]).collect();
    criterion(one.automation, &outcomes)
}

/// Draws the map up.
pub(crate) fn map(context: &Context<'_>, findings: &Findings) -> Map {
    let mut all: Vec<Series> = Vec::new();
    let mut counts = std::collections::BTreeMap::new();
    let mut with_exceptions = 0;
    for one in context.input.criteria {
        let state = state(context, one, findings);
        *counts.entry(state.mark).or_insert(0u64) += 1;
        with_exceptions += u64::from(state.with_exceptions > 0);
        let some = |n: u64| if n == 0 { String::new() } else { number(n) };
        let tile = Tile {
            id: clip(&one.id, 40),
            href: format!("criterion/{}.html", file_name(&one.id)),
            text: clip(&one.text, 600),
            exceptions: some(state.with_exceptions),
            unknowns: some(state.with_unknowns),
            state,
        };
        let name = series(&one.id);
        match all.iter_mut().find(|series| series.name == name) {
            Some(series) => series.tiles.push(tile),
            None => all.push(Series { name: clip(name, 40), about: about(name), tiles: vec![tile] }),
        }
    }
    Map {
        series: all,
        counts: counts.into_iter().map(|(mark, n)| (mark, number(n))).collect(),
        with_exceptions,
        total: number(size(context.input.criteria.len())),
    }
}

#[derive(Template)]
#[template(path = "criteria.html")]
struct CriteriaPage<'a> {
    page: Chrome<'a>,
    map: &'a Map,
}

#[derive(Template)]
#[template(path = "criterion.html")]
struct CriterionPage<'a> {
    page: Chrome<'a>,
    id: String,
    text: String,
    category: String,
    class: &'static str,
    state: CriterionState,
    rows: Vec<ControlRow>,
    machine: String,
    manual: String,
    previous: Option<(String, String)>,
    next: Option<(String, String)>,
}

/// Parts what AWS can show from what people must: the catalogue writes both in one text, the
/// latter after "Manual".
fn evidence(text: &str) -> (String, String) {
    let at = ["Manual:", "Manual/other API:"].iter().filter_map(|word| text.find(word)).min();
    let (machine, manual) = match at {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, ""),
    };
    let manual = manual.split_once(':').map_or(manual, |(_, rest)| rest);
    let sentence = |text: &str| {
        let text = text.trim();
        let mut letters = text.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    (clip(&sentence(machine), 3000), clip(&sentence(manual), 3000))
}

/// Writes the map and a page per criterion.
pub(crate) fn write(
    context: &Context<'_>,
    output: &mut Output,
    findings: &Findings,
    map: &Map,
) -> Result<(), ReportError> {
    let page = Chrome::new(context.facts, "criteria.html", Section::Criteria, "Criteria");
    output.page("criteria.html", &CriteriaPage { page, map })?;
    let criteria = context.input.criteria;
    let link = |one: &Criterion| (clip(&one.id, 40), format!("criterion/{}.html", file_name(&one.id)));
    for (at, one) in criteria.iter().enumerate() {
        let path = format!("criterion/{}.html", file_name(&one.id));
        let (machine, manual) = evidence(&one.evidence);
        let rows = by_attention(context.controls_of(&one.id), findings).into_iter().map(|control| {
            let mut row = row(context, control, findings);
            row.why = clip(&control.criteria[&one.id], 1000);
            row
        });
        let page = CriterionPage {
            page: Chrome::new(context.facts, &path, Section::Criteria, format!("Criterion {}", clip(&one.id, 40)))
                .under("Criteria", "criteria.html"),
            id: clip(&one.id, 40),
            text: clip(&one.text, 2000),
            category: clip(&one.category, 200),
            class: match one.automation {
                Automation::Automatable => "The AWS part of it can be tested by machine",
                Automation::Partial => "A part of it can be tested by machine; the rest needs people's evidence",
                Automation::Manual => "Only people's evidence shows it",
            },
            state: state(context, one, findings),
            rows: rows.take(300).collect(),
            machine,
            manual,
            previous: at.checked_sub(1).map(|at| link(&criteria[at])),
            next: criteria.get(at + 1).map(link),
        };
        output.page(&path, &page)?;
    }
    Ok(())
}

/// The caption under a map: how many criteria have exceptions.
pub(crate) fn exceptions_words(map: &Map) -> String {
    match map.with_exceptions {
        0 => "No criterion has a control with exceptions noted.".to_owned(),
        n => format!(
            "{} at least one control with exceptions noted.",
            match n {
                1 => "1 criterion has".to_owned(),
                n => format!("{} have", count(n, "criterion", "criteria")),
            }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privacy_is_one_series_and_processing_integrity_is_not_in_it() {
        assert_eq!(series("P6.4"), "P");
        assert_eq!(series("PI1.2"), "PI1");
        assert_eq!(series("CC6.1"), "CC6");
        assert_eq!(series("X"), "X");
    }

    #[test]
    fn what_people_must_show_is_parted_from_what_aws_can() {
        let (machine, manual) = evidence("Config history. Manual: tickets, minutes.");
        assert_eq!((machine.as_str(), manual.as_str()), ("Config history.", "Tickets, minutes."));
        assert_eq!(evidence("None.").1, "");
    }
}
