//! Conditions: which of them narrow the callers to a set that somebody chose, and which do not.
//!
//! The yardstick is what AWS calls a public bucket policy (S3 user guide, "Blocking public access",
//! the meaning of public) and how IAM evaluates conditions (IAM user guide, "Condition operators"):
//! a policy is not public where a fixed value says whose requests are meant. Attributes that
//! anybody can give themselves in their own account (a user name, a principal tag, a referrer, a
//! service to call through) are no such value. Nor is it one that the caller is some service of AWS
//! (`aws:PrincipalIsAWSService`): services act on behalf of anybody, and S3's list of what makes a
//! policy not public names a fixed service principal, and not this key.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::globs;
use super::super::net::addresses::Addresses;
use super::super::truth::Truth;
use super::view::{Statement, Texts, condition_values};
use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// How a multivalued operator is qualified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    /// `ForAllValues`: holds where the key is missing.
    All,
    /// `ForAnyValue`: fails where the key is missing, even for a negated operator.
    Any,
}

/// An operator taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operator {
    /// In lower case, without quantifier and `IfExists`: `stringlike`.
    pub(super) base: String,
    /// Whether it holds where the key is missing because it ends in `IfExists`.
    pub(super) if_exists: bool,
    quantifier: Option<Quantifier>,
}

impl Operator {
    fn parse(text: &str) -> Self {
        let mut base = text.to_ascii_lowercase();
        let mut quantifier = None;
        for (prefix, kind) in [("forallvalues:", Quantifier::All), ("foranyvalue:", Quantifier::Any)] {
            if let Some(rest) = base.strip_prefix(prefix) {
                (base, quantifier) = (rest.trim().to_owned(), Some(kind));
            }
        }
        let if_exists = base.strip_suffix("ifexists").map(ToOwned::to_owned);
        Self { if_exists: if_exists.is_some(), base: if_exists.unwrap_or(base), quantifier }
    }

    /// Whether it is this operator with neither quantifier nor `IfExists`.
    pub(super) fn is_plain(&self, base: &str) -> bool {
        self.base == base && !self.if_exists && self.quantifier.is_none()
    }

    /// Whether it is this operator, with or without `IfExists`, and with no quantifier.
    pub(super) fn is(&self, base: &str) -> bool {
        self.base == base && self.quantifier.is_none()
    }

    /// Whether it is qualified with `ForAnyValue`.
    pub(super) fn is_for_any_value(&self) -> bool {
        self.quantifier == Some(Quantifier::Any)
    }

    /// Whether the operator holds for some values only when the key is there.
    pub(super) fn demands_key(&self) -> bool {
        !self.if_exists && self.quantifier != Some(Quantifier::All)
    }
}

/// One condition; each of its parts may be unknown.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// The operator.
    pub(super) operator: Result<Operator, Arc<Gap>>,
    /// The key in lower case: keys are compared without case.
    pub(super) key: Result<String, Arc<Gap>>,
    /// The values.
    pub(super) values: Texts,
}

