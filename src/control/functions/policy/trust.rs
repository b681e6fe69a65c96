//! Trust of other accounts, and what is given without MFA.

use std::sync::Arc;

use super::super::truth::{Truth, answer_list};
use super::super::{Fault, argument, globs, list_argument};
use super::account_in;
use super::condition::{Condition, leaves_a_chosen_set, narrows};
use super::view::{Statement, Texts, statements};
use crate::model::gap::Gap;
use crate::model::tree::Tree;

const ASSUME: &str = "sts:assumerole";
const MFA: &str = "aws:multifactorauthpresent";
const MFA_AGE: &str = "aws:multifactorauthage";

/// Whether the condition holds only for callers with MFA. `BoolIfExists` would not do: long-term
/// access keys carry no such key, and would pass.
fn demands_mfa(condition: &Condition) -> Truth {
    let present = condition
        .is_bool(MFA, "true", |operator| operator.is_plain("bool"))
        .and(condition.values.any(|value| value.eq_ignore_ascii_case("false").into()).negate());
    let recent = condition.is_on(
        MFA_AGE,
        |operator| operator.is_plain("numericlessthan") || operator.is_plain("numericlessthanequals"),
        |_| Truth::Yes,
    );
    present.or(recent)
}

/// Whether the values name an external id: not empty, and, in a pattern, more than wildcards. AWS
/// takes external ids of two characters and more.
fn names_an_id(values: &Texts, literal: bool) -> Truth {
    let is_id = |value: &str| Truth::from(value.chars().filter(|c| !matches!(c, '*' | '?')).count() >= 2);
    if values.is_absent() {
        return Truth::No;
    }
    // A literal operator asks for an id whatever its value turns out to be.
    if literal { values.all_known(is_id) } else { values.all(is_id) }
}

/// Whether the condition asks for an external id.
fn demands_external_id(condition: &Condition) -> Truth {
    let on = |bases: &[&str], literal: bool| {
        condition.is_on(
            "sts:externalid",
            |operator| bases.iter().any(|base| operator.is_plain(base)),
            |values| names_an_id(values, literal),
        )
    };
    on(&["stringequals", "stringequalsignorecase"], true).or(on(&["stringlike"], false))
}

/// Whether the condition keeps to an organisation.
fn demands_organisation(condition: &Condition) -> Truth {
    ["aws:principalorgid", "aws:principalorgpaths"].iter().fold(Truth::No, |answer, key| {
        let fixed = condition.is_on(
            key,
            |operator| !operator.if_exists && ["stringequals", "stringlike"].contains(&operator.base.as_str()),
            |values| {
                let some = Truth::from(!values.is_absent());
                some.and(values.all(|value| {
                    value.split('/').next().is_some_and(|id| !id.is_empty() && !globs::is_pattern(id)).into()
                }))
            },
        );
        answer.or(fixed)
    })
}

/// Whether a Deny of the trust policy refuses those who come without external id, without MFA, or
/// from outside the organisation.
fn refuses_the_unguarded(deny: &Statement) -> Truth {
    let answer = deny.denies_all_callers().and(deny.actions.includes(ASSUME));
    if answer == Truth::No {
        return answer;
    }
    // Conditions of a Deny must all hold; with two, some who lack the one are let through.
    let single = Truth::from(deny.conditions.len() == 1 && deny.conditions_gap.is_none());
    let guard = deny.any_condition(|condition| {
        let no_id = condition
            .is_on(
                "sts:externalid",
                |operator| operator.is("stringnotequals") || operator.is("stringnotlike"),
                |values| names_an_id(values, false),
            )
            .or(condition.is_bool("sts:externalid", "true", |operator| operator.is_plain("null")));
        no_id.or(refuses_without_mfa(condition))
    });
    let outside = deny.any_condition(|condition| {
        condition.is_on("aws:principalorgid", |operator| operator.is("stringnotequals"), |_| leaves_a_chosen_set(deny))
    });
    answer.and(single).and(guard.or(outside))
}

