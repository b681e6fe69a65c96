//! The arguments of a call, converted as Terraform converts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::value::Value;
use super::convert::{as_bool, as_number, as_text};
use super::{Files, FunctionError, ITEM_LIMIT, Outcome, TEXT_LIMIT, unknown};

/// A call whose number of arguments was checked.
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    pub(super) args: &'a [Value],
    pub(super) at: &'a Files,
}

/// Below this, integers and doubles are the same.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'a> Call<'a> {
    /// The error that says this of the call.
    pub(super) fn error(&self, why: &str) -> FunctionError {
        FunctionError::Arguments(format!("{}: {why}", self.name))
    }

    /// The result where too much of the arguments is unknown.
    #[expect(clippy::unnecessary_wraps, reason = "every function returns it as it is")]
    pub(super) fn unknown(&self) -> Outcome {
        Ok(unknown::of_call(self.name, self.args))
    }

    pub(super) fn arg(&self, at: usize) -> Result<&'a Value, FunctionError> {
        self.args.get(at).ok_or_else(|| self.error("an argument is missing"))
    }

    /// A known text, or a scalar as text.
    pub(super) fn text(&self, at: usize) -> Result<Arc<str>, FunctionError> {
        as_text(self.arg(at)?).ok_or_else(|| self.error("a text is required"))
    }

    pub(super) fn number(&self, at: usize) -> Result<f64, FunctionError> {
        as_number(self.arg(at)?).ok_or_else(|| self.error("a number is required"))
    }

    pub(super) fn integer(&self, at: usize) -> Result<i64, FunctionError> {
        let number = self.number(at)?;
        integer(number).ok_or_else(|| self.error("a whole number is required"))
    }

    pub(super) fn boolean(&self, value: &Value) -> Result<bool, FunctionError> {
        as_bool(value).ok_or_else(|| self.error("a truth value is required"))
    }

    pub(super) fn list(&self, at: usize) -> Result<&'a [Value], FunctionError> {
        match self.arg(at)? {
            Value::List(items) => Ok(items),
            _ => Err(self.error("a list is required")),
        }
    }

    pub(super) fn map(&self, at: usize) -> Result<&'a BTreeMap<Arc<str>, Value>, FunctionError> {
        match self.arg(at)? {
            Value::Map(members) => Ok(members),
            _ => Err(self.error("a map is required")),
        }
    }

    /// A text result, if it is not too long.
    pub(super) fn short(&self, text: &str) -> Outcome {
        if text.len() > TEXT_LIMIT {
            return Err(self.error("the result is too long"));
        }
        Ok(Value::text(text))
    }

    /// A list result, if it is not too long.
    pub(super) fn few(&self, items: Vec<Value>) -> Outcome {
        if items.len() > ITEM_LIMIT {
            return Err(self.error("the result has too many elements"));
        }
        Ok(Value::list(items))
    }

    /// A number result, if it is one.
    pub(super) fn finite(&self, number: f64) -> Outcome {
        if !number.is_finite() {
            return Err(self.error("the result is not a number"));
        }
        Ok(Value::Number(number))
    }
}

/// The whole number that this double is.
#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
pub(super) fn integer(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// A count as a number of Terraform.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn count(count: usize) -> Value {
    Value::Number(count as f64)
}
