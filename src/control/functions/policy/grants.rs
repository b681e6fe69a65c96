//! What an identity policy gives its holder: administration, whole services, roles to pass, and
//! ways to raise one's own privileges.

use std::collections::BTreeMap;

use super::super::globs;
use super::super::truth::{Truth, answer_list};
use super::super::{Fault, argument};
use super::condition::{Condition, Operator, negated};
use super::escalations::ESCALATIONS;
use super::view::{PARTITIONS, Patterns, Statement, is_everything, statements};
use crate::model::tree::Tree;

/// What takes back a grant: the other statements of the document, and what of them counts.
#[derive(Clone, Copy)]
struct Denial<'s, R, C> {
    statements: &'s [Statement],
    /// Whether a resource pattern is broad for what is granted.
    broad: R,
    /// Whether a condition of a Deny lets no more through than does no harm.
    harmless: C,
}

impl<R: Fn(&str) -> bool + Copy, C: Fn(&Condition) -> Truth> Denial<'_, R, C> {
    /// Whether the Deny refuses whatever the Allow grants on broad resources. Of its conditions, one
    /// that the Allow has as well holds whenever the Allow does.
    fn applies(&self, deny: &Statement, allow: &Statement) -> Truth {
        let answer = deny.denies_all_callers();
        if answer == Truth::No || deny.actions.is_absent() {
            return Truth::No;
        }
        answer
            .and(deny.resources.broad(self.broad))
            .and(deny.every_condition(|condition| allow.has_condition(condition).or((self.harmless)(condition))))
    }

    /// Whether a Deny whose actions hold the test takes back what the Allow grants.
    fn takes_back(&self, allow: &Statement, actions: impl Fn(&Patterns) -> Truth) -> Truth {
        Truth::any(self.statements.iter().map(|deny| {
            let answer = self.applies(deny, allow);
            if answer == Truth::No { answer } else { answer.and(actions(&deny.actions)) }
        }))
    }

    /// What remains of the action pattern: itself, and of a Deny of all actions but some, those within
    /// it that are a whole service.
    fn remains(&self, allow: &Statement, pattern: &str) -> Vec<(String, Truth)> {
        let mut all = vec![(pattern.to_owned(), Truth::Yes)];
        for deny in self.statements {
            let applies = self.applies(deny, allow);
            if applies == Truth::No {
                continue;
            }
            let mut left: BTreeMap<String, Truth> = BTreeMap::new();
            let mut put = |pattern: &str, truth: Truth| {
                let other = left.remove(pattern).unwrap_or(Truth::No);
                left.insert(pattern.to_owned(), other.or(truth));
            };
            for (pattern, truth) in &all {
                let taken = applies.clone().and(deny.actions.includes(pattern));
                let cut = if deny.actions.all_but.is_absent() {
                    Truth::No
                } else {
                    let spared = deny.actions.all_but.any(|spared| globs::contains(spared, pattern).into());
                    applies.clone().and(spared.negate())
                };
                put(pattern, truth.clone().and(taken.or(cut).negate()));
                let spared = deny.actions.all_but.known.iter().filter(|spared| is_service_wildcard(spared));
                for spared in spared.filter(|spared| globs::contains(pattern, spared) && *spared != pattern) {
                    put(spared, truth.clone().and(applies.clone()));
                }
            }
            all = left.into_iter().filter(|(_, truth)| *truth != Truth::No).collect();
        }
        all
    }
}

/// Denials of which any condition lets too much through.
fn denial<R: Fn(&str) -> bool + Copy>(
    statements: &[Statement],
    broad: R,
) -> Denial<'_, R, impl Fn(&Condition) -> Truth + Copy> {
    Denial { statements, broad, harmless: |_: &Condition| Truth::No }
}

