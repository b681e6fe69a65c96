//! Trees: reading, taking apart, and the way to JSON and back.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::gap::GapCode;
use crate::model::resource::Identity;

fn denied() -> Tree {
    Tree::from(Gap::new(GapCode::AccessDenied, ""))
}

#[test]
fn an_object_is_read_once_by_all_that_share_it() {
    let reads = std::cell::Cell::new(0);
    let read = |tree: &Tree| {
        let Tree::Map(members) = tree else { panic!("an object") };
        members.reading(|| {
            reads.set(reads.get() + 1);
            members.len()
        })
    };
    let tree = Tree::known(&json!({"a": 1, "b": 2}));
    assert_eq!((read(&tree), read(&tree.clone()), reads.get()), (2, 2, 1));
    let Tree::Map(members) = &tree else { panic!("an object") };
    assert_eq!(members.reading(|| "other".to_owned()), "other", "one of another type is not taken for it");
    assert_eq!(tree, Tree::known(&json!({"b": 2, "a": 1})), "it is no part of the value");
}

#[test]
fn what_was_read_of_an_object_does_not_outlive_a_change_of_it() {
    let size = |tree: &Tree| {
        let Tree::Map(members) = tree else { panic!("an object") };
        members.reading(|| members.len())
    };
    let mut tree = Tree::known(&json!({"a": 1}));
    assert_eq!(size(&tree), 1);
    tree.put("b", Some(Tree::Null));
    assert_eq!(size(&tree), 2, "it was nobody else's");
    let before = tree.clone();
    tree.put("b", None);
    assert_eq!((size(&tree), size(&before)), (1, 2), "another has it too");
}

#[test]
fn unknown_parts_stand_in_their_place() {
    let unknown = BTreeMap::from([
        ("/policy".to_owned(), Gap::new(GapCode::AccessDenied, "")),
        ("/list/1".to_owned(), Gap::new(GapCode::KnownAfterApply, "")),
        ("/list/3".to_owned(), Gap::new(GapCode::KnownAfterApply, "beyond its end")),
        ("/n/below".to_owned(), Gap::new(GapCode::KnownAfterApply, "of a number")),
        ("/deep/er/still".to_owned(), Gap::new(GapCode::Throttled, "")),
    ]);
    let tree = Tree::with_unknown(&json!({"list": ["a", null, "c"], "n": 3}), &unknown);
    assert!(matches!(tree.get("policy"), Some(Tree::Unknown(_))));
    let Some(Tree::List(list)) = tree.get("list") else { panic!("a list") };
    assert!(matches!(list[1], Tree::Unknown(_)));
    assert_eq!((list[2].as_str(), list.len()), (Some("c"), 3));
    let still = tree.get("deep").and_then(|deep| deep.get("er")).and_then(|er| er.get("still"));
    assert!(matches!(still, Some(Tree::Unknown(_))));
    assert_eq!((tree.get("absent"), tree["n"].as_i64()), (None, Some(3)));
    assert_eq!(tree.unknown().into_keys().collect::<Vec<_>>(), ["/deep/er/still", "/list/1", "/policy"]);
    assert!(
        Tree::with_unknown(&json!({}), &BTreeMap::from([(String::new(), unknown["/policy"].clone())])).is_unknown()
    );
}

#[test]
fn what_is_unknown_is_no_absence_no_false_and_no_empty_list() {
    let mut tree = Tree::known(&json!({"list": [], "off": false}));
    tree.put("hidden", Some(denied()));
    for part in [&tree["hidden"], &tree["hidden"]["deeper"], &tree["hidden"][0], &tree["hidden"]["deeper"][3]] {
        assert_eq!(part.gap().map(|gap| gap.code), Some(GapCode::AccessDenied));
        assert!(!part.is_null() && part.as_array().is_none() && part.as_bool().is_none());
        assert!(*part != false && *part != json!(null) && *part != json!([]) && *part != "");
    }
    assert_eq!(tree.pointer("/hidden/deeper/3").and_then(Tree::gap), tree["hidden"].gap());
    assert!(!tree.knows("hidden") && !tree.knows("absent") && tree.knows("off"));
    assert!(tree["absent"].is_null() && tree["absent"]["deeper"].is_null() && tree["list"][0].is_null());
    assert!(tree["off"] == false && tree["list"] == json!([]) && tree.pointer("/list/0").is_none());
    assert!(tree != tree.known_json(), "it is not all known");
}

