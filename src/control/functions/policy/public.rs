//! Statements that let everyone in.

use super::super::truth::{Truth, answer_list};
use super::super::{Fault, argument};
use super::condition::{leaves_a_chosen_set, narrows};
use super::view::{Statement, statements};
use crate::model::tree::Tree;

/// Whether the Deny takes back from strangers all that the Allow gives them.
fn takes_back(deny: &Statement, allow: &Statement) -> Truth {
    let strangers = match (&deny.principal, &deny.not_principal) {
        (Some(who), _) => who.everyone(),
        // Everyone but the listed: strangers are not listed.
        (None, Some(listed)) => listed.wildcard().negate(),
        (None, None) => Truth::No,
    };
    let answer = deny.allow.clone().negate().and(strangers);
    if answer == Truth::No {
        return answer;
    }
    answer
        .and(allow.actions.within(&deny.actions))
        .and(allow.resources.within(&deny.resources))
        .and(leaves_a_chosen_set(deny))
}

/// Whether the statement at `index` lets everyone in.
pub(super) fn is_public(statements: &[Statement], index: usize) -> Truth {
    let allow = &statements[index];
    let strangers = match (&allow.principal, &allow.not_principal) {
        (Some(who), _) => who.wildcard(),
        // Everyone but the listed is everyone, whoever is listed.
        (None, Some(_)) => Truth::Yes,
        (None, None) => Truth::No,
    };
    let answer = allow.allow.clone().and(strangers);
    if answer == Truth::No {
        return answer;
    }
    let others = statements.iter().enumerate().filter(|(other, _)| *other != index);
    let taken_back = Truth::any(others.map(|(_, deny)| takes_back(deny, allow)));
    answer.and(narrows(allow).negate()).and(taken_back.negate())
}

/// `policy.allows_public(policy)`.
pub(in crate::control::functions) fn allows_public(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    Truth::any((0..statements.len()).map(|index| is_public(&statements, index))).answer()
}

/// `policy.public_statements(policy)`.
pub(in crate::control::functions) fn public_statements(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    answer_list((0..statements.len()).map(|index| {
        let name = Tree::Str(statements[index].name.as_str().into());
        (name, is_public(&statements, index))
    }))
}
