//! What one control changes in one block: made on texts, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::texts::Texts;
use crate::iac::edit::hcl::{self, Target};
use crate::iac::edit::{Fine, Refusal, Splice, Step, Wanted, apply, hcl_list, path, template};
use crate::model::patch::{Change, Companion};

/// Where a change is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Site {
    /// A block of Terraform.
    Terraform {
        /// Its file.
        file: String,
        /// The block.
        target: Target,
    },
    /// A resource of a template.
    Template {
        /// Its file.
        file: String,
        /// Its logical id.
        id: String,
        /// Its type.
        kind: String,
    },
}

impl Site {
    pub(super) fn file(&self) -> &str {
        match self {
            Self::Terraform { file, .. } | Self::Template { file, .. } => file,
        }
    }
}

/// What of a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The block is changed, and its companion, which is made where there is none.
    Whole,
    /// The block is changed as `inline` says.
    Inline,
    /// The block is the companion, and is changed as one.
    Companion,
}

/// A change of one block for one control.
pub(super) struct Candidate<'a> {
    pub(super) control: &'a str,
    pub(super) change: &'a Change,
    pub(super) part: Part,
    pub(super) site: Site,
    /// The other files in which a companion may be.
    pub(super) beside: Vec<String>,
    /// A companion that the evaluation knows, by its address.
    pub(super) known: Option<String>,
    /// The parameters of the control.
    pub(super) parameters: BTreeMap<String, Value>,
    /// What is said where there is nothing to change.
    pub(super) none: Option<&'a str>,
    /// The findings that it is for, by their number.
    pub(super) findings: Vec<usize>,
}