/// Whether a Deny under this condition refuses every request without MFA, those with long-term
/// access keys included.
fn refuses_without_mfa(condition: &Condition) -> Truth {
    let absent = condition.is_bool(MFA, "false", |operator| operator.base == "bool" && operator.if_exists);
    let old = condition.is_on(
        MFA_AGE,
        |operator| {
            operator.if_exists && ["numericgreaterthan", "numericgreaterthanequals"].contains(&operator.base.as_str())
        },
        |_| Truth::Yes,
    );
    absent.or(old)
}

/// The accounts that a statement with a wildcard principal means by its conditions, where they say.
/// The error is why it is not known which.
fn accounts_by_condition(statement: &Statement) -> Result<Option<Vec<String>>, Arc<Gap>> {
    let mut open = None;
    let accounts = statement.conditions.iter().find_map(|condition| {
        let key = condition.key.as_ref().ok()?;
        let positive = condition.operator.as_ref().ok().filter(|operator| {
            !operator.if_exists
                && ["stringequals", "stringlike", "arnequals", "arnlike"].contains(&operator.base.as_str())
        });
        positive?;
        if !["aws:principalaccount", "aws:principalarn"].contains(&key.as_str()) {
            return None;
        }
        let values = &condition.values;
        let unnamed = values.partial.iter().find(|partial| account_in(&partial.narrow).is_none());
        if let Some(gap) = values.gap.as_ref().or(unnamed.map(|partial| &partial.gap)) {
            open.get_or_insert_with(|| Arc::clone(gap));
            return None;
        }
        let texts = values.known.iter().chain(values.partial.iter().map(|partial| &partial.narrow));
        let accounts: Option<Vec<String>> = texts.map(|value| account_in(value).map(ToOwned::to_owned)).collect();
        accounts.filter(|accounts| !accounts.is_empty())
    });
    match (accounts, open) {
        (None, Some(gap)) => Err(gap),
        (accounts, _) => Ok(accounts),
    }
}

