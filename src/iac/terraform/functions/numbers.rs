//! Functions of numbers.

use super::super::super::value::Value;
use super::arguments::Call;
use super::convert::as_number;
use super::{FunctionError, Outcome};

/// The most numbers that `range` gives, as in Terraform.
const RANGE_LIMIT: usize = 1024;

pub(super) fn abs(call: &Call<'_>) -> Outcome {
    call.finite(call.number(0)?.abs())
}

pub(super) fn ceil(call: &Call<'_>) -> Outcome {
    call.finite(call.number(0)?.ceil())
}

pub(super) fn floor(call: &Call<'_>) -> Outcome {
    call.finite(call.number(0)?.floor())
}

pub(super) fn log(call: &Call<'_>) -> Outcome {
    call.finite(call.number(0)?.ln() / call.number(1)?.ln())
}

pub(super) fn pow(call: &Call<'_>) -> Outcome {
    call.finite(call.number(0)?.powf(call.number(1)?))
}

pub(super) fn signum(call: &Call<'_>) -> Outcome {
    Ok(Value::Number(match call.integer(0)? {
        0 => 0.0,
        number if number < 0 => -1.0,
        _ => 1.0,
    }))
}

fn numbers(call: &Call<'_>, values: &[Value]) -> Result<Vec<f64>, FunctionError> {
    values.iter().map(|value| as_number(value).ok_or_else(|| call.error("a number is required"))).collect()
}

pub(super) fn max(call: &Call<'_>) -> Outcome {
    call.finite(numbers(call, call.args)?.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

pub(super) fn min(call: &Call<'_>) -> Outcome {
    call.finite(numbers(call, call.args)?.into_iter().fold(f64::INFINITY, f64::min))
}

pub(super) fn sum(call: &Call<'_>) -> Outcome {
    let list = call.list(0)?;
    if list.is_empty() {
        return Err(call.error("the list is empty"));
    }
    call.finite(numbers(call, list)?.into_iter().sum())
}

/// The value of a digit in bases to 62: lower case before upper case where they differ.
fn digit(letter: char, base: u32) -> Option<u32> {
    let value = match letter {
        '0'..='9' => u32::from(letter) - u32::from('0'),
        'a'..='z' => u32::from(letter) - u32::from('a') + 10,
        'A'..='Z' if base <= 36 => u32::from(letter) - u32::from('A') + 10,
        'A'..='Z' => u32::from(letter) - u32::from('A') + 36,
        _ => return None,
    };
    (value < base).then_some(value)
}

pub(super) fn parseint(call: &Call<'_>) -> Outcome {
    let Value::Text(text) = call.arg(0)? else { return Err(call.error("a text is required")) };
    let base = u32::try_from(call.integer(1)?).ok().filter(|base| (2..=62).contains(base));
    let base = base.ok_or_else(|| call.error("the base is from 2 to 62"))?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut number = 0.0_f64;
    for letter in digits.chars() {
        let value = digit(letter, base).ok_or_else(|| call.error("the text is no whole number of this base"))?;
        number = number.mul_add(f64::from(base), f64::from(value));
    }
    if digits.is_empty() {
        return Err(call.error("the text is empty"));
    }
    call.finite(if negative { -number } else { number })
}

pub(super) fn range(call: &Call<'_>) -> Outcome {
    let given = numbers(call, call.args)?;
    let (start, end, step) = match given.as_slice() {
        [end] => (0.0, *end, if *end < 0.0 { -1.0 } else { 1.0 }),
        [start, end] => (*start, *end, if end < start { -1.0 } else { 1.0 }),
        [start, end, step] => (*start, *end, *step),
        _ => return Err(call.error("one to three numbers are required")),
    };
    let leads = if end > start { step > 0.0 } else { end >= start || step < 0.0 };
    if !leads {
        return Err(call.error("the step leads away from the end"));
    }
    let mut made = Vec::new();
    let mut number = start;
    while (step > 0.0 && number < end) || (step < 0.0 && number > end) {
        if made.len() >= RANGE_LIMIT {
            return Err(call.error("more than 1024 numbers"));
        }
        made.push(Value::Number(number));
        number += step;
    }
    Ok(Value::list(made))
}