#[test]
fn the_tree_of_a_resource_shares_its_attributes() {
    let named = |id: &str| Identity {
        r#type: "T".to_owned(),
        id: id.to_owned(),
        name: "n".to_owned(),
        account: "1".to_owned(),
        region: "r".to_owned(),
    };
    let attributes = Tree::from(json!({"policy": {"statements": []}, "name": "of the attributes"}));
    let mut resource = Resource { identity: named("i"), attributes, sources: BTreeMap::new() };
    let tree = Tree::of(&resource);
    let (Tree::Map(seen), Tree::Map(held)) = (&tree["policy"], &resource.attributes["policy"]) else {
        panic!("objects")
    };
    assert!(Arc::ptr_eq(seen, held));
    assert_eq!((tree["id"].as_str(), tree["name"].as_str()), (Some("i"), Some("n")));
    resource.set_unknown("name", Gap::new(GapCode::Unresolved, ""));
    assert!(Tree::of(&resource)["name"].is_unknown());
    resource.attributes = denied();
    assert!(Tree::of(&resource).is_unknown());
}

#[test]
fn a_tree_without_some_of_its_gaps_keeps_the_others() {
    let outside = || Tree::from(Gap::new(GapCode::OutsideScope, ""));
    let mut tree = Tree::from(json!({"kept": {"a": 1}}));
    tree.put("list", Some(Tree::from(vec![outside(), denied()])));
    tree.put("gone", Some(outside()));
    let left = tree.without(&|gap| gap.code == GapCode::OutsideScope).expect("an object");
    assert_eq!(left.known_json(), json!({"kept": {"a": 1}, "list": [null, null]}));
    assert_eq!(left.unknown().into_keys().collect::<Vec<_>>(), ["/list/1"]);
    assert!(outside().without(&|_| true).is_none());
}

/// Trees, with keys that pointers must spell out of the ordinary.
pub(crate) fn trees() -> impl Strategy<Value = Tree> {
    let gap = prop::sample::select(GapCode::ALL.to_vec()).prop_map(|code| Tree::from(Gap::new(code, "why")));
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        (-1000_i32..1000).prop_map(|eighths| Tree::Float(f64::from(eighths) / 8.0)),
        "[a-z~/0-9]{0,4}".prop_map(|text| Tree::from(text.as_str())),
        gap,
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::from), objects(inner),]
    })
}

/// Objects with such members.
pub(crate) fn objects(member: impl Strategy<Value = Tree>) -> impl Strategy<Value = Tree> {
    let key = "[ab~/01]{0,3}".prop_map(|key| Arc::from(key.as_str()));
    prop::collection::btree_map(key, member, 0..5).prop_map(Tree::from)
}

proptest! {
    #[test]
    fn a_tree_is_what_is_known_of_it_and_its_gaps_by_pointer(tree in trees()) {
        let unknown = tree.unknown().into_iter().map(|(pointer, gap)| (pointer, gap.clone())).collect();
        prop_assert_eq!(&Tree::with_unknown(&tree.known_json(), &unknown), &tree);
        for (pointer, gap) in &unknown {
            prop_assert_eq!(tree.pointer(pointer).and_then(Tree::gap).map(|gap| &**gap), Some(gap));
        }
        prop_assert_eq!(unknown.is_empty(), tree.first_gap().is_none());
        prop_assert_eq!(unknown.is_empty(), tree == tree.known_json());
    }
}
