//! A text of which parts are not known.
//!
//! On disk it is one text, in which an unknown part stands as `${name}`, a `${` of the text itself as `$${`, and
//! a `$` before an unknown part as `${$}`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text as far as it is known, in parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct PartialText(Vec<TextPart>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextPart {
    /// As it is.
    Known(String),
    /// Not known.
    Unknown {
        /// For a reader (`var.name`): without braces.
        shown: String,
        /// What it has in common with the same part elsewhere and with nothing else; `None` where nothing
        /// tells it from others. Of a text that was read back, what is shown.
        identity: Option<String>,
    },
}

impl PartialText {
    /// Puts known text at the end.
    pub fn push(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(TextPart::Known(known)) => known.push_str(text),
            _ => self.0.push(TextPart::Known(text.to_owned())),
        }
    }

    /// Puts an unknown part at the end: what is shown of it, and what tells it from others.
    pub fn push_unknown(&mut self, shown: &str, identity: Option<String>) {
        let shown = shown.chars().map(|c| if matches!(c, '{' | '}') { '_' } else { c }).collect();
        self.0.push(TextPart::Unknown { shown, identity });
    }

    /// Puts another text at the end.
    pub fn append(&mut self, other: Self) {
        for part in other.0 {
            match part {
                TextPart::Known(text) => self.push(&text),
                unknown @ TextPart::Unknown { .. } => self.0.push(unknown),
            }
        }
    }

    /// The parts, in order. No two known ones follow each other.
    #[must_use]
    pub fn parts(&self) -> &[TextPart] {
        &self.0
    }

    /// The text where all of it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [TextPart::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// How long it is, in bytes, with what is shown of its unknown parts.
    #[must_use]
    pub fn len(&self) -> usize {
        let length = |part: &TextPart| match part {
            TextPart::Known(text) => text.len(),
            TextPart::Unknown { shown, .. } => shown.len() + 3,
        };
        self.0.iter().map(length).sum()
    }

    /// Whether it is the empty text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// As it is on disk, which a reader can read too.
impl fmt::Display for PartialText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            match part {
                TextPart::Known(text) => {
                    let escaped = text.replace("${", "$${");
                    if at + 1 == self.0.len() {
                        f.write_str(&escaped)?;
                        continue;
                    }
                    let before = escaped.trim_end_matches('$');
                    write!(f, "{before}{}", "${$}".repeat(escaped.len() - before.len()))?;
                }
                TextPart::Unknown { shown, .. } => write!(f, "${{{shown}}}")?,
            }
        }
        Ok(())
    }
}

impl From<PartialText> for String {
    fn from(text: PartialText) -> Self {
        text.to_string()
    }
}

impl From<String> for PartialText {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&str> for PartialText {
    fn from(text: &str) -> Self {
        let mut made = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                made.push(&rest[..at - 1]);
                made.push("${");
                rest = &rest[at + 2..];
                continue;
            }
            made.push(&rest[..at]);
            // One that does not end is not known from there on.
            let (name, after) = rest[at + 2..].split_once('}').unwrap_or((&rest[at + 2..], ""));
            match name {
                "$" => made.push("$"),
                name => made.push_unknown(name, Some(name.to_owned())),
            }
            rest = after;
        }
        made.push(rest);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unknown(name: &str) -> TextPart {
        TextPart::Unknown { shown: name.to_owned(), identity: Some(name.to_owned()) }
    }

    #[test]
    fn a_text_of_an_old_record_is_read_in_its_parts() {
        let text = PartialText::from("arn:aws:s3:::${var.name}/*");
        let known = |text: &str| TextPart::Known(text.to_owned());
        assert_eq!(text.parts(), [known("arn:aws:s3:::"), unknown("var.name"), known("/*")]);
        assert_eq!(text.to_string(), "arn:aws:s3:::${var.name}/*");
        assert_eq!(PartialText::from("x ${never ends").parts(), [known("x "), unknown("never ends")]);
    }

    #[test]
    fn a_variable_of_a_policy_is_no_unknown_part() {
        let mut text = PartialText::default();
        text.push("home/${aws:username}/$");
        text.push_unknown("var.x", Some("var.x".to_owned()));
        assert_eq!(text.to_string(), "home/$${aws:username}/${$}${var.x}");
        assert_eq!(PartialText::from(text.to_string()), text);
    }

    #[test]
    fn what_is_known_in_full_is_one_text() {
        assert_eq!(PartialText::from("arn:aws:iam::code:role/app").known(), Some("arn:aws:iam::code:role/app"));
        assert_eq!(PartialText::default().known(), Some(""));
        assert_eq!(PartialText::from("${x}").known(), None);
    }

    proptest! {
        #[test]
        fn a_text_is_read_back_as_it_was(parts in prop::collection::vec(("[a${}]{0,4}", "[a-z.]{1,4}"), 0..4), last in "[a${}]{0,4}") {
            let mut text = PartialText::default();
            for (known, name) in &parts {
                text.push(known);
                text.push_unknown(name, Some(name.clone()));
            }
            text.push(&last);
            prop_assert_eq!(PartialText::from(text.to_string()), text);
        }

        #[test]
        fn arbitrary_texts_are_read(text in "\\PC{0,40}") {
            let _ = PartialText::from(text.as_str()).to_string();
        }
    }
}
