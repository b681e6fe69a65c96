//! What the sources know of a value that the plan does not.
//!
//! A plan keeps nothing of a value of which a part is unknown: a policy with one new ARN is unknown as a
//! whole. The same policy, evaluated from its source, is known but for that ARN. What the plan does know
//! is always kept: it was made with the values of all variables, and with what the providers answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::instances::resource;
use crate::iac::terraform::functions;
use crate::iac::value::{Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// The most nested blocks of one kind that are brought into the order of the sources.
const BLOCK_LIMIT: usize = 128;

/// Completes the body of a block of the plan with that of the same block in the sources. `left_out` are
/// arguments that are unknown in the plan and were taken for not written. Lists whose elements are brought
/// into the order of the sources are the ones whose lines the sources' are.
pub(super) fn body(plan: &mut Value, source: &Value, left_out: &[Arc<str>]) {
    let (Value::Map(members), Value::Map(written)) = (&mut *plan, source) else { return };
    let members = Arc::make_mut(members);
    for name in left_out {
        match written.get(name) {
            Some(value) if !value.is_null() && !members.contains_key(name) => {
                members.insert(Arc::clone(name), value.clone());
            }
            _ => {}
        }
    }
    value(plan, source);
}

/// Leaves out what is at a path of the plan where the same block of the sources has nothing: nobody wrote
/// it. `path` has the positions of the plan's lists.
pub(super) fn leave_out(plan: &mut Value, source: &Value, path: &[Arc<str>]) {
    let [step, rest @ ..] = path else { return };
    match (plan, source) {
        (Value::Map(members), Value::Map(written)) => match written.get(step) {
            None | Some(Value::Null) => {
                Arc::make_mut(members).remove(step);
            }
            Some(source) => {
                if let Some(member) = Arc::make_mut(members).get_mut(step) {
                    leave_out(member, source, rest);
                }
            }
        },
        (Value::List(items), Value::List(written)) if items.len() == written.len() => {
            let Ok(position) = step.parse::<usize>() else { return };
            if let (Some(item), Some(source)) = (Arc::make_mut(items).get_mut(position), written.get(position)) {
                leave_out(item, source, rest);
            }
        }
        _ => {}
    }
}

fn value(plan: &mut Value, source: &Value) {
    match (&mut *plan, source) {
        (Value::Unknown(unknown), source) if unknown.code == GapCode::KnownAfterApply => {
            if let Some(better) = better(unknown, source) {
                *plan = better;
            }
        }
        (Value::Map(members), Value::Map(source)) if !members.values().all(is_simple) => {
            for (name, member) in Arc::make_mut(members) {
                if let Some(source) = source.get(name) {
                    value(member, source);
                }
            }
        }
        (Value::List(items), Value::List(source)) if !items.iter().all(is_simple) => {
            // A `dynamic` block over an unknown collection: the plan has one block in its place.
            if let ([item], [rest @ Value::Unknown(unknown)]) = (items.as_slice(), source.as_slice())
                && unknown.code == GapCode::KnownAfterApply
                && functions::is_rest(rest)
                && !item.is_known()
            {
                *plan = Value::List(Arc::clone(source));
                return;
            }
            let items = Arc::make_mut(items);
            if in_order(items, source) {
                for (item, source) in items.iter_mut().zip(source.iter()) {
                    value(item, source);
                }
            }
        }
        (Value::Json(inner), Value::Json(source)) => value(Arc::make_mut(inner), source),
        _ => {}
    }
}

/// Whether there is nothing in it to complete or to put in order.
fn is_simple(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_))
}

/// What the sources say in place of an unknown value, if that is more.
fn better(unknown: &Unknown, source: &Value) -> Option<Value> {
    match source {
        Value::Null => None,
        Value::Unknown(other) if other.code == GapCode::Sensitive || other.references.is_empty() => None,
        // It stays what the plan says it is: known after apply.
        Value::Unknown(other) => Some(Value::Unknown(Arc::new(Unknown {
            code: unknown.code,
            references: other.references.iter().map(|reference| pointed(reference, &unknown.references)).collect(),
            ..(**other).clone()
        }))),
        source => Some(source.clone()),
    }
}

