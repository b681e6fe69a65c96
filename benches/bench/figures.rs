//! The table of what was measured, and the clocks it is measured by.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Rows in the order measured: what, figure, limit and whether it is held.
#[derive(Default)]
pub(crate) struct Figures {
    rows: Vec<[String; 3]>,
}

/// A limit, and whether a figure is within it.
pub(crate) fn limit(words: &str, held: bool) -> String {
    format!("{words}: {}", if held { "held" } else { "NOT HELD" })
}

impl Figures {
    /// A figure that no limit was set for.
    pub(crate) fn note(&mut self, what: &str, figure: &str) {
        self.row(what, figure, String::new());
    }

    /// A figure and its limit, as [`limit`] words it.
    pub(crate) fn row(&mut self, what: &str, figure: &str, limit: String) {
        // Said at once too: a bench that is stopped half-way has told what it found.
        writeln!(std::io::stderr(), "{what}: {figure} {limit}").ok();
        self.rows.push([what.to_owned(), figure.to_owned(), limit]);
    }

    /// Prints the table and keeps it in `target/`.
    pub(crate) fn publish(&self) -> Result<(), String> {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        let mut table = format!("tickmark {} on {}\n\n", env!("CARGO_PKG_VERSION"), machine());
        for [what, figure, limit] in &self.rows {
            let line = format!("{what:<first$}  {figure:<second$}  {limit}");
            writeln!(table, "{}", line.trim_end()).expect("writing to a String cannot fail");
        }
        write!(std::io::stdout().lock(), "\n{table}").map_err(|error| format!("print the table: {error}"))?;
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        std::fs::create_dir_all(&target)
            .and_then(|()| std::fs::write(target.join("bench-figures.txt"), &table))
            .map_err(|error| format!("keep the table: {error}"))
    }
}

/// The processor, the cores, how busy they were when the bench ended, and how it was built.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unnamed processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    let built = if cfg!(debug_assertions) { "debug build" } else { "optimised build" };
    format!("{}, {cores} cores, load {load}, {built}", model.trim_start_matches(['\t', ' ', ':']))
}

/// What something took: on the wall clock, and of one core.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    pub(crate) wall: Duration,
    /// Time this thread was on a core; the wall time where the system does not tell.
    pub(crate) core: Duration,
}

/// Runs something and measures it on this thread.
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (T, Took) {
    let (start, core) = (Instant::now(), on_core("/proc/thread-self/schedstat"));
    let value = run();
    let wall = start.elapsed();
    let core = match (core, on_core("/proc/thread-self/schedstat")) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => wall,
    };
    (value, Took { wall, core })
}

/// Time on a core so far, from a `schedstat` of Linux (nanoseconds, its first field).
fn on_core(path: &str) -> Option<Duration> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// Highest resident memory of this process so far, in bytes; none where the system does not tell.
#[cfg(feature = "aws")]
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// A count with separators: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many a second, whole.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a figure")]
pub(crate) fn per_second(number: u64, took: Duration) -> u64 {
    (number as f64 / took.as_secs_f64()) as u64
}
