//! `tickmark controls`: the control files.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::control::diagnostic::nearest;
use crate::control::functions::FUNCTIONS;
use crate::control::load::{Library, LoadedControl};
use crate::evidence::error::Failure;
use crate::model::check::Check;
use crate::model::control::{Control, ItemScope};
use crate::model::exit;
use crate::model::policy::Policy;
use crate::model::resource::{TYPES, type_info};

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
    },
    /// Show one control: what it tests, how, and what it does not show.
    Show {
        /// Id of the control.
        id: String,
    },
    /// Run the test cases inside the control files.
    Test {
        /// Only these controls.
        ids: Vec<String>,
    },
    /// Look for mistakes in the control files.
    Lint,
    /// Write a new control file with a case for every verdict.
    New {
        /// Id of the new control, which is also the file's name.
        id: String,
        /// Resource type it is about.
        #[arg(long, default_value = "AWS::S3::Bucket")]
        resource: String,
        /// Directory to write to.
        #[arg(long, default_value = "controls")]
        dir: PathBuf,
    },
    /// Print the JSON Schema of control files for editors.
    Schema {
        /// Print the schema of policy files instead.
        #[arg(long, conflicts_with = "reference")]
        policy: bool,
        /// Print the reference of resource types, functions and variables for control authors
        /// (Markdown) instead.
        #[arg(long)]
        reference: bool,
        /// Print the schema of the JSON output of `check` instead.
        #[arg(long, conflicts_with_all = ["reference", "policy"])]
        check: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let directory = arguments.controls_dir.as_deref();
    match &arguments.command {
        Command::List { criteria } => list(&Library::load(directory)?, *criteria),
        Command::Show { id } => {
            let library = Library::load(directory)?;
            show(find(&library, id)?)
        }
        Command::Test { ids } => test(&Library::load(directory)?, ids),
        Command::Lint => lint(directory),
        Command::New { id, resource, dir } => new(id, resource, dir),
        Command::Schema { policy, reference, check } => schema(*policy, *reference, *check),
    }
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

fn list(library: &Library, by_criterion: bool) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    if by_criterion {
        for criterion in &library.criteria {
            let serving: Vec<&str> = library
                .controls
                .values()
                .filter(|loaded| loaded.control.criteria.contains_key(&criterion.id))
                .map(|loaded| loaded.control.id.as_str())
                .collect();
            writeln!(out, "{:<6} {}", criterion.id, criterion.text)?;
            if !serving.is_empty() {
                writeln!(out, "       {}", serving.join(", "))?;
            }
        }
        return Ok(exit::CLEAN);
    }
    let width = library.controls.keys().map(String::len).max().unwrap_or(0);
    for (id, loaded) in &library.controls {
        let control = &loaded.control;
        let criteria: Vec<&str> = control.criteria.keys().map(String::as_str).collect();
        writeln!(out, "{id:<width$}  {:<13}  {:<16}  {}", control.severity, criteria.join(" "), control.title)?;
    }
    writeln!(out, "\n{} controls", library.controls.len())?;
    Ok(exit::CLEAN)
}

fn show(loaded: &LoadedControl) -> Result<u8, Failure> {
    let control = &loaded.control;
    let mut out = std::io::stdout().lock();
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
    writeln!(out, "\n{} cases; file {}", control.cases.len(), loaded.file)?;
    Ok(exit::CLEAN)
}

fn test(library: &Library, ids: &[String]) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    let mut chosen = Vec::new();
    for id in ids {
        chosen.push(find(library, id)?);
    }
    if ids.is_empty() {
        chosen.extend(library.controls.values());
    }
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for outcome in chosen.into_iter().flat_map(LoadedControl::run_cases) {
        match outcome.failure {
            None => passed += 1,
            Some(why) => {
                failed += 1;
                writeln!(out, "FAILED {} / {}: {why}", outcome.control, outcome.case)?;
            }
        }
    }
    writeln!(out, "control cases: {passed} passed, {failed} failed")?;
    Ok(if failed == 0 { exit::CLEAN } else { exit::EXCEPTIONS })
}

fn lint(directory: Option<&std::path::Path>) -> Result<u8, Failure> {
    let (wrong, count) = match Library::load(directory) {
        Ok(library) => (library.lint(), Some(library.controls.len())),
        Err(wrong) => (wrong, None),
    };
    let mut out = std::io::stdout().lock();
    for diagnostic in &wrong {
        writeln!(out, "{diagnostic}\n")?;
    }
    match (wrong.len(), count) {
        (0, Some(count)) => writeln!(out, "{count} controls, nothing wrong")?,
        (some, _) => writeln!(out, "{some} mistakes")?,
    }
    Ok(if wrong.is_empty() { exit::CLEAN } else { exit::EXCEPTIONS })
}

