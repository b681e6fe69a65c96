//! The one form in which records are stored, hashed and exported: RFC 8785 canonical JSON.
//!
//! RFC 8785 takes every number for an IEEE 754 double. A record that is hashed must not depend on
//! how a double is rounded or printed, so numbers that are not whole, or lie outside ±(2⁵³ − 1),
//! are written as strings with their shortest decimal form, as RFC 7493 §2.2 advises. A whole
//! number is written the same whether it came as `1` or as `1.0`.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

/// The largest whole number that every reader of JSON takes exactly.
const EXACT: u64 = (1 << 53) - 1;

/// A value that has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("write a record as canonical JSON: {0}")]
pub struct CanonicalError(#[from] serde_json::Error);

/// `value` as canonical JSON, without a line end.
///
/// # Errors
///
/// When `value` does not serialize: a map whose keys are not strings, or a number that is not
/// finite.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    let mut tree = serde_json::to_value(value)?;
    settle_numbers(&mut tree);
    Ok(serde_json_canonicalizer::to_string(&tree)?)
}

/// SHA-256 of `value` as canonical JSON, in lower-case hex.
///
/// # Errors
///
/// As [`to_string`].
pub fn sha256<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    Ok(sha256_hex(to_string(value)?.as_bytes()))
}

/// SHA-256 of `bytes`, in lower-case hex, as `sha256sum` prints it.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// `bytes` in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing into a String does not fail");
        text
    })
}

/// Turns every number that is not an exact whole one into a string.
fn settle_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(settled) = settled(number) {
                *value = settled;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Object(members) => members.values_mut().for_each(settle_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What stands for `number` in canonical form, where that is not the number itself.
fn settled(number: &Number) -> Option<Value> {
    if let Some(whole) = number.as_i64() {
        return (whole.unsigned_abs() > EXACT).then(|| Value::String(whole.to_string()));
    }
    if let Some(whole) = number.as_u64() {
        return Some(Value::String(whole.to_string()));
    }
    let double = number.as_f64()?;
    // Comparing exactly is what is meant: only a double without a fractional part is whole.
    #[expect(clippy::float_cmp, reason = "a whole double equals its own truncation exactly")]
    let whole = double.trunc() == double;
    #[expect(clippy::cast_precision_loss, reason = "2^53 - 1 is exact in a double")]
    if whole && double.abs() <= EXACT as f64 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within ±(2^53 - 1), as just tested")]
        return Some(Value::from(double as i64));
    }
    Some(Value::String(double.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn canonical(value: &Value) -> String {
        to_string(value).expect("a JSON value has a canonical form")
    }

    #[test]
    fn members_sort_as_rfc_8785_section_3_2_3_shows() {
        // The sample of RFC 8785 §3.2.3: keys sort by UTF-16 code unit, so the emoji (a surrogate
        // pair) comes before U+FB33.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let text = canonical(&value);
        let order: Vec<usize> = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
            .map(|word| text.find(word).expect(word))
            .into();
        assert!(order.is_sorted(), "{text}");
    }

    #[test]
    fn strings_are_escaped_as_rfc_8785_section_3_2_2_2_says() {
        assert_eq!(canonical(&json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/")), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",);
        assert_eq!(canonical(&json!("\u{7f}\u{8}\t\u{c}\r\u{0}")), "\"\u{7f}\\b\\t\\f\\r\\u0000\"");
    }

    #[test]
    fn literals_and_nesting_are_written_without_space() {
        assert_eq!(canonical(&json!({"b": [null, true, false], "a": {}})), r#"{"a":{},"b":[null,true,false]}"#);
    }

    #[test]
    fn a_whole_number_is_the_same_however_it_came() {
        assert_eq!(canonical(&json!([1, 1.0, -0.0, -7, 0])), "[1,1,0,-7,0]");
    }

    #[test]
    fn a_number_that_a_double_cannot_hold_exactly_is_a_string() {
        assert_eq!(canonical(&json!(9_007_199_254_740_991_u64)), "9007199254740991");
        assert_eq!(canonical(&json!(9_007_199_254_740_993_u64)), "\"9007199254740993\"");
        assert_eq!(canonical(&json!(-9_007_199_254_740_993_i64)), "\"-9007199254740993\"");
        assert_eq!(canonical(&json!(u64::MAX)), "\"18446744073709551615\"");
        assert_eq!(canonical(&json!({"threshold": 0.8})), r#"{"threshold":"0.8"}"#);
    }

    #[test]
    fn the_hash_is_the_one_sha256sum_prints() {
        // `printf '{"a":1}' | sha256sum`
        assert_eq!(
            sha256(&json!({"a": 1})).expect("canonical"),
            "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_a_canonical_text_and_writing_it_again_changes_nothing(value in any_json()) {
            let once = canonical(&value);
            let again: Value = serde_json::from_str(&once).expect("canonical JSON is JSON");
            prop_assert_eq!(canonical(&again), once);
        }
    }
}
