//! Takes results apart again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::write::{failed, told};
use crate::model::check::{Action, Check, CheckError, CheckResult, CheckedResource, Location, Outcome, SCHEMA as OLD};
use crate::model::check_form::{CheckForm, ControlForm, ErrorForm, ErrorPlace, LocationForm, ResultForm, SCHEMA};
use crate::model::control::Fix;
use crate::model::instance::{Instance, names};

/// Why a document is not a check.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not of the form.
    #[error("read the check: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another version.
    #[error("read the check: its form is `{0}`, not `{SCHEMA}`")]
    Schema(String),
    /// It names something that is not in it.
    #[error("read the check: {0} is named and not there")]
    Missing(String),
}

/// Reads what `check --format json` wrote: every result by itself.
///
/// # Errors
///
/// If the text is not a check of the contract `tickmark.check/2`.
pub fn read(text: &str) -> Result<Check, ReadError> {
    #[derive(serde::Deserialize)]
    struct Head {
        schema: String,
    }
    let Head { schema } = serde_json::from_str(text)?;
    if schema != SCHEMA {
        return Err(ReadError::Schema(schema));
    }
    apart(serde_json::from_str(text)?)
}

fn apart(form: CheckForm) -> Result<Check, ReadError> {
    let controls: BTreeMap<&str, Control<'_>> =
        form.controls.iter().map(|(id, control)| (id.as_str(), Control::of(control))).collect();
    let reader = Reader { form: &form, controls: &controls };
    let mut results = Vec::new();
    for said in &form.results {
        for at in &said.locations {
            results.push(reader.result(said, at)?);
        }
    }
    results.sort_by(CheckResult::order);
    let of = |error: &ErrorForm| -> Vec<CheckError> {
        let one = |at: &ErrorPlace| CheckError {
            kind: error.kind.clone(),
            file: at.file.clone(),
            line: at.line,
            message: error.message.clone(),
        };
        error.at.iter().map(one).collect()
    };
    let mut errors: Vec<CheckError> = form.errors.iter().flat_map(of).collect();
    errors.sort();
    let renamed = |file: &crate::model::check_form::FileForm| Some((file.file.clone(), file.in_repository.clone()?));
    Ok(Check {
        schema: OLD.to_owned(),
        tool_version: form.tool_version,
        results,
        errors,
        in_repository: form.files.iter().filter_map(renamed).collect(),
        left_out: form.left_out,
        excluded: form.excluded,
        other_suppressions: form.other_suppressions,
        summary: form.summary.results,
    })
}

/// What a control says, shared by its results.
struct Control<'a> {
    form: &'a ControlForm,
    title: Arc<str>,
    criteria: Arc<BTreeMap<String, String>>,
    fixes: Vec<Option<Arc<Fix>>>,
}

impl<'a> Control<'a> {
    fn of(form: &'a ControlForm) -> Self {
        Self {
            form,
            title: Arc::from(form.title.as_str()),
            criteria: Arc::new(form.criteria.clone()),
            fixes: form.fixes.iter().map(|fix| fix.clone().map(Arc::new)).collect(),
        }
    }
}

struct Reader<'a> {
    form: &'a CheckForm,
    controls: &'a BTreeMap<&'a str, Control<'a>>,
}

impl Reader<'_> {
    fn file(&self, index: usize) -> Result<String, ReadError> {
        self.form.files.get(index).map(|file| file.file.clone()).ok_or_else(|| missing("file", index))
    }

    fn other(&self, index: usize) -> Result<Location, ReadError> {
        let other = self.form.others.get(index).ok_or_else(|| missing("block", index))?;
        Ok(Location {
            file: self.file(other.file)?,
            line: other.line,
            end_line: other.end_line.unwrap_or(other.line),
            address: other.address.clone(),
            lines: other.lines.clone(),
        })
    }

    fn result(&self, said: &ResultForm, at: &LocationForm) -> Result<CheckResult, ReadError> {
        let id = &said.control;
        let control =
            self.controls.get(id.as_str()).ok_or_else(|| ReadError::Missing(format!("the control `{id}`")))?;
        let item = self.form.items.get(at.item).ok_or_else(|| missing("item", at.item))?;
        let message = match control.form.messages.get(said.message) {
            _ if said.verdict == Outcome::Pass && said.message == 0 => None,
            Some(message) => message.as_deref(),
            None => return Err(missing("message", said.message)),
        };
        let gap = said.gap.map(|at| self.form.gaps.get(at).ok_or_else(|| missing("gap", at))).transpose()?;
        let patterns = [message, gap.and_then(|gap| gap.reason.as_deref())];
        let detail = gap.and_then(|gap| gap.gap.as_ref()).map(|gap| gap.detail.as_str());
        let named = patterns.into_iter().chain([detail]).flatten().any(names);
        let name = item.name.as_deref().filter(|_| named);
        let filled = Instance { address: &item.address, name };
        let mut locations = vec![Location {
            file: self.file(item.file)?,
            line: item.line,
            end_line: item.end_line.unwrap_or(item.line),
            address: item.address.clone(),
            lines: at.lines.clone(),
        }];
        for other in at.with.iter().chain(&item.calls) {
            locations.push(self.other(*other)?);
        }
        let fix = if failed(said.verdict) {
            control.fixes.get(said.fix).ok_or_else(|| missing("fix", said.fix))?.clone()
        } else {
            None
        };
        let told = told(said.verdict);
        Ok(CheckResult {
            control: id.clone(),
            title: if told { control.title.clone() } else { Arc::from("") },
            verdict: said.verdict,
            severity: said.severity.unwrap_or(control.form.severity),
            action: said.action.unwrap_or(Action::Deny),
            criteria: if told { control.criteria.clone() } else { Arc::default() },
            resource: CheckedResource { r#type: said.resource.r#type.clone(), address: item.address.clone() },
            locations,
            message: message.map(|message| filled.fill(message)),
            reason: gap.and_then(|gap| gap.reason.as_deref()).map(|reason| filled.fill(reason)),
            gap: gap.and_then(|gap| gap.gap.clone()).map(|mut gap| {
                gap.detail = filled.fill(&gap.detail);
                gap
            }),
            fix,
            waived: said.waived.clone(),
            in_baseline: said.in_baseline,
            fingerprint: at.fingerprint.clone(),
            patch: at.patch.clone(),
            name: name.map(Box::from),
        })
    }
}

fn missing(what: &str, index: usize) -> ReadError {
    ReadError::Missing(format!("the {what} {index}"))
}
