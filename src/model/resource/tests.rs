//! The common form of resources: what joins make of it, and its JSON.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::attr::{Attr, MARKER};
use crate::model::gap::GapCode;
use crate::model::tree::tests::{objects, trees};

#[derive(Serialize, JsonSchema)]
struct Inner {
    on: Option<bool>,
    detail: Attr<String>,
}

#[derive(Serialize, JsonSchema)]
struct Sample {
    plain: Option<i64>,
    inner: Attr<Inner>,
    denied: Attr<String>,
    none: Attr<String>,
    tags: BTreeMap<String, String>,
}

impl super::TypedResource for Sample {
    const TYPE: &'static str = "Test::Sample";
}

fn sample() -> Resource {
    let typed = Sample {
        plain: None,
        inner: Attr::known(Inner { on: Some(true), detail: Attr::unknown(Gap::new(GapCode::Throttled, "")) })
            .from_captures([7]),
        denied: Attr::unknown(Gap::new(GapCode::AccessDenied, "no")),
        none: Attr::absent().from_captures([8]),
        tags: BTreeMap::from([(MARKER.to_owned(), "{\"state\":\"absent\"}".to_owned())]),
    };
    Resource::new(ResourceId { id: "x", name: "x", account: "1", region: "r" }, &typed, &[3])
}

#[test]
fn known_absent_and_unknown_are_told_apart() {
    let resource = sample();
    assert_eq!(resource.attributes["inner"].known_json(), json!({"on": true}));
    assert!(!resource.attributes.knows("denied"));
    assert!(!resource.attributes.knows("none"));
    assert_eq!(resource.unknown()["/denied"].code, GapCode::AccessDenied);
    assert_eq!(resource.unknown()["/inner/detail"].code, GapCode::Throttled);
    assert!(!resource.unknown().contains_key("/none"));
    assert_eq!(resource.captures_for(["/inner/on"]), vec![3, 7]);
    assert_eq!(resource.captures_for(["/none"]), vec![3, 8]);
}

#[test]
fn a_graft_carries_unknowns_and_sources() {
    let other = sample();
    let mut resource = sample();
    resource.graft("copied", &other, "inner");
    assert_eq!(resource.attributes["copied"].known_json(), json!({"on": true}));
    assert_eq!(resource.unknown()["/copied/detail"].code, GapCode::Throttled);
    assert_eq!(resource.sources["/copied"], vec![3, 7]);
    resource.graft("refused", &other, "denied");
    assert_eq!(resource.unknown()["/refused"].code, GapCode::AccessDenied);
    resource.graft("refused", &other, "none");
    assert!(!resource.unknown().contains_key("/refused"), "what is absent is no longer unknown");
    resource.set_known("copied", true, vec![9]);
    assert!(!resource.unknown().contains_key("/copied/detail"));
    assert_eq!(resource.captures_for(["/copied"]), vec![3, 9]);
}

#[test]
fn a_join_takes_the_place_of_what_was_unknown() {
    let mut resource = sample();
    let mut known = sample();
    known.set_known("denied", true, []);
    known.set_known("inner", json!({"on": true}), []);
    assert_eq!(known.unknown(), BTreeMap::new());
    resource.graft("denied", &known, "denied");
    assert!(!resource.unknown().contains_key("/denied"), "{resource:?}");
    assert_eq!(resource.attributes["denied"], true);

    resource.graft("inner", &known, "none");
    assert!(!resource.attributes.knows("inner"));
    assert!(resource.unknown().keys().all(|pointer| !pointer.starts_with("/inner")), "{resource:?}");

    resource.set_unknown("denied", Gap::new(GapCode::Timeout, ""));
    assert!(!resource.attributes.knows("denied"));
    resource.set_known("denied", false, [9]);
    assert_eq!((resource.attributes["denied"].as_bool(), resource.unknown().len()), (Some(false), 0));
    resource.set_absent("denied", [9]);
    assert!(!resource.attributes.knows("denied"));
    assert_eq!(resource.sources["/denied"], vec![9]);
}

