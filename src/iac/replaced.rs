//! Texts that stand in for those of files: code as a patch would make it, without writing it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts by the real path of their files.
#[derive(Debug, Clone, Default)]
pub struct Replaced(Arc<BTreeMap<PathBuf, String>>);

impl Replaced {
    /// Texts by the real path of their files.
    #[must_use]
    pub fn new(texts: BTreeMap<PathBuf, String>) -> Self {
        Self(Arc::new(texts))
    }

    /// The text that stands in for that of a file.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&path.canonicalize().ok()?).map(String::as_str)
    }
}
