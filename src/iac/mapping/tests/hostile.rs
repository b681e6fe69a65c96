//! Blocks that nobody would write: whatever stands in them, mapping ends and gives what is there.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;

/// The words of the mappings in the binary: kinds of block, and what else stands in them.
struct Words {
    kinds: [Vec<String>; 2],
    members: Vec<String>,
}

fn words() -> &'static Words {
    static WORDS: std::sync::OnceLock<Words> = std::sync::OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words = BTreeSet::new();
        for (_, text) in files() {
            let of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '*');
            words.extend(text.split(|c: char| !of_name(c)).map(|word| word.trim_end_matches(':').to_owned()));
        }
        let (kinds, members): (Vec<String>, Vec<String>) = words
            .into_iter()
            .filter(|word| !word.is_empty())
            .partition(|word| word.starts_with("aws_") || word.starts_with("AWS::"));
        let (terraform, cloudformation) = kinds.into_iter().partition(|kind| kind.starts_with("aws_"));
        Words { kinds: [terraform, cloudformation], members }
    })
}

/// A value of anything, with references to the blocks there are and to others.
fn anything(addresses: Vec<String>) -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        any::<i32>().prop_map(|number| Value::Number(f64::from(number))),
        select(vec![0.0, -0.0, -1.0, 22.0, 1e300, f64::NAN, f64::INFINITY, 9_007_199_254_740_993.0])
            .prop_map(Value::Number),
        select(words().members.clone()).prop_map(|word| Value::text(&word)),
        select(vec![
            "*",
            "",
            "-1",
            "0.0.0.0/0",
            "1e9",
            "true",
            "{",
            "[]",
            "\u{F0002}0\u{F0003}",
            "{\"Statement\":[{}]}"
        ])
        .prop_map(Value::text),
        "\\PC{0,8}".prop_map(|text| Value::text(&text)),
    ];
    let reference = (select(addresses), select(words().members.clone()), any::<bool>(), any::<bool>()).prop_map(
        |(address, attribute, whole, instance)| {
            let unknown = Unknown::new(GapCode::KnownAfterApply, &format!("{address}.{attribute}"));
            Arc::new(unknown.of(vec![Reference { address, attribute, whole, instance }]))
        },
    );
    let unknown = reference.clone().prop_map(Value::Unknown);
    let template = (reference, "[a-z:/*]{0,6}").prop_map(|(unknown, text)| {
        Value::Template(Arc::from(vec![Part::Text(Arc::from(text)), Part::Unknown(unknown)]))
    });
    prop_oneof![3 => scalar, 2 => unknown, 1 => template].prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            inner.clone().prop_map(|value| Value::Json(Arc::new(value))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            members(inner),
        ]
    })
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let policy = ["Statement", "Effect", "Principal", "Action", "Resource", "Condition", "AWS", "policy", "bucket"];
    let name = prop_oneof![select(words().members.clone()), select(policy.map(str::to_owned).to_vec())];
    prop::collection::btree_map(name.prop_map(Arc::from), inner, 0..12).prop_map(Value::map)
}

/// No more of them than there are addresses: no two blocks of a kind have the same.
fn blocks(language: usize) -> impl Strategy<Value = Vec<Block>> {
    prop::collection::vec((select(words().kinds[language].clone()), select(vec!["", "module.a", "module.b[0]"])), 1..7)
        .prop_flat_map(|made| {
            let address = |(at, (kind, module)): (usize, &(String, &str))| {
                let dot = if module.is_empty() { "" } else { "." };
                format!("{module}{dot}{kind}.n{}[{}]", at % 3, at % 2)
            };
            let addresses: Vec<String> = made.iter().enumerate().map(address).collect();
            let bodies = prop::collection::vec(members(anything(addresses.clone())), made.len());
            bodies.prop_map(move |bodies| {
                let of = |((address, (kind, module)), body): ((&String, &(String, &str)), Value)| Block {
                    kind: Arc::from(kind.as_str()),
                    module: Arc::from(*module),
                    body,
                    ..block(address, &json!({}))
                };
                addresses.iter().zip(&made).zip(bodies).map(of).collect::<Vec<_>>()
            })
        })
}

fn holds(mapped: &Mapped, count: usize) {
    let mut ids = BTreeSet::new();
    for resource in &mapped.resources {
        assert!(ids.insert(&resource.identity.id), "{} is there twice", resource.identity.id);
        assert!(mapped.items[&resource.identity.id].block < count);
    }
    assert!(mapped.places.iter().all(|told| told.block < count));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_body_of_any_kind_is_mapped(terraform_blocks in blocks(0), templates in blocks(1)) {
        let mappings = Mappings::built_in();
        let (one, other) = (terraform_blocks.len(), templates.len());
        let started = Instant::now();
        holds(&terraform(mappings, terraform_blocks), one);
        holds(&cloudformation(mappings, templates), other);
        prop_assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
}

#[test]
fn many_companions_of_nobody_known_take_time_in_proportion() {
    let mappings = Mappings::built_in();
    let mut blocks = Vec::new();
    for index in 0..1_000 {
        blocks.push(block(&format!("aws_s3_bucket.b[{index}]"), &json!({"bucket": {"$var": format!("var.b{index}")}})));
        blocks.push(block(&format!("aws_security_group.g[{index}]"), &json!({"name": "g"})));
        blocks.push(block(&format!("aws_s3_bucket_policy.p[{index}]"), &json!({"bucket": {"$var": "var.x"}})));
        blocks.push(block(
            &format!("aws_security_group_rule.r[{index}]"),
            &json!({"security_group_id": {"$some": "aws_security_group.g.id"}, "type": "ingress"}),
        ));
    }
    let started = Instant::now();
    let count = blocks.len();
    holds(&terraform(mappings, blocks), count);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}