impl Condition {
    /// The conditions of a statement, and the gap where there may be more.
    pub(super) fn list(tree: Option<&Tree>) -> Result<(Vec<Self>, Option<Arc<Gap>>), &'static str> {
        const WHAT: &str = "a condition";
        let items = match tree {
            None | Some(Tree::Null) => return Ok((Vec::new(), None)),
            Some(Tree::Unknown(gap)) => return Ok((Vec::new(), Some(Arc::clone(gap)))),
            Some(Tree::List(items)) => items,
            Some(_) => return Err(WHAT),
        };
        let mut conditions = Vec::new();
        let mut open = None;
        for item in items.iter() {
            if let Tree::Unknown(gap) = item {
                open.get_or_insert_with(|| Arc::clone(gap));
                continue;
            }
            let part = |key: &str| match item.get(key) {
                Some(Tree::Str(text)) => Ok(Ok(text.to_string())),
                Some(Tree::Unknown(gap)) => Ok(Err(Arc::clone(gap))),
                _ => Err(WHAT),
            };
            conditions.push(Self {
                operator: part("operator")?.map(|text| Operator::parse(&text)),
                key: part("key")?.map(|text| text.to_ascii_lowercase()),
                values: condition_values(item.get("values")).map_err(|_| WHAT)?,
            });
        }
        Ok((conditions, open))
    }

    /// Whether it is a condition on this key (in lower case) whose operator and values hold the
    /// tests.
    pub(super) fn is_on(
        &self,
        key: &str,
        operator: impl Fn(&Operator) -> bool,
        values: impl Fn(&Texts) -> Truth,
    ) -> Truth {
        let same_key = match &self.key {
            Ok(own) => Truth::from(own == key),
            Err(gap) => Truth::Open(Arc::clone(gap)),
        };
        let operator = match &self.operator {
            Ok(own) => Truth::from(operator(own)),
            Err(gap) => Truth::Open(Arc::clone(gap)),
        };
        let answer = same_key.and(operator);
        if answer == Truth::No { answer } else { answer.and(values(&self.values)) }
    }

    /// Whether it is the same condition, values in any order.
    pub(super) fn is_same(&self, other: &Self) -> Truth {
        let parts = match (&self.operator, &other.operator, &self.key, &other.key) {
            (Ok(own), Ok(theirs), Ok(key), Ok(their_key)) => Truth::from(own == theirs && key == their_key),
            (Err(gap), ..) | (_, Err(gap), ..) | (_, _, Err(gap), _) | (.., Err(gap)) => Truth::Open(Arc::clone(gap)),
        };
        if parts == Truth::No {
            return parts;
        }
        let set = |texts: &Texts| texts.known.iter().cloned().collect::<BTreeSet<String>>();
        parts.and(match self.values.first_gap().or(other.values.first_gap()) {
            Some(gap) => Truth::Open(gap),
            None => Truth::from(set(&self.values) == set(&other.values)),
        })
    }

    /// Whether it is a truth-value condition on this key with this value.
    pub(super) fn is_bool(&self, key: &str, value: &str, operator: impl Fn(&Operator) -> bool) -> Truth {
        self.is_on(key, operator, |values| values.any(|text| text.eq_ignore_ascii_case(value).into()))
    }
}

/// What kind of value a narrowing key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An id that AWS gives out: organisation, account, VPC, endpoint, KMS key, service principal.
    Id,
    /// `o-…/r-…/ou-…`.
    OrgPath,
    /// An ARN whose account, or whose globally unique name, is fixed.
    Arn,
    /// `AIDA…`, `AROA…:session` or an account id.
    UserId,
    /// Address ranges.
    Addresses,
}

/// The kind of a narrowing key; nothing for a key that does not narrow.
fn kind(key: &str) -> Option<Kind> {
    Some(match key {
        "aws:principalorgid"
        | "aws:principalaccount"
        | "aws:principalservicename"
        | "aws:sourceaccount"
        | "aws:sourceowner"
        | "aws:sourceorgid"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:vpceaccount"
        | "aws:vpceorgid"
        | "aws:ec2instancesourcevpc"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "s3:x-amz-server-side-encryption-aws-kms-key-id" => Kind::Id,
        "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => Kind::OrgPath,
        "aws:principalarn"
        | "aws:sourcearn"
        | "aws:sourcevpcarn"
        | "ec2:sourceinstancearn"
        | "lambda:sourcefunctionarn"
        | "s3:dataaccesspointarn" => Kind::Arn,
        "aws:userid" => Kind::UserId,
        "aws:sourceip" => Kind::Addresses,
        _ => return None,
    })
}

/// The keys that the statement demands by `Null: {key: false}`, which makes up for an operator that lets
/// a missing key pass.
pub(super) fn demanded_keys(statement: &Statement) -> BTreeSet<&str> {
    let keys = statement.conditions.iter().filter_map(|condition| {
        let key = condition.key.as_ref().ok()?;
        (condition.values.known.len() == 1
            && condition.values.partial.is_empty()
            && condition.is_bool(key, "false", |operator| operator.is_plain("null")) == Truth::Yes)
            .then_some(key.as_str())
    });
    keys.collect()
}

/// Whether the statement's conditions keep out callers that nobody chose.
pub(super) fn narrows(statement: &Statement) -> Truth {
    let demanded = demanded_keys(statement);
    statement.any_condition(|condition| {
        chosen_set(condition, |operator, key| {
            (operator.demands_key() || demanded.contains(key)).then(|| operator.base.clone())
        })
    })
}

/// The operator of which this one, in lower case, is the negation.
pub(super) fn negated(base: &str) -> Option<&'static str> {
    Some(match base {
        "stringnotequals" => "stringequals",
        "stringnotequalsignorecase" => "stringequalsignorecase",
        "stringnotlike" => "stringlike",
        "arnnotequals" => "arnequals",
        "arnnotlike" => "arnlike",
        "notipaddress" => "ipaddress",
        _ => return None,
    })
}

