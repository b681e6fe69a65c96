//! What can go wrong in a use case, and what to do about it.

use crate::control::diagnostic::Diagnostic;
use crate::report::ReportError;
use crate::seal::SealError;
use crate::seal::key::KeyError;
use crate::seal::package::PackageError;
use crate::store::StoreError;

/// Why a use case could not do its work. The message is a sentence that begins with "could not".
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The reader of our output went away.
    #[error("the output was closed")]
    ClosedPipe,
    /// Control, policy or criteria files are wrong.
    #[error("could not use the control files:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Files(Vec<Diagnostic>),
    /// A file or stream failed.
    #[error("could not {what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else, with what to do.
    #[error("could not {what}")]
    Other {
        /// What was tried, and why it failed.
        what: String,
        /// What to do.
        help: Option<String>,
    },
}

impl Failure {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Other { help, .. } => help.as_deref(),
            _ => None,
        }
    }

    /// A failure in words that fit after "could not".
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self::Other { what: what.into(), help: None }
    }

    /// The same with what to do.
    pub(crate) fn with_help(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Other { what: what.into(), help: Some(help.into()) }
    }

    /// A file or stream failed while `what` was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| match source.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Io { what, source },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::with_help(causes(&error), error.help())
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::with_help(causes(&error), error.help())
    }
}

impl From<PackageError> for Failure {
    fn from(error: PackageError) -> Self {
        Self::with_help(causes(&error), error.help())
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Self::new(causes(&error))
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self::with_help(causes(&error), error.help())
    }
}

/// An error with what caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        // A layer may say what the one above says, with a code before it.
        if !said.rsplit(": ").next().is_some_and(|words| text.contains(words)) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}

impl From<std::io::Error> for Failure {
    fn from(source: std::io::Error) -> Self {
        Self::io("write the output")(source)
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Files(diagnostics)
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Files(vec![diagnostic])
    }
}
