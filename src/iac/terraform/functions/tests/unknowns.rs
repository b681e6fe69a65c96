use super::*;

fn id() -> Value {
    Value::Unknown(attribute("aws_x.y.id"))
}

fn variable() -> Value {
    Value::unknown(GapCode::Unresolved, "var.a")
}

fn secret() -> Value {
    Value::unknown(GapCode::Sensitive, "var.s")
}

fn ok(name: &str, args: &[Value]) -> Value {
    call(name, args, &nowhere()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn texts(items: &[&str]) -> Value {
    Value::list(items.iter().map(|item| Value::text(item)).collect())
}

fn list(items: &[Value]) -> Value {
    Value::list(items.to_vec())
}

/// `before` + unknown + `after`.
fn template(before: &str, unknown: &Value, after: &str) -> Value {
    let mut writer = Writer::default();
    writer.push_str(before);
    writer.push(unknown).unwrap();
    writer.push_str(after);
    writer.finish().unwrap()
}

fn unknown(value: &Value) -> &Unknown {
    match value {
        Value::Unknown(unknown) => unknown,
        other => panic!("{other:?} is not unknown"),
    }
}

#[test]
fn an_unknown_argument_makes_an_unknown_result_with_its_references() {
    let result = ok("sha256", &[id()]);
    let result = unknown(&result);
    assert_eq!(result.code, GapCode::KnownAfterApply);
    assert_eq!(result.shown, "sha256(aws_x.y.id)");
    assert_eq!(result.references.len(), 1);
    assert_eq!(result.references[0].address, "aws_x.y");
    assert!(!result.references[0].whole);
    assert!(result.references[0].instance);
}

#[test]
fn references_of_all_unknown_arguments_are_kept_once() {
    let other = Value::Unknown(attribute("aws_x.z.id"));
    let result = ok("cidrsubnet", &[id(), other, id()]);
    let result = unknown(&result);
    let addresses: Vec<_> = result.references.iter().map(|reference| reference.address.as_str()).collect();
    assert_eq!(addresses, ["aws_x.y", "aws_x.z"]);
    assert_eq!(result.shown, "cidrsubnet(aws_x.y.id, aws_x.z.id, aws_x.y.id)");
}

#[test]
fn sensitive_wins_over_known_after_apply_and_that_over_unresolved() {
    let code = |args: &[Value]| unknown(&ok("max", args)).code;
    assert_eq!(code(&[Value::Number(1.0), variable()]), GapCode::Unresolved);
    assert_eq!(code(&[variable(), id()]), GapCode::KnownAfterApply);
    assert_eq!(code(&[variable(), id(), secret()]), GapCode::Sensitive);
    assert_eq!(code(&[secret(), id(), variable()]), GapCode::Sensitive);
}

#[test]
fn the_expression_of_a_result_is_bounded_and_names_no_value() {
    let password = Value::text("hunter2");
    let many: Vec<Value> = (0..100).map(|_| id()).collect();
    let result = ok("regex", &[password, Value::list(many)]);
    let result = unknown(&result);
    assert!(!result.shown.contains("hunter2"), "{}", result.shown);
    assert!(result.shown.len() < 300);
    assert_eq!(result.shown, "regex(…, aws_x.y.id, aws_x.y.id, aws_x.y.id…)");
}

#[test]
fn what_is_marked_sensitive_is_dropped() {
    let result = ok("sensitive", &[map(&[("password", Value::text("hunter2")), ("id", id())])]);
    assert!(!format!("{result:?}").contains("hunter2"));
    assert_eq!(unknown(&result).code, GapCode::Sensitive);
    assert_eq!(unknown(&result).references.len(), 1);
    assert_eq!(ok("issensitive", std::slice::from_ref(&result)), Value::Bool(true));
    assert_eq!(ok("issensitive", &[Value::text("a")]), Value::Bool(false));
    assert_eq!(unknown(&ok("nonsensitive", &[result])).code, GapCode::Sensitive);
    assert_eq!(ok("nonsensitive", &[Value::text("a")]), Value::text("a"));
}

#[test]
fn the_text_of_one_unknown_value_is_that_value() {
    assert_eq!(ok("join", &[Value::text(""), list(&[id()])]), id());
    assert_eq!(ok("format", &[Value::text("%s"), id()]), id());
    assert_eq!(ok("tostring", &[id()]), id());
    assert_eq!(ok("coalesce", &[Value::Null, Value::text(""), id()]), id());
    assert_eq!(ok("one", &[list(&[id()])]), id());
    assert_eq!(ok("element", &[list(&[Value::text("a"), id()]), Value::Number(3.0)]), id());
    assert_eq!(ok("tolist", &[id()]), id());
}

#[test]
fn joined_and_formatted_texts_keep_what_is_known() {
    let arn = template("arn:aws:s3:::", &id(), "/*");
    assert_eq!(ok("format", &[Value::text("arn:aws:s3:::%s/*"), id()]), arn);
    let joined = ok("join", &[Value::text(":"), list(&[Value::text("arn:aws:s3::"), template("", &id(), "/*")])]);
    assert_eq!(joined, arn);
    assert_eq!(
        ok("formatlist", &[Value::text("%s/*"), list(&[Value::text("a"), id()])]),
        list(&[Value::text("a/*"), template("", &id(), "/*")])
    );
    // An identifier is one text; what a variable holds may be a list.
    assert_eq!(ok("formatlist", &[Value::text("%s/*"), id()]), list(&[template("", &id(), "/*")]));
    assert!(matches!(ok("formatlist", &[Value::text("%s"), variable()]), Value::Unknown(_)));
    let number = ok("format", &[Value::text("n-%03d"), id()]);
    let Value::Template(parts) = &number else { panic!("{number:?}") };
    assert_eq!(parts[0], Part::Text("n-".into()));
}

#[test]
fn texts_of_parts_are_changed_where_they_are_known() {
    let arn = template("ARN:", &id(), "/a");
    let Value::Template(parts) = ok("lower", std::slice::from_ref(&arn)) else { panic!("no template") };
    assert_eq!(parts[0], Part::Text("arn:".into()));
    let Part::Unknown(middle) = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(middle.shown, "lower(aws_x.y.id)");
    assert!(!middle.references[0].whole);

    let replaced = ok("replace", &[arn.clone(), Value::text(":"), Value::text("/")]);
    let Value::Template(parts) = replaced else { panic!("no template") };
    assert_eq!(parts[0], Part::Text("ARN/".into()));
    // `N:x` may begin in what is known and end in what is not.
    assert!(matches!(ok("replace", &[arn.clone(), Value::text("N:x"), Value::text("")]), Value::Unknown(_)));
    assert!(matches!(ok("replace", &[arn.clone(), Value::text("/x/"), Value::text("")]), Value::Unknown(_)));

    assert_eq!(ok("trimprefix", &[arn.clone(), Value::text("ARN:")]), template("", &id(), "/a"));
    assert_eq!(ok("trimsuffix", &[arn.clone(), Value::text("/a")]), template("ARN:", &id(), ""));
    assert_eq!(ok("trimsuffix", &[arn.clone(), Value::text("/b")]), arn);
    assert_eq!(ok("trimspace", &[template(" a", &id(), "b\n")]), template("a", &id(), "b"));
    assert_eq!(ok("substr", &[arn, Value::Number(0.0), Value::Number(3.0)]), Value::text("ARN"));
}

#[test]
fn a_placeholder_is_replaced_in_json_and_by_what_is_not_known() {
    let replaced = ok("replace", &[Value::text("a X b X"), Value::text("X"), id()]);
    let Value::Template(parts) = &replaced else { panic!("{replaced:?}") };
    assert_eq!((parts.len(), &parts[0]), (4, &Part::Text("a ".into())));

    let statement = |resource: Value| {
        Value::map(
            [("Resource".into(), Value::list(vec![resource, id()])), ("Effect".into(), Value::text("Deny"))].into(),
        )
    };
    let policy = Value::Json(std::sync::Arc::new(statement(Value::text("_ARN_/*"))));
    let replace = |wanted: &str, with: Value| ok("replace", &[policy.clone(), Value::text(wanted), with]);
    let known = Value::Json(std::sync::Arc::new(statement(Value::text("arn:x/*"))));
    assert_eq!(replace("_ARN_", Value::text("arn:x")), known);
    let unknown = Value::Json(std::sync::Arc::new(statement(template("", &id(), "/*"))));
    assert_eq!(replace("_ARN_", id()), unknown, "what refers to something still does");
    assert!(matches!(replace("/_.*_/", Value::text("x")), Value::Unknown(_)));
    // What is no placeholder may be in what is not known.
    let Value::Template(parts) = replace("ARN", Value::text("x")) else { panic!("no template") };
    assert!(parts.iter().any(|part| matches!(part, Part::Unknown(unknown) if !unknown.references[0].whole)));
    // What has quotes may change the JSON around it.
    let Value::Template(parts) = replace("_ARN_", Value::text("\", \"NotAction\": \"")) else { panic!("no template") };
    assert!(matches!(&parts[0], Part::Text(text) if text.contains("\"NotAction\": \"/*\"")), "{parts:?}");
}

#[test]
fn a_slice_has_as_many_elements_as_it_says() {
    let numbers = |start: f64, stop: f64| [Value::Number(start), Value::Number(stop)];
    let sliced = |list: Value, start: f64, stop: f64| {
        let [start, stop] = numbers(start, stop);
        ok("slice", &[list, start, stop])
    };
    let Value::List(items) = sliced(id(), 1.0, 3.0) else { panic!("no list") };
    let names = items.iter().map(|item| match item {
        Value::Unknown(unknown) => unknown.shown.as_str(),
        known => panic!("{known:?}"),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["aws_x.y.id[1]", "aws_x.y.id[2]"]);
    let open = ok("concat", &[list(&[Value::text("a")]), id()]);
    assert_eq!(sliced(open.clone(), 0.0, 1.0), list(&[Value::text("a")]));
    let Value::List(items) = sliced(open, 0.0, 3.0) else { panic!("no list") };
    assert_eq!((items.len(), &items[0]), (3, &Value::text("a")));
    assert_eq!(sliced(id(), 0.0, 0.0), list(&[]));
    assert!(matches!(sliced(id(), 0.0, 1e6), Value::Unknown(_)));
    assert!(matches!(ok("slice", &[id(), Value::Number(0.0), variable()]), Value::Unknown(_)));
}

#[test]
fn a_known_part_decides_where_it_can() {
    let arn = template("arn:aws:s3:::", &id(), "/a");
    let yes = Value::Bool(true);
    let no = Value::Bool(false);
    assert_eq!(ok("startswith", &[arn.clone(), Value::text("arn:")]), yes);
    assert_eq!(ok("startswith", &[arn.clone(), Value::text("http")]), no);
    assert!(matches!(ok("startswith", &[arn.clone(), Value::text("arn:aws:s3:::b")]), Value::Unknown(_)));
    assert_eq!(ok("endswith", &[arn.clone(), Value::text("/a")]), yes);
    assert_eq!(ok("endswith", &[arn.clone(), Value::text("/b")]), no);
    assert!(matches!(ok("endswith", &[arn.clone(), Value::text("b/a")]), Value::Unknown(_)));
    assert_eq!(ok("strcontains", &[arn.clone(), Value::text("s3")]), yes);
    assert!(matches!(ok("strcontains", &[arn, Value::text("x")]), Value::Unknown(_)));

    let ports = list(&[Value::Number(22.0), variable()]);
    assert_eq!(ok("contains", &[ports.clone(), Value::Number(22.0)]), yes);
    assert!(matches!(ok("contains", &[ports.clone(), Value::Number(23.0)]), Value::Unknown(_)));
    assert_eq!(ok("index", &[ports.clone(), Value::Number(22.0)]), Value::Number(0.0));
    assert!(matches!(ok("index", &[ports, Value::Number(23.0)]), Value::Unknown(_)));
    assert_eq!(ok("anytrue", &[list(&[yes.clone(), variable()])]), yes);
    assert_eq!(ok("alltrue", &[list(&[no.clone(), variable()])]), no);
    assert!(matches!(ok("alltrue", &[list(&[yes, variable()])]), Value::Unknown(_)));
    assert!(matches!(ok("anytrue", &[list(&[no, variable()])]), Value::Unknown(_)));
}

#[test]
fn collections_keep_their_shape_around_unknown_elements() {
    let three = list(&[id(), Value::text("b"), variable()]);
    assert_eq!(ok("length", std::slice::from_ref(&three)), Value::Number(3.0));
    assert_eq!(ok("reverse", std::slice::from_ref(&three)), list(&[variable(), Value::text("b"), id()]));
    assert_eq!(ok("slice", &[three.clone(), Value::Number(0.0), Value::Number(2.0)]), list(&[id(), Value::text("b")]));
    assert_eq!(ok("distinct", &[list(&[id(), id(), Value::text("b")])]), list(&[id(), Value::text("b")]));
    assert_eq!(ok("toset", &[list(&[id(), Value::text("b"), Value::text("a")])]), {
        list(&[Value::text("a"), Value::text("b"), id()])
    });
    assert_eq!(ok("flatten", &[list(&[list(&[id()]), texts(&["b"])])]), list(&[id(), Value::text("b")]));
    let object = map(&[("a", id()), ("b", Value::Bool(true))]);
    assert_eq!(ok("keys", std::slice::from_ref(&object)), texts(&["a", "b"]));
    assert_eq!(ok("values", std::slice::from_ref(&object)), list(&[id(), Value::Bool(true)]));
    assert_eq!(ok("lookup", &[object.clone(), Value::text("b"), variable()]), Value::Bool(true));
    assert_eq!(ok("lookup", &[object.clone(), Value::text("c"), variable()]), variable());
    assert_eq!(ok("merge", &[object.clone(), map(&[("b", id())])]), map(&[("a", id()), ("b", id())]));
    assert!(matches!(ok("merge", &[object, variable()]), Value::Unknown(_)));
    assert_eq!(ok("zipmap", &[texts(&["a"]), list(&[id()])]), map(&[("a", id())]));
    assert_eq!(ok("setproduct", &[texts(&["a"]), list(&[id()])]), list(&[list(&[Value::text("a"), id()])]));
}

#[test]
fn a_list_of_which_more_is_unknown_ends_in_the_rest() {
    let joined = ok("concat", &[texts(&["0.0.0.0/0"]), variable()]);
    let Value::List(items) = &joined else { panic!("{joined:?}") };
    assert_eq!(items[0], Value::text("0.0.0.0/0"));
    assert!(is_rest(&items[1]));
    assert_eq!(unknown(&items[1]).shown, "elements of var.a");
    // It is known to have one, and not how many.
    assert_eq!(ok("contains", &[joined.clone(), Value::text("0.0.0.0/0")]), Value::Bool(true));
    assert_eq!(ok("element", &[joined.clone(), Value::Number(0.0)]), Value::text("0.0.0.0/0"));
    for (name, more) in [
        ("length", vec![]),
        ("reverse", vec![]),
        ("one", vec![]),
        ("element", vec![Value::Number(1.0)]),
        ("chunklist", vec![Value::Number(2.0)]),
    ] {
        let args: Vec<Value> = [joined.clone()].into_iter().chain(more).collect();
        assert!(matches!(ok(name, &args), Value::Unknown(_)), "{name}");
    }
    assert!(matches!(ok("join", &[Value::text(","), joined.clone()]), Value::Unknown(_)));
    let Value::List(kept) = ok("distinct", std::slice::from_ref(&joined)) else { panic!("no list") };
    assert!(is_rest(&kept[1]));
    let Value::List(kept) = ok("concat", &[joined.clone(), texts(&["b"])]) else { panic!("no list") };
    assert_eq!(kept.len(), 3);
    assert!(matches!(ok("concat", &[variable(), id()]), Value::Unknown(_)));
    let Value::List(kept) = ok("setunion", &[texts(&["b"]), id()]) else { panic!("no list") };
    assert_eq!(kept[0], Value::text("b"));
    assert!(is_rest(&kept[1]));
}

#[test]
fn what_a_variable_holds_may_be_empty_and_what_aws_gives_is_not() {
    assert_eq!(ok("compact", &[list(&[id(), Value::text("")])]), list(&[id()]));
    let Value::List(kept) = ok("compact", &[list(&[variable(), Value::text("a")])]) else { panic!("no list") };
    assert!(is_rest(&kept[0]));
    assert_eq!(kept[1], Value::text("a"));
    assert!(matches!(ok("coalesce", &[variable(), Value::text("a")]), Value::Unknown(_)));
    assert_eq!(ok("coalesce", &[Value::text("a"), variable()]), Value::text("a"));
    assert_eq!(ok("coalescelist", &[Value::list(vec![]), list(&[id()])]), list(&[id()]));
}

#[test]
fn json_with_unknown_parts_keeps_its_structure() {
    let object = map(&[("Effect", Value::text("Allow")), ("Resource", id())]);
    let encoded = ok("jsonencode", std::slice::from_ref(&object));
    assert_eq!(encoded, Value::Json(Arc::new(object.clone())));
    assert_eq!(ok("jsondecode", std::slice::from_ref(&encoded)), object);
    assert!(matches!(ok("sha256", std::slice::from_ref(&encoded)), Value::Unknown(_)));
    assert!(matches!(ok("length", std::slice::from_ref(&encoded)), Value::Unknown(_)));

    // As text it is a template, and read again it is what it was, as far as its text tells.
    let written = ok("tostring", &[encoded]);
    let Value::Template(parts) = &written else { panic!("{written:?}") };
    assert_eq!(parts[0], Part::Text("{\"Effect\":\"Allow\",\"Resource\":".into()));
    assert_eq!(json_of(&written), Some(object));
    assert!(matches!(ok("jsonencode", &[id()]), Value::Unknown(_)));
}

#[test]
fn json_in_a_text_of_parts_is_read_with_the_parts_in_place() {
    let text = |before: &str, after: &str| ok("jsondecode", &[template(before, &id(), after)]);
    assert_eq!(text("{\"a\": \"arn:", "/*\"}"), map(&[("a", template("arn:", &id(), "/*"))]));
    assert_eq!(text("{\"a\": \"", "\"}"), map(&[("a", id())]));
    assert_eq!(text("{\"a\": [", "]}"), map(&[("a", list(&[id()]))]));
    assert_eq!(text("{\"", ":sub\": 1}"), map(&[("${aws_x.y.id}:sub", Value::Number(1.0))]));
    assert_eq!(text("{\"a\\\"\": \"", "\"}"), map(&[("a\"", id())]));
    assert!(matches!(text("{", "}"), Value::Unknown(_)));
    assert!(matches!(text("{\"a\": \"\u{f0000}", "\"}"), Value::Unknown(_)));
    assert!(matches!(text("{\"a\": \"\\", "\"}"), Value::Unknown(_)));
}

#[test]
fn known_json_is_its_text_where_a_text_is_asked_for() {
    let encoded = ok("jsonencode", &[map(&[("b", Value::Number(1.0)), ("a", Value::text("<&>"))])]);
    let text = "{\"a\":\"\\u003c\\u0026\\u003e\",\"b\":1}";
    assert_eq!(ok("tostring", std::slice::from_ref(&encoded)), Value::text(text));
    assert_eq!(ok("join", &[Value::text(","), list(&[encoded.clone(), Value::text("x")])]), {
        Value::text(&format!("{text},x"))
    });
    assert_eq!(ok("length", std::slice::from_ref(&encoded)), ok("length", &[Value::text(text)]));
    assert_eq!(ok("md5", std::slice::from_ref(&encoded)), ok("md5", &[Value::text(text)]));
    assert_eq!(ok("contains", &[list(std::slice::from_ref(&encoded)), Value::text(text)]), Value::Bool(true));
    assert_eq!(ok("upper", &[encoded]), Value::text(&text.to_uppercase()));
}

#[test]
fn yaml_with_unknown_parts_is_a_text_of_parts() {
    let written = ok("yamlencode", &[map(&[("a", template("x", &id(), "")), ("b", id())])]);
    let Value::Template(parts) = &written else { panic!("{written:?}") };
    assert_eq!(parts[0], Part::Text("\"a\": \"x".into()));
    assert_eq!(parts[2], Part::Text("\"\n\"b\": ".into()));
}

#[test]
fn what_is_new_each_time_is_known_after_apply() {
    for name in ["timestamp", "plantimestamp", "uuid"] {
        let result = ok(name, &[]);
        assert_eq!(unknown(&result).code, GapCode::KnownAfterApply, "{name}");
        assert_eq!(unknown(&result).shown, format!("{name}()"));
    }
    assert_eq!(unknown(&ok("bcrypt", &[Value::text("x")])).code, GapCode::KnownAfterApply);
    assert_eq!(unknown(&ok("base64gzip", &[Value::text("x")])).code, GapCode::Unresolved);
    assert_eq!(unknown(&ok("rsadecrypt", &[Value::text("x"), Value::text("y")])).code, GapCode::Sensitive);
}

#[test]
fn a_value_that_doubles_itself_is_refused_before_it_is_walked() {
    let mut value = texts(&["a"]);
    for _ in 0..60 {
        value = list(&[value.clone(), value]);
    }
    assert!(matches!(call("jsonencode", std::slice::from_ref(&value), &nowhere()), Err(FunctionError::Arguments(_))));
    assert!(matches!(call("flatten", &[value], &nowhere()), Err(FunctionError::Arguments(_))));
    let mut deep = texts(&["a"]);
    for _ in 0..500 {
        deep = list(&[deep]);
    }
    assert!(matches!(call("flatten", &[deep], &nowhere()), Err(FunctionError::Arguments(_))));
}
