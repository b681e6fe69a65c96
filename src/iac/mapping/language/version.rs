//! Versions of a module that a rule holds for.

use serde::{Deserialize, Serialize};

use crate::iac::version::Span;

/// What stands for the newest version there is.
const NEWEST: &str = "newest";

/// Versions that a condition names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions {
    newest: bool,
    spans: Vec<Span>,
}

impl Versions {
    /// Reads ranges, and `newest`; the error is what is wrong with one.
    pub(crate) fn of(texts: &[String]) -> Result<Self, String> {
        let mut versions = Self { newest: false, spans: Vec::new() };
        for text in texts {
            if text == NEWEST {
                versions.newest = true;
            } else if let Some(span) = Span::of(text).filter(|_| !text.contains("!=")) {
                versions.spans.push(span);
            } else {
                return Err(format!("`{text}` is neither a range of versions nor `{NEWEST}`"));
            }
        }
        Ok(versions)
    }

    /// Whether every version that may be taken is among these, by the constraint that is written; the
    /// newest is taken where none is.
    pub(crate) fn hold(&self, written: Option<&str>) -> bool {
        let Some(written) = written else { return self.newest };
        // What comes before a release counts as that release.
        let release = written.split_once('-').filter(|_| !written.contains(','));
        match Span::of(release.map_or(written, |(release, _)| release)) {
            Some(span) if span.is_open() => self.newest,
            Some(span) => self.spans.iter().any(|own| own.holds(&span)),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Versions;

    #[test]
    fn the_newest_is_taken_where_nothing_bounds_the_version() {
        let of = |texts: &[&str]| Versions::of(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let versions = of(&["newest", ">= 4, < 8"]).expect("versions");
        for (written, hold) in [
            (None, true),
            (Some(">= 2"), true),
            (Some(">= 2, != 3.1"), true),
            (Some("~> 4.1"), true),
            (Some("7"), true),
            (Some("4.0.0-beta1"), true),
            (Some(">= 3, < 5"), false),
            (Some("8.0.0"), false),
            (Some(">= 3.0-beta1, < 5"), false),
            (Some("latest"), false),
        ] {
            assert_eq!(versions.hold(written), hold, "{written:?}");
        }
        let old = of(&["< 4"]).expect("versions");
        assert!(!old.hold(None) && !old.hold(Some(">= 2")) && old.hold(Some("~> 3.0")));
        assert!(of(&["latest"]).is_err() && of(&["!= 3"]).is_err());
    }
}
