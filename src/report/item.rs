//! One item as a reader sees it: what it is, what was read of it, and where AWS said so.

use serde_json::Value;

use crate::model::gap::Gap;
use crate::model::verdict::{ItemKind, ItemVerdict, Read, Verdict};

use super::raw::{RawLinks, RawShelf};
use super::words::{Mark, clip, number, size, weight};

/// How many attributes of an item are shown.
const READS: usize = 40;
/// How many characters of an attribute's value are shown.
const VALUE: usize = 1000;
/// How many characters of an id or a name are shown.
const ID: usize = 600;
/// How many characters of a sentence are shown.
const MESSAGE: usize = 2000;

/// A gap as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GapView {
    pub(crate) meaning: &'static str,
    pub(crate) operation: String,
    pub(crate) action: String,
    pub(crate) error: String,
    pub(crate) detail: String,
}

impl GapView {
    pub(crate) fn new(gap: &Gap) -> Self {
        let text = |part: &Option<String>| part.as_deref().map(|part| clip(part, 200)).unwrap_or_default();
        Self {
            meaning: gap.code.meaning(),
            operation: text(&gap.operation),
            action: text(&gap.action),
            error: text(&gap.error),
            detail: clip(&gap.detail, 700),
        }
    }
}

/// One attribute that was read.
pub(crate) struct ReadView {
    /// `public_access_block.block_public_acls`.
    pub(crate) attribute: String,
    /// What stood there, as JSON.
    pub(crate) value: String,
    /// Whether AWS said that there is none.
    pub(crate) absent: bool,
    /// Why it could not be read; empty where it could.
    pub(crate) gap: String,
}

/// A waiver on an item.
pub(crate) struct WaivedView {
    pub(crate) reason: String,
    pub(crate) owner: String,
    pub(crate) approver: String,
    pub(crate) until: String,
}

/// One item.
pub(crate) struct ItemView {
    /// Its anchor on the page.
    pub(crate) anchor: String,
    pub(crate) name: String,
    /// Its id, where the name is not already that.
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Of the raw verdict, which a waiver does not change.
    pub(crate) severity: &'static str,
    pub(crate) message: String,
    pub(crate) gap: Option<GapView>,
    pub(crate) waived: Option<WaivedView>,
    pub(crate) reads: Vec<ReadView>,
    /// Said where more was read than is shown.
    pub(crate) more_reads: String,
    pub(crate) raw: RawLinks,
}

/// The group that an item is shown in; groups come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Exceptions,
    Waived,
    NotEvaluated,
    Clean,
    NotApplicable,
}

impl Group {
    pub(crate) fn of(verdict: &ItemVerdict) -> Self {
        match verdict.verdict {
            Verdict::Fail if verdict.waived.is_some() => Self::Waived,
            Verdict::Fail => Self::Exceptions,
            Verdict::NotEvaluated => Self::NotEvaluated,
            Verdict::Pass => Self::Clean,
            Verdict::NotApplicable => Self::NotApplicable,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Exceptions => "Exceptions",
            Self::Waived => "Exceptions accepted by a waiver",
            Self::NotEvaluated => "Not evaluated",
            Self::Clean => "No exceptions noted",
            Self::NotApplicable => "Not applicable",
        }
    }

    pub(crate) fn mark(self) -> Mark {
        match self {
            Self::Exceptions => Mark::Exceptions,
            Self::Waived => Mark::Waived,
            Self::NotEvaluated => Mark::NotEvaluated,
            Self::Clean => Mark::Clean,
            Self::NotApplicable => Mark::NotApplicable,
        }
    }

    /// Heading of the column that says why; empty where there is nothing to say.
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::Exceptions => "What was found",
            Self::Waived => "What was found, and who accepted it",
            Self::NotEvaluated => "Why it could not be evaluated",
            Self::Clean => "",
            Self::NotApplicable => "Why it does not apply",
        }
    }
}

/// The items of one group on one page.
pub(crate) struct GroupView {
    pub(crate) group: Group,
    /// How many items the group has on all pages.
    pub(crate) total: String,
    /// Whether it began on an earlier page.
    pub(crate) continued: bool,
    pub(crate) items: Vec<ItemView>,
}

/// The name of a JSON pointer as a reader writes it: dots between the steps.
fn dotted(pointer: &str) -> String {
    let steps = pointer.trim_start_matches('/').split('/');
    let plain = steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect::<Vec<_>>().join(".");
    clip(&plain, 200)
}

