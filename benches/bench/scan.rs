//! A scan of the generated account from a tape that answers after 50 ms.
//!
//! The account is scanned once to record the tape. A child process of this bench then plays it
//! through the same collectors, evaluation, store and seal, so that its peak memory is the scan's
//! (and the tape's).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use tickmark::collect::aws::SERVICES;
use tickmark::collect::exchange::session::Session;
use tickmark::collect::exchange::tape::{Exchange, Tape};
use tickmark::model::capture::{Capture, Outcome};
use tickmark::model::scan::ScanSelection;
use tickmark::scan::scan_through;
use tickmark::store::Store;

use super::evaluation::clock;
use super::figures::{Figures, count, limit, peak_memory};
use super::items::{Size, inventory};
use super::rendering::header;
use super::wire::{Account, BUCKETS, GROUPS, REGIONS, USERS};

/// What the tape waits before each answer.
const DELAY: Duration = Duration::from_millis(50);
/// How many times the longest chain a scan may take.
const RATIO: f64 = 1.5;
/// Memory a scan may take, in bytes.
const MEMORY: u64 = 300_000_000;
/// The region asked first, for the calls that are made once per account.
const FIRST_REGION: &str = "us-east-1";

/// Which operation an operation waits for; what is not here waits for `DescribeRegions`, which
/// tells what there is to scan. Pages of one listing wait for each other, and so do attempts.
const WAITS_FOR: &[(&str, &str, &str)] = &[
    ("ec2", "DescribeRegions", "GetCallerIdentity"),
    ("ec2", "DescribeSnapshotAttribute", "DescribeSnapshots"),
    ("ec2", "GetManagedPrefixListEntries", "DescribeSecurityGroups"),
    ("s3", "GetBucketAcl", "ListBuckets"),
    ("s3", "GetBucketEncryption", "ListBuckets"),
    ("s3", "GetBucketLifecycleConfiguration", "ListBuckets"),
    ("s3", "GetBucketLogging", "ListBuckets"),
    ("s3", "GetBucketOwnershipControls", "ListBuckets"),
    ("s3", "GetBucketPolicy", "ListBuckets"),
    ("s3", "GetBucketVersioning", "ListBuckets"),
    ("s3", "GetPublicAccessBlock", "ListBuckets"),
    ("iam", "GetCredentialReport", "GenerateCredentialReport"),
];

/// What the child tells.
#[derive(Serialize, Deserialize)]
struct Played {
    /// Milliseconds from the first question to the seal.
    wall: u64,
    /// Milliseconds from the first question to the last answer.
    collecting: u64,
    /// Milliseconds of both cores together.
    core: u64,
    /// Bytes resident before the scan began, the tape in them.
    before: u64,
    /// Highest resident bytes.
    peak: u64,
}

pub(crate) fn measure(figures: &mut Figures) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
    let recorded = dir.path().join("recorded");
    let (inventory, _) = inventory(Size { buckets: 0, groups: 0, users: 0 });
    let (store, number) = scan_through(&recorded, ScanSelection::default(), clock(), |sink| {
        let header = header(&inventory.account);
        Session::record_through(header, SharedHttpClient::new(Account), Some(FIRST_REGION), sink)
    })?;
    let verdicts = tally(&store, number)?;
    let calls = captures(&store, number)?;
    check_estate(&store, number, &calls)?;
    drop(store);

    let played = play(dir.path())?;
    let store = Store::open_read_only(&dir.path().join("played")).map_err(|error| error.to_string())?;
    let again = tally(&store, 1)?;
    if again != verdicts {
        return Err(format!("play the tape: it came to {again:?}, the recording to {verdicts:?}"));
    }
    report(figures, &captures(&store, 1)?, &played);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures to be read")]
