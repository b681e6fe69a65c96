//! One expression of a control and its evaluation against an item.
//!
//! The language is the part of CEL that controls use, with three values. Unknown needs no rule in an
//! expression: reading what is unknown is an error, reading what is absent another, and `&&`, `||`,
//! `all` and `exists` absorb an error only where the rest decides. The error that survives is the
//! reason. Equality, `in` and `size` fail on an unknown part that they hang on.
//!
//! A source becomes a syntax tree ([`parse`]), the tree code with its names resolved ([`code`]), and
//! that is run ([`run`]), with a note of every place of the item that is read ([`trace`]). In tests the
//! crate `cel` runs the same expression, and the two are compared ([`oracle`]).

mod code;
#[cfg(test)]
mod oracle;
mod parse;
mod run;
pub(crate) mod syntax;
mod token;
mod trace;
mod value;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::code::Code;
use self::syntax::Syntax;
use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// Longest source of an expression, in bytes.
const SOURCE_LIMIT: usize = 4096;
/// Deepest nesting of comprehensions: each level multiplies the work.
const NESTING_LIMIT: usize = 4;

/// Why an expression could not be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the source where it is, where known.
    pub offset: Option<usize>,
    /// What was probably meant.
    pub help: Option<String>,
}

impl ExpressionError {
    fn at(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: Some(offset), help: None }
    }

    fn whole(message: String) -> Self {
        Self { message, offset: None, help: None }
    }

    /// Line and column in the source, both counted from 1, columns in characters.
    #[must_use]
    pub fn position(&self, source: &str) -> Option<(usize, usize)> {
        let before = source.get(..self.offset?)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some((before.matches('\n').count() + 1, line.chars().count() + 1))
    }
}

/// A compiled expression.
#[derive(Debug, Serialize, Deserialize)]
pub struct Expression {
    source: String,
    code: Code,
    /// The same, as the crate `cel` reads it.
    #[cfg(test)]
    #[serde(skip)]
    oracle: std::sync::OnceLock<cel::parser::Expression>,
}

/// What an evaluation came to, and what it read.
pub struct Evaluated {
    /// True, false, or the gap that kept it from being decided.
    pub outcome: Result<bool, Gap>,
    /// What was read, in order: JSON pointer below the variable, and the value where present.
    pub reads: Vec<(String, Option<Tree>)>,
}

/// The variables of an evaluation.
pub struct Variables<'a> {
    /// `resource`, where the item is one.
    pub resource: Option<&'a Tree>,
    /// `resources`, where the item is an account or a region: a map of lists by type.
    pub resources: Option<&'a Tree>,
    /// What is known of the things that a list hides where it broke off: by its gap, what each of them
    /// would be, if there are any.
    pub hidden: &'a [(Arc<Gap>, Tree)],
    /// `parameters`.
    pub parameters: &'a Tree,
    /// `account`.
    pub account: &'a str,
    /// `region`.
    pub region: &'a str,
    /// The scan's clock, seconds since the epoch.
    pub now: i64,
}

impl Expression {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// When it is not of the language, calls what is not there, is longer than 4 KiB, or nests
    /// comprehensions deeper than four.
    pub fn compile(source: &str) -> Result<Self, ExpressionError> {
        if source.len() > SOURCE_LIMIT {
            let message = format!("the expression is {} bytes long; the limit is {SOURCE_LIMIT}", source.len());
            return Err(ExpressionError::whole(message));
        }
        let syntax = parse::parse(source)?;
        if syntax.nesting() > NESTING_LIMIT {
            let message = format!("all, exists, map and filter are nested deeper than {NESTING_LIMIT}");
            return Err(ExpressionError::whole(message));
        }
        let code = code::translate(&syntax)?;
        Ok(Self {
            source: source.to_owned(),
            code,
            #[cfg(test)]
            oracle: std::sync::OnceLock::new(),
        })
    }

    /// The source it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The syntax tree, for checks against the resource schemas.
    pub(crate) fn syntax(&self) -> Syntax {
        parse::parse(&self.source).expect("it was read when it was compiled")
    }

    /// Evaluates it.
    #[must_use]
    pub fn evaluate(&self, variables: &Variables<'_>) -> Evaluated {
        let evaluated = run::run(&self.code, variables);
        // The crate does not know of what a list hides.
        #[cfg(test)]
        if variables.hidden.is_empty() {
            self.compare(&evaluated, variables);
        }
        evaluated
    }

    /// Every test that judges anything asks the crate `cel` too.
    #[cfg(test)]
    fn compare(&self, evaluated: &Evaluated, variables: &Variables<'_>) {
        let ast = self.oracle.get_or_init(|| oracle::parse(&self.source).expect("the crate reads what we read"));
        oracle::compare(&self.source, ast, evaluated, variables);
    }
}

/// Whole days from an RFC 3339 time to the clock, rounded down; `None` where it is not such a time.
fn whole_days(time: &str, now: i64) -> Option<i64> {
    let then = chrono::DateTime::parse_from_rfc3339(time).ok()?;
    Some((now - then.timestamp()).div_euclid(86_400))
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
