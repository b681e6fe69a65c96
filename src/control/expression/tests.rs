use super::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::model::gap::{Gap, GapCode};

fn tree(resource: &Value, unknown: &[(&str, GapCode)]) -> Tree {
    let unknown: BTreeMap<String, Gap> =
        unknown.iter().map(|(at, code)| ((*at).to_owned(), Gap::new(*code, "why"))).collect();
    Tree::with_unknown(resource, &unknown)
}

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

fn run(source: &str, resource: &Value, unknown: &[(&str, GapCode)]) -> Evaluated {
    let resource = tree(resource, unknown);
    let parameters = Tree::known(&json!({"days": 90}));
    Expression::compile(source).expect("compiles").evaluate(&variables(&resource, &parameters))
}

/// Without the crate's opinion.
fn alone(source: &str, resource: &Value, unknown: &[(&str, GapCode)]) -> Evaluated {
    let resource = tree(resource, unknown);
    let parameters = Tree::known(&json!({"days": 90}));
    let expression = Expression::compile(source).expect("compiles");
    super::run::run(&expression.code, &variables(&resource, &parameters))
}

fn code(evaluated: &Evaluated) -> Result<bool, GapCode> {
    evaluated.outcome.clone().map_err(|gap| gap.code)
}

#[test]
fn an_unknown_is_absorbed_only_where_the_rest_decides() {
    let denied = [("/policy", GapCode::AccessDenied)];
    let resource = json!({"on": true, "off": false});
    for (source, expected) in [
        ("resource.policy.x && resource.off", Ok(false)),
        ("resource.off && resource.policy.x", Ok(false)),
        ("resource.policy.x || resource.on", Ok(true)),
        ("resource.policy.x && resource.on", Err(GapCode::AccessDenied)),
        ("resource.policy == 'x' || resource.off", Err(GapCode::AccessDenied)),
        ("has(resource.policy)", Err(GapCode::AccessDenied)),
        ("!has(resource.policy)", Err(GapCode::AccessDenied)),
        ("has(resource.nothing)", Ok(false)),
        ("resource.nothing", Err(GapCode::AttributeAbsent)),
    ] {
        assert_eq!(code(&run(source, &resource, &denied)), expected, "{source}");
    }
}

#[test]
fn an_unknown_list_element_never_compares_as_different() {
    let resource = json!({"list": ["a", null, "c"], "name": "b"});
    let unknown = [("/list/1", GapCode::KnownAfterApply)];
    for (source, expected) in [
        ("resource.list.exists(x, x == 'a')", Ok(true)),
        ("resource.list.exists(x, 'a' == x)", Ok(true)),
        ("resource.list.exists(x, x == 'b')", Err(GapCode::KnownAfterApply)),
        ("resource.list.exists(x, 'b' == x)", Err(GapCode::KnownAfterApply)),
        ("resource.list.exists(x, resource.name == x)", Err(GapCode::KnownAfterApply)),
        ("resource.list.all(x, x != 'b')", Err(GapCode::KnownAfterApply)),
        ("resource.list.all(x, x != 'a')", Ok(false)),
        ("resource.list.all(x, !(x in ['b']))", Err(GapCode::KnownAfterApply)),
        ("'b' in resource.list", Err(GapCode::KnownAfterApply)),
        ("'c' in resource.list", Ok(true)),
        ("resource.list == ['a', 'b', 'c']", Err(GapCode::KnownAfterApply)),
        ("size(resource.list) > 0", Ok(true)),
        ("resource.list.size() == 0", Ok(false)),
        ("2 <= size(resource.list)", Ok(true)),
        ("size(resource.list) > 2", Err(GapCode::KnownAfterApply)),
        ("size(resource.list) == 3", Err(GapCode::KnownAfterApply)),
        ("size(resource.list) + 1 > 2", Ok(true)),
        ("size(resource.list) in [0, 1]", Err(GapCode::KnownAfterApply)),
        ("size(resource.list.filter(x, x == 'a')) == 0", Ok(false)),
        ("size(resource.list.filter(x, x == 'z')) < 1", Err(GapCode::KnownAfterApply)),
        ("size(resource.list.filter(x, false)) == 0", Ok(true)),
        ("resource.list.exists_one(x, x == 'a' || x == 'c')", Ok(false)),
        // An unknown element may stand for none, or for many.
        ("resource.list.filter(x, x != 'a' && x != 'c').exists(x, true)", Err(GapCode::KnownAfterApply)),
        ("resource.list.filter(x, x != 'a' && x != 'c').all(x, false)", Err(GapCode::KnownAfterApply)),
        ("resource.list.exists(x, true)", Ok(true)),
        ("resource.list.map(x, 1) == [1, 1, 1]", Err(GapCode::KnownAfterApply)),
        ("resource.list.map(x, 1).exists(x, x == 1)", Ok(true)),
        ("resource.list.map(x, 1).all(x, x == 1)", Err(GapCode::KnownAfterApply)),
        ("resource.list[0] == 'a'", Ok(true)),
        ("resource.list[2] == 'c'", Err(GapCode::KnownAfterApply)),
        ("resource.list[7] == 'c'", Err(GapCode::KnownAfterApply)),
        // What is known decides.
        ("resource.list == ['b', 'c']", Ok(false)),
        ("resource.list == ['a', 'b']", Ok(false)),
        ("resource.list == ['a']", Ok(false)),
        ("resource.list == ['a', 'c']", Err(GapCode::KnownAfterApply)),
        ("resource.list == 'a'", Ok(false)),
        ("resource.list in [['b'], 'a']", Ok(false)),
        ("size(resource.name) == 1 && size(resource) == 2", Ok(true)),
    ] {
        assert_eq!(code(&run(source, &resource, &unknown)), expected, "{source}");
    }
}

