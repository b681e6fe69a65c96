//! On arbitrary texts the editors give an answer; what they set is read again, and nothing else changes.

use hcl_edit::structure::Structure;
use proptest::prelude::*;

use super::*;

/// All that is outside of the splices is the same before and after.
fn keeps_the_rest(text: &str, splices: &[Splice]) {
    let mut splices = splices.to_vec();
    splices.sort_by_key(|splice| splice.range.start);
    let after = apply(text, &splices);
    let (mut at_before, mut at_after) = (0, 0);
    for splice in &splices {
        let kept = splice.range.start - at_before;
        assert_eq!(&text[at_before..splice.range.start], &after[at_after..at_after + kept]);
        at_before = splice.range.end;
        at_after += kept + splice.text.len();
    }
    assert_eq!(&text[at_before..], &after[at_after..]);
}

/// A value of HCL and of JSON that is written alike.
fn literal() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..10_000_i64).prop_map(Value::from),
        "[a-zA-Z0-9 ${%\"\\\\#:]{0,8}".prop_map(Value::from)
    ]
}

fn body_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-e]{1,6}".prop_map(|name| format!("{name}_x = \"v\"")),
        "[a-e]{1,6}".prop_map(|name| format!("{name}_y   = [1, 2] # c")),
        Just("# a comment }".to_owned()),
        Just(String::new()),
        Just("/* {\n */".to_owned()),
        Just("tags_z = {\n  a = \"}\"\n}".to_owned()),
        Just("doc_h = <<EOT\n}\n${x}\nEOT".to_owned()),
        Just("nested {\n  deep = 1\n}".to_owned()),
        Just("nested {}".to_owned()),
    ]
}

fn block() -> impl Strategy<Value = String> {
    (prop::collection::vec(body_line(), 0..6), any::<bool>(), any::<bool>()).prop_map(|(lines, crlf, end)| {
        let text = format!("# top\nresource \"k\" \"n\" {{\n{}\n}}{}", lines.join("\n"), if end { "\n" } else { "" });
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

/// The value at a path of a block, as the parser reads it.
fn read(text: &str, at: &[&str]) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = hcl_edit::parser::parse_body(text).ok()?;
    let mut body = root.iter().find_map(Structure::as_block)?.body.clone();
    let (last, blocks) = at.split_last()?;
    for name in blocks {
        let inner = body.iter().filter_map(Structure::as_block).find(|block| block.has_ident(name))?.body.clone();
        body = inner;
    }
    let value =
        &body.iter().filter_map(Structure::as_attribute).find(|attribute| attribute.key.as_str() == *last)?.value;
    Some(match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string().trim().to_owned(),
    })
}

fn as_read(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn properties() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![literal(), "[a-z]{1,5}".prop_map(Value::from)];
    let leaf = scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[A-C]{1,2}", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[A-E]{1,2}", leaf, 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_an_editor_panic(text in "\\PC{0,80}", at in "[a-z.\\[\\]*]{0,12}") {
        for text in [text.clone(), format!("resource \"k\" \"n\" {{{text}}}"), format!("resource \"k\" \"n\" {{\n{text}\n}}")] {
            hcl::set(&text, &resource("k", "n"), &path(&at), &Wanted::from(json!(1))).ok();
        }
        for text in [text.clone(), format!("{{\"Resources\": {{\"R\": {{\"Type\": \"T\", \"Properties\": {text}}}}}}}"),
                     format!("Resources:\n  R:\n    Type: T\n    Properties:\n      {text}\n")] {
            template::set(&text, "R", "T", &path(&at), &Wanted::from(json!({"a": [1]}))).ok();
            template::companion(&text, "T", &["A"], "R").ok();
        }
    }

    #[test]
    fn what_is_set_in_a_block_is_read_again(text in block(), value in literal(), nested in any::<bool>()) {
        let at = if nested { "nested.wanted" } else { "wanted" };
        let Ok(splices) = hcl::set(&text, &resource("k", "n"), &path(at), &Wanted::from(value.clone())) else {
            prop_assume!(false);
            return Ok(());
        };
        let after = apply(&text, &splices);
        keeps_the_rest(&text, &splices);
        let names: Vec<&str> = at.split('.').collect();
        prop_assert_eq!(read(&after, &names), Some(as_read(&value)), "{}", after);
        prop_assert_eq!(hcl::set(&after, &resource("k", "n"), &path(at), &Wanted::from(value)), Ok(Vec::new()));
    }

    #[test]
    fn what_is_set_in_a_template_is_read_again(properties in properties(), value in literal(), json in any::<bool>(), deep in any::<bool>()) {
        let whole = json!({ "Resources": { "R": { "Type": "T", "Properties": properties }, "S": { "Type": "T" } } });
        let text = if json { serde_json::to_string_pretty(&whole).unwrap() } else { yaml(&whole) };
        let at = if deep { "A.New" } else { "New" };
        let Ok(splices) = template::set(&text, "R", "T", &path(at), &Wanted::from(value.clone())) else {
            // A property of another kind stands where the path goes through.
            prop_assume!(false);
            return Ok(());
        };
        keeps_the_rest(&text, &splices);
        let after = apply(&text, &splices);
        let read: Value = serde_saphyr::from_str(&after).unwrap();
        let mut wanted = whole;
        let place = &mut wanted["Resources"]["R"]["Properties"];
        if deep { place["A"]["New"] = value } else { place["New"] = value }
        prop_assert_eq!(read, wanted, "{}", after);
    }
}

/// YAML by indentation, with empty collections in brackets.
fn yaml(value: &Value) -> String {
    fn write(value: &Value, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    out.push_str(&format!("\n{pad}{name}:"));
                    write(value, indent + 2, out);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for item in items {
                    out.push_str(&format!("\n{pad}- "));
                    // A collection in a list is in brackets.
                    out.push_str(&item.to_string());
                }
            }
            other => out.push_str(&format!(" {other} # c")),
        }
    }
    let mut out = String::new();
    write(value, 0, &mut out);
    format!("{}\n", out.trim_start())
}
