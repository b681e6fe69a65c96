//! Versions of modules, and constraints on them (Terraform's documentation, "Version Constraints").

use serde::{Deserialize, Serialize};

/// The three numbers of a version; what is not written is 0.
type Numbers = [u64; 3];

/// Whether a constraint (`~> 5.1, != 5.3.0`) allows a version. One that cannot be read allows every
/// version: Terraform says so itself.
pub(crate) fn allows(constraint: &str, version: &str) -> bool {
    let Some(version) = numbers(version).map(|numbers| padded(&numbers)) else { return true };
    let part = |part: &str| {
        let (operator, wanted) = taken_apart(part)?;
        if operator == "!=" { Some(version != padded(&wanted)) } else { Some(span(operator, &wanted)?.has(version)) }
    };
    constraint.split(',').all(|one| part(one).unwrap_or(true))
}

/// A stretch of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    /// The lowest.
    from: Numbers,
    /// The lowest above it; none where nothing bounds it.
    below: Option<Numbers>,
}

impl Span {
    /// The stretch that a constraint allows, apart from single versions that it leaves out. `None` for what
    /// cannot be read.
    pub(crate) fn of(constraint: &str) -> Option<Self> {
        let mut whole = Self { from: [0; 3], below: None };
        for part in constraint.split(',') {
            let (operator, wanted) = taken_apart(part)?;
            if operator == "!=" {
                continue;
            }
            let part = span(operator, &wanted)?;
            whole.from = whole.from.max(part.from);
            whole.below = match (whole.below, part.below) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Some(whole)
    }

    /// Whether nothing bounds it above: of the versions that are published, the newest is taken.
    pub(crate) fn is_open(&self) -> bool {
        self.below.is_none()
    }

    fn has(&self, version: Numbers) -> bool {
        version >= self.from && self.below.is_none_or(|below| version < below)
    }

    /// Whether all of another stretch that is bounded, and is not empty, lies in this one.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        let Some(end) = other.below.filter(|end| *end > other.from) else { return false };
        other.from >= self.from && self.below.is_none_or(|below| end <= below)
    }
}

fn taken_apart(part: &str) -> Option<(&str, Vec<u64>)> {
    let part = part.trim();
    let at = part.find(|letter: char| !"=!<>~".contains(letter))?;
    Some((&part[..at], numbers(&part[at..])?))
}

fn span(operator: &str, wanted: &[u64]) -> Option<Span> {
    let exact = padded(wanted);
    let next = [exact[0], exact[1], exact[2].saturating_add(1)];
    let (from, below) = match operator {
        "" | "=" => (exact, Some(next)),
        ">" => (next, None),
        ">=" => (exact, None),
        "<" => ([0; 3], Some(exact)),
        "<=" => ([0; 3], Some(next)),
        // Only the last number that is written may be larger.
        "~>" if wanted.len() < 3 => (exact, Some([exact[0].saturating_add(1), 0, 0])),
        "~>" => (exact, Some([exact[0], exact[1].saturating_add(1), 0])),
        _ => return None,
    };
    Some(Span { from, below })
}

fn padded(numbers: &[u64]) -> Numbers {
    [0, 1, 2].map(|at| numbers.get(at).copied().unwrap_or(0))
}

/// The numbers of a version; `None` for what is none, and for a pre-release.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.trim().trim_start_matches('v');
    let numbers: Vec<u64> = version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    (numbers.len() <= 3).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::{Span, allows};
    use proptest::prelude::*;

    #[test]
    fn versions_are_allowed_as_terraform_allows_them() {
        for (constraint, version, allowed) in [
            ("5.1.0", "5.1.0", true),
            ("= 5.1", "5.1.0", true),
            ("5.1.0", "5.1.1", false),
            ("!= 5.1.0", "5.1.0", false),
            ("~> 5.1", "5.9.0", true),
            ("~> 5.1", "5.0.9", false),
            ("~> 5.1", "6.0.0", false),
            ("~> 5.1.2", "5.1.9", true),
            ("~> 5.1.2", "5.2.0", false),
            ("~> 5", "5.2.0", true),
            ("~> 5", "6.0.0", false),
            (">= 4.0, < 5.0", "4.66.0", true),
            (">=4.0,<5.0", "5.0.0", false),
            ("> 4.0.0", "4.0.0", false),
            ("<= 4.0.0", "4.0.0", true),
            ("latest", "4.0.0", true),
            ("5.0.0-beta1", "5.0.0-beta1", true),
        ] {
            assert_eq!(allows(constraint, version), allowed, "{constraint} {version}");
        }
    }

    #[test]
    fn a_stretch_holds_another_where_all_of_it_is_in() {
        let span = |constraint: &str| Span::of(constraint).expect("a constraint");
        for (outer, inner, holds) in [
            ("< 4", "~> 3.5", true),
            ("< 4", "3.9.1", true),
            ("< 4", "~> 3", true),
            ("< 4", ">= 3, < 5", false),
            ("< 4", ">= 3", false),
            ("< 4", "~> 4.0", false),
            (">= 4, < 8", "~> 7.2.1", true),
            (">= 4, < 8", "8.0.0", false),
            (">= 4", ">= 4, < 9", true),
            (">= 4", "> 5, < 5", false),
        ] {
            assert_eq!(span(outer).holds(&span(inner)), holds, "{inner} in {outer}");
        }
        assert!(span(">= 4, != 4.1").is_open() && span("!= 4").is_open() && !span("~> 4").is_open());
        assert!(Span::of("latest").is_none() && Span::of("=> 4").is_none());
    }

    proptest! {
        #[test]
        fn what_a_constraint_allows_lies_in_its_stretch(
            parts in proptest::collection::vec("(=|!=|<|<=|>|>=|~>)? ?[0-4](\\.[0-4]){0,2}", 1..4),
            version in "[0-5]\\.[0-5]\\.[0-5]",
        ) {
            let constraint = parts.join(", ");
            let (outer, inner) = (Span::of(&constraint).expect("a constraint"), Span::of(&version).expect("a version"));
            prop_assert!(!allows(&constraint, &version) || outer.holds(&inner));
            if !constraint.contains('!') {
                prop_assert_eq!(allows(&constraint, &version), outer.holds(&inner));
            }
        }

        #[test]
        fn any_text_is_a_constraint_or_none(text in "\\PC{0,20}", version in "\\PC{0,10}") {
            let _ = (Span::of(&text), allows(&text, &version));
        }
    }
}
