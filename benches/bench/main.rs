//! `cargo bench`: the figures of a release against the limits the project holds itself to.
//!
//! Four things are measured: verdicts per second on one core, checks of code from a cold process, a
//! scan of a generated inventory from a tape that answers after 50 ms, and the rendering of 100,000
//! verdicts. The table goes to standard output and to `target/bench-figures.txt`. Words after `--`
//! choose among `evaluation`, `check`, `scan` and `rendering`; `profile MIX` judges one mix of controls for ten seconds and prints nothing, for a
//! profiler to look at.

mod check;
mod evaluation;
mod figures;
mod items;
mod rendering;
#[cfg(feature = "aws")]
mod scan;
#[cfg(feature = "aws")]
mod wire;

use std::io::Write as _;
use std::process::ExitCode;

use figures::Figures;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            writeln!(std::io::stderr(), "error: could not {why}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    match arguments.first().map(String::as_str) {
        Some("profile") => return evaluation::profile(arguments.get(1).map_or("simple", String::as_str)),
        #[cfg(feature = "aws")]
        Some("scan-child") => return scan::child(arguments.get(1).ok_or("find the tape: none was named")?),
        _ => {}
    }
    let chosen = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let mut figures = Figures::default();
    if chosen("evaluation") {
        evaluation::measure(&mut figures)?;
    }
    if chosen("check") {
        check::measure(&mut figures)?;
    }
    if chosen("scan") {
        #[cfg(feature = "aws")]
        scan::measure(&mut figures)?;
        #[cfg(not(feature = "aws"))]
        figures.note("scan", "not measured: built without the feature `aws`");
    }
    if chosen("rendering") {
        rendering::measure(&mut figures)?;
    }
    figures.publish()
}
