//! `tickmark controls`: the control files.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::console::{Console, FormatArgument};
use super::reference;
use crate::check::unmended_examples;
use crate::control::diagnostic::{Diagnostic, nearest};
use crate::control::load::{Library, LoadedControl};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::iac::mapping;
use crate::model::check::Check;
use crate::model::check_form::CheckForm;
use crate::model::control::{Control, ItemScope};
use crate::model::output::{
    CaseRun, ControlList, CriterionList, FailedCase, Lint, ListedControl, ListedCriterion, Mistake, ShownControl,
};
use crate::model::policy::Policy;
use crate::model::resource::{TYPES, type_info};
use crate::model::{exit, output};

#[derive(Args)]
pub(super) struct Arguments {
    /// Directory whose control files are added to the built-in ones; one with the same id overrides.
    #[arg(long, value_name = "DIR", global = true)]
    controls_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the controls.
    List {
        /// List the 61 criteria, with the controls that serve each, instead.
        #[arg(long)]
        criteria: bool,
        #[command(flatten)]
        format: FormatArgument,
    },
    /// Show one control: what it tests, how, and what it does not show.
    Show {
        /// Id of the control.
        id: String,
        #[command(flatten)]
        format: FormatArgument,
    },
    /// Run the test cases inside the control files.
    Test {
        /// Only these controls.
        ids: Vec<String>,
        #[command(flatten)]
        format: FormatArgument,
    },
    /// Look for mistakes in the control files.
    Lint {
        #[command(flatten)]
        format: FormatArgument,
    },
    /// Write a new control file with a case for every verdict.
    New {
        /// Id of the new control, which is also the file's name.
        id: String,
        /// Resource type it is about (`tickmark controls reference` lists the types).
        #[arg(long, value_name = "TYPE")]
        resource: String,
        /// Directory to write to.
        #[arg(long, default_value = "controls")]
        dir: PathBuf,
    },
    /// Print a reference page (Markdown).
    Reference {
        /// Of what.
        #[arg(value_enum, default_value_t)]
        of: ReferenceOf,
    },
    /// Print a JSON Schema, for editors and programs.
    Schema(SchemaArguments),
}

#[derive(Args)]
struct SchemaArguments {
    /// Of what.
    #[arg(value_enum, default_value_t)]
    of: SchemaOf,
    /// The old spelling of `controls schema policy`.
    #[arg(long, hide = true, conflicts_with_all = ["reference", "check"])]
    policy: bool,
    /// The old spelling of `controls reference`.
    #[arg(long, hide = true, conflicts_with = "check")]
    reference: bool,
    /// The old spelling of `controls schema check`.
    #[arg(long, hide = true)]
    check: bool,
}

/// What there is a reference page of.
#[derive(Clone, Copy, Default, ValueEnum)]
enum ReferenceOf {
    /// Resource types, functions and variables, for control authors.
    #[default]
    Control,
    /// The language of mapping files.
    Mapping,
}

/// What there is a schema of.
#[derive(Clone, Copy, Default, ValueEnum)]
enum SchemaOf {
    /// Control files.
    #[default]
    Control,
    /// Policy files.
    Policy,
    /// Mapping files.
    Mapping,
    /// What `check --format json` prints.
    Check,
    /// What `check --format json-v1` prints, which goes away with the next version.
    CheckV1,
    /// What the other commands print with `--format json`.
    Output,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let directory = arguments.controls_dir.as_deref();
    match &arguments.command {
        Command::List { criteria: false, format } => list(&Library::load(directory)?, *format, console),
        Command::List { criteria: true, format } => list_criteria(&Library::load(directory)?, *format, console),
        Command::Show { id, format } => show(find(&Library::load(directory)?, id)?, *format, console),
        Command::Test { ids, format } => test(&Library::load(directory)?, ids, *format, console),
        Command::Lint { format } => lint(directory, *format, console),
        Command::New { id, resource, dir } => new(id, resource, dir, console),
        Command::Reference { of: ReferenceOf::Mapping } => text(&mapping::reference(), console),
        Command::Reference { .. } | Command::Schema(SchemaArguments { reference: true, .. }) => {
            text(&reference::page(), console)
        }
        Command::Schema(SchemaArguments { policy: true, .. }) => text(&schema(SchemaOf::Policy), console),
        Command::Schema(SchemaArguments { check: true, .. }) => text(&schema(SchemaOf::Check), console),
        Command::Schema(SchemaArguments { of, .. }) => text(&schema(*of), console),
    }
}

/// Prints a page or schema.
fn text(text: &str, console: &Console) -> Result<u8, Failure> {
    let code = console.decide(exit::CLEAN);
    let mut out = console.out();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(code)
}

fn schema(of: SchemaOf) -> String {
    let pretty = |schema: &schemars::Schema| serde_json::to_string_pretty(schema);
    let text = match of {
        SchemaOf::Control => pretty(&schemars::schema_for!(Control)),
        SchemaOf::Policy => pretty(&schemars::schema_for!(Policy)),
        SchemaOf::Mapping => serde_json::to_string_pretty(&mapping::schema()),
        SchemaOf::Check => pretty(&schemars::schema_for!(CheckForm)),
        SchemaOf::CheckV1 => pretty(&schemars::schema_for!(Check)),
        SchemaOf::Output => serde_json::to_string_pretty(&output::schema()),
    };
    text.unwrap_or_default() + "\n"
}

