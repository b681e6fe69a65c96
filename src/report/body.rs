//! Raw answers made legible: indented, decoded, bounded. The original bytes lie beside the page.

use std::fmt::Write as _;

use base64::Engine as _;
use ciborium::Value as Cbor;

use crate::model::capture::Capture;

use super::words::{fit, number, size, visible};

/// How much of an answer a page shows, in bytes of HTML; the file beside it has all.
pub(crate) const SHOWN: usize = 300_000;

/// Why writing to a string is not checked further.
const STRING: &str = "writing to a string does not fail";

/// How deep indentation goes; deeper nesting is shown at this depth.
const DEEPEST: usize = 40;

/// An answer ready to be shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What was done to it for the eye, in words.
    pub(crate) form: &'static str,
    /// The text.
    pub(crate) text: String,
    /// Said where the text was cut.
    pub(crate) cut: String,
    /// What is inside an encoded member, with its title.
    pub(crate) inside: Option<(String, String)>,
}

/// What an answer is, by its content type and its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cbor,
    Json,
    Xml,
    Text,
    Bytes,
}

fn kind(content_type: &str, bytes: &[u8]) -> Kind {
    let content_type = content_type.to_ascii_lowercase();
    if content_type.contains("cbor") {
        return Kind::Cbor;
    }
    match std::str::from_utf8(bytes) {
        Err(_) => Kind::Bytes,
        Ok(text) => match text.trim_start().bytes().next() {
            Some(b'<') => Kind::Xml,
            Some(b'{' | b'[') => Kind::Json,
            _ => Kind::Text,
        },
    }
}

/// The ending of the file that holds the original bytes. Text ends in `.txt` and the rest in
/// `.bin`, so that no browser runs or renders what AWS sent.
pub(crate) fn extension(content_type: &str, bytes: &[u8]) -> &'static str {
    match kind(content_type, bytes) {
        Kind::Cbor => "cbor.bin",
        Kind::Json => "json.txt",
        Kind::Xml => "xml.txt",
        Kind::Text => "txt",
        Kind::Bytes => "bin",
    }
}

/// Makes an answer legible.
pub(crate) fn show(capture: &Capture, bytes: &[u8]) -> Shown {
    let content_type = capture.content_type.as_deref().unwrap_or_default();
    let (form, text) = match kind(content_type, bytes) {
        Kind::Json => ("JSON, indented for reading", indent_json(&String::from_utf8_lossy(bytes))),
        Kind::Xml => ("XML, indented for reading", indent_xml(&String::from_utf8_lossy(bytes))),
        Kind::Text => ("Text, as sent", String::from_utf8_lossy(bytes).into_owned()),
        Kind::Cbor => match ciborium::from_reader::<Cbor, _>(bytes) {
            Ok(value) => ("CBOR, decoded for reading", {
                let mut text = String::new();
                diagnostic(&value, 0, &mut text);
                text
            }),
            Err(_) => ("Declared as CBOR, but could not be decoded; hexadecimal", dump(bytes)),
        },
        Kind::Bytes => ("Bytes, in hexadecimal", dump(bytes)),
    };
    let text = visible(&text);
    let kept = fit(&text, SHOWN);
    let cut = if kept.len() < text.len() {
        format!(
            "Shown here: the first {} characters. The whole answer, {} bytes, is the file beside this page.",
            number(size(kept.chars().count())),
            number(size(bytes.len()))
        )
    } else {
        String::new()
    };
    Shown { form, text: kept.to_owned(), cut, inside: inside(capture, bytes) }
}