/// Whether the text is the unique id that IAM leaves in the place of a deleted user or role. It
/// matches nobody any more.
fn is_deleted_principal(text: &str) -> bool {
    text.len() >= 16
        && (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `policy.external_trusts_without_id(trust, account, trusted_accounts)`.
///
/// Services and identity providers are not accounts. An account counts as ours where it is
/// `account`, is in `trusted_accounts`, or is held to an organisation by the statement.
pub(in crate::control::functions) fn external_trusts_without_id(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let own = arguments.get(1).ok_or_else(|| Fault::Invalid("an account is expected".to_owned()))?;
    let trusted = arguments.get(2).ok_or_else(|| Fault::Invalid("a list of accounts is expected".to_owned()))?;
    let is_ours = |account: &str| -> Result<Truth, Fault> {
        let same = |tree: &Tree| match tree {
            Tree::Str(text) => Ok(Truth::from(&**text == account)),
            Tree::Int(number) => Ok(Truth::from(format!("{number:012}") == account)),
            Tree::Unknown(gap) => Ok(Truth::Open(Arc::clone(gap))),
            _ => Err(Fault::Invalid("an account id is expected".to_owned())),
        };
        let listed = match trusted {
            Tree::List(items) => items.iter().try_fold(Truth::No, |answer, item| Ok(answer.or(same(item)?)))?,
            Tree::Unknown(gap) => Truth::Open(Arc::clone(gap)),
            _ => return Err(Fault::Invalid("a list of trusted accounts is expected".to_owned())),
        };
        Ok(same(own)?.or(listed))
    };
    let refused = Truth::any(statements.iter().map(refuses_the_unguarded));
    let mut entries = Vec::new();
    for statement in statements.iter() {
        let guarded = statement.any_condition(|condition| {
            demands_external_id(condition).or(demands_mfa(condition)).or(demands_organisation(condition))
        });
        let unguarded =
            statement.allow.clone().and(statement.actions.touches(ASSUME)).and(guarded.or(refused.clone()).negate());
        if unguarded == Truth::No {
            continue;
        }
        let everyone = Tree::Str("*".into());
        let Some(who) = &statement.principal else {
            // Everyone but some is everyone.
            if statement.not_principal.is_some() {
                entries.push((everyone, unguarded));
            }
            continue;
        };
        let mut accounts = Vec::new();
        for text in &who.aws.known {
            match account_in(text) {
                Some(account) => accounts.push(account.to_owned()),
                None if text == "*" || is_deleted_principal(text) => {}
                None => {
                    let open = Truth::unresolved(format!("the principal {text:?} names no account"));
                    entries.push((Tree::Null, unguarded.clone().and(open)));
                }
            }
        }
        for partial in &who.aws.partial {
            match account_in(&partial.narrow) {
                Some(account) => accounts.push(account.to_owned()),
                None => entries.push((Tree::Null, unguarded.clone().and(partial.open()))),
            }
        }
        if let Some(gap) = &who.aws.gap {
            entries.push((Tree::Null, unguarded.clone().and(Truth::Open(Arc::clone(gap)))));
        }
        match who.everyone() {
            Truth::No => {}
            answer => match accounts_by_condition(statement) {
                Ok(Some(meant)) if narrows(statement) == Truth::Yes => accounts.extend(meant),
                Err(gap) => entries.push((Tree::Null, unguarded.clone().and(answer).and(Truth::Open(gap)))),
                Ok(_) => entries.push((everyone, unguarded.clone().and(answer))),
            },
        }
        for account in accounts {
            let truth = unguarded.clone().and(is_ours(&account)?.negate());
            entries.push((Tree::Str(account.into()), truth));
        }
    }
    answer_list(entries)
}

/// What a person must be able to do before MFA is set up, and no more: patterns within IAM and STS
/// that change no permission.
const NOT_SELF_SERVICE: [&str; 10] = [
    "iam:putuserpolicy",
    "iam:putgrouppolicy",
    "iam:putrolepolicy",
    "iam:attachuserpolicy",
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:createpolicyversion",
    "iam:addusertogroup",
    "iam:passrole",
    "sts:assumerole",
];

/// The most actions that a self-service set may have; AWS's own example has eight.
const SELF_SERVICE_LIMIT: usize = 30;

/// Whether the actions are no more than MFA self-service.
fn is_self_service(actions: &Texts) -> Truth {
    if actions.known.len() + actions.partial.len() > SELF_SERVICE_LIMIT {
        return Truth::No;
    }
    actions.all(|pattern| {
        let within = pattern.starts_with("iam:") || pattern.starts_with("sts:");
        (within && !NOT_SELF_SERVICE.iter().any(|action| globs::matches(pattern, action))).into()
    })
}

/// Whether the statement denies all but self-service to whoever comes without MFA.
fn denies_without_mfa(statement: &Statement) -> Truth {
    let all_actions = statement.actions.includes("*");
    let all_but_few =
        if statement.actions.all_but.is_absent() { Truth::No } else { is_self_service(&statement.actions.all_but) };
    let actions = if statement.actions.is_absent() { Truth::No } else { all_actions.or(all_but_few) };
    statement
        .denies_all_callers()
        .and(actions)
        .and(statement.resources.includes("*"))
        .and(statement.every_condition(refuses_without_mfa))
}

/// Whether the statement gives nothing without MFA.
fn withholds_without_mfa(statement: &Statement) -> Truth {
    let few = if statement.actions.all_but.is_absent() { is_self_service(&statement.actions.these) } else { Truth::No };
    statement.allow.clone().negate().or(statement.any_condition(demands_mfa)).or(few)
}

/// `policy.requires_mfa(policies)`.
///
/// `Bool` with `false` in a Deny is not enough: a request signed with a long-term access key has no
/// `aws:MultiFactorAuthPresent` at all, so that the Deny would not apply to it (IAM user guide,
/// "AWS global condition context keys", `aws:MultiFactorAuthPresent`).
pub(in crate::control::functions) fn requires_mfa(arguments: &[Tree]) -> Result<Tree, Fault> {
    let mut denied = Truth::No;
    let mut withheld = Truth::Yes;
    for policy in list_argument(arguments, 0)? {
        match statements(policy) {
            Ok(statements) => {
                denied = denied.or(Truth::any(statements.iter().map(denies_without_mfa)));
                withheld = withheld.and(Truth::all(statements.iter().map(withholds_without_mfa)));
            }
            Err(Fault::Unknown(gap)) => {
                denied = denied.or(Truth::Open(Arc::clone(&gap)));
                withheld = withheld.and(Truth::Open(gap));
            }
            Err(fault) => return Err(fault),
        }
    }
    denied.or(withheld).answer()
}
