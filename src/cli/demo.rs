//! `tickmark demo`: plays a tape in the binary through the real collectors, evaluation, store, seal
//! and report. No network, no credentials; the scan is synthetic.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::Args;

use super::progress::Shown;
use super::report::write_report;
use super::rules::RuleArguments;
use super::stores::StoreArgument;
use super::summary::{self, Summary};
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::Tape;
use crate::evidence::error::Failure;
use crate::evidence::sealing::open_or_make;
use crate::model::exit;
use crate::model::scan::Asked;
use crate::scan::pipeline::{Request, plan, run_scan};
use crate::scan::sink::StoreSink;

/// The recorded estate: a small company in two regions, with good, bad and unreadable parts.
static TAPE: &[u8] = include_bytes!("demo.tape");

#[derive(Args)]
pub(super) struct Arguments {
    /// A tape to play instead of the built-in one (see `tickmark tape`).
    #[arg(long, value_name = "FILE")]
    tape: Option<PathBuf>,
    /// Folder for the report.
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let rules = arguments.rules.load()?;
    let tape = match &arguments.tape {
        None => Tape::read(TAPE),
        Some(path) => {
            let file = std::fs::File::open(path).map_err(Failure::io(format!("read {}", path.display())))?;
            Tape::read(std::io::BufReader::new(file))
        }
    }
    .map_err(|error| Failure::new(error.to_string()))?;
    let now = DateTime::parse_from_rfc3339(&tape.header.started)
        .map_err(|error| Failure::new(format!("read the clock of the tape: {error}")))?
        .with_timezone(&Utc);
    let asked = Asked { regions: tape.header.asked.regions.clone(), ..Asked::default() };
    let first_region = tape.exchanges().first().map(|exchange| exchange.capture.region.clone());
    let plan = plan(&rules, &asked)?;
    let made = open_or_make(&arguments.store.store)?;
    let sink = Arc::new(StoreSink::new(made.store));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("start the asynchronous runtime"))?;
    let scan = runtime.block_on(async {
        let keep = Arc::clone(&sink) as Arc<dyn CaptureSink>;
        let session = Session::play_and_record(Arc::new(tape), first_region.as_deref(), keep);
        let request = Request { rules: &rules, asked, synthetic: true, now, ended: Some(now) };
        run_scan(&session, &sink, &made.key, &request, &plan, &Shown::new(true)).await
    })?;
    let store = sink.store();
    let pages = write_report(store, &arguments.store.store, scan, &arguments.out)?.pages;
    let mut out = std::io::stdout().lock();
    summary::print(&Summary::read(store, scan, &rules.policy)?, &mut out)?;
    let store_option = match arguments.store.store.to_str() {
        Some(".tickmark") | None => String::new(),
        Some(dir) => format!(" --store {dir}"),
    };
    writeln!(out, "\nreport: {} ({pages} pages)", arguments.out.join("index.html").display())?;
    writeln!(out, "next:   tickmark verify{store_option}")?;
    writeln!(out, "        tickmark reperform{store_option}")?;
    writeln!(out, "        tickmark package{store_option} --out evidence.zip")?;
    Ok(exit::CLEAN)
}
