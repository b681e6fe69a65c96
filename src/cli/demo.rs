//! `tickmark demo`: plays a tape in the binary through the real collectors, evaluation, store, seal
//! and report. No network, no credentials; the scan is synthetic.

use std::path::PathBuf;

use clap::Args;

use super::console::{Console, Format, FormatArgument};
use super::rules::RuleArguments;
use super::stores::StoreArgument;
use super::summary::print;
use crate::collect::exchange::tape::{Tape, TapeError};
use crate::evidence::error::Failure;
use crate::evidence::report::write_report;
use crate::evidence::sealing::open_or_make;
use crate::evidence::summary::Summary;
use crate::model::exit;
use crate::scan::{play, tapes};

#[derive(Args)]
pub(super) struct Arguments {
    /// A tape to play instead of the built-in ones (see `tickmark export --format tape`); repeatable, for
    /// tapes of one account.
    #[arg(long = "tape", value_name = "FILE")]
    tapes: Vec<PathBuf>,
    /// Folder for the report.
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArgument,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    store: StoreArgument,
}

/// The built-in tapes where no file is named, as one.
fn tape(files: &[PathBuf]) -> Result<Tape, Failure> {
    let unreadable = |error: TapeError| Failure::new(error.to_string());
    let read = |path: &PathBuf| {
        let file = std::fs::File::open(path).map_err(Failure::io(format!("read {}", path.display())))?;
        Tape::read(std::io::BufReader::new(file)).map_err(unreadable)
    };
    match tapes::join(files.iter().map(read).collect::<Result<_, Failure>>()?) {
        Some(tape) => Ok(tape),
        None => tapes::demo().map_err(unreadable),
    }
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let rules = arguments.rules.load("nightly")?;
    let tape = tape(&arguments.tapes)?;
    let dir = &arguments.store.store;
    let (store, scan) = play(tape, &rules, open_or_make(dir)?)?;
    let pages = write_report(&store, dir, scan, &arguments.out)?.pages;
    let summary = Summary::read(&store, scan, &rules.policy)?;
    // It shows exceptions on purpose: they are no failure of the demo.
    let code = console.decide(exit::CLEAN);
    let format = arguments.format.format;
    console.result(format, &summary.output(), |out| print(&summary, console.verbose, out))?;
    if format == Format::Human {
        let store_option = match dir.to_str() {
            Some(".tickmark") | None => String::new(),
            Some(dir) => format!(" --store {dir}"),
        };
        console.hint(format_args!("\nreport: {} ({pages} pages)", arguments.out.join("index.html").display()))?;
        console.hint(format_args!("next:   tickmark verify{store_option}"))?;
        console.hint(format_args!("        tickmark reperform{store_option}"))?;
        console.hint(format_args!("        tickmark package{store_option} --out evidence.zip"))?;
    }
    Ok(code)
}
