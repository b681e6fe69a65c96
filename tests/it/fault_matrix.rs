//! Every operation that a scan uses × every fault: whatever goes wrong, the scan ends sealed, no
//! verdict turns to `pass` or to `fail` for it, and the gap names the operation and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chrono::{DateTime, Utc};
use serde_json::json;
use tickmark::collect::exchange::operation::Operation;
use tickmark::collect::exchange::session::Session;
use tickmark::collect::exchange::tape::{Exchange, Tape, TapeClient};
use tickmark::control::load::Library;
use tickmark::model::gap::GapCode;
use tickmark::model::scan::{ScanSelection, ScanStatus};
use tickmark::model::verdict::{ItemVerdict, Verdict};
use tickmark::scan::Scanner;
use tickmark::store::Store;

use crate::counts::report;
use crate::fault::{Answering, Fault, Faulty, MALFORMED};
use crate::machine::Machine;

/// What a tape holds, to be played many times over.
pub(crate) struct Reel {
    pub(crate) header: tickmark::model::scan::ScanHeader,
    pub(crate) exchanges: Vec<Arc<Exchange>>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) first_region: String,
}

impl Reel {
    pub(crate) fn demo() -> Self {
        let tape = tickmark::scan::tapes::demo().expect("the tapes in the binary can be read");
        let exchanges = tape.exchanges();
        let now = tape.header.started.parse().expect("the clock of the tape");
        let first_region = exchanges[0].capture.region.clone();
        Self { header: tape.header, exchanges, now, first_region }
    }

    /// The same estate, in which nobody has had a credential report made for hours: only where that
    /// is so does it matter that none can be made.
    fn without_a_report(&self) -> Self {
        let exchanges = self.exchanges.iter().map(|exchange| {
            if exchange.capture.operation != "GetCredentialReport" {
                return Arc::clone(exchange);
            }
            let mut other = Exchange::clone(exchange);
            other.capture.status = Some(410);
            let said = "<Error><Type>Sender</Type><Code>ReportNotPresent</Code><Message>None</Message></Error>";
            other.body = Some(format!("<ErrorResponse>{said}<RequestId>r</RequestId></ErrorResponse>").into_bytes());
            Arc::new(other)
        });
        Self {
            header: self.header.clone(),
            exchanges: exchanges.collect(),
            now: self.now,
            first_region: self.first_region.clone(),
        }
    }

