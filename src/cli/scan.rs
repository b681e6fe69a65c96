//! `tickmark scan`: one sealed scan of an AWS account.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::progress::Shown;
use super::rules::RuleArguments;
use super::stores::StoreArgument;
use super::summary::{self, Summary};
use crate::collect::exchange::session::{Options, Session};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::{now, open_or_make};
use crate::model::exit;
use crate::model::gap::GapCode;
use crate::model::scan::Asked;
use crate::scan::pipeline::{Plan, Request, plan, run_scan};
use crate::scan::sink::StoreSink;
use crate::seal::key::SigningKey;
use crate::store::Store;

/// What is scanned, and how AWS is reached.
#[derive(Args)]
pub(super) struct Arguments {
    /// Profile of the shared AWS configuration files.
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
    /// AWS_ENDPOINT_URL variables do the same.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Only controls that look at this service; repeatable.
    #[arg(long = "service", value_name = "SERVICE")]
    services: Vec<String>,
    /// Only this control; repeatable.
    #[arg(long = "control", value_name = "ID")]
    controls: Vec<String>,
    /// Only controls that serve this criterion; repeatable.
    #[arg(long = "criterion", value_name = "ID")]
    criteria: Vec<String>,
    /// Most calls per second to one service, instead of the built-in limits.
    #[arg(long, value_name = "N")]
    max_rps: Option<f64>,
    /// Say which IAM actions are denied and which controls will therefore not be evaluated; keep
    /// nothing.
    #[arg(long)]
    preflight: bool,
    /// How the summary is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    store: StoreArgument,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.max_rps.is_some_and(|cap| !(cap.is_finite() && cap > 0.0)) {
        return Err(Failure::with_help("use --max-rps: it is not a number above 0", "for example --max-rps 10"));
    }
    let rules = arguments.rules.load()?;
    let asked = asked(arguments, &rules)?;
    let plan = plan(&rules, &asked)?;
    if plan.effective.enforced.is_empty() {
        let help =
            "`tickmark controls list` shows the controls; loosen --service, --control, --criterion or the policy";
        return Err(Failure::with_help("find a control to run: the selection leaves none", help));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("start the asynchronous runtime"))?;
    if arguments.preflight {
        return runtime.block_on(preflight(arguments, &rules, asked, &plan));
    }
    let made = open_or_make(&arguments.store.store)?;
    if let Some(trusted) = &made.trusted_at {
        eprintln!("made the store {} and its key", arguments.store.store.display());
        eprintln!("the public key is pinned in {}; give it to your auditor", trusted.display());
    }
    let (store, scan) = runtime.block_on(scan(arguments, &rules, asked, &plan, made.store, &made.key))?;
    let summary = Summary::read(&store, scan, &rules.policy)?;
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Human => summary::print(&summary, &mut out)?,
        Format::Json => writeln!(out, "{}", summary.to_json())?,
    }
    Ok(if summary.failed_at_threshold > 0 {
        exit::EXCEPTIONS
    } else if summary.incomplete() {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    })
}

fn asked(arguments: &Arguments, rules: &Rules) -> Result<Asked, Failure> {
    rules.know(&arguments.controls, &arguments.criteria)?;
    Ok(Asked {
        services: arguments.services.clone(),
        controls: arguments.controls.clone(),
        criteria: arguments.criteria.clone(),
        regions: arguments.regions.clone(),
    })
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

async fn scan(
    arguments: &Arguments,
    rules: &Rules,
    asked: Asked,
    plan: &Plan<'_>,
    store: Store,
    key: &SigningKey,
) -> Result<(Store, u64), Failure> {
    let sink = Arc::new(StoreSink::new(store));
    let session = open(arguments, &sink).await?;
    let synthetic = session.endpoint().is_some();
    let request = Request { rules, asked, synthetic, now: now(), ended: None };
    let shown = Shown::new(false);
    let scan = run_scan(&session, &sink, key, &request, plan, &shown).await;
    shown.clear();
    let scan = scan?;
    drop(session);
    let sink = Arc::into_inner(sink).ok_or_else(|| Failure::new("close the store: captures are still under way"))?;
    Ok((sink.into_store(), scan))
}

async fn open(arguments: &Arguments, sink: &Arc<StoreSink>) -> Result<Session, Failure> {
    let sink = Arc::clone(sink) as Arc<dyn crate::collect::exchange::recorder::CaptureSink>;
    Session::open(&options(arguments), sink).await.map_err(|why| {
        Failure::with_help(
            why,
            "set AWS_PROFILE or pass --profile; `aws sts get-caller-identity` shows what the chain finds",
        )
    })
}

/// A scan into a store that is thrown away: what it could not read is what would not be evaluated.
async fn preflight(arguments: &Arguments, rules: &Rules, asked: Asked, plan: &Plan<'_>) -> Result<u8, Failure> {
    let away = tempfile::tempdir().map_err(Failure::io("make a temporary directory"))?;
    let store = Store::create(away.path(), "preflight")?;
    let key = SigningKey::random()?;
    let sink = Arc::new(StoreSink::new(store));
    let session = open(arguments, &sink).await?;
    let request = Request { rules, asked, synthetic: true, now: now(), ended: None };
    let shown = Shown::new(false);
    let scan = run_scan(&session, &sink, &key, &request, plan, &shown).await;
    shown.clear();
    let scan = scan?;
    let mut denied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for verdict in sink.store().verdicts(scan) {
        let verdict = verdict?;
        if let Some(gap) = verdict.reason.filter(|gap| gap.code == GapCode::AccessDenied) {
            denied.entry(gap.action.unwrap_or_else(|| "(unnamed)".to_owned())).or_default().insert(verdict.control);
        }
    }
    let mut out = std::io::stdout().lock();
    if denied.is_empty() {
        writeln!(
            out,
            "preflight: no action that the {} selected controls need is denied",
            plan.effective.enforced.len()
        )?;
        return Ok(exit::CLEAN);
    }
    writeln!(out, "preflight: {} actions are denied", denied.len())?;
    for (action, controls) in &denied {
        let controls: Vec<&str> = controls.iter().map(String::as_str).collect();
        writeln!(out, "  {action}\n    not evaluated without it: {}", controls.join(", "))?;
    }
    writeln!(out, "`tickmark permissions` prints the policy that allows them")?;
    Ok(exit::INCOMPLETE)
}
