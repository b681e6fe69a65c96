//! How far a scan is: a bar on a terminal, plain lines otherwise.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::console::{Console, colours_err};
use crate::collect::schedule::Progress;

/// Shows progress on standard error, which leaves standard output to the result.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    planned: AtomicUsize,
    done: AtomicUsize,
    quiet: bool,
    verbose: bool,
}

impl Shown {
    /// A bar where standard error is a terminal, else a line now and then; nothing where the console is
    /// quiet.
    pub(super) fn new(console: &Console) -> Self {
        let quiet = !console.shows_progress();
        let terminal = std::io::stderr().is_terminal() && !quiet;
        let bar = terminal.then(|| {
            let bar = ProgressBar::new(0);
            let template =
                if colours_err() { "{bar:30.cyan/dim} {pos}/{len}  {msg}" } else { "{bar:30} {pos}/{len}  {msg}" };
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, planned: AtomicUsize::new(0), done: AtomicUsize::new(0), quiet, verbose: console.verbose }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn planned(&self, units: usize) {
        self.planned.store(units, Ordering::Relaxed);
        match &self.bar {
            Some(bar) => bar.set_length(units as u64),
            None if self.quiet => {}
            None => say(&format!("collecting: {units} services × regions")),
        }
    }

    fn finished(&self, service: &str, region: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let planned = self.planned.load(Ordering::Relaxed);
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("{service} {region}"));
                bar.inc(1);
            }
            None if self.quiet => {}
            None if self.verbose => say(&format!("collected: {done} of {planned}: {service} {region}")),
            None if done == planned || done.is_multiple_of(25) => say(&format!("collected: {done} of {planned}")),
            None => {}
        }
    }
}

/// A line of progress; that nobody reads it is no reason to stop a scan.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}