    /// The same estate, with Security Hub on everywhere and its findings aggregated in one region.
    fn aggregated(&self, scanner: &Scanner, store: &Path) -> Self {
        let tape = self.tape();
        let double = Answering::new(TapeClient::new(Arc::clone(&tape)), |operation| {
            let aggregator = "arn:aws:securityhub:us-east-1:123456789012:finding-aggregator/a";
            let standards = "arn:aws:securityhub:::standards/aws-foundational-security-best-practices/v/1.0.0";
            match operation {
                ("securityhub", "DescribeHub") => {
                    Some(json!({ "HubArn": "arn:aws:securityhub:us-east-1:123456789012:hub/default" }))
                }
                ("securityhub", "GetEnabledStandards") => Some(json!({ "StandardsSubscriptions": [{
                    "StandardsSubscriptionArn": "arn:aws:securityhub:us-east-1:123456789012:subscription/x",
                    "StandardsArn": standards, "StandardsInput": {}, "StandardsStatus": "READY",
                }] })),
                ("securityhub", "ListFindingAggregators") => {
                    Some(json!({ "FindingAggregators": [{ "FindingAggregatorArn": aggregator }] }))
                }
                ("securityhub", "GetFindingAggregator") => Some(json!({
                    "FindingAggregatorArn": aggregator, "FindingAggregationRegion": "us-east-1",
                    "RegionLinkingMode": "ALL_REGIONS",
                })),
                ("securityhub", "GetFindings") => Some(json!({ "Findings": [] })),
                _ => None,
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let scan = scanner.scan(store, ScanSelection::default(), self.now, |sink| {
            Session::play_through(tape, SharedHttpClient::new(double), Some(&self.first_region), sink).recording()
        });
        let number = runtime.block_on(scan).expect("a scan without a fault");
        let store = Store::open_read_only(store).expect("opens");
        let exchanges = store.captures(number).map(|capture| {
            let capture = capture.expect("reads");
            let body = capture.body_sha256.as_deref().map(|sha256| store.capture_body(sha256).expect("reads"));
            Arc::new(Exchange { capture, body })
        });
        Self {
            header: self.header.clone(),
            exchanges: exchanges.collect(),
            now: self.now,
            first_region: self.first_region.clone(),
        }
    }

    /// A fresh tape, wound to its start.
    pub(crate) fn tape(&self) -> Arc<Tape> {
        Arc::new(Tape::new(self.header.clone(), self.exchanges.iter().map(|exchange| Exchange::clone(exchange))))
    }

    fn regions(&self) -> Vec<String> {
        let account = &self.header.accounts[0];
        account.regions.iter().filter(|region| region.scanned).map(|region| region.name.clone()).collect()
    }
}

/// One thread's part of the work: a store and a runtime of its own.
struct Bench<'a> {
    scanner: &'a Scanner,
    reel: &'a Reel,
    store: PathBuf,
    runtime: tokio::runtime::Runtime,
}

/// What a scan with a fault came to.
struct Outcome {
    verdicts: BTreeMap<Key, ItemVerdict>,
    gaps: BTreeSet<(String, GapCode)>,
    hits: usize,
}

type Key = (String, String, String, String);

impl<'a> Bench<'a> {
    fn new(scanner: &'a Scanner, reel: &'a Reel, store: PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { scanner, reel, store, runtime }
    }

    fn scan(&self, asked: &ScanSelection, at: Option<(&'static str, &'static str, Fault)>) -> Result<Outcome, String> {
        self.scan_with(asked, at, MALFORMED[0])
    }

    fn scan_with(
        &self,
        asked: &ScanSelection,
        at: Option<(&'static str, &'static str, Fault)>,
        malformed: &'static str,
    ) -> Result<Outcome, String> {
        let tape = self.reel.tape();
        let faulty = Faulty::new(TapeClient::new(Arc::clone(&tape)), at, malformed);
        let hits = Arc::clone(&faulty.hits);
        let number = self.runtime.block_on(self.scanner.scan(&self.store, asked.clone(), self.reel.now, |sink| {
            let client = SharedHttpClient::new(faulty);
            Session::play_through(tape, client, Some(&self.reel.first_region), sink).recording()
        }))?;
        let store = Store::open_read_only(&self.store).expect("the store opens");
        let footer = store.footer(number).expect("reads").expect("the scan is sealed");
        assert!(store.seal(number).expect("reads").is_some(), "scan {number} has a seal");
        assert!(matches!(footer.status, ScanStatus::Complete | ScanStatus::Partial), "{:?}", footer.status);
        let mut gaps = BTreeSet::new();
        let mut verdicts = BTreeMap::new();
        for verdict in store.verdicts(number) {
            let verdict = verdict.expect("reads");
            if let Some(gap) = &verdict.reason {
                gaps.insert((gap.operation.clone().unwrap_or_default(), gap.code));
            }
            let key = (verdict.control.clone(), verdict.account.clone(), verdict.region.clone(), verdict.id.clone());
            verdicts.insert(key, verdict);
        }
        for population in store.populations(number) {
            if let Some(gap) = population.expect("reads").gap {
                gaps.insert((gap.operation.clone().unwrap_or_default(), gap.code));
            }
        }
        Ok(Outcome { verdicts, gaps, hits: hits.load(Ordering::Relaxed) })
    }
}

/// A row of the matrix: one operation, and the controls that need it. To look at the others as
/// well in every cell would take an hour; one cell of each row does.
struct Row {
    operation: &'static Operation,
    controls: Vec<String>,
    /// Which fault is brought into a scan of all controls.
    whole: Fault,
}

/// What a scan can do without: these only save calls. Where nobody tells which region aggregates the
/// findings of Security Hub, every region is asked for its own. The verdicts must be the same.
const DONE_WITHOUT: [&str; 2] = ["ListFindingAggregators", "GetFindingAggregator"];

/// One cell of the matrix.
struct Cell {
    operation: &'static Operation,
    fault: Fault,
}

/// What is wrong with a cell, if anything is.
fn judge(cell: &Cell, outcome: &Outcome, baseline: &Outcome) -> Result<(), String> {
    let mut wrong = Vec::new();
    if outcome.hits == 0 {
        wrong.push("the operation was not called".to_owned());
    }
    let before = |key: &Key| baseline.verdicts.get(key).map(|verdict| verdict.verdict);
    for (key, verdict) in &outcome.verdicts {
        let (now, was) = (verdict.verdict, before(key));
        if matches!(now, Verdict::Pass | Verdict::Fail) && was != Some(now) {
            wrong.push(format!("{} on {} was {was:?} and is {now}", key.0, key.3));
        }
    }
    // What is not judged any more must be owned up to.
    let owned: BTreeSet<&str> = outcome
        .verdicts
        .values()
        .filter(|verdict| verdict.verdict == Verdict::NotEvaluated)
        .map(|verdict| verdict.control.as_str())
        .collect();
    for key in baseline.verdicts.keys().filter(|key| !outcome.verdicts.contains_key(*key)) {
        if !owned.contains(key.0.as_str()) {
            wrong.push(format!("{} no longer looks at {} and does not say so", key.0, key.3));
        }
    }
    if let Some(code) = cell.fault.gap().filter(|_| !DONE_WITHOUT.contains(&cell.operation.name)) {
        if !outcome.gaps.contains(&(cell.operation.label(), code)) {
            let said: Vec<_> =
                outcome.gaps.iter().filter(|(operation, _)| *operation == cell.operation.label()).collect();
            wrong.push(format!("no gap says {}: {}; it says {said:?}", cell.operation.label(), code.as_str()));
        }
    } else {
        let same = outcome.verdicts.len() == baseline.verdicts.len()
            && outcome.verdicts.iter().all(|(key, verdict)| before(key) == Some(verdict.verdict));
        if !same {
            wrong.push("the verdicts are not what they are without it".to_owned());
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let more = wrong.len().saturating_sub(4);
    wrong.truncate(4);
    Err(format!(
        "{} × {:?}: {}{}",
        cell.operation.label(),
        cell.fault,
        wrong.join("; "),
        if more > 0 { format!("; and {more} more") } else { String::new() }
    ))
}

#[test]
fn no_fault_of_any_operation_makes_a_verdict() {
    let machine = Machine::new();
    let reel = Reel::demo();
    let scanner = Scanner::new("nightly").expect("the built-in rules");
    let aggregated = reel.aggregated(&scanner, &machine.path("aggregated"));
    let played: BTreeSet<String> = reel
        .exchanges
        .iter()
        .chain(&aggregated.exchanges)
        .map(|exchange| format!("{}:{}", exchange.capture.service, exchange.capture.operation))
        .collect();
    let declared = scanner.operations(&ScanSelection::default()).expect("a plan");
    let undeclared: Vec<_> =
        played.iter().filter(|label| !declared.iter().any(|operation| operation.label() == **label)).collect();
    assert_eq!(undeclared, Vec::<&String>::new(), "the scan calls what no collector declares");
    let (used, unused): (Vec<_>, Vec<_>) =
        declared.into_iter().partition(|operation| played.contains(&operation.label()));
    assert!(used.len() > 40, "the tape holds {} operations only", used.len());

    let needing = needing(&scanner);
    let rows: Vec<Row> = used
        .iter()
        .zip(Fault::ALL.into_iter().cycle())
        .map(|(operation, whole)| Row { operation, controls: needing[&operation.label()].clone(), whole })
        .collect();
    let total = rows.len() * Fault::ALL.len();
    let queue = Mutex::new(rows);
    let results = Mutex::new(Vec::new());
    let stores: Vec<PathBuf> = ["a", "b"].map(|name| machine.path(name)).to_vec();
    for store in &stores {
        let made = machine.run(["init".as_ref(), "--store".as_ref(), store.as_os_str()]);
        assert_eq!(made.code, 0, "{made:?}");
    }
    let started = std::time::Instant::now();
    let without_report = reel.without_a_report();
    let baseline = |reel| {
        Bench::new(&scanner, reel, stores[0].clone())
            .scan(&ScanSelection::default(), None)
            .expect("a scan without a fault")
    };
    let (whole, unreported_whole, aggregated_whole) =
        (baseline(&reel), baseline(&without_report), baseline(&aggregated));
    std::thread::scope(|threads| {
        for store in &stores {
            threads.spawn(|| {
                let bench = Bench::new(&scanner, &reel, store.clone());
                let unreported = Bench::new(&scanner, &without_report, store.clone());
                let aggregated = Bench::new(&scanner, &aggregated, store.clone());
                loop {
                    let Some(row) = queue.lock().expect("not poisoned").pop() else { break };
                    let (bench, whole) = match row.operation.name {
                        "GenerateCredentialReport" => (&unreported, &unreported_whole),
                        name if DONE_WITHOUT.contains(&name) => (&aggregated, &aggregated_whole),
                        _ => (&bench, &whole),
                    };
                    let of_row = bench.row(&row, whole);
                    results.lock().expect("not poisoned").extend(of_row);
                }
            });
        }
    });
    for store in &stores {
        let verified = machine.run(["verify".as_ref(), "--store".as_ref(), store.as_os_str()]);
        assert_eq!(verified.code, 0, "{}", verified.out);
    }
    let mut results = results.into_inner().expect("not poisoned");
    results.sort_by_key(|(cell, _)| (cell.operation.label(), format!("{:?}", cell.fault)));
    let broken: Vec<&String> = results.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    let line = format!(
        "fault matrix: {} operations × {} faults = {total} cells, {} passed, in {:.0} s",
        used.len(),
        Fault::ALL.len(),
        total - broken.len(),
        started.elapsed().as_secs_f64()
    );
    let mut below = String::new();
    for (cell, result) in &results {
        writeln!(
            below,
            "{:<45} {:<16} {}",
            cell.operation.label(),
            format!("{:?}", cell.fault),
            match result {
                Ok(said) => said,
                Err(why) => why.as_str(),
            }
        )
        .expect("writes");
    }
    writeln!(below, "\ndeclared, but not on the tape, and so not in the matrix: {}", unused.len()).expect("writes");
    for operation in unused {
        writeln!(below, "  {}", operation.label()).expect("writes");
    }
    report("fault-matrix", &line, &below);
    assert!(broken.is_empty(), "{line}\n{}", broken.iter().map(|why| why.as_str()).collect::<Vec<_>>().join("\n"));
}

/// The controls that need an operation, by its label, as their plans declare.
fn needing(scanner: &Scanner) -> BTreeMap<String, Vec<String>> {
    let mut by_operation: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in Library::load(None).expect("the built-in controls").controls.into_keys() {
        let asked = ScanSelection { controls: vec![id.clone()], ..ScanSelection::default() };
        for operation in scanner.operations(&asked).expect("a plan") {
            by_operation.entry(operation.label()).or_default().push(id.clone());
        }
    }
    by_operation
}

impl Bench<'_> {
    /// Runs the cells of one row.
    fn row(&self, row: &Row, whole: &Outcome) -> Vec<(Cell, Result<&'static str, String>)> {
        // Every control needs to know who looks and where; a few of them will do.
        let early = matches!(row.operation.name, "GetCallerIdentity" | "DescribeRegions");
        let regions = if early { self.reel.regions() } else { Vec::new() };
        let controls = if early {
            vec!["s3-tls-only".to_owned(), "sg-default-closed".to_owned(), "cloudtrail-multi-region".to_owned()]
        } else {
            row.controls.clone()
        };
        let asked = ScanSelection { controls, regions, ..ScanSelection::default() };
        let baseline = self.scan(&asked, None).expect("a scan without a fault");
        let cells = Fault::ALL.map(|fault| {
            let cell = Cell { operation: row.operation, fault };
            let result = if early {
                self.early(&cell, &asked, &baseline)
            } else if fault == row.whole {
                self.cell(&cell, &ScanSelection::default(), whole).map(|()| "sealed, all controls")
            } else {
                self.cell(&cell, &asked, &baseline).map(|()| "sealed")
            };
            (cell, result)
        });
        cells.into_iter().collect()
    }

    fn cell(&self, cell: &Cell, asked: &ScanSelection, baseline: &Outcome) -> Result<(), String> {
        let at = Some((cell.operation.service, cell.operation.name, cell.fault));
        let failed = |why| format!("{} × {:?}: not sealed: {why}", cell.operation.label(), cell.fault);
        let bodies = if cell.fault == Fault::MalformedBody { &MALFORMED[..] } else { &MALFORMED[..1] };
        for malformed in bodies {
            let outcome = self.scan_with(asked, at, malformed).map_err(failed)?;
            judge(cell, &outcome, baseline).map_err(|why| format!("{why} (malformed: {malformed:?})"))?;
        }
        Ok(())
    }

    /// The two calls that come before a scan have rules of their own: without an identity no scan
    /// begins, and without a list of regions only the regions named are scanned.
    fn early(&self, cell: &Cell, asked: &ScanSelection, baseline: &Outcome) -> Result<&'static str, String> {
        if cell.fault.gap().is_none() {
            return self.cell(cell, asked, baseline).map(|()| "sealed");
        }
        let at = Some((cell.operation.service, cell.operation.name, cell.fault));
        let label = cell.operation.label();
        match self.scan(&ScanSelection { regions: Vec::new(), ..asked.clone() }, at) {
            Ok(_) => return Err(format!("{label} × {:?}: a scan began", cell.fault)),
            Err(said) if !said.contains(&label) => {
                return Err(format!("{label} × {:?}: refused without a reason: {said}", cell.fault));
            }
            Err(_) => {}
        }
        if cell.operation.name == "GetCallerIdentity" {
            return Ok("no scan began, and why is said");
        }
        self.cell(cell, asked, baseline).map(|()| "refused without --region; with it sealed, with the gap")
    }
}
