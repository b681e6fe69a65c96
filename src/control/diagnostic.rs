//! What is wrong with a file, and where: shown to its author.

use std::fmt;

pub use crate::model::nearest::nearest;

/// Something wrong in a control, policy or criteria file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Path of the file as the user would name it.
    pub file: String,
    /// 1-based line, where known.
    pub line: Option<usize>,
    /// What is wrong; may run over several lines where the YAML parser shows an excerpt.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line itself.
    pub excerpt: Option<String>,
}

impl Diagnostic {
    /// Something wrong in a file.
    #[must_use]
    pub fn new(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into(), help: None, excerpt: None }
    }

    /// The same, at the first line of `text` that starts with the given key.
    #[must_use]
    pub fn at_key(mut self, text: &str, key: &str) -> Self {
        let prefix = format!("{key}:");
        if let Some((index, line)) = text.lines().enumerate().find(|(_, line)| line.trim_start().starts_with(&prefix)) {
            self.line = Some(index + 1);
            self.excerpt = Some(line.to_owned());
        }
        self
    }

    /// The same, at the first line of `text` that holds the given words.
    #[must_use]
    pub fn at_words(mut self, text: &str, words: &str) -> Self {
        if let Some((index, line)) = text.lines().enumerate().find(|(_, line)| line.contains(words)) {
            self.line = Some(index + 1);
            self.excerpt = Some(line.to_owned());
        }
        self
    }

    /// The same, with what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        if let (Some(line), Some(excerpt)) = (self.line, &self.excerpt) {
            write!(f, "\n  {line} | {excerpt}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}
