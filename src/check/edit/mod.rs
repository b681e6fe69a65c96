//! Files of the code as they are and as they are to be: shown as a diff, or written.

mod diff;
mod replacement;
mod write;

pub(super) use diff::unified;
pub(super) use replacement::replacements;
pub(super) use write::write;

/// A file as a change leaves it.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    /// The file as it is shown.
    pub(super) shown: String,
    /// Where it really is.
    pub(super) path: std::path::PathBuf,
    /// Its text, with the mark that it may begin with.
    pub(super) before: String,
    /// The text that takes its place.
    pub(super) after: String,
}
