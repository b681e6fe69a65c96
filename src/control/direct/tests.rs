//! In every test of this crate, [`Expression::evaluate`] compares what comes of the short way with
//! the interpreter. Here, generated expressions over generated resources make it do so, and
//! examples show that the short way is taken where it should be.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::control::expression::Expression;
use crate::control::load::Library;
use crate::model::gap::{Gap, GapCode};

fn variables<'a>(resource: &'a Tree, parameters: &'a Tree) -> Variables<'a> {
    Variables {
        resource: Some(resource),
        resources: None,
        parameters,
        account: "123456789012",
        region: "us-east-1",
        now: 1_780_272_000,
    }
}

fn short(source: &str, resource: &Json, unknown: &[&str]) -> Option<bool> {
    let unknown: BTreeMap<String, Gap> =
        unknown.iter().map(|at| ((*at).to_owned(), Gap::new(GapCode::AccessDenied, ""))).collect();
    let resource = Tree::with_unknown(resource, &unknown);
    let parameters = Tree::known(&json!({"days": 90, "tag": "Owner"}));
    let expression = Expression::compile(source).expect("compiles");
    // The comparison with the interpreter is made in here.
    expression.evaluate(&variables(&resource, &parameters)).outcome.ok();
    let code = translate(expression.ast())?;
    run(&code, &variables(&resource, &parameters)).map(|(answer, _)| answer)
}

#[test]
fn what_is_known_is_judged_the_short_way() {
    let resource = json!({
        "on": true, "name": "a", "n": 3, "then": "2026-03-01T12:00:00Z", "tags": {"Owner": "x"}, "list": ["a", "b"],
        "deep": {"er": false}, "rules": [{"on": true, "kinds": ["k"]}, {"on": false, "kinds": []}],
    });
    for (source, expected) in [
        ("resource.on && !resource.deep.er", true),
        ("has(resource.nothing) || has(resource.deep.er)", true),
        ("resource.name == 'a' && resource.name != 'b' && resource.n == 3", true),
        ("resource.n > 3 || resource.n < 3", false),
        ("resource.n >= 3 && resource.n <= 3", true),
        ("resource.name in ['b', 'c']", false),
        ("'b' in resource.list && parameters.tag in resource.tags", true),
        ("resource.tags[parameters.tag] != ''", true),
        ("size(resource.list) == 2 && size(resource.name) == 1", true),
        ("resource.rules.all(r, has(r.on))", true),
        ("resource.rules.exists(r, r.kinds.exists(k, k == 'k' && r.on))", true),
        ("size(resource.rules.filter(r, r.on)) == 1", true),
        ("days_since(resource.then) > parameters.days", true),
        ("resource.name.startsWith('a') && resource.name.endsWith('b')", false),
        ("text.lower(resource.name) == 'a'", true),
        ("account == '123456789012' && region != 'eu-west-1'", true),
        ("resource.on ? resource.deep.er : resource.nothing", false),
    ] {
        assert_eq!(short(source, &resource, &[]), Some(expected), "{source}");
    }
}

#[test]
fn whatever_is_unknown_or_does_not_fit_is_left_to_the_interpreter() {
    let resource = json!({"on": true, "off": false, "name": "a", "n": 1.5, "list": ["a", null]});
    for source in [
        "resource.policy.x",
        "has(resource.policy)",
        "resource.policy.x && resource.off",
        "resource.nothing && resource.off",
        "resource.name && resource.on",
        "resource.name == resource.on",
        "resource.n > 1",
        "'b' in resource.list",
        "size(resource.list) == 2",
        "resource.list.all(x, x == 'a')",
        "resource.list == ['a']",
        "resource.name.x == 'a'",
        "days_since(resource.name) > 1",
        "net.exposes(resource.name, 22)",
    ] {
        assert_eq!(short(source, &resource, &["/policy", "/list/1"]), None, "{source}");
    }
    assert_eq!(short("resource.off && resource.policy.x", &resource, &["/policy"]), Some(false));
    assert_eq!(short("resource.list.exists(x, x == 'a')", &resource, &["/list/1"]), Some(true));
}

#[test]
fn a_list_too_long_for_it_is_left_to_the_interpreter() {
    let rules: Vec<Json> = (0..2 * PLACES).map(|n| json!({ "n": n })).collect();
    assert_eq!(short("resource.rules.all(r, r.n >= 0)", &json!({ "rules": rules }), &[]), None);
    assert_eq!(short("resource.rules.exists(r, r.n == 5)", &json!({ "rules": rules }), &[]), Some(true));
}