#[test]
fn what_was_read_is_recorded_and_nothing_else() {
    let resource = json!({"a": {"b": 1}, "c": true, "d": "unread"});
    let evaluated = run("resource.a.b == 1 && resource.c", &resource, &[]);
    let read: Vec<&str> = evaluated.reads.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(read, ["/a/b", "/c"]);
}

#[test]
fn days_are_counted_from_the_scan_clock() {
    let resource = json!({"then": "2026-03-01T12:00:00+00:00", "bad": "yesterday"});
    assert_eq!(code(&run("days_since(resource.then) == 91", &resource, &[])), Ok(true));
    assert_eq!(code(&run("days_since(resource.bad) > 1", &resource, &[])), Err(GapCode::ExpressionError));
}

#[test]
fn parameters_are_seen_and_not_traced() {
    let evaluated = run("parameters.days == 90", &json!({}), &[]);
    assert_eq!(code(&evaluated), Ok(true));
    assert!(evaluated.reads.is_empty());
}

#[test]
fn the_optional_syntax_is_refused() {
    assert!(Expression::compile("resource.?policy.orValue(true)").is_err());
}

#[test]
fn runaway_expressions_are_refused_or_stopped() {
    let nested = "resource.l.all(a, resource.l.all(b, resource.l.all(c, resource.l.all(d, resource.l.all(e, true)))))";
    assert!(Expression::compile(nested).is_err());
    assert!(Expression::compile(&"x".repeat(5000)).is_err());
    let list: Vec<u32> = (0..2000).collect();
    let heavy = run("resource.l.all(a, resource.l.all(b, resource.l.all(c, c >= 0)))", &json!({ "l": list }), &[]);
    assert_eq!(code(&heavy), Err(GapCode::FuelExhausted));
}

#[test]
fn an_unknown_element_is_named_wherever_it_is_used() {
    let resource = json!({"list": ["a", null], "flags": [true, null], "n": [1, null], "deep": [[1], null]});
    let unknown = ["/list/1", "/flags/1", "/n/1", "/deep/1"].map(|pointer| (pointer, GapCode::KnownAfterApply));
    for source in [
        "resource.list.all(x, x.startsWith('a'))",
        "resource.flags.all(x, x)",
        "resource.flags.exists(x, !x)",
        "resource.n.all(x, x + 1 == 2)",
        "resource.n.all(x, x < 2)",
        "resource.n.all(x, -x < 0)",
        "resource.n.all(x, double(x) < 2.0)",
        "resource.deep.all(x, x.all(y, y == 1))",
        "resource.deep.all(x, size(x) == 1)",
        "resource.deep.all(x, x[0] == 1)",
        "resource.list.all(x, text.lower(x) == 'a')",
    ] {
        assert_eq!(code(&run(source, &resource, &unknown)), Err(GapCode::KnownAfterApply), "{source}");
    }
    // In lists that it made itself, the crate `cel` takes an unknown element for one that is known.
    for source in [
        "resource.list.map(x, [x]).all(x, x == ['a'])",
        "size(resource.list.filter(x, true)) == 2",
        "size(resource.list.map(x, x)) == 2",
        "resource.list.all(x, !('b' in [x]))",
    ] {
        assert_eq!(code(&alone(source, &resource, &unknown)), Err(GapCode::KnownAfterApply), "{source}");
    }
}

#[test]
fn of_several_faults_the_last_is_the_reason() {
    let unknown = [("/a", GapCode::AccessDenied), ("/b", GapCode::Throttled)];
    for (source, expected) in [
        ("resource.a && resource.b", GapCode::Throttled),
        ("resource.b && resource.a", GapCode::AccessDenied),
        ("resource.a || false || resource.b || false", GapCode::Throttled),
        ("[1, 2].all(x, x == 1 ? resource.a : resource.b)", GapCode::Throttled),
        ("resource.a && resource.nothing", GapCode::AttributeAbsent),
    ] {
        assert_eq!(code(&run(source, &json!({}), &unknown)), Err(expected), "{source}");
    }
}