fn read(read: &Read, reason: Option<&Gap>) -> ReadView {
    let gap = match &read.gap {
        // The reason of the verdict stands beside it in full already.
        Some(gap) if Some(gap) == reason => gap.code.meaning().to_owned(),
        Some(gap) => clip(&gap.to_string(), 400),
        None => String::new(),
    };
    ReadView {
        attribute: dotted(&read.attribute),
        value: read.value.as_ref().map(|value| clip(&spaced(value), VALUE)).unwrap_or_default(),
        absent: read.value.is_none() && read.gap.is_none(),
        gap,
    }
}

/// The short name of an item; of a population, what it is.
pub(crate) fn name(verdict: &ItemVerdict) -> String {
    match verdict.kind {
        ItemKind::Population => format!("Population of {}", clip(&verdict.r#type, 120)),
        _ if verdict.name.is_empty() => clip(&verdict.id, ID),
        _ => clip(&verdict.name, ID),
    }
}

/// One item as a reader sees it.
pub(crate) fn view(verdict: &ItemVerdict, ordinal: usize, shelf: &mut RawShelf<'_>) -> ItemView {
    let more_reads = match verdict.read.len().saturating_sub(READS) {
        0 => String::new(),
        more => format!("and {} more, in the raw answers", number(size(more))),
    };
    let name = name(verdict);
    let id = clip(&verdict.id, ID);
    ItemView {
        anchor: format!("i{}", ordinal + 1),
        id: if id == name { String::new() } else { id },
        name,
        account: clip(&verdict.account, 40),
        region: clip(&verdict.region, 40),
        severity: verdict.severity.as_str(),
        message: verdict.message.as_deref().map(|message| clip(message, MESSAGE)).unwrap_or_default(),
        gap: verdict.reason.as_ref().map(GapView::new),
        waived: verdict.waived.as_ref().map(|waived| WaivedView {
            reason: clip(&waived.reason, MESSAGE),
            owner: clip(&waived.owner, 200),
            approver: clip(&waived.approver, 200),
            until: clip(&waived.until, 40),
        }),
        reads: verdict.read.iter().take(READS).map(|one| read(one, verdict.reason.as_ref())).collect(),
        more_reads,
        raw: shelf.links(&verdict.captures),
    }
}

/// What an item takes on a page, in bytes of HTML, within a small factor and never far too little.
pub(crate) fn heft(verdict: &ItemVerdict) -> usize {
    let capped = |text: &str, most: usize| weight(text).min(most * 5);
    let option = |text: &Option<String>, most: usize| text.as_deref().map_or(0, |text| capped(text, most));
    let gap = |gap: &Option<Gap>| {
        let words = |gap: &Gap| {
            300 + option(&gap.operation, 200) + option(&gap.action, 200) + option(&gap.error, 200) + weight(&gap.detail)
        };
        gap.as_ref().map_or(0, words)
    };
    let reads = verdict.read.iter().take(READS).map(|read| {
        200 + capped(&read.attribute, 200)
            + read.value.as_ref().map_or(0, |value| value_heft(value).min(VALUE * 5))
            + gap(&read.gap)
    });
    let waived = verdict
        .waived
        .as_ref()
        .map_or(0, |w| 400 + capped(&w.reason, MESSAGE) + capped(&w.owner, 200) + capped(&w.approver, 200));
    900 + capped(&verdict.id, ID)
        + capped(&verdict.name, ID)
        + option(&verdict.message, MESSAGE)
        + gap(&verdict.reason)
        + reads.sum::<usize>()
        + waived
        + 80 * verdict.captures.len().min(12)
}

fn value_heft(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 20,
        // The quotation marks are escaped too, and so may be every character within.
        Value::String(text) => 10 + 2 * weight(text),
        Value::Array(items) => 2 + items.iter().map(|item| 1 + value_heft(item)).sum::<usize>(),
        Value::Object(entries) => {
            2 + entries.iter().map(|(key, item)| 12 + 2 * weight(key) + value_heft(item)).sum::<usize>()
        }
    }
}

/// JSON with room to break lines at, and without the empty lists that the parsed form of a policy
/// is full of.
fn spaced(value: &Value) -> String {
    let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().filter(|(_, value)| !empty(value));
            let entries: Vec<String> =
                entries.map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_read_with_dots() {
        assert_eq!(dotted("/public_access_block/block_public_acls"), "public_access_block.block_public_acls");
        assert_eq!(dotted("/tags/a~1b~0c"), "tags.a/b~c");
    }

    #[test]
    fn absent_is_told_from_unknown_and_from_null() {
        let of = |value: Option<Value>, gap: Option<Gap>| read(&Read { attribute: "/policy".into(), value, gap }, None);
        assert!(of(None, None).absent);
        let null = of(Some(Value::Null), None);
        assert!(!null.absent && null.value == "null");
        let unknown = of(None, Some(Gap::new(crate::model::gap::GapCode::AccessDenied, "no")));
        assert!(!unknown.absent && unknown.gap.contains("access was denied"));
    }
}
