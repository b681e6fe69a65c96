//! `text.*`: what CEL's own text functions lack.

use super::{Fault, globs, text_argument};
use crate::model::tree::Tree;

/// `text.lower(text)`.
pub(super) fn lower(arguments: &[Tree]) -> Result<Tree, Fault> {
    Ok(Tree::Str(text_argument(arguments, 0)?.to_lowercase().into()))
}

/// `text.matches_glob(text, pattern)`.
pub(super) fn matches_glob(arguments: &[Tree]) -> Result<Tree, Fault> {
    let (text, pattern) = (text_argument(arguments, 0)?, text_argument(arguments, 1)?);
    Ok(Tree::Bool(globs::matches(pattern, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_put_in_lower_case() {
        assert_eq!(lower(&[Tree::Str("AbÉ".into())]), Ok(Tree::Str("abé".into())));
        assert!(matches!(lower(&[Tree::Null]), Err(Fault::Invalid(_))));
    }

    #[test]
    fn a_pattern_takes_the_whole_text() {
        let matched = |text: &str, pattern: &str| matches_glob(&[Tree::Str(text.into()), Tree::Str(pattern.into())]);
        assert_eq!(matched("team/api", "team/*"), Ok(Tree::Bool(true)));
        assert_eq!(matched("my-team/api", "team/*"), Ok(Tree::Bool(false)));
        assert_eq!(matched("api", "*"), Ok(Tree::Bool(true)));
        assert!(matches!(matches_glob(&[Tree::Str("a".into()), Tree::Null]), Err(Fault::Invalid(_))));
    }
}
