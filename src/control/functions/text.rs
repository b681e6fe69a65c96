//! `text.*`: what CEL's own text functions lack.

use super::{Fault, text_argument};
use crate::control::tree::Tree;

/// `text.lower(text)`.
pub(super) fn lower(arguments: &[Tree]) -> Result<Tree, Fault> {
    Ok(Tree::Str(text_argument(arguments, 0)?.to_lowercase().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_put_in_lower_case() {
        assert_eq!(lower(&[Tree::Str("AbÉ".into())]), Ok(Tree::Str("abé".into())));
        assert!(matches!(lower(&[Tree::Null]), Err(Fault::Invalid(_))));
    }
}