/// Whether the statement grants these actions, wherever and however conditioned. A statement
/// without actions grants none.
fn grants(statement: &Statement, actions: &str) -> Truth {
    if statement.actions.is_absent() {
        return Truth::No;
    }
    statement.allow.clone().and(statement.actions.includes(actions))
}

/// The actions that give permissions to a user, group or role at once. Whoever has them and all the
/// rest but a little has everything.
const GIVES_PERMISSIONS: [&str; 7] = [
    "iam:attachuserpolicy",
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:putuserpolicy",
    "iam:putgrouppolicy",
    "iam:putrolepolicy",
    "iam:createpolicyversion",
];

/// Whether the resources are all, or all but some that leave users, groups, roles and policies in.
fn reaches_everything(resources: &Patterns) -> Truth {
    let everything = resources.these.any(|pattern| is_everything(pattern).into());
    if resources.all_but.is_absent() {
        return everything;
    }
    let spares_iam = |pattern: &str| !is_everything(pattern) && !is_every_of_type(pattern, "?*");
    everything.or(resources.all_but.all(|pattern| spares_iam(pattern).into()))
}

/// `policy.allows_admin(policy)`.
pub(in crate::control::functions) fn allows_admin(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let reaches: Vec<Truth> = statements
        .iter()
        .map(|statement| {
            let has_actions = Truth::from(!statement.actions.is_absent());
            let answer = has_actions.and(statement.allow.clone());
            answer.and(reaches_everything(&statement.resources)).and(statement.unconditional())
        })
        .collect();
    let denial = denial(&statements, is_everything);
    Truth::any(statements.iter().enumerate().map(|(index, allow)| {
        if reaches[index] == Truth::No {
            return Truth::No;
        }
        let all_but = &allow.actions.all_but;
        let all_but_little = if all_but.is_absent() {
            Truth::No
        } else {
            // What it leaves out is little, or is granted by others.
            let little = Truth::any(GIVES_PERMISSIONS.iter().map(|action| allow.actions.includes(action)));
            let given_by_others = |pattern: &str| {
                let others = statements.iter().enumerate().filter(|(other, _)| *other != index);
                Truth::any(others.map(|(other, statement)| {
                    if reaches[other] == Truth::No {
                        return Truth::No;
                    }
                    reaches[other].clone().and(statement.actions.includes(pattern))
                }))
            };
            little.or(all_but.all(given_by_others))
        };
        let granted = reaches[index].clone().and(allow.actions.includes("*").or(all_but_little));
        if granted == Truth::No {
            return granted;
        }
        granted.and(denial.takes_back(allow, takes_most).negate())
    }))
    .answer()
}

/// Whether the actions of a Deny leave no more than some that they name.
fn takes_most(actions: &Patterns) -> Truth {
    let all = actions.includes("*");
    if actions.all_but.is_absent() {
        return all;
    }
    all.or(actions.all_but.all(|spared| (spared != "*").into()))
}

/// Whether the pattern takes in every name.
fn is_any_name(name: &str) -> bool {
    globs::contains(name, "?*")
}

/// Whether an action pattern takes in a whole service.
fn is_service_wildcard(pattern: &str) -> bool {
    pattern == "*" || pattern.split_once(':').is_some_and(|(_, name)| is_any_name(name))
}

