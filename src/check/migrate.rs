//! Directives of other tools written anew as ours, beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::edit::{Edit, unified, write};
use crate::evidence::error::Failure;
use crate::iac::deployment::Code;
use crate::iac::suppressions::{self, Covers, Foreign, Tool, controls_of};
use crate::iac::terraform;

/// What is written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The files that change.
    pub files: Vec<Migrated>,
    /// Directives that are carried over.
    pub carried: usize,
    /// Those that are not: the place (`main.tf:3`), the directive, and why.
    pub left: Vec<(String, String, String)>,
    /// Those that are, and accept more than before: the place and the directive. They stand at something
    /// inside of a block, and ours are about the block.
    pub wider: Vec<(String, String)>,
}

/// A file with directives of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The file as it is shown.
    pub file: String,
    /// Its text as it was read.
    pub before: String,
    /// Lines that are put in before a line (from 1), in their order.
    pub lines: BTreeMap<usize, Vec<String>>,
}

/// Writes the directives of these tools anew in the files below what was named. A reason or a last day that is
/// not given is left empty: until somebody fills it in, the directive accepts nothing and is said to be
/// malformed.
#[must_use]
pub fn migrate(code: &Code, named: &[PathBuf], tools: &BTreeSet<Tool>) -> Migration {
    let mut migration = Migration { files: Vec::new(), carried: 0, left: Vec::new(), wider: Vec::new() };
    for (file, text) in &code.files {
        let found = suppressions::read(file, text, tools);
        if found.is_empty() {
            continue;
        }
        let at = |foreign: &Foreign| format!("{file}:{}", foreign.place.line);
        if !is_ours(file, named) {
            let why = "the file is not below what was named, or was fetched".to_owned();
            migration.left.extend(found.iter().map(|foreign| (at(foreign), foreign.written(), why.clone())));
            continue;
        }
        let mut wanted = Vec::new();
        for foreign in found {
            match controls(&foreign) {
                Ok(controls) => {
                    if is_inside(&foreign, text) {
                        migration.wider.push((at(&foreign), foreign.written()));
                    }
                    wanted.push((foreign, controls));
                }
                Err(why) => migration.left.push((at(&foreign), foreign.written(), why)),
            }
        }
        let lines: Vec<&str> = text.lines().collect();
        let is_terraform = terraform::is_configuration(file.rsplit('/').next().unwrap_or(file));
        let (put, left) = if is_terraform { in_terraform(wanted, &lines) } else { in_template(wanted, &lines) };
        migration.carried += put.values().map(|(_, number)| number).sum::<usize>();
        migration.left.extend(left.into_iter().map(|(foreign, why)| (at(&foreign), foreign.written(), why)));
        let lines: BTreeMap<usize, Vec<String>> =
            put.into_iter().map(|(line, (lines, _))| (line, lines)).filter(|(_, lines)| !lines.is_empty()).collect();
        if !lines.is_empty() {
            migration.files.push(Migrated { file: file.to_string(), before: text.to_string(), lines });
        }
    }
    migration
}

/// Whether a file lies below what was named, and was not fetched.
fn is_ours(file: &str, named: &[PathBuf]) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = real(Path::new(file));
    let below = |named: &PathBuf| {
        let named = real(named);
        let base = if named.is_file() { named.parent().map(Path::to_owned).unwrap_or(named) } else { named };
        file.starts_with(base)
    };
    named.iter().any(below) && !file.components().any(|part| part.as_os_str() == ".terraform")
}

/// Whether a directive is about a part of a block: it stands at an indented line.
fn is_inside(foreign: &Foreign, text: &str) -> bool {
    let Covers::Line { target, .. } = foreign.covers else { return false };
    let line = (target as usize).checked_sub(1).and_then(|index| text.lines().nth(index));
    line.is_some_and(|line| line.starts_with([' ', '\t']))
}

/// The controls that a directive accepts, or why it is not carried over.
fn controls(foreign: &Foreign) -> Result<BTreeSet<&'static str>, String> {
    if let Some(why) = foreign.unusable {
        return Err(why.to_owned());
    }
    if foreign.covers == Covers::File {
        return Err("it is about the whole file, and ours about a block".to_owned());
    }
    let Some(rule) = &foreign.rule else {
        return Err("it names every rule: name the controls that are accepted".to_owned());
    };
    let controls = controls_of(foreign.tool, rule);
    if controls.is_empty() { Err("no control is known to be about it".to_owned()) } else { Ok(controls) }
}

