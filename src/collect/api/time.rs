//! Times of answers, as RFC 3339 text in UTC.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;

use super::read::{Unreadable, unreadable};

/// A time that stands as text in a format of the model (`iso8601`, `rfc822`, `unixTimestamp`).
pub(super) fn from_text(text: &str, format: &str) -> Result<Value, Unreadable> {
    let time = match format {
        "unixTimestamp" => DateTime::from_str(text, Format::EpochSeconds),
        "rfc822" => DateTime::from_str(text, Format::HttpDate),
        _ => DateTime::from_str(text, Format::DateTimeWithOffset),
    };
    match time {
        Ok(time) => rfc3339(&time),
        Err(_) => unreadable("is no time in the format of the model"),
    }
}

/// Seconds since the epoch, with a fraction.
pub(super) fn from_seconds(seconds: f64) -> Result<Value, Unreadable> {
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return unreadable("is no time");
    }
    rfc3339(&DateTime::from_secs_f64(seconds))
}

/// Whole seconds since the epoch.
pub(super) fn from_whole_seconds(seconds: i64) -> Result<Value, Unreadable> {
    rfc3339(&DateTime::from_secs(seconds))
}

fn rfc3339(time: &DateTime) -> Result<Value, Unreadable> {
    match time.fmt(Format::DateTime) {
        Ok(text) => Ok(Value::String(text)),
        Err(_) => unreadable("is a time outside of what RFC 3339 can say"),
    }
}