fn find<'a>(library: &'a Library, id: &str) -> Result<&'a LoadedControl, Failure> {
    library.controls.get(id).ok_or_else(|| {
        let near = nearest(id, library.controls.keys().map(String::as_str));
        let help = near.map_or_else(
            || "`tickmark controls list` shows them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::with_help(format!("find a control named `{id}`"), help)
    })
}

fn list(library: &Library, format: FormatArgument, console: &Console) -> Result<u8, Failure> {
    let listed = library.controls.values().map(|loaded| ListedControl {
        id: loaded.control.id.clone(),
        title: loaded.control.title.clone(),
        severity: loaded.control.severity,
        criteria: loaded.control.criteria.keys().cloned().collect(),
        resource: loaded.control.resource.clone(),
        scope: loaded.control.scope,
        sources: loaded.control.sources.clone(),
        file: loaded.file.clone().into_owned(),
    });
    let list = ControlList { controls: listed.collect() };
    let code = console.decide(exit::CLEAN);
    console.result(format.format, &list, |out| {
        let width = list.controls.iter().map(|control| control.id.len()).max().unwrap_or(0);
        for ListedControl { id, severity, criteria, title, .. } in &list.controls {
            writeln!(out, "{id:<width$}  {severity:<13}  {:<16}  {title}", criteria.join(" "))?;
        }
        writeln!(out, "\n{} controls", list.controls.len())?;
        Ok(())
    })?;
    Ok(code)
}

fn list_criteria(library: &Library, format: FormatArgument, console: &Console) -> Result<u8, Failure> {
    let serving = |id: &String| {
        let controls = library.controls.values().map(|loaded| &loaded.control);
        controls.filter(|control| control.criteria.contains_key(id)).map(|control| control.id.clone()).collect()
    };
    let listed = library.criteria.iter().map(|criterion| ListedCriterion {
        id: criterion.id.clone(),
        text: criterion.text.clone(),
        controls: serving(&criterion.id),
    });
    let list = CriterionList { criteria: listed.collect() };
    let code = console.decide(exit::CLEAN);
    console.result(format.format, &list, |out| {
        for ListedCriterion { id, text, controls } in &list.criteria {
            writeln!(out, "{id:<6} {text}")?;
            if !controls.is_empty() {
                writeln!(out, "       {}", controls.join(", "))?;
            }
        }
        Ok(())
    })?;
    Ok(code)
}

fn show(loaded: &LoadedControl, format: FormatArgument, console: &Console) -> Result<u8, Failure> {
    let shown = ShownControl { file: loaded.file.clone().into_owned(), control: Control::clone(&loaded.control) };
    let code = console.decide(exit::CLEAN);
    console.result(format.format, &shown, |out| print(&shown, out))?;
    Ok(code)
}

fn print(shown: &ShownControl, out: &mut impl Write) -> Result<(), Failure> {
    let control = &shown.control;
    writeln!(out, "{}\n{}\n", control.id, control.title)?;
    let scope = match control.scope {
        ItemScope::Resource => "each",
        ItemScope::Account => "each account, over",
        ItemScope::Region => "each enabled region, over",
    };
    writeln!(out, "Severity    {}", control.severity)?;
    writeln!(out, "Population  {scope} {}", control.resource)?;
    if let (Some(when), Some(rule)) = (&control.when, &control.not_applicable) {
        writeln!(out, "  when      {when}\n  else      not applicable: {rule}")?;
    }
    writeln!(out, "Asserts     {}", control.assert)?;
    writeln!(out, "Procedure   {}", control.procedure)?;
    if let Some(limits) = &control.limits {
        writeln!(out, "Limits      {limits}")?;
    }
    for (name, value) in &control.parameters {
        writeln!(out, "Parameter   {name} = {value}")?;
    }
    writeln!(out, "\nCriteria")?;
    for (id, reason) in &control.criteria {
        writeln!(out, "  {id:<6} {reason}")?;
    }
    writeln!(out, "\nFix\n  {}", control.fix.text)?;
    let snippets = [
        ("CLI", &control.fix.cli),
        ("Terraform", &control.fix.terraform),
        ("CloudFormation", &control.fix.cloudformation),
    ];
    for (name, snippet) in snippets.into_iter().filter_map(|(name, snippet)| Some((name, snippet.as_ref()?))) {
        writeln!(out, "\n  {name}:")?;
        for line in snippet.trim_end().lines() {
            writeln!(out, "    {line}")?;
        }
    }
    if let Some(docs) = &control.fix.docs {
        writeln!(out, "\n  {docs}")?;
    }
    if !control.security_hub.is_empty() {
        writeln!(out, "\nSecond source: Security Hub {}", control.security_hub.join(", "))?;
    }
    writeln!(out, "\n{} cases; file {}", control.cases.len(), shown.file)?;
    Ok(())
}

