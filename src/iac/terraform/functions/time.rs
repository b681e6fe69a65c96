//! Functions of times. None reads a clock.

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Timelike};

use super::super::super::value::Value;
use super::arguments::Call;
use super::{FunctionError, Outcome};

fn time(call: &Call<'_>, at: usize) -> Result<DateTime<FixedOffset>, FunctionError> {
    let text = call.text(at)?;
    // RFC 3339 as Go takes it: capital letters, and no space in place of `T`.
    let leap = text.get(17..19) == Some("60");
    let strict = text.as_bytes().get(10) == Some(&b'T') && !text.contains('z') && !leap;
    let parsed = strict.then(|| DateTime::parse_from_rfc3339(&text).ok()).flatten();
    parsed.ok_or_else(|| call.error("the text is no RFC 3339 time"))
}

/// A duration as Go writes it (`1h30m`, `-1.5h`).
fn duration(text: &str) -> Option<TimeDelta> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(TimeDelta::zero());
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let units = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(units)?;
        let nanoseconds: i64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(number, nanoseconds)?)?;
        rest = after;
    }
    Some(TimeDelta::nanoseconds(total.checked_mul(sign)?))
}

/// A decimal number of units, in nanoseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the fraction is below one unit")]
fn scaled(number: &str, nanoseconds: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: f64 = format!("0.{fraction}0").parse().ok()?;
    whole.checked_mul(nanoseconds)?.checked_add((fraction * nanoseconds as f64) as i64)
}

pub(super) fn timeadd(call: &Call<'_>) -> Outcome {
    let delta = duration(&call.text(1)?).ok_or_else(|| call.error("the text is no duration"))?;
    let sum = time(call, 0)?.checked_add_signed(delta).filter(|sum| (0..=9999).contains(&sum.year()));
    let sum = sum.ok_or_else(|| call.error("the result is no time"))?;
    call.short(&sum.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

pub(super) fn timecmp(call: &Call<'_>) -> Outcome {
    let order = time(call, 0)?.cmp(&time(call, 1)?);
    Ok(Value::Number(f64::from(order as i8)))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) fn formatdate(call: &Call<'_>) -> Outcome {
    let (format, time) = (call.text(0)?, time(call, 1)?);
    let mut out = String::new();
    let mut rest = format.as_ref();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (text, after) = literal(rest).ok_or_else(|| call.error("a quoted text is not closed"))?;
            out.push_str(&text);
            rest = after;
            continue;
        }
        let end = rest.find(|letter| letter != first).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        if first.is_ascii_alphabetic() {
            out.push_str(&part(token, &time).ok_or_else(|| call.error("a letter of the format is not known"))?);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    call.short(&out)
}

/// A text in single quotes, in which two of them are one, as two alone are.
fn literal(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut out = String::new();
    loop {
        let (before, after) = rest.split_once('\'')?;
        out.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None if out.is_empty() => return Some(("'".to_owned(), after)),
            None => return Some((out, after)),
        }
    }
}

fn part(token: &str, time: &DateTime<FixedOffset>) -> Option<String> {
    let short = |name: &str| name.chars().take(3).collect::<String>();
    let month = MONTHS.get(usize::try_from(time.month0()).ok()?)?;
    let day = DAYS.get(usize::try_from(time.weekday().num_days_from_sunday()).ok()?)?;
    let hour12 = time.hour12().1;
    let offset = time.offset().local_minus_utc();
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    let zone = |colon: &str| format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60);
    Some(match token {
        "YYYY" => format!("{:04}", time.year()),
        "YY" => format!("{:02}", time.year().rem_euclid(100)),
        "MMMM" => (*month).to_owned(),
        "MMM" => short(month),
        "MM" => format!("{:02}", time.month()),
        "M" => time.month().to_string(),
        "DD" => format!("{:02}", time.day()),
        "D" => time.day().to_string(),
        "EEEE" => (*day).to_owned(),
        "EEE" => short(day),
        "hh" => format!("{:02}", time.hour()),
        "h" => time.hour().to_string(),
        "HH" => format!("{hour12:02}"),
        "H" => hour12.to_string(),
        "AA" => if time.hour12().0 { "PM" } else { "AM" }.to_owned(),
        "aa" => if time.hour12().0 { "pm" } else { "am" }.to_owned(),
        "mm" => format!("{:02}", time.minute()),
        "m" => time.minute().to_string(),
        "ss" => format!("{:02}", time.second()),
        "s" => time.second().to_string(),
        "ZZZ" if offset == 0 => "UTC".to_owned(),
        "ZZZZ" | "ZZZ" => zone(""),
        "Z" if offset == 0 => "Z".to_owned(),
        "ZZZZZ" | "Z" => zone(":"),
        _ => return None,
    })
}
