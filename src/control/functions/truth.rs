//! Three-valued truth, and lists of which a part may be unknown.

use std::sync::Arc;

use super::Fault;
use crate::model::gap::{Gap, GapCode};
use crate::model::tree::Tree;

/// Yes, no, or open with the gap that stands in the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// It holds, whatever the unknown parts are.
    Yes,
    /// It does not hold, whatever the unknown parts are.
    No,
    /// It hangs on something that could not be read.
    Open(Arc<Gap>),
}

impl Truth {
    /// Open, because of a value that could be read but not understood.
    #[must_use]
    pub fn unresolved(detail: impl Into<String>) -> Self {
        Self::Open(Arc::new(Gap::new(GapCode::Unresolved, detail)))
    }

    /// Both. A no decides.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Open(gap), _) | (_, Self::Open(gap)) => Self::Open(gap),
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// Either. A yes decides.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.negate().and(other.negate()).negate()
    }

    /// The contrary.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            open @ Self::Open(_) => open,
        }
    }

    /// Whether all hold. The first no ends it.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut answer = Self::Yes;
        for truth in truths {
            answer = answer.and(truth);
            if answer == Self::No {
                break;
            }
        }
        answer
    }

    /// Whether any holds. The first yes ends it.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        Self::all(truths.into_iter().map(Self::negate)).negate()
    }

    /// The answer of a function.
    pub fn answer(self) -> Result<Tree, Fault> {
        match self {
            Self::Yes => Ok(Tree::Bool(true)),
            Self::No => Ok(Tree::Bool(false)),
            Self::Open(gap) => Err(Fault::Unknown(gap)),
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

/// The list of the entries that are certain. Where none is and one is open, there is no answer.
pub fn answer_list(entries: impl IntoIterator<Item = (Tree, Truth)>) -> Result<Tree, Fault> {
    let mut certain = Vec::new();
    let mut open = None;
    for (entry, truth) in entries {
        match truth {
            Truth::Yes => {
                if !certain.contains(&entry) {
                    certain.push(entry);
                }
            }
            Truth::No => {}
            Truth::Open(gap) => {
                open.get_or_insert(gap);
            }
        }
    }
    match open {
        Some(gap) if certain.is_empty() => Err(Fault::Unknown(gap)),
        _ => Ok(Tree::List(certain.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decided_part_absorbs_an_open_one() {
        let open = || Truth::unresolved("x");
        assert_eq!(Truth::No.and(open()), Truth::No);
        assert_eq!(open().and(Truth::No), Truth::No);
        assert_eq!(Truth::Yes.and(open()), open());
        assert_eq!(open().or(Truth::Yes), Truth::Yes);
        assert_eq!(Truth::No.or(open()), open());
        assert_eq!(Truth::any([open(), Truth::Yes]), Truth::Yes);
        assert_eq!(Truth::all([open(), Truth::No]), Truth::No);
        assert_eq!(Truth::any([]), Truth::No);
        assert_eq!(Truth::all([]), Truth::Yes);
    }

    #[test]
    fn an_empty_list_is_certain() {
        let open = || (Tree::Int(1), Truth::unresolved("x"));
        assert!(matches!(answer_list([open()]), Err(Fault::Unknown(_))));
        assert_eq!(answer_list([open(), (Tree::Int(2), Truth::Yes)]), Ok(Tree::List([Tree::Int(2)].into())));
        assert_eq!(answer_list([(Tree::Int(2), Truth::No)]), Ok(Tree::List([].into())));
    }
}
