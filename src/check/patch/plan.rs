//! Which findings there are, and which change could mend each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;

use super::Scope;
use super::candidate::{Candidate, Part, Site};
use super::texts::Texts;
use crate::check::Checked;
use crate::check::judged::Judged;
use crate::evidence::rules::Rules;
use crate::iac::deployment::{Block, Code, Language};
use crate::iac::edit::hcl::Target;
use crate::iac::value::Value;
use crate::model::check::{Action, CheckResult, Outcome};
use crate::model::patch::Change;
use crate::model::verdict::{ItemVerdict, Verdict};

/// What a verdict is about: path of the deployment, control, type, id of the item.
pub(super) type Key = (String, String, String, String);

/// The key of a verdict.
pub(super) fn key(deployment: &str, verdict: &ItemVerdict) -> Key {
    (deployment.to_owned(), verdict.control.clone(), verdict.r#type.clone(), verdict.id.clone())
}

/// Something that fails.
pub(super) struct Finding {
    pub(super) key: Key,
    pub(super) control: String,
    pub(super) address: String,
    pub(super) file: String,
    pub(super) line: u32,
}

/// What could be changed.
pub(super) struct Plan<'a> {
    pub(super) findings: Vec<Finding>,
    pub(super) candidates: Vec<Candidate<'a>>,
    /// Findings that no change is made for, each with the reason.
    pub(super) refused: Vec<(usize, String)>,
    pub(super) texts: Texts,
}

/// Where one result of the gate is told from others.
type Result<'a> = (&'a str, &'a str, &'a str, u32);

impl<'a> Plan<'a> {
    /// The plan for what fails the gate, or would.
    pub(super) fn of(checked: &'a Checked<'_>, scope: Scope) -> Self {
        let wanted = |result: &&CheckResult| {
            result.verdict == Outcome::Fail && result.action != Action::Silent && (scope.known || !result.in_baseline)
        };
        let results: BTreeSet<Result<'_>> = checked.check.results.iter().filter(wanted).map(of_result).collect();
        let mut plan = Self {
            findings: Vec::new(),
            candidates: Vec::new(),
            refused: Vec::new(),
            texts: Texts::new(&checked.request.paths),
        };
        let mut known: BTreeMap<(String, Site, Part), usize> = BTreeMap::new();
        for judged in &checked.outcome.judged {
            let Some((primary, _)) = judged.blocks.first() else { continue };
            let place: Result<'_> =
                (&judged.verdict.control, &primary.address, &primary.place.file, primary.place.line);
            if judged.verdict.verdict != Verdict::Fail || !results.contains(&place) {
                continue;
            }
            let deployment = &checked.code.deployments[judged.deployment];
            let number = plan.findings.len();
            plan.findings.push(Finding {
                key: key(&deployment.path, &judged.verdict),
                control: judged.verdict.control.clone(),
                address: primary.address.clone(),
                file: primary.place.file.to_string(),
                line: primary.place.line,
            });
            let looked = Looked {
                rules: checked.rules,
                code: checked.code,
                asked: &checked.request.asked.controls,
                language: deployment.language,
            };
            match looked.candidates(judged, &mut plan.texts) {
                Err(reason) => plan.refused.push((number, reason)),
                Ok(made) => {
                    for mut candidate in made {
                        let same = (candidate.control.to_owned(), candidate.site.clone(), candidate.part);
                        if let Some(at) = known.get(&same) {
                            plan.candidates[*at].findings.push(number);
                        } else {
                            candidate.findings.push(number);
                            known.insert(same, plan.candidates.len());
                            plan.candidates.push(candidate);
                        }
                    }
                }
            }
        }
        plan
    }
}

fn of_result(result: &CheckResult) -> Result<'_> {
    let place = result.locations.first().map_or(("", 0), |location| (location.file.as_str(), location.line));
    (&result.control, &result.resource.address, place.0, place.1)
}

/// What a change is looked for in.
struct Looked<'a> {
    rules: &'a Rules,
    code: &'a Code,
    /// The controls that were asked for by name.
    asked: &'a [String],
    language: Language,
}

