//! Counting verdicts, and what the counts come to in audit words.

use crate::model::control::ItemScope;
use crate::model::criterion::Automation;
use crate::model::verdict::{ItemKind, ItemVerdict, Verdict};

use super::words::{Mark, count, noun, number};

/// How many verdicts of each kind a control has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Items with no exception.
    pub(crate) clean: u64,
    /// Exceptions that no waiver covers.
    pub(crate) exceptions: u64,
    /// Exceptions that a waiver covers.
    pub(crate) waived: u64,
    /// Items that could not be evaluated.
    pub(crate) not_evaluated: u64,
    /// Items to which the control does not apply.
    pub(crate) not_applicable: u64,
    /// Places whose population could not be listed in full.
    pub(crate) unlisted: u64,
    /// Places whose population is empty.
    pub(crate) empty: u64,
}

impl Tally {
    /// Counts one verdict.
    pub(crate) fn add(&mut self, verdict: &ItemVerdict) {
        let slot = match (verdict.kind, verdict.verdict) {
            (ItemKind::Population, Verdict::NotEvaluated) => &mut self.unlisted,
            (ItemKind::Population, Verdict::NotApplicable) => &mut self.empty,
            (_, Verdict::Pass) => &mut self.clean,
            (_, Verdict::Fail) if verdict.waived.is_some() => &mut self.waived,
            (_, Verdict::Fail) => &mut self.exceptions,
            (_, Verdict::NotEvaluated) => &mut self.not_evaluated,
            (_, Verdict::NotApplicable) => &mut self.not_applicable,
        };
        *slot += 1;
    }

    /// Adds another tally.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.clean += other.clean;
        self.exceptions += other.exceptions;
        self.waived += other.waived;
        self.not_evaluated += other.not_evaluated;
        self.not_applicable += other.not_applicable;
        self.unlisted += other.unlisted;
        self.empty += other.empty;
    }

    /// Exceptions, waived or not.
    pub(crate) fn noted(&self) -> u64 {
        self.exceptions + self.waived
    }

    /// Items that were judged.
    pub(crate) fn tested(&self) -> u64 {
        self.clean + self.noted()
    }

    /// All items; a population that could not be listed or is empty is none.
    pub(crate) fn items(&self) -> u64 {
        self.tested() + self.not_evaluated + self.not_applicable
    }

    /// All verdicts.
    pub(crate) fn verdicts(&self) -> u64 {
        self.items() + self.unlisted + self.empty
    }

    /// Verdicts that say "not evaluated".
    pub(crate) fn unknown(&self) -> u64 {
        self.not_evaluated + self.unlisted
    }

    /// What the counts come to.
    pub(crate) fn mark(&self) -> Mark {
        if self.noted() > 0 {
            Mark::Exceptions
        } else if self.unknown() > 0 && self.clean > 0 {
            Mark::InPart
        } else if self.unknown() > 0 || self.verdicts() == 0 {
            Mark::NotEvaluated
        } else if self.clean > 0 {
            Mark::Clean
        } else {
            Mark::NotApplicable
        }
    }

    /// The result as a sentence or three. What was not evaluated is always said, so that nobody
    /// reads "no exceptions" over items that nobody saw.
    pub(crate) fn sentence(&self, scope: ItemScope) -> String {
        let (one, many) = noun(scope);
        if self.verdicts() == 0 {
            return "Not evaluated: the scan recorded no verdict for this control.".to_owned();
        }
        let mut said = Vec::new();
        if self.noted() > 0 {
            let waived = match (self.waived, self.exceptions) {
                (0, _) => String::new(),
                (_, 0) => ", all accepted by a waiver".to_owned(),
                (waived, _) => format!(", {} accepted by a waiver", number(waived)),
            };
            said.push(format!(
                "Exceptions noted: {} of {} tested{waived}.",
                number(self.noted()),
                count(self.tested(), one, many)
            ));
        }
        if self.not_evaluated > 0 {
            let rest = match (self.noted(), self.clean) {
                (0, 0) => String::new(),
                (0, 1) => "; no exceptions noted in the one that was".to_owned(),
                (0, clean) => format!("; no exceptions noted among the {} that were", number(clean)),
                _ => String::new(),
            };
            said.push(format!(
                "Not evaluated for {} of {}{rest}.",
                number(self.not_evaluated),
                count(self.items(), one, many)
            ));
        } else if self.noted() == 0 && self.clean > 0 {
            said.push(if self.clean == 1 {
                format!("No exceptions noted in the one {one} tested.")
            } else {
                format!("No exceptions noted among the {} tested.", count(self.clean, one, many))
            });
        }
        if self.unlisted > 0 {
            said.push(format!(
                "The population could not be listed in full in {}, so items may be missing.",
                count(self.unlisted, "place", "places")
            ));
        }
        if self.not_applicable > 0 {
            said.push(format!("Not applicable to {}.", count(self.not_applicable, one, many)));
        }
        if self.empty > 0 && self.items() == 0 && self.unlisted == 0 {
            said.push("Not applicable: the population is empty.".to_owned());
        }
        said.join(" ")
    }
}