/// A reference of the sources, to the instance that the plan knows it is to.
fn pointed(reference: &Reference, plan: &[Reference]) -> Reference {
    let same = |other: &&Reference| {
        other.instance
            && other.attribute == reference.attribute
            && resource(&other.address) == resource(&reference.address)
    };
    match plan.iter().find(same) {
        Some(other) if !reference.instance => Reference { whole: reference.whole, ..other.clone() },
        _ => reference.clone(),
    }
}

/// Brings the elements of a list of the plan into the order of the sources: a set is sorted in a plan.
/// False where they are not the same elements.
fn in_order(items: &mut Vec<Value>, source: &[Value]) -> bool {
    if items.len() != source.len() || items.len() > BLOCK_LIMIT {
        return false;
    }
    if items.len() < 2 {
        return true;
    }
    let mut taken = vec![false; items.len()];
    let mut order = Vec::with_capacity(items.len());
    for wanted in source {
        let best = (0..items.len())
            .filter(|at| !taken[*at])
            .filter_map(|at| Some((agreement(&items[at], wanted)?, std::cmp::Reverse(at))))
            .max();
        let Some((_, std::cmp::Reverse(at))) = best else { return false };
        taken[at] = true;
        order.push(at);
    }
    let mut old: Vec<Value> = std::mem::take(items);
    items.extend(order.into_iter().map(|at| std::mem::take(&mut old[at])));
    true
}

/// How much of two values is known and the same; `None` where they cannot be one.
fn agreement(plan: &Value, source: &Value) -> Option<u32> {
    match (plan, source) {
        (Value::Map(plan), Value::Map(source)) => {
            let mut sum = 0_u32;
            for (name, source) in source.iter() {
                sum = sum.saturating_add(agreement(plan.get(name).unwrap_or(&Value::Null), source)?);
            }
            Some(sum)
        }
        (Value::List(plan), Value::List(source)) if plan.iter().chain(source.iter()).all(is_simple) => {
            let sorted = |items: &[Value]| {
                let mut texts: Vec<String> = items.iter().filter_map(scalar).collect();
                texts.sort_unstable();
                texts
            };
            (sorted(plan) == sorted(source)).then_some(1)
        }
        (Value::Null, source) => match source {
            Value::Bool(true) => None,
            Value::Text(text) if !text.is_empty() => None,
            Value::Number(number) if *number != 0.0 => None,
            _ => Some(0),
        },
        (plan, source) => match (scalar(plan), scalar(source)) {
            (Some(plan), Some(source)) => (plan == source).then_some(1),
            _ => Some(0),
        },
    }
}

/// A scalar as text: the provider's types decide whether `443` or `"443"` is kept.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Leaves out the lines of nested blocks that the body of the plan has in another order, or in another
/// number, than the sources.
pub(super) fn spans(
    plan: &Value,
    source: &Value,
    spans: &BTreeMap<String, (u32, u32)>,
) -> BTreeMap<String, (u32, u32)> {
    spans
        .iter()
        .filter(|(path, _)| {
            let (mut plan, mut source) = (Some(plan), Some(source));
            path.split('/').all(|step| {
                let same = match (plan, source) {
                    (Some(Value::List(plan)), Some(Value::List(source))) => match step.parse::<usize>() {
                        Ok(at) => {
                            plan.len() == source.len()
                                && matches!((plan.get(at), source.get(at)), (Some(plan), Some(source)) if agreement(plan, source).is_some())
                        }
                        Err(_) => true,
                    },
                    _ => true,
                };
                plan = plan.and_then(|value| child(value, step));
                source = source.and_then(|value| child(value, step));
                same
            })
        })
        .map(|(path, lines)| (path.clone(), *lines))
        .collect()
}