#[test]
fn an_embedded_resource_brings_its_unknowns_and_sources() {
    let mut resource = sample();
    resource.embed("none", &sample());
    assert_eq!(resource.attributes["none"]["inner"]["on"], true);
    assert_eq!(resource.unknown()["/none/denied"].code, GapCode::AccessDenied);
    assert_eq!(resource.unknown()["/none/inner/detail"].code, GapCode::Throttled);
    assert_eq!(resource.captures_for(["/none/inner/on"]), vec![3, 7]);
}

#[test]
fn what_is_taken_from_a_resource_that_could_not_be_read_is_unknown() {
    let mut unread = sample();
    unread.attributes = Tree::from(Gap::new(GapCode::AccessDenied, "all of it"));
    let mut resource = sample();
    resource.graft("none", &unread, "inner");
    resource.embed("inner", &unread);
    for pointer in ["/none", "/inner"] {
        assert_eq!(resource.unknown()[pointer].detail, "all of it");
    }
    unread.set_known("inner", true, [9]);
    assert_eq!(unread.unknown()[""].detail, "all of it", "one attribute does not tell the others");
}

#[test]
fn a_join_shares_what_it_joins() {
    let other = sample();
    let mut resource = sample();
    resource.graft("copied", &other, "inner");
    resource.embed("whole", &other);
    let (Tree::Map(held), Tree::Map(copied)) = (&other.attributes["inner"], &resource.attributes["copied"]) else {
        panic!("objects")
    };
    assert!(Arc::ptr_eq(held, copied));
    let Tree::Map(embedded) = &resource.attributes["whole"]["inner"] else { panic!("an object") };
    assert!(Arc::ptr_eq(held, embedded));
}

fn identity() -> Identity {
    let text = ToOwned::to_owned;
    Identity { r#type: text("Test::Sample"), id: text("x"), name: text("x"), account: text("1"), region: text("r") }
}

#[test]
fn the_json_of_a_resource_is_what_it_has_always_been() {
    let expected = json!({
        "type": "Test::Sample", "id": "x", "name": "x", "account": "1", "region": "r",
        "attributes": {"inner": {"on": true}, "tags": {MARKER: "{\"state\":\"absent\"}"}},
        "unknown": {
            "/denied": {"code": "access_denied", "detail": "no"},
            "/inner/detail": {"code": "throttled"},
        },
        "sources": {"": [3], "/inner": [7], "/none": [8]},
    });
    assert_eq!(serde_json::to_string(&sample()).expect("JSON"), expected.to_string());
    let bare = Resource { identity: identity(), attributes: Tree::object(), sources: BTreeMap::new() };
    let expected =
        json!({"type": "Test::Sample", "id": "x", "name": "x", "account": "1", "region": "r", "attributes": {}});
    assert_eq!(serde_json::to_string(&bare).expect("JSON"), expected.to_string());
}

#[test]
fn a_gap_below_an_object_that_is_not_there_brings_that_object_with_it() {
    let old = json!({
        "type": "T", "id": "x", "name": "x", "account": "1", "region": "r", "attributes": {"list": [null, 1]},
        "unknown": {"/a~1b/c": {"code": "throttled"}, "/list/0": {"code": "timeout"}, "/list/0/x": {"code": "timeout"}},
    });
    let resource: Resource = serde_json::from_value(old).expect("the form of old");
    assert_eq!(resource.attributes["a/b"]["c"].gap().map(|gap| gap.code), Some(GapCode::Throttled));
    assert_eq!(resource.attributes["list"][0].gap().map(|gap| gap.code), Some(GapCode::Timeout));
    let again = serde_json::to_value(&resource).expect("JSON");
    assert_eq!(again["attributes"], json!({"a/b": {}, "list": [null, 1]}));
    assert_eq!(serde_json::from_value::<Resource>(again).expect("a resource"), resource);
}

proptest! {
    #[test]
    fn a_resource_is_the_same_after_a_way_through_json(
        attributes in prop_oneof![9 => objects(trees()), 1 => Just(Tree::from(Gap::new(GapCode::Timeout, "")))],
        sources in prop::collection::btree_map("(/[a-z]{1,2})?", prop::collection::vec(0_u64..9, 0..3), 0..3),
    ) {
        let resource = Resource { identity: identity(), attributes, sources };
        let written = serde_json::to_string(&resource).expect("JSON");
        let read: Resource = serde_json::from_str(&written).expect("a resource");
        prop_assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
        prop_assert_eq!(read, resource);
    }
}
