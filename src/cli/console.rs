//! How much is said, in which form and colour; and the exit code that holds where nobody listens.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{Stdout, StdoutLock, Write as _};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use crate::evidence::error::Failure;
use crate::model::output::Form;

/// How much is said, and in which colours.
#[derive(Args, Clone, Default)]
pub(super) struct ConsoleArguments {
    /// Print results and errors only: no progress, no notes.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Print more: every row of a summary, every difference, what was read and what was left out.
    #[arg(short, long, global = true, help_heading = "Output")]
    verbose: bool,
    /// When to colour what people read. `auto`: on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: clap::ColorChoice,
}

/// The form of a result.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs: one object on one line (docs/output.schema.json).
    Json,
}

/// The form of a result, as an option of a command.
#[derive(Args, Clone, Copy)]
pub(super) struct FormatArgument {
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// The terminal, or what stands in for it.
pub(super) struct Console {
    quiet: bool,
    pub(super) verbose: bool,
    code: Cell<Option<u8>>,
}

impl Console {
    pub(super) fn new(arguments: &ConsoleArguments) -> Self {
        match arguments.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        }
        .write_global();
        Self { quiet: arguments.quiet, verbose: arguments.verbose, code: Cell::new(None) }
    }

    /// The exit code is known: it holds, even if the reader of the output goes away before its end.
    pub(super) fn decide(&self, code: u8) -> u8 {
        self.code.set(Some(code));
        code
    }

    /// The exit code, if it is known.
    pub(super) fn decided(&self) -> Option<u8> {
        self.code.get()
    }

    /// Where results go.
    #[expect(clippy::unused_self, reason = "whoever writes a result has the console")]
    pub(super) fn out(&self) -> StdoutLock<'static> {
        std::io::stdout().lock()
    }

    /// Writes a result: as JSON where that is asked for, else by `human`. The exit code must be decided
    /// before.
    pub(super) fn result<T: Form>(
        &self,
        format: Format,
        result: &T,
        human: impl FnOnce(&mut StdoutLock<'static>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        debug_assert!(self.code.get().is_some(), "the exit code is decided before the result is written");
        let mut out = self.out();
        match format {
            Format::Human => human(&mut out)?,
            Format::Json => {
                let text = serde_json::to_string(&result.named())
                    .map_err(|error| Failure::new(format!("write the result as JSON: {error}")))?;
                writeln!(out, "{text}")?;
            }
        }
        out.flush()?;
        Ok(())
    }

    /// Says something that is no result: where a key was pinned, what was written.
    pub(super) fn note(&self, line: impl Display) {
        if !self.quiet {
            say(line);
        }
    }

    /// Says beside a result on standard output what can be done next.
    #[cfg(feature = "aws")]
    pub(super) fn hint(&self, line: impl Display) -> Result<(), Failure> {
        if !self.quiet {
            writeln!(self.out(), "{line}")?;
        }
        Ok(())
    }

    /// Says something that only who wants to know more wants to know.
    pub(super) fn detail(&self, line: impl Display) {
        if self.verbose {
            say(line);
        }
    }

    /// Says why a result is not what was hoped for, and what to do about it.
    #[expect(clippy::unused_self, reason = "it is said whatever the console is told to leave out")]
    pub(super) fn warn(&self, line: impl Display, help: &str) {
        say(line);
        say(format_args!("{}: {help}", styled(anstyle::AnsiColor::Cyan, "help")));
    }

    /// Says why a command could not do its work.
    #[expect(clippy::unused_self, reason = "it is said whatever the console is told to leave out")]
    pub(super) fn fail(&self, failure: &Failure) {
        say(format_args!("{}: {failure}", styled(anstyle::AnsiColor::Red, "error")));
        if let Some(help) = failure.help() {
            say(format_args!("{}: {help}", styled(anstyle::AnsiColor::Cyan, "help")));
        }
    }

    /// Whether progress is shown.
    #[cfg(feature = "aws")]
    pub(super) fn shows_progress(&self) -> bool {
        !self.quiet
    }
}

/// Whether standard output takes colours.
pub(super) fn colours_out() -> bool {
    AutoStream::<Stdout>::choice(&std::io::stdout()) != ColorChoice::Never
}

/// Whether standard error takes colours.
#[cfg(feature = "aws")]
pub(super) fn colours_err() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

fn styled(colour: anstyle::AnsiColor, word: &str) -> String {
    let style = anstyle::Style::new().fg_color(Some(colour.into())).bold();
    format!("{style}{word}{style:#}")
}

/// A line on standard error; that nobody reads it is no reason to stop.
fn say(line: impl Display) {
    writeln!(anstream::stderr(), "{line}").ok();
}