fn child<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match value {
        Value::List(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iac::value::Part;

    fn known(json: &serde_json::Value) -> Value {
        Value::from_json(json)
    }

    fn with(mut body: Value, name: &str, value: Value) -> Value {
        if let Value::Map(members) = &mut body {
            Arc::make_mut(members).insert(Arc::from(name), value);
        }
        body
    }

    fn open(expression: &str) -> Value {
        Value::unknown(GapCode::KnownAfterApply, expression)
    }

    #[test]
    fn an_unknown_policy_is_what_the_source_says() {
        let template = Value::Template(Arc::from([
            Part::Unknown(Arc::new(Unknown::new(GapCode::KnownAfterApply, "aws_s3_bucket.a.arn"))),
            Part::Text(Arc::from("/*")),
        ]));
        let policy = Value::Json(Arc::new(with(known(&json!({"Effect": "Allow"})), "Resource", template)));
        let mut plan = with(known(&json!({"bucket": "a"})), "policy", open("aws_s3_bucket.a.arn"));
        let source = with(known(&json!({"bucket": "other"})), "policy", policy.clone());
        body(&mut plan, &source, &[]);
        assert_eq!(plan.get("policy"), Some(&policy));
        // What the plan knows it knows better.
        assert_eq!(plan.get("bucket"), Some(&Value::text("a")));
    }

    #[test]
    fn what_is_sensitive_in_the_plan_stays_so() {
        let mut plan = with(known(&json!({})), "password", Value::unknown(GapCode::Sensitive, "var.password"));
        body(&mut plan, &known(&json!({"password": "s3cret"})), &[]);
        assert!(matches!(plan.get("password"), Some(Value::Unknown(_))));
    }

    #[test]
    fn the_source_tells_what_a_local_refers_to() {
        let reference =
            Reference { address: "aws_kms_key.a".to_owned(), attribute: "arn".to_owned(), whole: true, instance: true };
        let found = Unknown::new(GapCode::KnownAfterApply, "local.key").of(vec![reference]);
        let mut plan = with(known(&json!({})), "kms_key_id", open("local.key"));
        body(&mut plan, &with(known(&json!({})), "kms_key_id", Value::Unknown(Arc::new(found.clone()))), &[]);
        assert_eq!(plan.get("kms_key_id"), Some(&Value::Unknown(Arc::new(found))));
        // A variable, which the sources alone do not know, tells nothing more.
        let before = plan.clone();
        body(&mut plan, &with(known(&json!({})), "kms_key_id", Value::unknown(GapCode::Unresolved, "var.key")), &[]);
        assert_eq!(plan, before);
    }

    #[test]
    fn what_was_taken_for_not_written_is_there_if_the_source_has_it() {
        let left_out = [Arc::from("logging"), Arc::from("acl")];
        let mut plan = known(&json!({}));
        body(&mut plan, &with(known(&json!({"tags": {}})), "logging", open("a dynamic block")), &left_out);
        assert_eq!(plan.get("logging"), Some(&open("a dynamic block")));
        assert_eq!((plan.get("acl"), plan.get("tags")), (None, None));
    }

    #[test]
    fn elements_of_sets_are_found_again_in_the_order_of_the_source() {
        let rule = |port: u32, cidr: Value| with(known(&json!({"from_port": port, "self": false})), "cidr", cidr);
        let mut plan = with(
            known(&json!({})),
            "ingress",
            Value::list(vec![rule(22, open("a.cidr")), rule(443, Value::text("10.0.0.0/8"))]),
        );
        let template = Value::Template(Arc::from([
            Part::Unknown(Arc::new(Unknown::new(GapCode::KnownAfterApply, "a.ip"))),
            Part::Text(Arc::from("/32")),
        ]));
        let source_rule = |port: &str, cidr: Value| with(known(&json!({"from_port": port})), "cidr", cidr);
        let source = with(
            known(&json!({})),
            "ingress",
            Value::list(vec![source_rule("443", Value::text("10.0.0.0/8")), source_rule("22", template.clone())]),
        );
        body(&mut plan, &source, &[]);
        let Some(Value::List(rules)) = plan.get("ingress") else { panic!("no list") };
        assert_eq!(rules[0].get("from_port"), Some(&Value::Number(443.0)));
        assert_eq!(rules[1].get("cidr"), Some(&template));
    }

    #[test]
    fn lines_of_blocks_that_are_not_the_same_are_left_out() {
        let lines = BTreeMap::from([
            ("name".to_owned(), (1, 1)),
            ("rule/0".to_owned(), (2, 4)),
            ("rule/0/port".to_owned(), (3, 3)),
            ("rule/1/port".to_owned(), (6, 6)),
        ]);
        let plan = known(&json!({"name": "a", "rule": [{"port": 1}, {"port": 3}]}));
        let source = known(&json!({"name": "a", "rule": [{"port": 1}, {"port": 2}]}));
        let kept: Vec<String> = spans(&plan, &source, &lines).into_keys().collect();
        assert_eq!(kept, ["name", "rule/0", "rule/0/port"]);
        let source = known(&json!({"name": "a", "rule": [{"port": 1}]}));
        let kept: Vec<String> = spans(&plan, &source, &lines).into_keys().collect();
        assert_eq!(kept, ["name"]);
    }
}