fn test(library: &Library, ids: &[String], format: FormatArgument, console: &Console) -> Result<u8, Failure> {
    let mut chosen = Vec::new();
    for id in ids {
        chosen.push(find(library, id)?);
    }
    if ids.is_empty() {
        chosen.extend(library.controls.values());
    }
    let mut run = CaseRun { passed: 0, failed: Vec::new() };
    for outcome in chosen.into_iter().flat_map(LoadedControl::run_cases) {
        match outcome.failure {
            None => run.passed += 1,
            Some(why) => run.failed.push(FailedCase { control: outcome.control, case: outcome.case, why }),
        }
    }
    let code = console.decide(if run.failed.is_empty() { exit::CLEAN } else { exit::EXCEPTIONS });
    console.result(format.format, &run, |out| {
        for FailedCase { control, case, why } in &run.failed {
            writeln!(out, "FAILED {control} / {case}: {why}")?;
        }
        writeln!(out, "control cases: {} passed, {} failed", run.passed, run.failed.len())?;
        Ok(())
    })?;
    Ok(code)
}

fn lint(directory: Option<&std::path::Path>, format: FormatArgument, console: &Console) -> Result<u8, Failure> {
    let (wrong, controls) = match Library::load(directory) {
        Ok(library) => {
            let count = library.controls.len();
            let mut wrong = library.lint();
            wrong.extend(patches(library)?);
            (wrong, Some(count))
        }
        Err(wrong) => (wrong, None),
    };
    let mistakes = wrong.iter().map(|diagnostic| Mistake {
        file: diagnostic.file.clone(),
        line: diagnostic.line,
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
    });
    let lint = Lint { controls, mistakes: mistakes.collect() };
    let code = console.decide(if wrong.is_empty() { exit::CLEAN } else { exit::EXCEPTIONS });
    console.result(format.format, &lint, |out| {
        for diagnostic in &wrong {
            writeln!(out, "{diagnostic}\n")?;
        }
        match (wrong.len(), controls) {
            (0, Some(count)) => writeln!(out, "{count} controls, nothing wrong")?,
            (some, _) => writeln!(out, "{some} mistakes")?,
        }
        Ok(())
    })?;
    Ok(code)
}

/// What is wrong with the patches of the controls: each is tried on its example.
fn patches(library: Library) -> Result<Vec<Diagnostic>, Failure> {
    let rules = Rules::of(library, "pre-merge")?;
    let mut wrong = Vec::new();
    for (id, loaded) in &rules.controls {
        let of_patch = |why: String| Diagnostic::new(&loaded.file, why).at_key(&loaded.text, "patch");
        wrong.extend(unmended_examples(&rules, id)?.into_iter().map(of_patch));
    }
    Ok(wrong)
}

fn new(id: &str, resource: &str, dir: &std::path::Path, console: &Console) -> Result<u8, Failure> {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(Failure::with_help(
            format!("use the id `{id}`"),
            "an id is lower-case letters, digits and hyphens, and reads well in \"allow ID\"",
        ));
    }
    if type_info(resource).is_none() {
        let near = nearest(resource, TYPES.iter().map(|info| info.name));
        let help = near.map_or_else(
            || "`tickmark controls reference` lists the types".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::with_help(format!("find a resource type `{resource}`"), help));
    }
    let path = dir.join(format!("{id}.yaml"));
    std::fs::create_dir_all(dir).map_err(Failure::io(format!("make the directory {}", dir.display())))?;
    let mut file = std::fs::File::create_new(&path).map_err(Failure::io(format!("write {}", path.display())))?;
    file.write_all(stub(id, resource).as_bytes()).map_err(Failure::io(format!("write {}", path.display())))?;
    let code = console.decide(exit::CLEAN);
    writeln!(console.out(), "wrote {}", path.display())?;
    console.note(format_args!(
        "next: fill it in, then `tickmark controls lint --controls-dir {}` and `… test`",
        dir.display()
    ));
    Ok(code)
}

fn stub(id: &str, resource: &str) -> String {
    format!(
        "id: {id}
title: What is true when the control holds
criteria:
  CC6.1: Why this control serves the criterion.
severity: medium
type: preventive
frequency: daily
resource: {resource}
# Who is in the population; the rest is not applicable, and `not_applicable` says why in words.
when: \"!resource.name.startsWith('exempt-')\"
not_applicable: The name says that it is exempt.
# What must be true of an item. Attributes: `tickmark controls reference`.
assert: \"!resource.name.contains('bad')\"
procedure: For each item, inspected its name.
limits: What the test does not show.
exception: \"{{{{ resource.name }}}} is not as it should be\"
fix:
  text: What to do about it.
cases:
  - name: good
    resource: {{name: good}}
    expect: pass
  - name: bad
    resource: {{name: bad}}
    expect: fail
  - name: not readable
    resource: {{}}
    unknown: {{/name: access_denied}}
    expect: not_evaluated
  - name: exempt
    resource: {{name: exempt-one}}
    expect: not_applicable
"
    )
}
