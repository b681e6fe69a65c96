//! The log against the official schema, and what code scanning makes of it.

use super::super::fixture::{clean, instances, look, many, rich, spread};
use super::*;

const OFFICIAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sarif-schema-2.1.0.json"));

fn log(check: &Check, baseline: bool) -> (String, Value) {
    let text = look(|look| Sarif.render(check, &Look { baseline, ..*look })).expect("renders");
    let value: Value = serde_json::from_str(&text).expect("is JSON");
    (serde_json::to_string_pretty(&value).expect("renders"), value)
}

#[test]
fn the_official_schema_takes_it() {
    // The pattern of a language has a bracket too many, which ECMAScript takes for a character; the
    // errata of the standard have this one.
    let official = OFFICIAL.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema: Value = serde_json::from_str(&official).expect("a schema");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    for check in [rich(), clean(), many(3), instances()] {
        for baseline in [false, true] {
            let (_, value) = log(&check, baseline);
            let wrong: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{} {e}", e.instance_path())).collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
    assert!(!validator.is_valid(&json!({"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]})));
}

#[test]
fn code_scanning_reads_the_findings() {
    insta::assert_snapshot!(log(&rich(), true).0);
}

#[test]
fn without_a_baseline_nothing_is_new() {
    assert!(!log(&rich(), false).0.contains("baselineState"));
}

#[test]
fn instances_of_which_the_same_is_said_are_one_result() {
    let (_, value) = log(&instances(), true);
    let results = value["runs"][0]["results"].as_array().expect("results");
    let counts: Vec<u64> = results.iter().map(|result| result["occurrenceCount"].as_u64().unwrap_or(1)).collect();
    assert_eq!(counts, [74, 2, 2, 2], "open, of another sentence, accepted, known");
    let all: BTreeSet<String> = results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&results[0]).expect("renders"));
    assert_eq!(all.len(), 4, "each is an alert of its own");
}

#[test]
fn an_instance_more_is_the_same_alert() {
    let prints = |check: &Check| -> Vec<Value> {
        let (_, value) = log(check, true);
        let results = value["runs"][0]["results"].as_array().expect("results").clone();
        results.into_iter().map(|result| result["partialFingerprints"].clone()).collect()
    };
    let all = instances();
    let mut fewer = instances();
    fewer.results.retain(|result| !result.resource.address.contains("us"));
    let mut moved = instances();
    for location in moved.results.iter_mut().flat_map(|result| &mut result.locations) {
        (location.line, location.end_line) = (location.line + 9, location.end_line + 9);
    }
    assert_eq!(prints(&fewer), prints(&all));
    assert_eq!(prints(&moved), prints(&all));
    let mut elsewhere = instances();
    elsewhere.in_repository.insert("modules/data/main.tf".into(), "other/main.tf".into());
    assert!(prints(&elsewhere).iter().zip(prints(&all)).all(|(one, other)| *one != other));
}

#[test]
fn no_more_results_are_written_than_code_scanning_takes() {
    let (_, value) = log(&spread(RESULTS + 7), false);
    let run = &value["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(RESULTS));
    assert_eq!(run["results"][0]["properties"]["severity"], "critical");
    let said = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(said.as_str().is_some_and(|said| said.starts_with("7 results are left out")), "{said}");
}

#[test]
fn rules_and_results_name_each_other() {
    let (_, value) = log(&rich(), true);
    let run = &value["runs"][0];
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    for note in run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications") {
        let index = usize::try_from(note["descriptor"]["index"].as_u64().expect("an index")).expect("small");
        assert_eq!(run["tool"]["driver"]["notifications"][index]["id"], note["descriptor"]["id"]);
    }
}