/// Lines to put in before a line, and how many directives they stand for.
type Put = BTreeMap<usize, (Vec<String>, usize)>;
type Wanted = Vec<(Foreign, BTreeSet<&'static str>)>;
type Left = Vec<(Foreign, String)>;
/// A reason and a last day; empty where there is none.
type Words = (String, String);

/// A comment above each comment or line of code that has some.
fn in_terraform(wanted: Wanted, lines: &[&str]) -> (Put, Left) {
    let mut by_line: BTreeMap<usize, BTreeMap<Words, (BTreeSet<&str>, usize)>> = BTreeMap::new();
    for (foreign, controls) in wanted {
        let words = (foreign.reason.unwrap_or_default(), foreign.until.unwrap_or_default());
        let entry = by_line.entry(foreign.place.line as usize).or_default().entry(words).or_default();
        entry.0.extend(controls);
        entry.1 += 1;
    }
    let mut put = Put::new();
    for (line, directives) in by_line {
        let Some(text) = line.checked_sub(1).and_then(|index| lines.get(index)) else { continue };
        let indent = &text[..text.len() - text.trim_start().len()];
        // What was carried over before stands directly above.
        let above = lines[..line - 1].iter().rev().take_while(|above| above.contains("tickmark:ignore"));
        let above: Vec<&str> = above.map(|above| above.trim_start_matches(['#', '/', '*', ' ', '\t'])).collect();
        let entry = put.entry(line).or_default();
        for ((reason, until), (controls, number)) in directives {
            let controls: Vec<&str> = controls.into_iter().collect();
            let words = format!("tickmark:ignore {}", controls.join(","));
            entry.1 += number;
            if !above.iter().any(|above| above.starts_with(&words)) {
                entry.0.push(format!("{indent}# {words} reason={} until={until}", quoted(&reason)));
            }
        }
    }
    (put, Vec::new())
}

/// A member of the `Metadata`, before the first of another tool there.
fn in_template(wanted: Wanted, lines: &[&str]) -> (Put, Left) {
    let mut left = Left::new();
    let mut by_resource: BTreeMap<(u32, u32), Wanted> = BTreeMap::new();
    let json = lines.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim_start().starts_with('{'));
    for (foreign, controls) in wanted {
        match foreign.covers {
            _ if json => left.push((foreign, "the template is JSON: write it in its Metadata by hand".to_owned())),
            Covers::Resource { first, last } => by_resource.entry((first, last)).or_default().push((foreign, controls)),
            _ => left.push((foreign, "it is a comment, and ours stands in the Metadata of the resource".to_owned())),
        }
    }
    let mut put = Put::new();
    for ((first, last), wanted) in by_resource {
        let inside =
            (first as usize..=last as usize).filter_map(|line| Some((line, *lines.get(line.checked_sub(1)?)?)));
        let inside: Vec<(usize, &str)> = inside.collect();
        let has = |key: &str| inside.iter().find(|(_, line)| line.trim() == key);
        let member = ["checkov:", "guard:", "cfn_nag:"].into_iter().filter_map(has).min();
        match member {
            _ if has("tickmark:").is_some() => {
                let why = "the Metadata has directives of ours already: add it to them";
                left.extend(wanted.into_iter().map(|(foreign, _)| (foreign, why.to_owned())));
            }
            None => {
                let why = "its Metadata is not written line by line: add ours by hand";
                left.extend(wanted.into_iter().map(|(foreign, _)| (foreign, why.to_owned())));
            }
            Some((line, text)) => {
                let indent = &text[..text.len() - text.trim_start().len()];
                put.insert(*line, (metadata(&wanted, indent), wanted.len()));
            }
        }
    }
    (put, left)
}

fn metadata(wanted: &[(Foreign, BTreeSet<&'static str>)], indent: &str) -> Vec<String> {
    let mut by_words: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (foreign, controls) in wanted {
        let words = (foreign.reason.as_deref().unwrap_or_default(), foreign.until.as_deref().unwrap_or_default());
        by_words.entry(words).or_default().extend(controls);
    }
    let mut lines = vec![format!("{indent}tickmark:"), format!("{indent}  ignore:")];
    for ((reason, until), controls) in by_words {
        let controls: Vec<&str> = controls.into_iter().collect();
        lines.push(format!("{indent}    - control: {}", controls.join(",")));
        lines.push(format!("{indent}      reason: {}", quoted(reason)));
        lines.push(format!("{indent}      until: {}", quoted(until)));
    }
    lines
}

/// A text in quotes, as both a directive and YAML read it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Migrated {
    /// The text with the directives in it; lines end as those that they stand before.
    #[must_use]
    pub fn after(&self) -> String {
        let mut out = String::with_capacity(self.before.len());
        for (number, line) in (1..).zip(self.before.split_inclusive('\n')) {
            for new in self.lines.get(&number).into_iter().flatten() {
                out.push_str(new);
                out.push_str(if line.ends_with("\r\n") { "\r\n" } else { "\n" });
            }
            out.push_str(line);
        }
        out
    }

    /// The file as it is, and with the directives in it.
    fn edit(&self) -> Result<Edit, Failure> {
        const MARK: &str = "\u{feff}";
        let failed = || Failure::io(format!("read {}", self.file));
        // A link stays a link.
        let path = std::fs::canonicalize(&self.file).map_err(failed())?;
        let there = std::fs::read(&path).map_err(failed())?;
        // The mark that a file may begin with is not kept with its text.
        let mark = if there.starts_with(MARK.as_bytes()) && !self.before.starts_with(MARK) { MARK } else { "" };
        let (before, after) = (format!("{mark}{}", self.before), format!("{mark}{}", self.after()));
        Ok(Edit { shown: self.file.clone(), path, before, after })
    }
}

impl Migration {
    fn edits(&self) -> Result<Vec<Edit>, Failure> {
        self.files.iter().map(Migrated::edit).collect()
    }

    /// The change as a unified diff, which `git apply` and `patch -p1` take where the program was run, or at the
    /// root where a file was named by its whole path.
    ///
    /// # Errors
    ///
    /// If a file cannot be read any more.
    pub fn diff(&self) -> Result<String, Failure> {
        Ok(unified(&self.edits()?))
    }

    /// Writes the files: each as a whole, and none if one has changed since it was read.
    ///
    /// # Errors
    ///
    /// If a file has changed, or cannot be written.
    pub fn write(&self) -> Result<(), Failure> {
        write(&self.edits()?)
    }
}