fn report(figures: &mut Figures, calls: &[Capture], played: &Played) {
    let (depth, deepest) = longest_chain(calls);
    let chain = f64::from(depth) * DELAY.as_secs_f64();
    let seconds = |millis: u64| millis as f64 / 1000.0;
    figures.note(
        "scan, the inventory",
        &format!(
            "{} buckets, {} users, {} security groups, {} regions",
            count(BUCKETS as u64),
            count(USERS as u64),
            count(GROUPS as u64),
            REGIONS.len()
        ),
    );
    figures.note("scan, calls made", &count(calls.len() as u64));
    figures.note(
        "scan, longest chain of dependent calls",
        &format!("{depth} calls, {chain:.2} s at 50 ms (it ends in {deepest})"),
    );
    let ratio = seconds(played.wall) / chain;
    figures.row(
        "scan, wall time",
        &format!("{:.2} s, {ratio:.1} times the longest chain", seconds(played.wall)),
        limit("at most 1.5 times", ratio <= RATIO),
    );
    figures.note(
        "scan, of which collecting",
        &format!(
            "{:.2} s, {:.1} times the longest chain",
            seconds(played.collecting),
            seconds(played.collecting) / chain
        ),
    );
    let each = seconds(played.core) * 1e6 / calls.len() as f64;
    figures.note(
        "scan, time on cores",
        &format!("{:.2} s over all threads, {each:.0} µs a call, all in", seconds(played.core)),
    );
    figures.row(
        "scan, peak memory",
        &format!("{} MB, {} MB of them before the scan (the tape)", played.peak / 1_000_000, played.before / 1_000_000),
        limit("under 300 MB", played.peak < MEMORY),
    );
    let (service, number, rate) = slowest_service(calls);
    figures.note(
        "scan, what the caps would make of it on AWS",
        &format!("at least {:.0} s: {} calls to {service} at {rate:.0} a second", number as f64 / rate, count(number)),
    );
}

fn captures(store: &Store, scan: u64) -> Result<Vec<Capture>, String> {
    store.captures(scan).collect::<Result<_, _>>().map_err(|error| format!("read the captures: {error}"))
}

/// Verdicts by kind.
fn tally(store: &Store, scan: u64) -> Result<BTreeMap<String, u64>, String> {
    let footer = store.footer(scan).map_err(|error| error.to_string())?;
    Ok(footer.ok_or("read the footer: the scan has none")?.verdicts)
}

