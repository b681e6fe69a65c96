//! The directive that accepts an exception beside the code:
//! `tickmark:ignore CONTROL[,CONTROL] reason="why" until=2027-01-31`.

use chrono::NaiveDate;

use super::deployment::{Ignore, Place};

/// The word a directive begins with.
pub(super) const WORD: &str = "tickmark:ignore";

/// Longest reason kept, in characters.
const REASON_LIMIT: usize = 500;

/// Most controls that one directive names.
const CONTROLS: usize = 50;

/// Makes directives of the text after [`WORD`]: one for each control that it names, and one in any case. What is
/// wrong is said in [`Ignore::malformed`]; the rest is kept as far as it could be read.
pub(super) fn parse(text: &str, place: Place, at: &str) -> Vec<Ignore> {
    let mut ignore =
        Ignore { place, control: String::new(), reason: None, until: None, malformed: None, at: at.to_owned() };
    let mut controls = Vec::new();
    if let Err(message) = fill(&mut ignore, &mut controls, text) {
        ignore.malformed = Some(message);
    }
    each(ignore, controls)
}

/// The same directive for each control.
fn each(ignore: Ignore, controls: Vec<String>) -> Vec<Ignore> {
    if controls.is_empty() {
        return vec![ignore];
    }
    controls.into_iter().map(|control| Ignore { control, ..ignore.clone() }).collect()
}

/// The controls of a list with commas, each once.
fn controls(list: &str) -> Result<Vec<String>, String> {
    let mut controls: Vec<String> = Vec::new();
    for control in list.split(',').map(str::trim) {
        if control.is_empty() {
            return Err("it does not name a control".to_owned());
        }
        if control.len() > 100 || !control.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err("what follows it is not the id of a control".to_owned());
        }
        if controls.len() == CONTROLS {
            return Err(format!("it names more than {CONTROLS} controls"));
        }
        if !controls.iter().any(|known| known == control) {
            controls.push(control.to_owned());
        }
    }
    Ok(controls)
}

fn fill(ignore: &mut Ignore, named: &mut Vec<String>, text: &str) -> Result<(), String> {
    let mut rest = text.trim_start();
    if rest.len() == text.len() && !text.is_empty() {
        return Err(format!("{WORD} is followed by a space and the id of a control"));
    }
    // A list goes on after a comma, with white space behind it or not.
    let mut list = String::new();
    loop {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        list.push_str(&rest[..end]);
        rest = rest[end..].trim_start();
        if !list.ends_with(',') || rest.is_empty() {
            break;
        }
    }
    if list.contains('=') {
        return Err("it does not name a control".to_owned());
    }
    *named = controls(&list)?;
    let mut first = None;
    while !rest.is_empty() {
        let end = rest.find(|character: char| character == '=' || character.is_whitespace()).unwrap_or(rest.len());
        let key = &rest[..end];
        if !rest[end..].starts_with('=') {
            return Err(format!("`{}` is not a key with its value", shorten(key)));
        }
        let (value, after) = value(&rest[end + 1..])?;
        match key {
            "reason" if ignore.reason.is_none() => ignore.reason = Some(value.chars().take(REASON_LIMIT).collect()),
            "until" if ignore.until.is_none() => ignore.until = Some(value.chars().take(REASON_LIMIT).collect()),
            "reason" | "until" => first = first.or_else(|| Some(format!("it has {key} twice"))),
            other => {
                first = first.or_else(|| {
                    Some(format!("it has an unknown key `{}`; known are reason and until", shorten(other)))
                });
            }
        }
        rest = after.trim_start();
    }
    if let Some(message) = first {
        return Err(message);
    }
    check(ignore)
}

/// Whether it has a reason and a date that is one.
fn check(ignore: &Ignore) -> Result<(), String> {
    if ignore.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err("it has no reason=\"…\"".to_owned());
    }
    let Some(until) = ignore.until.as_deref() else {
        return Err("it has no until=YYYY-MM-DD".to_owned());
    };
    let digits = until.len() == 10 && until.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !digits || NaiveDate::parse_from_str(until, "%Y-%m-%d").is_err() {
        return Err("its until is not a date YYYY-MM-DD".to_owned());
    }
    Ok(())
}

