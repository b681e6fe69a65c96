//! Base64, JSON, CSV, URLs and character sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::super::origin::Origin;
use super::super::super::value::Value;
use super::arguments::Call;
use super::convert::json_of;
use super::{FunctionError, ITEM_LIMIT, Outcome};
use crate::model::gap::GapCode;

fn decoded(call: &Call<'_>, text: &str) -> Result<Vec<u8>, FunctionError> {
    let joined: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    STANDARD.decode(joined).map_err(|_| call.error("the text is not base64"))
}

pub(super) fn base64decode(call: &Call<'_>) -> Outcome {
    let bytes = decoded(call, &call.text(0)?)?;
    let text = String::from_utf8(bytes).map_err(|_| call.error("what is encoded is not UTF-8"))?;
    call.short(&text)
}

pub(super) fn base64encode(call: &Call<'_>) -> Outcome {
    call.short(&STANDARD.encode(call.text(0)?.as_bytes()))
}

/// The character sets that are read here; others leave the result unknown.
enum Charset {
    Utf8,
    Utf16 { big: bool },
    Latin1,
    Ascii,
}

fn charset(name: &str) -> Option<Charset> {
    match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => Some(Charset::Utf8),
        "UTF-16LE" => Some(Charset::Utf16 { big: false }),
        "UTF-16BE" => Some(Charset::Utf16 { big: true }),
        "ISO-8859-1" | "LATIN1" => Some(Charset::Latin1),
        "US-ASCII" | "ASCII" => Some(Charset::Ascii),
        _ => None,
    }
}

/// A character set that Terraform may know, and this does not.
fn other_charset(call: &Call<'_>) -> Value {
    Value::unknown_from(
        GapCode::Unresolved,
        &format!("{}(…)", call.name),
        Origin::made_by(call.name, &call.args.iter().collect::<Vec<_>>()),
    )
}

pub(super) fn textencodebase64(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let unit = |unit: u16, big: bool| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    let narrow = |highest: u8| -> Result<Vec<u8>, FunctionError> {
        let byte = |letter| u8::try_from(u32::from(letter)).ok().filter(|byte| *byte <= highest);
        let bytes: Option<Vec<u8>> = text.chars().map(byte).collect();
        bytes.ok_or_else(|| call.error("a character is not in this character set"))
    };
    let bytes = match charset(&call.text(1)?) {
        Some(Charset::Utf8) => text.as_bytes().to_vec(),
        Some(Charset::Utf16 { big }) => text.encode_utf16().flat_map(|code| unit(code, big)).collect(),
        Some(Charset::Latin1) => narrow(0xff)?,
        Some(Charset::Ascii) => narrow(0x7f)?,
        None => return Ok(other_charset(call)),
    };
    call.short(&STANDARD.encode(bytes))
}

pub(super) fn textdecodebase64(call: &Call<'_>) -> Outcome {
    let bytes = decoded(call, &call.text(0)?)?;
    let wrong = || call.error("what is encoded is not in this character set");
    let text = match charset(&call.text(1)?) {
        Some(Charset::Utf8) => String::from_utf8(bytes).map_err(|_| wrong())?,
        Some(Charset::Utf16 { .. }) if bytes.len() % 2 != 0 => return Err(wrong()),
        Some(Charset::Utf16 { big }) => {
            let units: Vec<u16> = bytes
                .chunks(2)
                .map(|pair| match *pair {
                    [first, second] if big => u16::from_be_bytes([first, second]),
                    [first, second] => u16::from_le_bytes([first, second]),
                    _ => 0xfffd,
                })
                .collect();
            String::from_utf16_lossy(&units)
        }
        Some(Charset::Latin1) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Some(Charset::Ascii) if bytes.is_ascii() => String::from_utf8(bytes).map_err(|_| wrong())?,
        Some(Charset::Ascii) => return Err(wrong()),
        None => return Ok(other_charset(call)),
    };
    call.short(&text)
}

/// Keeps the value: its text is made where a text is asked for.
pub(super) fn jsonencode(call: &Call<'_>) -> Outcome {
    Ok(match call.arg(0)? {
        Value::Unknown(_) => return call.unknown(),
        value => Value::Json(Arc::new(value.clone())),
    })
}

pub(super) fn jsondecode(call: &Call<'_>) -> Outcome {
    let value = call.arg(0)?;
    match (json_of(value), value) {
        (Some(decoded), _) => Ok(decoded),
        (None, Value::Text(_)) => Err(call.error("the text is not JSON")),
        (None, Value::Unknown(_) | Value::Template(_)) => call.unknown(),
        (None, _) => match json_of(&Value::Text(call.text(0)?)) {
            Some(decoded) => Ok(decoded),
            None => Err(call.error("the text is not JSON")),
        },
    }
}

pub(super) fn csvdecode(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_bytes());
    let mut names: Option<Vec<Arc<str>>> = None;
    let mut rows = Vec::new();
    let mut cells = 0;
    for record in reader.records() {
        let record = record.map_err(|_| call.error("the text is not CSV"))?;
        let Some(names) = &names else {
            let header: Vec<Arc<str>> = record.iter().map(Arc::from).collect();
            let mut sorted = header.clone();
            sorted.sort();
            sorted.dedup();
            if sorted.len() < header.len() {
                return Err(call.error("two columns have one name"));
            }
            names = Some(header);
            continue;
        };
        cells += names.len() + 1;
        if cells > ITEM_LIMIT {
            return Err(call.error("the result has too many elements"));
        }
        let row: BTreeMap<_, _> = names.iter().cloned().zip(record.iter().map(Value::text)).collect();
        rows.push(Value::map(row));
    }
    if names.is_none() {
        return Err(call.error("the text has no header"));
    }
    Ok(Value::list(rows))
}

pub(super) fn urlencode(call: &Call<'_>) -> Outcome {
    let mut out = String::new();
    for byte in call.text(0)?.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    call.short(&out)
}

/// Only `OpenTofu` has it.
pub(super) fn urldecode(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let wrong = || call.error("the text is not URL-encoded");
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or_else(wrong);
                let value = digit()? * 16 + digit()?;
                u8::try_from(value).map_err(|_| wrong())?
            }
            _ => byte,
        });
    }
    call.short(&String::from_utf8(out).map_err(|_| wrong())?)
}