/// `policy.service_wildcards(policy)`.
///
/// The rule knows no excuse by condition: within its conditions, the grant is a whole service.
pub(in crate::control::functions) fn service_wildcards(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let denial = denial(&statements, is_everything);
    let mut entries = Vec::new();
    for statement in statements.iter() {
        let granted = statement.allow.clone().and(statement.resources.broad(is_everything));
        if granted == Truth::No {
            continue;
        }
        for pattern in statement.actions.these.known.iter().filter(|pattern| is_service_wildcard(pattern)) {
            for (left, truth) in denial.remains(statement, pattern) {
                entries.push((Tree::Str(left.into()), granted.clone().and(truth)));
            }
        }
        for partial in &statement.actions.these.partial {
            let whole = partial.test(|pattern| is_service_wildcard(pattern).into());
            let taken = denial.takes_back(statement, |actions| {
                let kept = actions.all_but.any(|spared| globs::intersects(spared, &partial.broad).into());
                let cut = if actions.all_but.is_absent() { Truth::No } else { kept.negate() };
                actions.includes(&partial.narrow).or(cut)
            });
            entries.push((Tree::Str(partial.text.as_str().into()), granted.clone().and(whole).and(taken.negate())));
        }
        let all_but = &statement.actions.all_but;
        if !all_but.is_uncertain() {
            let name = format!("all but {}", all_but.listed().join(", "));
            for (left, truth) in denial.remains(statement, "*") {
                let outside = all_but.any(|pattern| globs::contains(pattern, &left).into()).negate();
                let entry = if left == "*" { name.as_str() } else { left.as_str() };
                entries.push((Tree::Str(entry.into()), granted.clone().and(truth).and(outside)));
            }
        }
        for gap in [&statement.actions.these.gap, &all_but.gap].into_iter().flatten() {
            entries.push((Tree::Null, granted.clone().and(Truth::Open(gap.clone()))));
        }
    }
    answer_list(entries)
}

/// The action that passes a role, in lower case.
const PASS_ROLE: &str = "iam:passrole";

/// Whether a resource pattern means every role of an account, or more.
fn is_every_role(pattern: &str) -> bool {
    is_everything(pattern) || is_every_of_type(pattern, "role/*")
}

/// Whether the pattern is an ARN whose resource part takes in all of `resources`.
fn is_every_of_type(pattern: &str, resources: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    match parts[..] {
        [_, _, service, _, _, resource] if globs::matches(service, "iam") && globs::contains(resource, resources) => {
            true
        }
        _ => {
            PARTITIONS.iter().any(|partition| globs::contains(pattern, &format!("arn:{partition}:iam::*:{resources}")))
        }
    }
}

/// Whether a pattern that has not all the parts of an ARN takes in all resources of a service, for a
/// wildcard reaches over colons: `arn:aws:iam::*`.
fn is_whole_service(pattern: &str, service: &str) -> bool {
    PARTITIONS.iter().any(|partition| globs::contains(pattern, &format!("arn:{partition}:{service}::*:?*")))
}

/// `policy.allows_passrole_wildcard(policy)`.
pub(in crate::control::functions) fn allows_passrole_wildcard(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let denial = denial(&statements, is_every_role);
    Truth::any(statements.iter().map(|statement| {
        let granted = grants(statement, PASS_ROLE).and(statement.resources.broad(is_every_role));
        if granted == Truth::No {
            return granted;
        }
        granted.and(denial.takes_back(statement, |actions| actions.includes(PASS_ROLE)).negate())
    }))
    .answer()
}

/// What an action acts on: the services in the ARNs of its resources, and the kind of resource, where
/// the service has several (service authorization reference, "Resource types").
fn acts_on(action: &str) -> (Vec<&str>, Option<&'static str>) {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    match service {
        "sts" => (vec!["iam"], Some("role/*")),
        "ssm" => (vec!["ssm", "ec2"], None),
        "ec2-instance-connect" => (vec!["ec2"], None),
        "iam" if name.contains("policyversion") => (vec!["iam"], Some("policy/*")),
        "iam" if name.contains("group") => (vec!["iam"], Some("group/*")),
        "iam" if name.contains("role") => (vec!["iam"], Some("role/*")),
        "iam" => (vec!["iam"], Some("user/*")),
        service => (vec![service], None),
    }
}