/// The parts of a directive that are not written as text but as keys of a map (`CloudFormation`'s
/// `Metadata`); one for each control of the list.
pub(super) fn from_parts(
    list: &str,
    reason: Option<String>,
    until: Option<String>,
    place: Place,
    at: &str,
) -> Vec<Ignore> {
    let mut ignore = Ignore { place, control: list.to_owned(), reason, until, malformed: None, at: at.to_owned() };
    match controls(list) {
        Ok(controls) => {
            ignore.malformed = check(&ignore).err();
            each(ignore, controls)
        }
        Err(message) => vec![Ignore { malformed: Some(message), ..ignore }],
    }
}

/// A value, quoted or up to the next white space, and what comes after it.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((offset, character)) = characters.next() {
        match character {
            '"' => {
                let after = &quoted[offset + 1..];
                if after.chars().next().is_some_and(|next| !next.is_whitespace()) {
                    return Err("after a closing quote comes a space".to_owned());
                }
                return Ok((value, after));
            }
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, escaped)) => value.push(escaped),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a quote is not closed".to_owned())
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<Ignore> {
        parse(text, Place { file: Arc::from("main.tf"), line: 1, end_line: 1 }, "aws_s3_bucket.b")
    }

    fn read(text: &str) -> Ignore {
        all(text).swap_remove(0)
    }

    #[test]
    fn a_directive_names_several_controls() {
        for text in [" a,b,a reason=x until=2027-01-31", " a, b reason=x until=2027-01-31"] {
            let found = all(text);
            let named: Vec<&str> = found.iter().map(|ignore| ignore.control.as_str()).collect();
            assert_eq!(named, ["a", "b"], "{text}");
            assert!(found.iter().all(|ignore| ignore.malformed.is_none() && ignore.reason.as_deref() == Some("x")));
        }
        let wrong = all(" a,b until=2027-01-31");
        assert!(wrong.len() == 2 && wrong.iter().all(|ignore| ignore.malformed.is_some()), "{wrong:?}");
        for text in
            [" a,,b reason=x until=2027-01-31", " ,a reason=x until=2027-01-31", " a, reason=x until=2027-01-31"]
        {
            assert!(read(text).malformed.is_some(), "{text}");
        }
        let many = format!(
            " {} reason=x until=2027-01-31",
            "a0,".repeat(3) + &(0..60).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",")
        );
        assert!(read(&many).malformed.is_some_and(|wrong| wrong.contains("more than 50")));
    }

    #[test]
    fn a_well_formed_directive_is_read_whatever_the_order_of_its_keys() {
        let ignore = read(r#" s3-tls-only until=2027-01-31 reason="bastion, \"old\" \\ SEC-12" "#);
        assert_eq!(ignore.malformed, None);
        assert_eq!(ignore.control, "s3-tls-only");
        assert_eq!(ignore.reason.as_deref(), Some(r#"bastion, "old" \ SEC-12"#));
        assert_eq!(ignore.until.as_deref(), Some("2027-01-31"));
        assert_eq!(read(" a reason=SEC-12 until=\"2027-01-31\"").malformed, None);
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        for (text, part) in [
            ("", "name a control"),
            (" reason=\"x\" until=2027-01-31", "name a control"),
            ("s3-tls-only reason=x", "followed by a space"),
            (" a/b reason=\"x\" until=2027-01-31", "not the id"),
            (" a until=2027-01-31", "no reason"),
            (" a reason=\"  \" until=2027-01-31", "no reason"),
            (" a reason=\"x\"", "no until"),
            (" a reason=\"x\" until=2027-02-30", "not a date"),
            (" a reason=\"x\" until=31.1.2027", "not a date"),
            (" a reason=\"x\" until=2027-1-31", "not a date"),
            (" a reason=\"x until=2027-01-31", "not closed"),
            (" a reason=\"x\"until=2027-01-31", "comes a space"),
            (" a reason=\"x\" untill=2027-01-31", "unknown key `untill`"),
            (" a reason=\"x\" reason=\"y\" until=2027-01-31", "twice"),
            (" a because we can", "not a key"),
        ] {
            let malformed = read(text).malformed;
            assert!(malformed.as_deref().is_some_and(|found| found.contains(part)), "{text}: {malformed:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            let ignore = read(&text);
            prop_assert!(ignore.malformed.is_some() || ignore.reason.is_some() && ignore.until.is_some());
        }

        #[test]
        fn what_is_written_is_read(reason in "[a-zA-Z][^\\\\\"\n\t]{0,80}") {
            let ignore = read(&format!(" some-control reason=\"{reason}\" until=2027-01-31"));
            prop_assert_eq!(ignore.malformed, None);
            prop_assert_eq!(ignore.reason, Some(reason));
        }
    }
}
