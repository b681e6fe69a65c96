use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::iac::cloudformation::looks_like;

fn timed(name: &str, text: &str) -> Code {
    let started = Instant::now();
    let code = read(name, text.as_bytes(), &Options::default());
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    code
}

#[test]
fn a_yaml_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 9].join(", ")));
    }
    text.push_str("Resources:\n  B: {Type: AWS::S3::Bucket}\n");
    let code = timed("a.yaml", &text);
    assert!(code.problems[0].message.contains("aliases"), "{:?}", code.problems);
    assert!(code.deployments.is_empty());
    let code = timed("a.yaml", "a: &a [*a]\nResources: {}\n");
    assert_eq!(code.problems.len(), 1);
}

#[test]
fn deep_nesting_is_refused() {
    for (name, open, close) in
        [("a.yaml", "[", "]"), ("a.json", "[", "]"), ("a.yaml", "{a: ", "}"), ("a.json", "{\"a\":", "}")]
    {
        for depth in [98, 5_000, 200_000] {
            let inner = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let text = format!("{{\"Resources\": {{\"B\": {{\"Type\": \"T\", \"Properties\": {inner}}}}}}}");
            let code = timed(name, &text);
            assert_eq!(code.problems.len(), 1, "{name} {open} {depth}");
            let message = &code.problems[0].message;
            assert!(message.contains("deeper") || message.contains("recursion"), "{message}");
        }
    }
    let mut text = "Resources:\n".to_owned();
    for depth in 1..2_000 {
        text.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    assert!(timed("a.yaml", &text).problems[0].message.contains("deeper"));
    let dashes = format!("Resources:\n  {}x\n", "- ".repeat(100_000));
    assert!(!timed("a.yaml", &dashes).problems.is_empty());
    // As deep as is allowed, with a function on each level.
    let nested = format!("{}x{}", "!Join ['', [".repeat(40), "]]".repeat(40));
    assert_eq!(evaluated(&nested, ""), Value::text("x"));
}

#[test]
fn a_long_chain_of_conditions_does_not_overflow() {
    let mut sections = "Conditions:\n  C0: !Equals [!Ref AWS::Region, x]\n".to_owned();
    for index in 1..20_000 {
        sections.push_str(&format!("  C{index}: !Not [!Condition C{}]\n", index - 1));
    }
    known(GapCode::Unresolved, &evaluated("!If [C19999, a, b]", &sections));
}

#[test]
fn conditions_that_fan_out_are_answered_once() {
    let mut sections = "Conditions:\n  C0: !Equals [!Ref AWS::Region, x]\n".to_owned();
    for index in 1..40 {
        let before = index - 1;
        sections.push_str(&format!("  C{index}: !And [!Condition C{before}, !Condition C{before}]\n"));
    }
    assert_eq!(deployment(&with("!If [C39, a, b]", &sections)).scenarios.len(), 2);
}

#[test]
fn texts_that_double_are_bounded() {
    let mut inner = "x".repeat(1000);
    for _ in 0..30 {
        inner = format!("!Sub ['${{a}}${{a}}', {{a: {inner}}}]");
    }
    assert!(!evaluated(&inner, "").is_known());
    let mut loops = String::new();
    for level in 0..8 {
        let indent = " ".repeat(level * 2 + 2);
        loops.push_str(&format!("{indent}Fn::ForEach::L{level}:\n{indent}- V{level}\n"));
        loops.push_str(&format!("{indent}- [a, b, c, d, e, f, g, h, i, j]\n{indent}-\n"));
    }
    let text = format!("Resources:\n{loops}{}A: {{Type: AWS::S3::Bucket}}\n", " ".repeat(18));
    let code = timed("a.yaml", &text);
    assert!(!code.problems.is_empty() || !code.deployments[0].missing.is_empty());
}

#[test]
fn worlds_of_a_large_template_are_fewer() {
    let mut text = "Conditions:\n".to_owned();
    for index in 0..8 {
        text.push_str(&format!("  C{index}: !Equals [!Ref P{index}, x]\n"));
    }
    text.push_str("Parameters:\n");
    for index in 0..8 {
        text.push_str(&format!("  P{index}: {{Type: String}}\n"));
    }
    text.push_str("Resources:\n");
    for index in 0..3_000 {
        text.push_str(&format!(
            "  R{index}:\n    Type: AWS::S3::Bucket\n    Condition: C{}\n    Properties: {{A: [1, 2, 3, 4, 5, 6, 7, 8, 9]}}\n",
            index % 8
        ));
    }
    let code = timed("a.yaml", &text);
    let scenarios = code.deployments[0].scenarios.len();
    assert!((2..=64).contains(&scenarios), "{scenarios}");
}

#[test]
fn a_large_json_template_is_read_in_time() {
    let resources: Vec<String> = (0..20_000)
        .map(|index| {
            format!(
                "\"R{index}\": {{\"Type\": \"AWS::S3::Bucket\", \"Properties\": {{\"BucketName\": \"b{index}\", \
                 \"Tags\": [{{\"Key\": \"a\", \"Value\": {{\"Ref\": \"R0\"}}}}]}}}}"
            )
        })
        .collect();
    let text = format!("{{\"Resources\": {{{}}}}}", resources.join(",\n"));
    assert!(looks_like(&text, "json"));
    let code = timed("a.json", &text);
    assert_eq!(code.problems, []);
    assert_eq!(code.deployments[0].scenarios[0].blocks.len(), 20_000);
}

const SEED: &str = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Tags: {a: b}}}
Parameters:
  Stage: {Type: String, AllowedValues: [a, b]}
  Open: {Type: String}