/// Whether a resource pattern takes in everything, or all that the action acts on of a kind:
/// `arn:aws:iam::*:user/*` for a user's access keys. All objects of one bucket are no such thing.
fn is_broad(pattern: &str, action: &str) -> bool {
    if is_everything(pattern) {
        return true;
    }
    let (services, kind) = acts_on(action);
    if services.iter().any(|service| is_whole_service(pattern, service)) {
        return true;
    }
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [_, _, service, _, _, resource] = parts[..] else {
        return kind.is_some_and(|kind| services.contains(&"iam") && is_every_of_type(pattern, kind));
    };
    if !services.iter().any(|own| globs::matches(service, own)) {
        return false;
    }
    if let Some(kind) = kind {
        return globs::contains(resource, kind);
    }
    is_any_name(resource.split_once(['/', ':']).map_or(resource, |(_, name)| name))
}

/// Whether the condition limits what may be done, so that the action no longer serves to escalate:
/// which policy, which boundary, which tagged resource, which service a role goes to. Conditions
/// on who, when and from where do not. `positive` is the operator under which what goes through
/// matches the values.
fn limits(condition: &Condition, passes_to: &[&str], positive: impl Fn(&str) -> Option<&'static str>) -> Truth {
    let key = match &condition.key {
        Ok(key) => key.as_str(),
        Err(gap) => return Truth::Open(gap.clone()),
    };
    match &condition.operator {
        Ok(operator) if positive(&operator.base).is_some() => {}
        Ok(_) => return Truth::No,
        Err(gap) => return Truth::Open(gap.clone()),
    }
    if key == "iam:passedtoservice" {
        let reached = |value: &str| Truth::from(passes_to.iter().any(|service| globs::matches(value, service)));
        return if passes_to.is_empty() { Truth::No } else { condition.values.any(reached).negate() };
    }
    let says_what = key.starts_with("iam:") || key.contains(":resourcetag/") || key.starts_with("aws:requesttag/");
    if !says_what {
        return Truth::No;
    }
    condition.values.all(|value| (!value.bytes().all(|c| c == b'*')).into())
}

/// Whether the condition of an Allow limits what may be done.
fn allow_limits(condition: &Condition, passes_to: &[&str]) -> Truth {
    limits(condition, passes_to, |base| {
        ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"]
            .into_iter()
            .find(|positive| *positive == base)
    })
}

/// Whether a Deny under the condition leaves only what is so limited. With `ForAnyValue`, a request
/// without the key is not refused.
fn deny_leaves_limited(condition: &Condition, passes_to: &[&str]) -> Truth {
    if condition.operator.as_ref().is_ok_and(Operator::is_for_any_value) {
        return Truth::No;
    }
    limits(condition, passes_to, negated)
}

fn allowed(statements: &[Statement], action: &str, passes_to: &[&str]) -> Truth {
    let broad = |pattern: &str| is_broad(pattern, action);
    let denial =
        Denial { statements, broad, harmless: |condition: &Condition| deny_leaves_limited(condition, passes_to) };
    Truth::any(statements.iter().map(|statement| {
        let answer = grants(statement, action);
        if answer == Truth::No {
            return answer;
        }
        let answer = answer
            .and(statement.resources.broad(broad))
            .and(statement.any_condition(|condition| allow_limits(condition, passes_to)).negate());
        if answer == Truth::No {
            return answer;
        }
        answer.and(denial.takes_back(statement, |actions| actions.includes(action)).negate())
    }))
}

/// `policy.escalations(policy)`.
pub(in crate::control::functions) fn escalations(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    // An action of several ways is looked at once.
    let mut seen: BTreeMap<(&str, &[&str]), Truth> = BTreeMap::new();
    answer_list(ESCALATIONS.iter().map(|escalation| {
        let answer = Truth::all(escalation.actions.iter().map(|action| {
            let passes_to = if *action == "iam:PassRole" { escalation.passes_to } else { &[] };
            let truth = seen
                .entry((action, passes_to))
                .or_insert_with(|| allowed(&statements, &action.to_ascii_lowercase(), passes_to));
            truth.clone()
        }));
        (Tree::Str(escalation.actions.join(" + ").into()), answer)
    }))
}