/// The texts of files on which changes are made, one after the other.
pub(super) struct Draft<'a> {
    texts: &'a Texts,
    pub(super) changed: BTreeMap<String, String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(texts: &'a Texts) -> Self {
        Self { texts, changed: BTreeMap::new() }
    }

    fn text(&self, file: &str) -> Result<&str, Refusal> {
        let text = self.changed.get(file).map(String::as_str).or_else(|| self.texts.text(file));
        text.ok_or_else(|| Refusal("its file cannot be read".to_owned()))
    }

    fn splice(&mut self, file: &str, splices: &[Splice]) -> Result<bool, Refusal> {
        if splices.is_empty() {
            return Ok(false);
        }
        let text = apply(self.text(file)?, splices);
        self.changed.insert(file.to_owned(), text);
        Ok(true)
    }

    /// Makes a change; whether anything was to be changed.
    pub(super) fn make(&mut self, candidate: &Candidate<'_>) -> Result<bool, Refusal> {
        let change = candidate.change;
        match candidate.part {
            Part::Inline => self.set(candidate, &candidate.site, &change.inline),
            Part::Companion => match &change.companion {
                Some(companion) => self.set_companion(candidate, &candidate.site, companion),
                None => self.set(candidate, &candidate.site, &change.set),
            },
            Part::Whole => {
                let mut any = self.set(candidate, &candidate.site, &change.set)?;
                if let Some(companion) = &change.companion {
                    any |= self.companion(candidate, companion)?;
                }
                Ok(any)
            }
        }
    }

    fn set(
        &mut self,
        candidate: &Candidate<'_>,
        site: &Site,
        values: &BTreeMap<String, Value>,
    ) -> Result<bool, Refusal> {
        let mut any = false;
        for (at, value) in values {
            let (steps, value) = (path(at), candidate.wanted(value));
            let text = self.text(site.file())?;
            let splices = match site {
                Site::Terraform { target, .. } => hcl::set(text, target, &steps, &value)?,
                Site::Template { id, kind, .. } => template::set(text, id, kind, &steps, &value)?,
            };
            any |= self.splice(site.file(), &splices)?;
        }
        Ok(any)
    }

    /// Sets values in a companion that is there. What is made of the other block cannot be put into it.
    fn set_companion(
        &mut self,
        candidate: &Candidate<'_>,
        site: &Site,
        companion: &Companion,
    ) -> Result<bool, Refusal> {
        if companion.set.values().any(is_made) {
            if !companion.append.is_empty() {
                return self.append(candidate, site, companion);
            }
            let what = match site {
                Site::Terraform { target, .. } => target.to_string(),
                Site::Template { id, .. } => id.clone(),
            };
            return Err(Refusal(format!("`{what}` is there already: what it says has to be added to")));
        }
        self.set(candidate, site, &companion.set)
    }

    /// Adds what a companion lacks to the lists in it.
    fn append(&mut self, candidate: &Candidate<'_>, site: &Site, companion: &Companion) -> Result<bool, Refusal> {
        let arguments: Vec<&str> = companion.refer.keys().map(String::as_str).collect();
        for (at, item) in &companion.append {
            let text = self.text(site.file())?;
            let splices = match (site, &candidate.site) {
                (Site::Terraform { target, .. }, Site::Terraform { .. }) => {
                    hcl_list::append(text, target, &arguments, &path(at), item)?
                }
                (Site::Template { id, kind, .. }, Site::Template { id: of, .. }) => {
                    template::append(text, id, kind, &path(at), of, item)?
                }
                _ => return Err(Refusal("it is written in another language".to_owned())),
            };
            self.splice(site.file(), &splices)?;
        }
        Ok(true)
    }

    /// Changes the companion of a block, or makes it.
    fn companion(&mut self, candidate: &Candidate<'_>, companion: &Companion) -> Result<bool, Refusal> {
        let arguments: Vec<&str> = companion.refer.keys().map(String::as_str).collect();
        let refer: Vec<(String, String)> = companion.refer.clone().into_iter().collect();
        let mut set: BTreeMap<&String, &Value> = companion.also.iter().collect();
        set.extend(&companion.set);
        let set: Vec<(Vec<Step>, Value)> =
            set.into_iter().map(|(at, value)| (path(at), candidate.wanted(value).value)).collect();
        let kind = companion.block.as_str();
        // One that is found by another way than its text is there all the same.
        let not_twice = || match &candidate.known {
            Some(known) => Err(Refusal(format!("`{known}` is there already: what it says has to be changed"))),
            None => Ok(()),
        };
        match &candidate.site {
            Site::Terraform { file, target } => {
                for beside in std::iter::once(file).chain(&candidate.beside) {
                    if let Some(found) = hcl::companion(self.text(beside)?, kind, &arguments, target)? {
                        let site = Site::Terraform { file: beside.clone(), target: found };
                        return self.set_companion(candidate, &site, companion);
                    }
                }
                not_twice()?;
                let Target::Resource { name, .. } = target else {
                    return Err(Refusal("a companion of a module call is not made".to_owned()));
                };
                let mut free = name.clone();
                let mut number = 1;
                while self.has(candidate, file, kind, &free)? {
                    number += 1;
                    free = format!("{name}_{number}");
                }
                let new = hcl::NewCompanion { kind, refer: &refer, set: &set };
                let splices = hcl::add_companion(self.text(file)?, target, &free, &new)?;
                self.splice(file, &splices)
            }
            Site::Template { file, id, kind: of } => {
                if let Some(found) = template::companion(self.text(file)?, kind, &arguments, id)? {
                    let site = Site::Template { file: file.clone(), id: found, kind: kind.to_owned() };
                    return self.set_companion(candidate, &site, companion);
                }
                not_twice()?;
                let base = format!("{id}{}", kind.rsplit("::").next().unwrap_or_default());
                let mut free = base.clone();
                let mut number = 1;
                while template::has(self.text(file)?, &free)? {
                    number += 1;
                    free = format!("{base}{number}");
                }
                let new = template::NewCompanion { id: &free, kind, refer: &refer, set: &set };
                let splices = template::add_companion(self.text(file)?, id, of, &new)?;
                self.splice(file, &splices)
            }
        }
    }

    fn has(&self, candidate: &Candidate<'_>, file: &str, kind: &str, name: &str) -> Result<bool, Refusal> {
        let target = Target::Resource { kind: kind.to_owned(), name: name.to_owned() };
        for file in std::iter::once(file).chain(candidate.beside.iter().map(String::as_str)) {
            if hcl::has(self.text(file)?, &target)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Candidate<'_> {
    /// What is to be set.
    fn wanted(&self, value: &Value) -> Wanted {
        let Some(inner) = value.get("$set") else { return self.value(value).into() };
        let fine = match value.get("$keep") {
            Some(Value::Array(values)) => Fine::Values(values.clone()),
            Some(Value::Bool(true)) => Fine::Anything,
            _ => Fine::Values(Vec::new()),
        };
        Wanted { value: self.value(inner), fine }
    }

    /// A value with the control's parameters put in.
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let name = text.strip_prefix("{{ parameters.").and_then(|rest| rest.strip_suffix(" }}"));
                name.and_then(|name| self.parameters.get(name)).cloned().unwrap_or_else(|| value.clone())
            }
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), self.value(value))).collect())
            }
            other => other.clone(),
        }
    }
}

/// Whether a value is made of the other block, or is a text that is made.
fn is_made(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{ block."),
        Value::Array(items) => items.iter().any(is_made),
        Value::Object(members) => members.contains_key("$json") || members.values().any(is_made),
        _ => false,
    }
}
