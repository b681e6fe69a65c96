//! `tickmark scan`: one sealed scan of an AWS account.

use std::io::Write as _;

use clap::Args;

use super::console::{Console, FormatArgument};
use super::progress::Shown;
use super::rules::{RuleArguments, SelectionArguments};
use super::stores::StoreArgument;
use super::summary::print;
use crate::collect::exchange::session::Options;
use crate::evidence::error::Failure;
use crate::evidence::sealing::open_or_make;
use crate::evidence::stores::Unmade;
use crate::evidence::summary::Summary;
use crate::model::exit;
use crate::model::output::{Preflight, ScanFailure};
use crate::model::scan::ScanSelection;
use crate::scan::{Live, select};

/// What is scanned, and how AWS is reached.
#[derive(Args)]
pub(super) struct Arguments {
    /// Profile of the shared AWS configuration files. Its credentials go before access keys in the
    /// environment; where it names none, those of the environment hold.
    #[arg(long)]
    profile: Option<String>,
    /// Region to scan; repeatable. All enabled regions where left out.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// Role to assume in the account to scan.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// External id of that role.
    #[arg(long, value_name = "ID", requires = "role_arn")]
    external_id: Option<String>,
    /// Endpoint that stands in for AWS (an emulator); the scan is marked synthetic for good. The
    /// AWS_ENDPOINT_URL variables and a profile's `endpoint_url` and `services` do the same, where a service
    /// that is asked goes elsewhere.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Only controls that look at this service; repeatable.
    #[arg(long = "service", value_name = "SERVICE")]
    services: Vec<String>,
    #[command(flatten)]
    selection: SelectionArguments,
    /// Most calls per second to one service, instead of the built-in limits.
    #[arg(long, value_name = "N")]
    max_rps: Option<f64>,
    /// Say which IAM actions are denied and which controls will therefore not be evaluated; keep
    /// nothing.
    #[arg(long)]
    preflight: bool,
    #[command(flatten)]
    format: FormatArgument,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    scan(arguments, console).inspect_err(|failure| say_failure(failure, arguments, console))
}

/// Says a failure as JSON too, where the summary was to be JSON: whoever reads it then need not read words.
fn say_failure(failure: &Failure, arguments: &Arguments, console: &Console) {
    if arguments.preflight || matches!(failure, Failure::ClosedPipe) || console.decided().is_some() {
        return;
    }
    console.decide(exit::FAILURE);
    let told =
        ScanFailure { exit: exit::FAILURE, error: failure.to_string(), help: failure.help().map(ToOwned::to_owned) };
    // That it could not be written is no more than what is said on standard error anyway.
    console.result(arguments.format.format, &told, |_| Ok(())).ok();
}

fn scan(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    if arguments.max_rps.is_some_and(|cap| !(cap.is_finite() && cap > 0.0)) {
        return Err(Failure::with_help("use --max-rps: it is not a number above 0", "for example --max-rps 10"));
    }
    let rules = arguments.rules.load("nightly")?;
    let asked = ScanSelection {
        services: arguments.services.clone(),
        regions: arguments.regions.clone(),
        ..arguments.selection.asked()
    };
    rules.know(&asked)?;
    let selection = select(&rules, &asked)?;
    if selection.effective.enforced.is_empty() {
        let help = "`tickmark controls list` shows the controls; loosen --service, --control, --criterion, --except \
                    or the policy";
        return Err(Failure::with_help("find a control to run: the selection leaves none", help));
    }
    for (control, why) in &selection.effective.left_out {
        console.detail(format_args!("left out: {control}: {why}"));
    }
    let options = options(arguments);
    let live = Live { options: &options, rules: &rules, asked, selection: &selection };
    let shown = Shown::new(console);
    if arguments.preflight {
        let found = live.preflight(&shown);
        shown.clear();
        return preflight(&found?, arguments, console);
    }
    let dir = &arguments.store.store;
    let dir_was_there = dir.exists();
    let made = open_or_make(dir)?;
    let trusted_at = made.trusted_at.clone();
    let unmade = Unmade::of(&made, dir_was_there);
    let scanned = live.run(made, &shown);
    shown.clear();
    let taken_away = scanned.is_err() && unmade.is_some_and(Unmade::apply);
    if let Some(trusted) = trusted_at.filter(|_| !taken_away) {
        console.note(format_args!("made the store {} and its key", dir.display()));
        console.note(format_args!("the public key is pinned in {}; give it to your auditor", trusted.display()));
    }
    let (store, scan) = scanned?;
    let summary = Summary::read(&store, scan, &rules.policy)?;
    let code = console.decide(summary.exit_code());
    console.result(arguments.format.format, &summary.output(), |out| print(&summary, console.verbose, out))?;
    Ok(code)
}

fn options(arguments: &Arguments) -> Options {
    Options {
        profile: arguments.profile.clone(),
        role_arn: arguments.role_arn.clone(),
        external_id: arguments.external_id.clone(),
        endpoint_url: arguments.endpoint_url.clone(),
        max_rps: arguments.max_rps,
        first_region: arguments.regions.first().cloned(),
    }
}

fn preflight(found: &Preflight, arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let code = console.decide(if found.denied.is_empty() { exit::CLEAN } else { exit::INCOMPLETE });
    console.result(arguments.format.format, found, |out| {
        if found.denied.is_empty() {
            writeln!(out, "preflight: no action that the {} selected controls need is denied", found.controls)?;
            return Ok(());
        }
        writeln!(out, "preflight: {} actions are denied", found.denied.len())?;
        for (action, controls) in &found.denied {
            writeln!(out, "  {action}\n    not evaluated without it: {}", controls.join(", "))?;
        }
        writeln!(out, "`tickmark permissions` prints the policy that allows them")?;
        Ok(())
    })?;
    Ok(code)
}
