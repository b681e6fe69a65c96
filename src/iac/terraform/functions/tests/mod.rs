use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::super::origin::Origin;
use super::super::super::value::{Part, Reference, Unknown, Value};
use super::*;
use crate::model::gap::GapCode;

mod collections;
mod encoding;
mod files;
mod numbers;
mod text;
mod unknowns;

/// No file is read in most tests.
fn nonexistent() -> PathBuf {
    PathBuf::from("/nonexistent")
}

fn nowhere() -> Files {
    Files { root: nonexistent(), module: nonexistent(), code: nonexistent() }
}

fn value(json: &str) -> Value {
    Value::from_json(&serde_json::from_str(json).expect("the table holds JSON"))
}

/// Calls a function with these arguments, written as a JSON list.
fn called(name: &str, args: &str) -> Outcome {
    let Value::List(args) = value(args) else { panic!("arguments of {name} are a list") };
    call(name, &args, &nowhere())
}

/// Checks a table of function, arguments and expected result; `error` where Terraform gives one. The
/// expected values are those that Terraform 1.11.4 printed.
fn check(table: &[(&str, &str, &str)]) {
    for (name, args, expected) in table {
        match called(name, args) {
            Ok(result) if *expected != "error" => {
                let text = match convert::json_text(&result) {
                    Ok(Value::Text(text)) => text,
                    other => panic!("{name}{args} gave {other:?}"),
                };
                assert_eq!(text.as_ref(), *expected, "{name}{args}");
            }
            Err(FunctionError::Arguments(_)) if *expected == "error" => {}
            other => panic!("{name}{args} gave {other:?} and not {expected}"),
        }
    }
}

#[test]
fn the_registry_is_in_order_and_complete() {
    assert!(FUNCTIONS.is_sorted_by(|before, after| before.name < after.name));
    assert!(FUNCTIONS.len() >= 110, "{}", FUNCTIONS.len());
    assert_eq!(call("nope", &[], &nowhere()), Err(FunctionError::Unknown("nope".to_owned())));
    assert_eq!(call("core::upper", &[Value::text("a")], &nowhere()), Ok(Value::text("A")));
    assert!(matches!(call("upper", &[], &nowhere()), Err(FunctionError::Arguments(_))));
}

fn reference(address: &str) -> Reference {
    Reference { address: address.to_owned(), attribute: "id".to_owned(), whole: true, instance: true }
}

/// An attribute of another block.
fn attribute(expression: &str) -> Arc<Unknown> {
    let address = expression.trim_end_matches(".id");
    let origin = Origin::attribute(address, "id");
    Arc::new(Unknown::new(GapCode::KnownAfterApply, expression).from(origin).of(vec![reference(address)]))
}