/// The credential report is a CSV table in base64 inside XML: nobody can read that by eye.
fn inside(capture: &Capture, bytes: &[u8]) -> Option<(String, String)> {
    if capture.operation != "GetCredentialReport" {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let encoded: String = text.split_once("<Content>")?.1.split_once("</Content>")?.0.split_whitespace().collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let decoded = visible(&decoded);
    let kept = fit(&decoded, SHOWN);
    let title = if kept.len() < decoded.len() {
        format!("The credential report inside it, decoded (first {} characters)", number(size(kept.chars().count())))
    } else {
        "The credential report inside it, decoded".to_owned()
    };
    Some((title, kept.to_owned()))
}

fn line(out: &mut String, depth: usize) {
    if !out.is_empty() {
        out.push('\n');
    }
    for _ in 0..depth.min(DEEPEST) {
        out.push_str("  ");
    }
}

/// Breaks JSON into lines without reading its values, so that every digit stays as AWS sent it. Like
/// the other forms it stops once there is more than a page shows: indenting what is nested
/// without end would make a page of a few bytes and memory of gigabytes.
fn indent_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = text.chars().peekable();
    while out.len() <= SHOWN
        && let Some(character) = rest.next()
    {
        if quoted {
            out.push(character);
            if escaped {
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if character == '"' {
                quoted = false;
            }
            continue;
        }
        match character {
            '"' => {
                quoted = true;
                out.push('"');
            }
            '{' | '[' => {
                out.push(character);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

/// Breaks XML into a line per element; an element that holds only text stays on one line.
fn indent_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut opened = false;
    let mut rest = text;
    while !rest.is_empty() && out.len() <= SHOWN {
        let Some(at) = rest.find('<') else {
            out.push_str(rest.trim_end());
            break;
        };
        let (before, from) = rest.split_at(at);
        // Text between tags is part of the answer; white space between them is not worth a line.
        let content = !before.trim().is_empty();
        if content {
            out.push_str(before);
        }
        let Some(end) = from.find('>') else {
            out.push_str(from);
            break;
        };
        let (tag, after) = from.split_at(end + 1);
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
            if !content && !opened {
                line(&mut out, depth);
            }
            opened = false;
        } else {
            line(&mut out, depth);
            opened = !tag.ends_with("/>") && !tag.starts_with("<?") && !tag.starts_with("<!");
            depth += usize::from(opened);
        }
        out.push_str(tag);
        rest = after;
    }
    out
}

/// CBOR in a notation near to the diagnostic one of RFC 8949, indented.
fn diagnostic(value: &Cbor, depth: usize, out: &mut String) {
    if out.len() > SHOWN {
        return;
    }
    match value {
        Cbor::Integer(n) => out.push_str(&i128::from(*n).to_string()),
        Cbor::Float(n) => write!(out, "{n:?}").expect(STRING),
        Cbor::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Cbor::Null => out.push_str("null"),
        Cbor::Text(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
        Cbor::Bytes(bytes) => {
            out.push_str("h'");
            out.push_str(&super::output::hex(bytes));
            out.push('\'');
        }
        Cbor::Tag(tag, inner) => {
            write!(out, "{tag}(").expect(STRING);
            diagnostic(inner, depth, out);
            out.push(')');
        }
        Cbor::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                diagnostic(item, depth + 1, out);
            }
            if !items.is_empty() {
                line(out, depth);
            }
            out.push(']');
        }
        Cbor::Map(entries) => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                diagnostic(key, depth + 1, out);
                out.push_str(": ");
                diagnostic(item, depth + 1, out);
            }
            if !entries.is_empty() {
                line(out, depth);
            }
            out.push('}');
        }
        _ => out.push_str("(a value of a kind not known here)"),
    }
}

/// The first bytes in hexadecimal, 32 to a line.
fn dump(bytes: &[u8]) -> String {
    let shown = bytes.len().min(SHOWN / 4);
    bytes[..shown].chunks(32).map(super::output::hex).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_is_indented_and_its_digits_are_kept() {
        let text = r#"{"a":[1.10,{"b":"x,{}\"y"}],"empty":{ },"n":12345678901234567890123}"#;
        assert_eq!(
            indent_json(text),
            "{\n  \"a\": [\n    1.10,\n    {\n      \"b\": \"x,{}\\\"y\"\n    }\n  ],\n  \"empty\": {},\n  \"n\": 12345678901234567890123\n}"
        );
    }

    #[test]
    fn xml_is_indented_and_text_stays_with_its_element() {
        let text = "<?xml version=\"1.0\"?><A><B>text &amp; more</B><C/><D></D><E><F>1</F></E></A>";
        assert_eq!(
            indent_xml(text),
            "<?xml version=\"1.0\"?>\n<A>\n  <B>text &amp; more</B>\n  <C/>\n  <D></D>\n  <E>\n    <F>1</F>\n  </E>\n</A>"
        );
    }

    #[test]
    fn cbor_is_decoded() {
        let value = Cbor::Map(vec![
            (Cbor::Text("Alarms".into()), Cbor::Array(vec![Cbor::Integer(3.into()), Cbor::Bytes(vec![1, 255])])),
            (Cbor::Text("At".into()), Cbor::Tag(1, Box::new(Cbor::Float(1.5)))),
        ]);
        let mut text = String::new();
        diagnostic(&value, 0, &mut text);
        assert_eq!(text, "{\n  \"Alarms\": [\n    3,\n    h'01ff'\n  ],\n  \"At\": 1(1.5)\n}");
    }

    #[test]
    fn no_original_gets_an_ending_that_a_browser_renders() {
        for (content_type, bytes) in [
            ("text/html", b"<html>".as_slice()),
            ("image/svg+xml", b"<svg/>"),
            ("application/json", b"{}"),
            ("application/cbor", b"\xa0"),
            ("", b"\xff\xfe"),
        ] {
            let extension = extension(content_type, bytes);
            assert!(extension.ends_with("txt") || extension.ends_with("bin"), "{extension}");
        }
    }

    proptest! {
        #[test]
        fn indenting_adds_and_drops_only_white_space(text in ".{0,200}") {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&indent_json(&text)), bare(&text));
            prop_assert_eq!(bare(&indent_xml(&text)), bare(&text));
        }

        #[test]
        fn any_bytes_can_be_shown(bytes in prop::collection::vec(any::<u8>(), 0..300), cbor in any::<bool>()) {
            let mut capture = crate::report::fixture::capture(1, "cloudwatch", "DescribeAlarms");
            capture.content_type = Some(if cbor { "application/cbor" } else { "text/xml" }.to_owned());
            show(&capture, &bytes);
        }
    }
}
