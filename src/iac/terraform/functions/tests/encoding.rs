use std::sync::Arc;

use super::super::to_text;
use super::{Value, called, check};

/// Encodings.
const ENCODINGS: &[(&str, &str, &str)] = &[
    ("base64decode", r#"["SGVsbG8="]"#, r#""Hello""#),
    ("base64decode", r#"[""]"#, r#""""#),
    ("base64decode", r#"["SGVs\nbG8="]"#, r#""Hello""#),
    ("base64decode", r#"["SGVsbG8"]"#, "error"),
    ("base64decode", r#"["/w=="]"#, "error"),
    ("base64decode", r#"["SG Vs"]"#, "error"),
    ("base64encode", r#"["Hello"]"#, r#""SGVsbG8=""#),
    ("base64encode", r#"["é"]"#, r#""w6k=""#),
    ("base64encode", r#"[""]"#, r#""""#),
    ("base64encode", "[5]", r#""NQ==""#),
    ("csvdecode", r#"["a,b\n1,2\n3,4"]"#, r#"[{"a":"1","b":"2"},{"a":"3","b":"4"}]"#),
    ("csvdecode", r#"["a\n"]"#, "[]"),
    ("csvdecode", r#"["a,b\n\"x,y\",\"q\"\"z\"\n"]"#, r#"[{"a":"x,y","b":"q\"z"}]"#),
    ("csvdecode", r#"["a,b\r\n1,2\r\n"]"#, r#"[{"a":"1","b":"2"}]"#),
    ("csvdecode", r#"[" a, b\n 1, 2"]"#, r#"[{" a":" 1"," b":" 2"}]"#),
    ("csvdecode", r#"["a\n\nb\n"]"#, r#"[{"a":"b"}]"#),
    ("csvdecode", r#"["a,b\n1"]"#, "error"),
    ("csvdecode", r#"["a,a\n1,2"]"#, "error"),
    ("csvdecode", r#"[""]"#, "error"),
    ("jsondecode", r#"["{\"a\":[1,2.5,null,true,\"x\"]}"]"#, r#"{"a":[1,2.5,null,true,"x"]}"#),
    ("jsondecode", r#"["1"]"#, "1"),
    ("jsondecode", r#"["\"x\""]"#, r#""x""#),
    ("jsondecode", r#"["null"]"#, "null"),
    ("jsondecode", r#"["[]"]"#, "[]"),
    ("jsondecode", r#"["{\"a\":1,\"a\":2}"]"#, r#"{"a":2}"#),
    ("jsondecode", r#"[""]"#, "error"),
    ("jsondecode", r#"["{"]"#, "error"),
    ("jsondecode", r#"["{\"a\":1} x"]"#, "error"),
    ("jsonencode", "[null]", r#""null""#),
    ("jsonencode", "[[]]", r#""[]""#),
    ("jsonencode", "[{}]", r#""{}""#),
    ("jsonencode", r#"["x"]"#, r#""\"x\"""#),
    ("jsonencode", "[1.5]", r#""1.5""#),
    ("jsonencode", "[1e+21]", r#""1000000000000000000000""#),
    ("jsonencode", "[1e-06]", r#""0.000001""#),
    ("jsonencode", "[1e-10]", r#""0.0000000001""#),
    ("jsonencode", "[123456789012345]", r#""123456789012345""#),
    ("textdecodebase64", r#"["SABlAGwAbABvAA==","UTF-16LE"]"#, r#""Hello""#),
    ("textdecodebase64", r#"["SOk=","ISO-8859-1"]"#, r#""Hé""#),
    ("textdecodebase64", r#"["SOk=","UTF-8"]"#, "error"),
    ("textdecodebase64", r#"["SOk=","US-ASCII"]"#, "error"),
    ("textdecodebase64", r#"["x","bogus"]"#, "error"),
    ("textencodebase64", r#"["Hello","UTF-16LE"]"#, r#""SABlAGwAbABvAA==""#),
    ("textencodebase64", r#"["Hé","UTF-16BE"]"#, r#""AEgA6Q==""#),
    ("textencodebase64", r#"["Hé","ISO-8859-1"]"#, r#""SOk=""#),
    ("textencodebase64", r#"["Hé","UTF-8"]"#, r#""SMOp""#),
    ("textencodebase64", r#"["Hé","US-ASCII"]"#, "error"),
    ("urlencode", r#"["Hello"]"#, r#""Hello""#),
    ("urlencode", r#"["é"]"#, r#""%C3%A9""#),
    ("urlencode", r#"[""]"#, r#""""#),
    ("urlencode", "[5]", r#""5""#),
    ("urlencode", r#"["a b&c=d/é~*'()!+"]"#, r#""a+b%26c%3Dd%2F%C3%A9~%2A%27%28%29%21%2B""#),
];

/// YAML.
const YAML: &[(&str, &str, &str)] = &[
    ("yamldecode", r#"["d: 2001-01-01"]"#, r#"{"d":"2001-01-01T00:00:00Z"}"#),
    ("yamldecode", r#"["d: 2001-12-14t21:59:43.10-05:00"]"#, r#"{"d":"2001-12-14T21:59:43-05:00"}"#),
    ("yamldecode", r#"["d: 2001-12-14 21:59:43"]"#, r#"{"d":"2001-12-14T21:59:43Z"}"#),
    ("yamldecode", r#"["x: &a {p: 1}\ny: *a"]"#, r#"{"true":{"p":1},"x":{"p":1}}"#),
    ("yamldecode", r#"["x: &a {p: 1}\nz:\n  <<: *a\n  q: 2"]"#, r#"{"x":{"p":1},"z":{"p":1,"q":2}}"#),
    ("yamldecode", r#"["x: &a {p: 1, q: 5}\nz:\n  q: 2\n  <<: *a"]"#, r#"{"x":{"p":1,"q":5},"z":{"p":1,"q":5}}"#),
    ("yamldecode", r#"["---\na: 1"]"#, r#"{"a":1}"#),
    ("yamldecode", r#"["a: !!str 1"]"#, r#"{"a":"1"}"#),
    ("yamldecode", r#"["{a: 1, b: [x, y]}"]"#, r#"{"a":1,"b":["x",true]}"#),
    ("yamldecode", r#"["a: 1\na: 2"]"#, r#"{"a":2}"#),
    ("yamldecode", r#"["1: x"]"#, r#"{"1":"x"}"#),
    ("yamldecode", r#"["true: x"]"#, r#"{"true":"x"}"#),
    ("yamldecode", r#"["just text"]"#, r#""just text""#),
    ("yamldecode", r#"["~"]"#, "null"),
    ("yamldecode", r#"["a: 1:30"]"#, r#"{"a":"1:30"}"#),
    ("yamldecode", r#"["a: '1'"]"#, r#"{"a":"1"}"#),
    ("yamldecode", r#"["a: null\nb:\n"]"#, r#"{"a":null,"b":null}"#),
    ("yamldecode", r#"["\"a\": 1"]"#, r#"{"a":1}"#),
    ("yamldecode", r#"["a: 0123"]"#, r#"{"a":123}"#),
    ("yamldecode", r#"["a: 1e"]"#, r#"{"a":"1e"}"#),
    ("yamldecode", r#"["a: 0.1"]"#, r#"{"a":0.1}"#),
    ("yamldecode", r#"[""]"#, "error"),
    ("yamldecode", r#"["a: 1\n---\nb: 2"]"#, "error"),
    ("yamldecode", r#"["a: !foo 1"]"#, "error"),
    ("yamlencode", "[null]", r#""null\n...\n""#),
    ("yamlencode", "[[]]", r#""[]\n""#),
    ("yamlencode", "[{}]", r#""{}\n""#),
    ("yamlencode", r#"["x"]"#, r#""\"x\"\n""#),
    ("yamlencode", "[1.5]", r#""1.5\n...\n""#),
    ("yamlencode", "[1e+21]", r#""1000000000000000000000\n...\n""#),
    ("yamlencode", "[1e-06]", r#""0.000001\n...\n""#),
    ("yamlencode", "[1e-10]", r#""0.0000000001\n...\n""#),
    ("yamlencode", "[123456789012345]", r#""123456789012345\n...\n""#),
    ("yamlencode", "[0.1]", r#""0.1\n...\n""#),
    ("yamlencode", r#"[["a",["b","c"],[],{}]]"#, r#""- \"a\"\n- - \"b\"\n  - \"c\"\n- []\n- {}\n""#),
    ("yamlencode", r#"[[{"a":1,"b":2}]]"#, r#""- \"a\": 1\n  \"b\": 2\n""#),
    ("yamlencode", r#"["a\nb\n"]"#, r#""|\n  a\n  b\n""#),
    ("yamlencode", r#"["a\n\nb"]"#, r#""|-\n  a\n\n  b\n""#),
    ("yamlencode", r#"["\na"]"#, r#""|2-\n\n  a\n""#),
    ("yamlencode", r#"[" a\nb"]"#, r#""|2-\n   a\n  b\n""#),
    ("yamlencode", r#"["a\n\n"]"#, r#""|+\n  a\n\n""#),
    ("yamlencode", r#"["a:b #c"]"#, r#""\"a:b #c\"\n""#),
    ("yamlencode", r#"["é\"\\"]"#, r#""\"é\\\"\\\\\"\n""#),
    ("yamlencode", r#"["1"]"#, r#""\"1\"\n""#),
    ("yamlencode", r#"["a b: c"]"#, r#""\"a b: c\"\n""#),
    ("yamlencode", r#"["a\tb\nc"]"#, r#""\"a\\tb\\nc\"\n""#),
    ("yamlencode", r#"[{"x y":1,"1":2,"true":3}]"#, r#""\"1\": 2\n\"true\": 3\n\"x y\": 1\n""#),
    ("yamlencode", r#"[["m\nn"]]"#, r#""- |-\n  m\n  n\n""#),
];

/// Digests.
const DIGESTS: &[(&str, &str, &str)] = &[
    ("base64sha256", r#"["Hello"]"#, r#""GF+NsyJx/iX1Yab8k4suJkMG7DBO2lGAB9F2SCY4GWk=""#),
    ("base64sha256", r#"["é"]"#, r#""SplVfkAzw1Od4utlRyAXytX5VX96BiWgnxw/biumnEw=""#),
    ("base64sha256", r#"[""]"#, r#""47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=""#),
    ("base64sha256", "[5]", r#""7y0SfeN7lCuq0GFF5UsMYZofIjJ7LrvPvsePVWSv450=""#),
    ("md5", r#"["Hello"]"#, r#""8b1a9953c4611296a827abf8c47804d7""#),
    ("md5", r#"["é"]"#, r#""66ddcd97cfdeabb2f6fb8a999b4bc76f""#),
    ("md5", r#"[""]"#, r#""d41d8cd98f00b204e9800998ecf8427e""#),
    ("md5", "[5]", r#""e4da3b7fbbce2345d7772b0674a318d5""#),
    ("sha1", r#"["Hello"]"#, r#""f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0""#),
    ("sha1", r#"["é"]"#, r#""bf15be717ac1b080b4f1c456692825891ff5073d""#),
    ("sha1", r#"[""]"#, r#""da39a3ee5e6b4b0d3255bfef95601890afd80709""#),
    ("sha1", "[5]", r#""ac3478d69a3c81fa62e60f5c3696165a4e5e6ac4""#),
    ("sha256", r#"["Hello"]"#, r#""185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969""#),
    ("sha256", r#"["é"]"#, r#""4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c""#),
    ("sha256", r#"[""]"#, r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#),
    ("sha256", "[5]", r#""ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d""#),
    ("uuidv5", r#"["dns","www.terraform.io"]"#, r#""a5008fae-b28c-5ba5-96cd-82b4c53552d6""#),
    ("uuidv5", r#"["url","https://x"]"#, r#""48d34be5-10a3-5c30-96ef-9cf9a60110f2""#),
    ("uuidv5", r#"["6ba7b810-9dad-11d1-80b4-00c04fd430c8","x"]"#, r#""05b16a01-46c6-56dd-bd6e-c6dfb4a1427a""#),
    ("uuidv5", r#"["oid","1.3"]"#, r#""7c3f19ce-da43-52bf-99db-9f3349f15d5e""#),
    ("uuidv5", r#"["x500","CN=a"]"#, r#""c4756781-662d-5713-b245-06d2e6262fc5""#),
    ("uuidv5", r#"["x","y"]"#, "error"),
];

#[test]
fn encodings_are_those_of_terraform() {
    check(ENCODINGS);
}

#[test]
fn yaml_is_that_of_terraform() {
    check(YAML);
}

#[test]
fn digests_are_those_of_terraform() {
    check(DIGESTS);
}

#[test]
fn what_only_opentofu_has_is_there() {
    check(&[
        ("urldecode", r#"["a+b%3dc%3D%C3%A9"]"#, r#""a b=c=é""#),
        ("urldecode", r#"["%zz"]"#, "error"),
        ("urldecode", r#"["%ff"]"#, "error"),
    ]);
}

#[test]
fn yaml_that_repeats_itself_is_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let before = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let args = serde_json::to_string(&[bomb]).expect("text");
    check(&[("yamldecode", &args, "error")]);
    let deep = serde_json::to_string(&["[".repeat(50_000)]).expect("text");
    check(&[("yamldecode", &deep, "error"), ("jsondecode", &deep, "error")]);
}

#[test]
fn long_digests_are_those_of_terraform() {
    let hex = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
               47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
    let base64 = "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
    assert_eq!(called("sha512", r#"[""]"#), Ok(Value::text(hex)));
    assert_eq!(called("base64sha512", r#"[""]"#), Ok(Value::text(base64)));
}

#[test]
fn json_within_json_that_grows_without_bound_is_refused() {
    let mut nested = Value::text("\"");
    for _ in 0..100 {
        nested = Value::Json(Arc::new(nested));
    }
    assert!(to_text(&nested).is_err());
    let mut wide = Value::text("a");
    for _ in 0..60 {
        wide = Value::list(vec![wide.clone(), wide]);
    }
    assert!(to_text(&Value::Json(Arc::new(wide))).is_err());
}
