//! Generated expressions over generated resources: the evaluator and the crate `cel` come to the same.
//! [`Expression::evaluate`] makes the comparison, in every test of this crate.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::model::gap::{Gap, GapCode};

fn variables<'a>(resource: &'a Tree, parameters: &'a Tree) -> Variables<'a> {
    Variables {
        resource: Some(resource),
        resources: None,
        hidden: &[],
        parameters,
        account: "123456789012",
        region: "us-east-1",
        now: 1_780_272_000,
    }
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
        "size(resource.list) == 0",
        "size(resource.list) + size(resource.items) > 2",
        "size(resource.m) == 3",
        "size(resource.items.map(i, 1)) < 2",
        "resource.list.exists(x, true)",
        "resource.items.all(i, false)",
        "resource.items.exists(i, resource.on)",
        "resource.list.map(x, 'a') == ['a']",
        "resource.items.map(i, i.k).all(k, k == 'a')",
        "resource.list.filter(x, x != 'b')[0] == 'a'",
        "resource.m == {'k': resource.k}",
        "resource.list in [['a'], ['a', 'b']]",
        "resource.m in resource.items",
        "net.exposes(resource.items, 22)",
        "policy.allows_public(resource.m)",
        "account == resource.k",
        "resource.list == ['a', resource.k]",
        "resource.list == resource.m.list",
        "resource.list[0] == 'a'",
        "resource.list[7] == 'a'",
        "resource.list[-1] == 'a'",
        "resource.items[1].k == resource.items[0].m.k",
        "resource['k'] < resource.m['k']",
        "resource.n + 1 > resource.m.n * 2",
        "resource.n / resource.m.n - 1 == -resource.n % 3",
        "double(resource.n) * 1.5 >= 2.0",
        "resource.k + 'x' == 'ax'",
        "int(resource.k) == 1 || string(resource.n) == '7'",
        "resource.items.exists_one(i, i.on)",
        "resource.items.exists_one(i, i.k == 'a' && i.list.exists(x, x == 'b'))",
        "size(resource.items.map(i, i.k)) == size(resource.items)",
        "'a' in resource.items.map(i, i.on, i.k)",
        "resource.items.filter(i, has(i.m)).all(i, i.m.on)",
        "resource.items.filter(i, i.on).map(i, i.n).exists(n, n > 100)",
        "['a', 'b'].exists(x, resource.list.exists(y, y == x))",
        "[resource.k, resource.m.k].all(x, x == 'a')",
        "[1, 2] + [3] == [1, 2, 3] && ([resource.k] + resource.list).exists(x, x == 'a')",
        "{'a': 1, 'b': resource.n}[resource.k] > 0",
        "resource.k in {'a': true}",
        "{'on': resource.on}.on",
        "null == resource.k || 1 == 1.0",
        "resource.k.contains(resource.m.k) && resource.k.size() == 1",
        "(resource.on ? resource.m.on : resource.nothing.at.all)",
        "resource.missing.k == 'a'",
        "has(resource.items[0].k)",
        "now > 0 && region == 'us-east-1' && parameters.nothing == 1",
        "text.matches_glob(resource.k, '?')",
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

/// A tree with its unknown parts filled: an element by none, one or two, a member by none or one. `draw`
/// draws below a bound.
fn filled(tree: &Tree, draw: &mut impl FnMut(usize) -> usize) -> Tree {
    match tree {
        Tree::List(items) => {
            let mut made = Vec::new();
            for item in items.iter() {
                match item {
                    Tree::Unknown(_) => made.extend((0..draw(3)).map(|_| filling(draw)).collect::<Vec<_>>()),
                    item => made.push(filled(item, draw)),
                }
            }
            Tree::from(made)
        }
        Tree::Map(members) => {
            let mut made = BTreeMap::new();
            for (key, value) in members.iter() {
                match value {
                    Tree::Unknown(_) if draw(3) == 0 => {}
                    Tree::Unknown(_) => {
                        made.insert(std::sync::Arc::clone(key), filling(draw));
                    }
                    value => {
                        made.insert(std::sync::Arc::clone(key), filled(value, draw));
                    }
                }
            }
            Tree::from(made)
        }
        other => other.clone(),
    }
}

fn filling(draw: &mut impl FnMut(usize) -> usize) -> Tree {
    let values = [
        json!("a"),
        json!("b"),
        json!(true),
        json!(false),
        json!(7),
        json!([]),
        json!(["a"]),
        json!(["a", "b"]),
        json!({"k": "a", "on": true, "n": 1, "list": ["a"]}),
        json!({}),
    ];
    Tree::known(&values[draw(values.len())])
}

/// Pieces that mostly do not make an expression, and sometimes do.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "resource",
        "x",
        "in",
        "true",
        "null",
        "1",
        "0x1F",
        "2.5",
        ".5",
        "1e3",
        "'t'",
        "\"t\"",
        r"r'\'",
        r"'\n'",
        "'''t'''",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        ":",
        "?",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "&&",
        "||",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "has(resource.a)",
        "size(x)",
        ".all(x, ",
        ".exists(x, ",
        ".map(x, ",
        ".k",
        "['k']",
        ".startsWith('a')",
        " // c\n",
        "for",
        "é",
        "1u",
        "b'x'",
        "as",
    ]);
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]
    #[test]
    fn the_evaluator_and_the_crate_agree(source in source(), resource in resource(), unknown in unknown()) {
        let resource = Tree::with_unknown(&resource, &unknown);
        let parameters = Tree::known(&json!({"days": 90, "tag": "k"}));
        let expression = Expression::compile(&source).expect("compiles");
        // The comparison is made in here.
        expression.evaluate(&variables(&resource, &parameters)).outcome.ok();
    }

    #[test]
    fn what_is_decided_in_spite_of_unknown_parts_holds_however_they_are_filled(
        source in source(), resource in resource(), unknown in unknown(), seed in any::<u64>(),
    ) {
        let resource = Tree::with_unknown(&resource, &unknown);
        let parameters = Tree::known(&json!({"days": 90, "tag": "k"}));
        let expression = Expression::compile(&source).expect("compiles");
        let Ok(decided) = expression.evaluate(&variables(&resource, &parameters)).outcome else { return Ok(()) };
        let mut state = seed;
        let mut draw = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((state >> 33) % bound as u64).expect("below the bound")
        };
        for _ in 0..12 {
            let full = filled(&resource, &mut draw);
            let outcome = expression.evaluate(&variables(&full, &parameters)).outcome;
            // A value of a type that the expression does not take, or without a member that it reads
            // everywhere, decides nothing else.
            let codes = [GapCode::ExpressionError, GapCode::AttributeAbsent];
            if matches!(&outcome, Err(gap) if codes.contains(&gap.code)) {
                continue;
            }
            prop_assert_eq!(outcome, Ok(decided), "{} over {:?} filled as {:?}", source, resource, full);
        }
    }

    #[test]
    fn what_we_read_the_crate_reads_to_the_same_end(source in soup()) {
        let resource = Tree::known(&json!({"a": 1, "k": "a"}));
        let parameters = Tree::known(&json!({}));
        if let Ok(expression) = Expression::compile(&source) {
            expression.evaluate(&variables(&resource, &parameters)).outcome.ok();
        }
    }

    #[test]
    fn no_source_brings_the_parser_down(source in "(?s).{0,200}") {
        if let Err(error) = Expression::compile(&source) {
            let at = error.offset.unwrap_or_default();
            prop_assert!(source.is_char_boundary(at), "{error:?}");
            prop_assert!(error.offset.is_none() || error.position(&source).is_some());
        }
    }
}