/// The generated answers must be understood: every item counted, every call answered.
fn check_estate(store: &Store, scan: u64, calls: &[Capture]) -> Result<(), String> {
    for (r#type, wanted) in
        [("AWS::S3::Bucket", BUCKETS), ("AWS::IAM::User", USERS), ("AWS::EC2::SecurityGroup", GROUPS)]
    {
        let mut counted = 0;
        for population in store.populations(scan) {
            let population = population.map_err(|error| error.to_string())?;
            if population.r#type == r#type {
                counted += population.count;
            }
        }
        if counted != wanted as u64 {
            return Err(format!("scan the generated account: {counted} of {wanted} {type} came"));
        }
    }
    for population in store.populations(scan) {
        let population = population.map_err(|error| error.to_string())?;
        if let Some(gap) = population.gap {
            return Err(format!("scan the generated account: {} in {}: {gap}", population.r#type, population.region));
        }
    }
    let unanswered = calls.iter().find(|call| call.outcome != Outcome::Answered || call.attempt > 1);
    match unanswered {
        Some(call) => Err(format!("scan the generated account: {}:{} was not answered", call.service, call.operation)),
        None => Ok(()),
    }
}

/// The longest chain of calls of which each waits for the one before, and the operation at its end.
/// The depth of a call is that of the last page of what it waits for, and its own page and attempt.
fn longest_chain(calls: &[Capture]) -> (u32, String) {
    let mut pages: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for call in calls {
        let length = call.page + call.attempt - 1;
        let longest = pages.entry((&call.service, &call.operation)).or_default();
        *longest = length.max(*longest);
    }
    let depth = |key: (&str, &str)| {
        let (mut service, mut operation) = key;
        let mut depth = 0;
        loop {
            depth += pages.get(&(service, operation)).copied().unwrap_or(0);
            if operation == "GetCallerIdentity" {
                return depth;
            }
            let waits = WAITS_FOR.iter().find(|(of, own, _)| *of == service && *own == operation);
            (service, operation) = match waits {
                Some((_, _, "GetCallerIdentity")) => ("sts", "GetCallerIdentity"),
                Some((_, _, first)) => (service, *first),
                None => ("ec2", "DescribeRegions"),
            };
        }
    };
    let deepest = pages.keys().map(|key| (depth(*key), *key)).max();
    deepest.map_or((0, String::new()), |(depth, (service, operation))| (depth, format!("{service}:{operation}")))
}

/// The service whose cap takes longest, with its calls and its calls per second.
fn slowest_service(calls: &[Capture]) -> (&str, u64, f64) {
    let mut by_service: BTreeMap<&str, u64> = BTreeMap::new();
    for call in calls {
        *by_service.entry(&call.service).or_default() += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure")]
    let seconds = |(service, calls): &(&str, u64)| *calls as f64 / calls_per_second(service);
    let slowest = by_service.into_iter().max_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    slowest.map_or(("none", 0, 1.0), |(service, calls)| (service, calls, calls_per_second(service)))
}

fn play(dir: &Path) -> Result<Played, String> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let output = Command::new(program)
        .arg("scan-child")
        .arg(dir)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("start the scan: {error}"))?;
    if !output.status.success() {
        return Err(format!("scan: the child ended with {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("read what the scan told: {error}"))
}

/// In the child: plays the tape in `dir`.
pub(crate) fn child(dir: &str) -> Result<(), String> {
    let dir = Path::new(dir);
    let tape = Arc::new(tape(&dir.join("recorded"))?.with_delay(DELAY));
    let before = peak_memory().ok_or("read the memory: the system does not tell")?;
    let start = Instant::now();
    let (store, number) = scan_through(&dir.join("played"), ScanSelection::default(), clock(), |sink| {
        Session::play_and_record(Arc::clone(&tape), Some(FIRST_REGION), sink)
    })?;
    let wall = millis(start.elapsed());
    let played = Played {
        wall,
        collecting: collecting(&captures(&store, number)?)?,
        core: cores(),
        before,
        peak: peak_memory().unwrap_or(0),
    };
    let told = serde_json::to_string(&played).map_err(|error| error.to_string())?;
    writeln!(std::io::stdout().lock(), "{told}").map_err(|error| format!("tell what the scan took: {error}"))
}

fn tape(recorded: &Path) -> Result<Tape, String> {
    let store = Store::open_read_only(recorded).map_err(|error| error.to_string())?;
    let header = store.header(1).map_err(|error| error.to_string())?;
    let mut exchanges = Vec::new();
    for capture in captures(&store, 1)? {
        let body = capture.body_sha256.as_deref().map(|sha256| store.capture_body(sha256)).transpose();
        exchanges.push(Exchange { body: body.map_err(|error| error.to_string())?, capture });
    }
    Ok(Tape::new(header, exchanges))
}

/// Milliseconds from the first question to the last answer.
fn collecting(calls: &[Capture]) -> Result<u64, String> {
    let time =
        |text: &str| DateTime::parse_from_rfc3339(text).map_err(|error| format!("read a capture's time: {error}"));
    let first = calls.iter().map(|call| call.started.as_str()).min().unwrap_or_default();
    let last = calls.iter().map(|call| call.ended.as_str()).max().unwrap_or_default();
    u64::try_from((time(last)? - time(first)?).num_milliseconds()).map_err(|error| error.to_string())
}

/// Milliseconds that this process was on cores: user and system time of Linux's `stat`, whose ticks
/// are hundredths of a second.
fn cores() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |index: usize| after_name.split_whitespace().nth(index).and_then(|text| text.parse::<u64>().ok());
    (field(11).unwrap_or(0) + field(12).unwrap_or(0)) * 10
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// The cap on the calls of a service; the lowest where its operations have several.
fn calls_per_second(service: &str) -> f64 {
    SERVICES
        .iter()
        .flat_map(|table| table.provides())
        .flat_map(|provided| provided.operations)
        .filter(|operation| operation.service == service)
        .map(|operation| operation.rate.per_second)
        .fold(f64::INFINITY, f64::min)
}