#[test]
fn most_controls_have_a_short_way() {
    let library = Library::load(None).expect("the controls load");
    let long: Vec<&str> = library
        .controls
        .values()
        .filter(|loaded| translate(loaded.assert.ast()).is_none())
        .map(|loaded| loaded.control.id.as_str())
        .collect();
    assert!(long.len() * 4 < library.controls.len(), "the interpreter has to judge {long:?}");
}

fn leaf() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "has(resource.k)",
        "has(resource.m.k)",
        "resource.on",
        "resource.m.on",
        "resource.k == 'a'",
        "resource.k != resource.m.k",
        "resource.k in ['a', 'b']",
        "'a' in resource.list",
        "resource.k in resource.list",
        "parameters.tag in resource.m",
        "resource.m[parameters.tag] == 'a'",
        "size(resource.list) > 1",
        "size(resource.m) == size(resource.k)",
        "resource.n >= parameters.days",
        "resource.n < resource.m.n",
        "days_since(resource.t) < parameters.days",
        "resource.k.startsWith('a')",
        "text.lower(resource.k).endsWith('a')",
        "resource.list.exists(x, x == 'a')",
        "resource.list.all(x, x == resource.k || x in resource.m.list)",
        "resource.items.all(i, has(i.k) && i.k == 'a')",
        "resource.items.exists(i, i.on && i.list.exists(x, x == i.k))",
        "resource.items.exists(i, resource.items.all(j, j.k == i.k))",
        "size(resource.items.filter(i, i.on)) <= 1",
        "net.exposes(resource.items, 22)",
        "policy.allows_public(resource.m)",
        "account == resource.k",
    ])
    .prop_map(ToOwned::to_owned)
}

fn source() -> impl Strategy<Value = String> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

fn text() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![json!("a"), json!("b"), json!("A~/"), json!("")])
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        6 => text(),
        1 => any::<bool>().prop_map(Json::from),
        1 => (0..200_i64).prop_map(Json::from),
        1 => Just(Json::Null),
        1 => Just(json!(1.5)),
    ]
}

/// An object that mostly fits the expressions, and sometimes does not.
fn members(below: BoxedStrategy<Json>) -> impl Strategy<Value = Json> {
    let some = |strategy: BoxedStrategy<Json>| prop::option::weighted(0.9, strategy);
    (
        some(scalar().boxed()),
        some(prop_oneof![9 => any::<bool>().prop_map(Json::from), 1 => scalar()].boxed()),
        some(prop_oneof![9 => (0..200_i64).prop_map(Json::from), 1 => scalar()].boxed()),
        some(prop::collection::vec(scalar(), 0..4).prop_map(Json::from).boxed()),
        some(below.clone()),
        some(prop::collection::vec(below, 0..4).prop_map(Json::from).boxed()),
        some(prop_oneof![4 => Just(json!("2026-03-01T12:00:00Z")), 1 => scalar()].boxed()),
    )
        .prop_map(|(k, on, n, list, m, items, t)| {
            let named = [("k", k), ("on", on), ("n", n), ("list", list), ("m", m), ("items", items), ("t", t)];
            named
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
}

fn resource() -> impl Strategy<Value = Json> {
    let leaf = members(scalar().boxed()).boxed();
    members(members(leaf).boxed())
}

fn unknown() -> impl Strategy<Value = BTreeMap<String, Gap>> {
    let pointer = prop::sample::select(vec![
        "/k",
        "/on",
        "/m",
        "/m/k",
        "/m/on",
        "/list",
        "/list/0",
        "/list/1",
        "/items",
        "/items/0",
        "/items/1/k",
        "/items/0/list/0",
        "/t",
        "/n",
    ]);
    prop::collection::btree_map(
        pointer.prop_map(ToOwned::to_owned),
        Just(Gap::new(GapCode::AccessDenied, "denied")),
        0..3,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn both_ways_agree(source in source(), resource in resource(), unknown in unknown()) {
        let resource = Tree::with_unknown(&resource, &unknown);
        let parameters = Tree::known(&json!({"days": 90, "tag": "k"}));
        let expression = Expression::compile(&source).expect("compiles");
        // The comparison is made in here.
        expression.evaluate(&variables(&resource, &parameters)).outcome.ok();
    }
}