#[test]
fn operators_bind_as_they_do_in_cel() {
    for (source, expected) in [
        ("1 + 2 * 3 == 7", true),
        ("(1 + 2) * 3 == 9", true),
        ("10 - 3 - 2 == 5", true),
        ("-2 - -3 == 1", true),
        ("!true || true", true),
        ("!(true || true)", false),
        ("true || false && false", true),
        ("false ? false : false ? false : true", true),
        ("1 < 2 == true", true),
        ("'a' in ['a'] == true", true),
        ("-9223372036854775808 < 0", true),
        ("7 / 2 == 3 && 7 % 2 == 1 && -7 / 2 == -3", true),
        ("[1, 2,] == [1, 2] && {'a': 1,}.a == 1", true),
        (r"'\x41\u00e9\101' == 'AéA'", true),
        (r"r'\n' == '\\n'", true),
        ("\"\"\"a\"b\"\"\" == 'a\"b'", true),
        ("true // and no more", true),
    ] {
        assert_eq!(code(&run(source, &json!({}), &[])), Ok(expected), "{source}");
    }
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("!", ""), ("-", ""), ("{'a': ", "}"), ("true ? true : ", ""), ("size(", ")")]
    {
        let deep = |times: usize| format!("{}true{}", open.repeat(times), close.repeat(times));
        Expression::compile(&deep(40)).unwrap_or_else(|error| panic!("{open}: {error}"));
        assert!(Expression::compile(&deep(200)).is_err(), "{open}");
    }
    for chained in [".a", "[0]", " + 1"] {
        assert!(Expression::compile(&format!("resource{}", chained.repeat(200))).is_err(), "{chained}");
    }
    let mixed = |times: usize| "false || true && 1 == 1 * (".repeat(times) + "1" + &")".repeat(times);
    assert!(Expression::compile(&mixed(60)).is_err());
    assert!(Expression::compile(&mixed(20)).is_ok());
    let wide = vec!["has(resource.a)"; 200].join(" || ");
    assert_eq!(code(&alone(&wide, &json!({}), &[])), Ok(false));
}

#[test]
fn a_list_of_any_length_is_traced() {
    let rules: Vec<Value> = (0..2000).map(|n| json!({ "n": n })).collect();
    let resource = json!({ "rules": rules });
    let evaluated = run("resource.rules.all(r, r.n >= 0) && resource.rules[3].n == 3", &resource, &[]);
    assert_eq!(code(&evaluated), Ok(true));
    assert_eq!(evaluated.reads.len(), 2001);
    assert_eq!(evaluated.reads[2000].0, "/rules/1999/n");
}

#[test]
fn fuel_is_spent_on_lists_that_the_expression_made() {
    let list = format!("[{}]", vec!["1"; 400].join(", "));
    let source = format!("{list}.all(a, {list}.all(b, {list}.all(c, c > 0 || a > b)))");
    assert_eq!(code(&alone(&source, &json!({}), &[])), Err(GapCode::FuelExhausted));
}

#[test]
fn errors_say_where_and_what_was_meant() {
    for (source, message, position, help) in [
        ("resource.a &&\n  )", "expected a value, found `)`", (2, 3), None),
        ("resource.a == 'x", "the text has no closing quote", (1, 15), None),
        ("resource.a.?b", "the optional syntax is off: it would take what is unknown for absent", (1, 12), None),
        ("resource.a[?0]", "the optional syntax is off: it would take what is unknown for absent", (1, 12), None),
        ("sizee(resource.a) > 0", "there is no function `sizee`", (1, 1), Some("did you mean `size`?")),
        ("resource.a.startWith('a')", "there is no function `startWith`", (1, 12), Some("did you mean `startsWith`?")),
        ("resource.a.exist(x, x)", "there is no function `exist`", (1, 12), Some("did you mean `exists`?")),
        (
            "policy.alows_public(resource.a)",
            "there is no function `policy.alows_public`",
            (1, 8),
            Some("did you mean `policy.allows_public`?"),
        ),
        ("policy.allows_public()", "`policy.allows_public` takes policy", (1, 8), None),
        ("has(resource)", "`has` takes one attribute: has(resource.name)", (1, 1), None),
        ("resource.a.all(1, true)", "`all` takes a name for the element and what is asked of it", (1, 12), None),
        ("é", "`é` means nothing here", (1, 1), None),
        ("'é' == 1u", "unsigned numbers are not part of the language", (1, 8), None),
        ("resource.a resource.b", "expected an operator or the end, found `resource`", (1, 12), None),
    ] {
        let error = Expression::compile(source).err().unwrap_or_else(|| panic!("{source} compiles"));
        assert_eq!(error.message, message, "{source}");
        assert_eq!(error.position(source), Some(position), "{source}");
        assert_eq!(error.help.as_deref(), help, "{source}");
    }
}