Mappings: {M: {a: {x: 1}, b: {x: 2}}}
Conditions:
  A: !Equals [!Ref Stage, a]
  B: !And [!Condition A, !Not [!Equals [!Ref Open, '']]]
Resources:
  Fn::ForEach::L: [V, [x, y], {'R${V}': {Type: AWS::S3::Bucket, Properties: {N: !Ref V}}}]
  F:
    Type: AWS::Serverless::Function
    Condition: B
    Metadata: {tickmark: {ignore: [{control: a, reason: b, until: 2027-01-01}]}}
    Properties:
      Policies: [AWSLambdaRole, {Statement: [{Effect: Allow, Action: '*', Resource: !Sub '${Open}*'}]}]
      FunctionUrlConfig: {AuthType: !If [A, NONE, AWS_IAM]}
      Events: {E: {Type: Api, Properties: {Path: /, Method: get}}}
      Environment: {Variables: {X: !FindInMap [M, !Ref Stage, x], Y: '{{resolve:ssm:a}}'}}
  T: {Type: AWS::Serverless::SimpleTable}
  C: {Type: X, Properties: {P: !Select [0, !Cidr [10.0.0.0/8, 1, 8]], Q: !Join [a, !Split [b, c]]}}
";

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), json in any::<bool>()) {
        let code = read(if json { "a.json" } else { "a.yaml" }, &bytes, &Options::default());
        // Bytes that are no template are said to be none.
        prop_assert!(!code.problems.is_empty() || !code.deployments.is_empty());
        prop_assert!(bytes.len() > 20 || !looks_like(&String::from_utf8_lossy(&bytes), "yaml"));
    }

    #[test]
    fn text_of_the_shape_of_yaml_never_panics(text in "[-a-cRef:!&*{}\\[\\],'\"|>\n #%~<?0-9\t]{0,200}") {
        for name in ["a.yaml", "a.json"] {
            let code = read(name, text.as_bytes(), &Options::default());
            prop_assert!(!code.problems.is_empty());
        }
        prop_assert!(!looks_like(&text, "json"));
    }

    #[test]
    fn a_mutated_template_never_panics(
        edits in proptest::collection::vec((0..SEED.len(), 0..30_usize, "[-a-cF:!&*{}\\[\\],'$0-9\n ]{0,12}"), 1..8),
    ) {
        let mut text = SEED.to_owned();
        for (start, length, insert) in edits {
            let start = start.min(text.len());
            let end = (start + length).min(text.len());
            text.replace_range(start..end, &insert);
        }
        let code = read("a.yaml", text.as_bytes(), &Options::default());
        for deployment in &code.deployments {
            for block in deployment.scenarios.iter().flat_map(|scenario| &scenario.blocks) {
                prop_assert!(block.place.line >= 1 && block.place.end_line >= block.place.line);
                prop_assert!(block.spans.values().all(|(from, to)| *from >= 1 && to >= from));
            }
        }
    }

    /// What JSON is, is the same read as JSON and as YAML.
    #[test]
    fn json_and_yaml_agree(text in "[a-z0-9 é]{0,10}", number in -1000_i32..1000, truth in any::<bool>()) {
        let json = serde_json::json!({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {
            "t": text, "n": number, "b": truth, "l": [{"Ref": "B"}], "m": {"Fn::Sub": "${B}-x"}
        }}}});
        let text = serde_json::to_string_pretty(&json).unwrap();
        let one = read("a.json", text.as_bytes(), &Options::default());
        let yaml = super::super::yaml::read(&text).unwrap().0;
        let tree = super::super::json::read(&text).unwrap().0;
        prop_assert_eq!(yaml.canonical(10_000), tree.canonical(10_000));
        prop_assert_eq!(one.deployments[0].scenarios[0].blocks.len(), 1);
    }
}