/// How a control fared, as its criteria need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its counts; all nought where it was not tested.
    pub(crate) tally: Tally,
    /// Why it was not tested, where it was not.
    pub(crate) not_tested: Option<String>,
}

impl Outcome {
    /// What it comes to.
    pub(crate) fn mark(&self) -> Mark {
        if self.not_tested.is_some() { Mark::NotTested } else { self.tally.mark() }
    }
}

/// What a criterion's controls come to. It is never "met": what people must show is never here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CriterionState {
    /// Manual evidence awaited, not evaluated, partly tested or tested.
    pub(crate) mark: Mark,
    /// Why, in words.
    pub(crate) why: String,
    /// Controls with exceptions.
    pub(crate) with_exceptions: u64,
    /// Controls not evaluated, in part or at all.
    pub(crate) with_unknowns: u64,
}

/// Derives the state of a criterion from its class and the outcomes of its controls.
pub(crate) fn criterion(automation: Automation, outcomes: &[&Outcome]) -> CriterionState {
    let of = |wanted: &[Mark]| outcomes.iter().filter(|outcome| wanted.contains(&outcome.mark())).count() as u64;
    let total = outcomes.len() as u64;
    let not_tested = of(&[Mark::NotTested]);
    let not_applicable = of(&[Mark::NotApplicable]);
    let not_evaluated = of(&[Mark::NotEvaluated]);
    let in_part = outcomes.iter().filter(|o| o.not_tested.is_none() && o.tally.unknown() > 0 && o.tally.tested() > 0);
    let in_part = in_part.count() as u64;
    let tested = outcomes.iter().filter(|o| o.tally.tested() > 0).count() as u64;
    let with_exceptions = of(&[Mark::Exceptions]);

    let mark = match automation {
        Automation::Manual => Mark::Awaiting,
        _ if tested == 0 => Mark::NotEvaluated,
        Automation::Automatable if not_tested + not_evaluated + in_part == 0 => Mark::Tested,
        Automation::Automatable | Automation::Partial => Mark::Partly,
    };
    let mut why = Vec::new();
    if total == 0 {
        why.push(match automation {
            Automation::Manual => "No AWS answer shows this; people's evidence does.".to_owned(),
            _ => "No control of the catalogue in force serves it.".to_owned(),
        });
    } else {
        let lead = if automation == Automation::Manual { "People's evidence shows this; in support, " } else { "" };
        let controls = count(total, "control", "controls");
        why.push(if tested == 0 && not_applicable == total {
            format!("{lead}{controls} found nothing in scope to test.")
        } else {
            let verb = if total == 1 { "was" } else { "were" };
            format!("{lead}{} of {controls} {verb} tested.", number(tested))
        });
        let mut rest = Vec::new();
        if in_part > 0 {
            rest.push(format!("{} not evaluated in part", number(in_part)));
        }
        if not_evaluated > 0 {
            rest.push(format!("{} not evaluated at all", number(not_evaluated)));
        }
        if not_tested > 0 {
            rest.push(format!("{} not tested in this scan", number(not_tested)));
        }
        if not_applicable > 0 && not_applicable < total {
            rest.push(format!("{} with nothing to test", number(not_applicable)));
        }
        if !rest.is_empty() {
            why.push(format!("{}.", rest.join(", ")));
        }
    }
    if automation == Automation::Partial {
        why.push("A part of it needs people's evidence, which is awaited.".to_owned());
    }
    CriterionState { mark, why: why.join(" "), with_exceptions, with_unknowns: not_evaluated + in_part }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(clean: u64, exceptions: u64, waived: u64, not_evaluated: u64, not_applicable: u64) -> Tally {
        Tally { clean, exceptions, waived, not_evaluated, not_applicable, ..Tally::default() }
    }

    fn outcome(tally: Tally) -> Outcome {
        Outcome { tally, not_tested: None }
    }

    #[test]
    fn what_was_not_evaluated_is_said_before_what_had_no_exceptions() {
        let some = tally(38, 0, 0, 3, 0);
        assert_eq!(some.mark(), Mark::InPart);
        assert_eq!(
            some.sentence(ItemScope::Resource),
            "Not evaluated for 3 of 41 items; no exceptions noted among the 38 that were."
        );
        let unlisted = Tally { unlisted: 1, ..tally(38, 0, 0, 0, 0) };
        assert_eq!(unlisted.mark(), Mark::InPart);
        assert!(unlisted.sentence(ItemScope::Resource).contains("could not be listed in full in 1 place"));
    }

    #[test]
    fn waived_exceptions_stay_exceptions_and_both_counts_are_said() {
        assert_eq!(tally(39, 0, 2, 0, 0).mark(), Mark::Exceptions);
        assert_eq!(
            tally(39, 1, 1, 0, 3).sentence(ItemScope::Resource),
            "Exceptions noted: 2 of 41 items tested, 1 accepted by a waiver. Not applicable to 3 items."
        );
        assert_eq!(
            tally(0, 0, 1, 1, 0).sentence(ItemScope::Account),
            "Exceptions noted: 1 of 1 account tested, all accepted by a waiver. Not evaluated for 1 of 2 accounts."
        );
    }

    #[test]
    fn nothing_recorded_is_not_evaluated_and_an_empty_population_is_not_applicable() {
        assert_eq!(Tally::default().mark(), Mark::NotEvaluated);
        assert!(Tally::default().sentence(ItemScope::Resource).starts_with("Not evaluated"));
        let empty = Tally { empty: 2, ..Tally::default() };
        assert_eq!(empty.mark(), Mark::NotApplicable);
        assert_eq!(empty.sentence(ItemScope::Resource), "Not applicable: the population is empty.");
    }

    #[test]
    fn a_manual_criterion_awaits_evidence_whatever_was_tested() {
        let clean = outcome(tally(5, 0, 0, 0, 0));
        assert_eq!(criterion(Automation::Manual, &[]).mark, Mark::Awaiting);
        assert_eq!(criterion(Automation::Manual, &[&clean]).mark, Mark::Awaiting);
    }

    #[test]
    fn a_partial_criterion_is_never_more_than_partly_tested() {
        let clean = outcome(tally(5, 0, 0, 0, 0));
        let state = criterion(Automation::Partial, &[&clean]);
        assert_eq!(state.mark, Mark::Partly);
        assert!(state.why.contains("awaited"));
    }

    #[test]
    fn an_automatable_criterion_is_tested_only_when_every_control_was() {
        let clean = outcome(tally(5, 0, 0, 0, 0));
        let gap = outcome(tally(5, 0, 0, 1, 0));
        let skipped = Outcome { tally: Tally::default(), not_tested: Some("not selected".to_owned()) };
        assert_eq!(criterion(Automation::Automatable, &[&clean]).mark, Mark::Tested);
        assert_eq!(criterion(Automation::Automatable, &[&clean, &gap]).mark, Mark::Partly);
        assert_eq!(criterion(Automation::Automatable, &[&clean, &skipped]).mark, Mark::Partly);
        assert_eq!(criterion(Automation::Automatable, &[&skipped]).mark, Mark::NotEvaluated);
        assert_eq!(criterion(Automation::Automatable, &[]).mark, Mark::NotEvaluated);
    }

    #[test]
    fn a_criterion_with_nothing_to_test_is_not_evaluated() {
        let none = outcome(tally(0, 0, 0, 0, 4));
        let state = criterion(Automation::Automatable, &[&none]);
        assert_eq!(state.mark, Mark::NotEvaluated);
        assert_eq!(state.why, "1 control found nothing in scope to test.");
    }
}