impl<'a> Looked<'a> {
    /// The changes for a finding: of its block, or of the others that made it fail. The error is the reason for
    /// which there is none.
    fn candidates(&self, judged: &Judged<'_>, texts: &mut Texts) -> std::result::Result<Vec<Candidate<'a>>, String> {
        let id = judged.verdict.control.as_str();
        let unknown = || "the control is not among the rules".to_owned();
        let (id, loaded) = self.rules.controls.get_key_value(id).ok_or_else(unknown)?;
        let control = &loaded.control;
        let Some(patch) = &control.patch else { return Err("its control has no patch".to_owned()) };
        let entries = match self.language {
            Language::Terraform => &patch.terraform,
            Language::Cloudformation => &patch.cloudformation,
        };
        let parameters: BTreeMap<String, Json> = control
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), self.rules.policy.parameters.get(name).unwrap_or(value).clone()))
            .collect();
        let primary = judged.blocks.first().map(|(block, _)| *block);
        let primary = primary.ok_or_else(|| "nothing in the code is to be changed".to_owned())?;
        let blocks = || judged.blocks.iter().map(|(block, _)| *block);
        let mut made = Vec::new();
        let named = self.asked.iter().any(|asked| asked == id);
        let mut add = |block: &Block, change: &'a Change, part: Part, texts: &mut Texts| {
            if change.ask && !named {
                let caution = change.caution.as_deref().unwrap_or_default();
                return Err(format!("it is patched where the control is named (--control {id}). {caution}"));
            }
            let site = site(block, self.language)?;
            texts.open(site.file()).map_err(|reason| owned(block, reason))?;
            let beside = match change.companion {
                Some(_) if part == Part::Whole => self.beside(&site, texts),
                _ => Vec::new(),
            };
            let parameters = parameters.clone();
            let none = patch.none.as_deref();
            let known = judged.blocks.iter().map(|(block, _)| block).find(|block| is_companion(change, &block.kind));
            let known = known.map(|block| block.address.clone());
            let findings = Vec::new();
            made.push(Candidate { control: id, change, part, site, beside, known, parameters, none, findings });
            Ok::<(), String>(())
        };
        let of_companion = |kind: &str| entries.values().find(|change| is_companion(change, kind));
        let decides = |change: &&Change| {
            change.unless.as_ref().is_none_or(|name| primary.body.get(name).is_none_or(Value::is_null))
        };
        if let Some(change) = entries.get(&*primary.kind).filter(decides) {
            let inline = |path: &String| {
                let name = path.split(['.', '[']).next().unwrap_or_default();
                primary.body.get(name).is_some_and(|value| !value.is_null())
            };
            let companions: Vec<&Block> = blocks().skip(1).filter(|block| is_companion(change, &block.kind)).collect();
            if change.inline.keys().any(inline) {
                add(primary, change, Part::Inline, texts)?;
            } else if companions.is_empty() || !change.set.is_empty() || has_append(change) {
                add(primary, change, Part::Whole, texts)?;
            } else {
                companions.into_iter().try_for_each(|block| add(block, change, Part::Companion, texts))?;
            }
        } else if let Some(change) = of_companion(&primary.kind) {
            add(primary, change, Part::Companion, texts)?;
        } else {
            // What a block does not say itself is said where it belongs: an instance's cluster.
            for block in blocks().skip(1) {
                if let Some(change) = entries.get(&*block.kind) {
                    add(block, change, Part::Whole, texts)?;
                }
            }
        }
        if made.is_empty() {
            let kind = &primary.kind;
            return Err(patch.none.clone().unwrap_or_else(|| format!("the control has no patch for {kind}")));
        }
        Ok(made)
    }

    /// The other files of the module that a block is in, as far as they may be read.
    fn beside(&self, site: &Site, texts: &mut Texts) -> Vec<String> {
        let Site::Terraform { file, .. } = site else { return Vec::new() };
        let directory = Path::new(file).parent();
        let other = |shown: &&str| *shown != file && Path::new(shown).parent() == directory && is_hcl(shown);
        let names: Vec<String> =
            self.code.files.keys().map(|shown| &**shown).filter(other).map(ToOwned::to_owned).collect();
        names.into_iter().filter(|shown| texts.open(shown).is_ok()).collect()
    }
}

/// Whether a companion that is there is added to by what its block is.
fn has_append(change: &Change) -> bool {
    change.companion.as_ref().is_some_and(|companion| !companion.append.is_empty())
}

fn is_companion(change: &Change, kind: &str) -> bool {
    change.companion.as_ref().is_some_and(|companion| companion.block == kind)
}

fn is_hcl(shown: &str) -> bool {
    Path::new(shown).extension().is_some_and(|extension| extension == "tf" || extension == "tofu")
}

/// The reason with the module that a block is in.
fn owned(block: &Block, reason: String) -> String {
    match reason.strip_prefix("it is in a module ") {
        Some(rest) if !block.module.is_empty() => format!("it is in `{}`, a module {rest}", block.module),
        _ => reason,
    }
}

/// Where a block is written, if it can be changed there.
fn site(block: &Block, language: Language) -> std::result::Result<Site, String> {
    let file = block.place.file.to_string();
    if block.change.is_some() {
        return Err("it is judged from a plan: name the directory of its configuration".to_owned());
    }
    if language == Language::Cloudformation {
        return Ok(Site::Template { file, id: block.address.clone(), kind: block.kind.to_string() });
    }
    if !is_hcl(&file) {
        return Err("it is written in Terraform's JSON syntax, which tools make: change what it is made of".to_owned());
    }
    let own = block.address.strip_prefix(&*block.module).unwrap_or(&block.address).trim_start_matches('.');
    let own = own.split('[').next().unwrap_or(own);
    let target = match own.split_once('.') {
        Some(("module", name)) => Target::Module { name: name.to_owned() },
        Some((kind, name)) if *kind == *block.kind => Target::Resource { kind: kind.to_owned(), name: name.to_owned() },
        _ => return Err("it is not a resource".to_owned()),
    };
    Ok(Site::Terraform { file, target })
}