fn any_unknown() -> impl Strategy<Value = Arc<Unknown>> {
    prop_oneof![
        Just(attribute("aws_x.y.id")),
        Just(Arc::new(Unknown::new(GapCode::Unresolved, "var.a"))),
        Just(Arc::new(Unknown::new(GapCode::Sensitive, "var.s"))),
        Just(Arc::new(Unknown::new(GapCode::Unresolved, "elements of var.l").from(Origin::input("", "var.l").rest()))),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[%a-z0-9.,:/\\-+*\\[\\](){}$\\\\|^ \n\"']{0,12}",
        prop::sample::select(vec![
            "10.0.0.0/8",
            "::/0",
            "fd00::/16",
            "2020-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "%d",
            "%s %v",
            "%999999999d",
            "/(a*)*/",
            "((a{1,100}){1,100}){1,100}",
            "1e308",
            "-1h",
            "99999999h",
            "{\"a\":[1]}",
            "- &a [*a]",
            "a: &a {b: 1}\n<<: *a",
            "UTF-16LE",
            "YYYY",
            "é👨\u{200d}👩",
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        (-40_i32..140).prop_map(|number| Value::Number(f64::from(number))),
        any_text().prop_map(|text| Value::text(&text)),
        any_unknown().prop_map(Value::Unknown),
        (any_text(), any_unknown(), any_text()).prop_map(|(before, unknown, after)| {
            Value::Template(Arc::from([Part::Text(before.into()), Part::Unknown(unknown), Part::Text(after.into())]))
        }),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
            prop::collection::btree_map("[a-c]{1,2}", inner.clone(), 0..4).prop_map(|members| {
                Value::map(members.into_iter().map(|(key, member)| (Arc::from(key), member)).collect())
            }),
            inner.prop_map(|inner| Value::Json(Arc::new(inner))),
        ]
    })
}

/// Whether a text is made of parts as [`Value`] promises, at all depths.
fn sound(value: &Value) -> bool {
    match value {
        Value::Template(parts) => parts.iter().any(|part| matches!(part, Part::Unknown(_))),
        Value::List(items) => items.iter().all(sound),
        Value::Map(members) => members.values().all(sound),
        Value::Json(inner) => sound(inner),
        Value::Number(number) => number.is_finite(),
        _ => true,
    }
}

/// Whether it is known, of plain JSON, and its numbers are read back as they are written.
fn exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => (number * 8.0).fract() == 0.0 && number.abs() < 1e12 && number.is_sign_positive(),
        Value::List(items) => items.iter().all(exact),
        Value::Map(members) => members.values().all(exact),
        Value::Json(_) | Value::Template(_) | Value::Unknown(_) => false,
        Value::Null | Value::Bool(_) | Value::Text(_) => true,
    }
}

/// The same without numbers that no code can write.
fn finite(value: Value) -> Value {
    match value {
        Value::Number(number) if !number.is_finite() => Value::Null,
        Value::List(items) => Value::list(items.iter().cloned().map(finite).collect()),
        Value::Map(members) => {
            Value::map(members.iter().map(|(key, member)| (Arc::clone(key), finite(member.clone()))).collect())
        }
        Value::Json(inner) => Value::Json(Arc::new(finite(inner.as_ref().clone()))),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_function_panics_whatever_it_is_given(args in prop::collection::vec(any_value(), 0..5)) {
        let args: Vec<Value> = args.into_iter().map(finite).collect();
        for function in FUNCTIONS {
            if let Ok(result) = call(function.name, &args, &nowhere()) {
                prop_assert!(sound(&result), "{} gave {:?}", function.name, result);
            }
        }
    }

    #[test]
    fn one_argument_of_each_kind_is_enough_for_no_panic(arg in any_value(), text in any_text(), number in -3_i32..40) {
        let (arg, text, number) = (finite(arg), Value::text(&text), Value::Number(f64::from(number)));
        for function in FUNCTIONS {
            for args in [
                vec![arg.clone()],
                vec![arg.clone(), text.clone()],
                vec![text.clone(), arg.clone()],
                vec![arg.clone(), number.clone()],
                vec![arg.clone(), number.clone(), number.clone()],
                vec![text.clone(), text.clone(), arg.clone()],
            ] {
                if let Ok(result) = call(function.name, &args, &nowhere()) {
                    prop_assert!(sound(&result), "{} gave {:?}", function.name, result);
                }
            }
        }
    }

    #[test]
    fn what_is_unknown_never_becomes_known_by_being_written(inner in any_value()) {
        let inner = finite(inner);
        if let Ok(text) = convert::json_text(&inner) {
            prop_assert_eq!(text.is_known(), inner.is_known());
        }
    }

    #[test]
    fn known_json_survives_being_written_and_read(inner in any_value()) {
        let inner = finite(inner);
        if exact(&inner) {
            let text = convert::json_text(&inner).expect("short");
            prop_assert_eq!(json_of(&text), Some(inner));
        }
    }
}

/// A map of these members.
fn map(members: &[(&str, Value)]) -> Value {
    let members: BTreeMap<Arc<str>, Value> =
        members.iter().map(|(key, member)| (Arc::from(*key), member.clone())).collect();
    Value::map(members)
}