/// Whether a Deny under these conditions leaves at most callers that somebody chose: every
/// condition is the negation of a narrowing one. With none, it leaves nobody.
pub(super) fn leaves_a_chosen_set(statement: &Statement) -> Truth {
    statement.every_condition(|condition| {
        chosen_set(condition, |operator, _| {
            // With ForAnyValue a request that lacks the key is not denied.
            if operator.quantifier == Some(Quantifier::Any) {
                return None;
            }
            negated(&operator.base).map(ToOwned::to_owned)
        })
    })
}

/// Whether the condition, read with the operator that `positive` makes of its own, describes a set
/// that somebody chose.
fn chosen_set(condition: &Condition, positive: impl Fn(&Operator, &str) -> Option<String>) -> Truth {
    let key = match &condition.key {
        Ok(key) => key,
        Err(gap) => return Truth::Open(Arc::clone(gap)),
    };
    let Some(kind) = kind(key) else { return Truth::No };
    let operator = match &condition.operator {
        Ok(operator) => operator,
        Err(gap) => return Truth::Open(Arc::clone(gap)),
    };
    let Some(base) = positive(operator, key) else { return Truth::No };
    if condition.values.is_absent() {
        return Truth::No;
    }
    let literal = match (kind, base.as_str()) {
        (Kind::Addresses, "ipaddress") => return chosen_addresses(&condition.values),
        (_, "stringequals" | "stringequalsignorecase") => true,
        (_, "stringlike" | "arnequals" | "arnlike") => false,
        _ => return Truth::No,
    };
    if literal {
        // Whatever a value turns out to be, to a literal operator it is one value and no pattern; an
        // empty one lets nobody in.
        return condition.values.all_known(|value| is_chosen(kind, value, literal).into());
    }
    condition.values.all(|value| is_chosen(kind, value, literal).into())
}

/// Whether a value is fixed. In a literal operator, `*` and `?` are ordinary characters.
fn is_chosen(kind: Kind, value: &str, literal: bool) -> bool {
    let value = without_resource_variables(value);
    if value.contains("${") {
        // A variable that the caller fills in, such as ${aws:PrincipalAccount}, fixes nothing.
        return false;
    }
    if literal {
        return true;
    }
    let fixed = |part: &str| !part.is_empty() && !globs::is_pattern(part);
    match kind {
        Kind::Id | Kind::Addresses => fixed(&value),
        Kind::OrgPath => value.split('/').next().is_some_and(fixed),
        Kind::UserId => value.split(':').next().is_some_and(fixed),
        Kind::Arn => {
            let parts: Vec<&str> = value.splitn(6, ':').collect();
            let [_, _, service, _, account, resource] = parts[..] else { return false };
            // Bucket names are unique in the world: no account is needed, but the whole name is.
            // Where an account may stand, it is one only if it is the name alone, for there are access
            // points too.
            let is_bucket = account.is_empty() || (service == "s3" && !resource.contains(['/', ':']));
            fixed(account) || (is_bucket && resource.split('/').next().is_some_and(fixed))
        }
    }
}

/// Variables about the resource are ours and therefore fixed.
fn without_resource_variables(value: &str) -> String {
    let mut value = value.to_owned();
    for variable in ["${aws:resourceaccount}", "${aws:resourceorgid}"] {
        while let Some(at) = value.to_ascii_lowercase().find(variable) {
            value.replace_range(at..at + variable.len(), "resource");
        }
    }
    value
}

/// Whether the ranges are chosen: none broader than a /8 (IPv4) or a /32 (IPv6), the bounds of S3's
/// own definition, private ranges apart, and not the whole internet together.
fn chosen_addresses(values: &Texts) -> Truth {
    let mut together = Addresses::default();
    let each = Truth::all(values.known.iter().map(|value| match Addresses::parse(value) {
        None => Truth::unresolved(format!("{value:?} is no address range")),
        Some((set, breadth)) => {
            together.add(&set);
            (!breadth.is_very_broad() || !set.meets_the_internet()).into()
        }
    }));
    // What is unknown of a range but not its length, is no broad range where the length says so, be it
    // one of IPv4 or of IPv6.
    let partial = values.partial.iter().map(|partial| {
        let length = partial.narrow.rsplit_once('/').and_then(|(_, length)| length.parse::<u8>().ok());
        if length.is_some_and(|length| length >= 32) { Truth::Yes } else { partial.open() }
    });
    let rest = values.gap.iter().map(|gap| Truth::Open(Arc::clone(gap)));
    each.and(Truth::from(!together.covers_the_internet())).and(Truth::all(partial.chain(rest)))
}