fn new(id: &str, resource: &str, dir: &std::path::Path) -> Result<u8, Failure> {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(Failure::with_help(
            format!("use the id `{id}`"),
            "an id is lower-case letters, digits and hyphens, and reads well in \"allow ID\"",
        ));
    }
    if type_info(resource).is_none() {
        let near = nearest(resource, TYPES.iter().map(|info| info.name));
        let help = near.map_or_else(
            || "`tickmark controls schema --reference` lists the types".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::with_help(format!("find a resource type `{resource}`"), help));
    }
    let path = dir.join(format!("{id}.yaml"));
    std::fs::create_dir_all(dir).map_err(Failure::io(format!("make the directory {}", dir.display())))?;
    let mut file = std::fs::File::create_new(&path).map_err(Failure::io(format!("write {}", path.display())))?;
    file.write_all(stub(id, resource).as_bytes()).map_err(Failure::io(format!("write {}", path.display())))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "wrote {}", path.display())?;
    writeln!(out, "next: fill it in, then `tickmark controls lint --controls-dir {}` and `… test`", dir.display())?;
    Ok(exit::CLEAN)
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
# What must be true of an item. Attributes: `tickmark controls schema --reference`.
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

fn schema(policy: bool, reference: bool, check: bool) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    if reference {
        out.write_all(reference_page().as_bytes())?;
        return Ok(exit::CLEAN);
    }
    let schema = match (policy, check) {
        (true, _) => schemars::schema_for!(Policy),
        (false, true) => schemars::schema_for!(Check),
        (false, false) => schemars::schema_for!(Control),
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&schema).unwrap_or_default())?;
    Ok(exit::CLEAN)
}

/// The reference page for control authors, generated from the types themselves.
fn reference_page() -> String {
    let mut page = String::from(
        "# Reference for control authors\n\n\
         Generated by `tickmark controls schema --reference`; do not edit.\n\n\
         ## Variables\n\n\
         | name | what it is |\n| --- | --- |\n\
         | `resource` | the item, in a control without `scope`: its attributes, and `type`, `id`, `name`, `account`, `region` |\n\
         | `resources[\"TYPE\"]` | in a control with `scope: account` or `scope: region`: the list of that type there |\n\
         | `parameters.NAME` | the control's parameters, with the policy's values |\n\
         | `account`, `region` | where the item is |\n\
         | `now` | the scan's clock, seconds since the epoch |\n\n\
         `has(resource.x)` tells whether AWS returned `x`. What could not be read is an error that only `&&`, `||`, `all` \
         and `exists` absorb, and only where the rest already decides; otherwise the verdict is `not_evaluated`.\n\n\
         ## Functions\n\n| function | returns | what it does |\n| --- | --- | --- |\n\
         | `days_since(time)` | int | whole days from an RFC 3339 time to the scan's clock |\n",
    );
    for function in FUNCTIONS {
        let signature = format!("{}({})", function.name, function.params.join(", "));
        page.push_str(&format!("| `{signature}` | {} | {} |\n", function.returns, one_line(function.doc)));
    }
    page.push_str("\n## Resource types\n");
    for info in TYPES {
        let schema = (info.schema)().to_value();
        page.push_str(&format!("\n### {}\n\n", info.name));
        if let Some(text) = schema.get("description").and_then(Value::as_str) {
            page.push_str(&format!("{}\n\n", one_line(text)));
        }
        page.push_str("| attribute | type | what it is |\n| --- | --- | --- |\n");
        attributes(&schema, "", &mut page);
    }
    page
}

fn attributes(schema: &Value, prefix: &str, page: &mut String) {
    let Some(object) = crate::control::schema::object_of(schema) else { return };
    for (name, member) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let text = member.get("description").and_then(Value::as_str).map(one_line).unwrap_or_default();
        page.push_str(&format!("| `{path}` | {} | {text} |\n", kind(member)));
        match crate::control::schema::array_of(member).and_then(|array| array.get("items")) {
            Some(items) => attributes(items, &format!("{path}[]."), page),
            None => attributes(member, &format!("{path}."), page),
        }
    }
}

fn kind(schema: &Value) -> String {
    if let Some(items) = crate::control::schema::array_of(schema).and_then(|array| array.get("items")) {
        return format!("list of {}", kind(items));
    }
    let named = match schema.get("type") {
        Some(Value::String(name)) => Some(name.clone()),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").map(ToOwned::to_owned)
        }
        _ => None,
    };
    named.unwrap_or_else(|| {
        if crate::control::schema::object_of(schema).is_some() { "object".to_owned() } else { "string".to_owned() }
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
