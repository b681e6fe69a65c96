use super::*;

const SECTIONS: &str = "
Parameters:
  Given: {Type: String, Default: prod}
  Count: {Type: Number, Default: '3'}
  Zones: {Type: CommaDelimitedList, Default: 'a, b ,c'}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Open: {Type: String}
  Password: {Type: String, NoEcho: true, Default: hunter2}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/ami}
  Looked: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /kms/key}
Mappings:
  Sizes:
    prod: {Size: large, Many: [x, y]}
    dev: {Size: large, Many: [z]}
Conditions:
  IsYes: !Equals [!Ref Given, prod]
  IsNo: !Not [!Condition IsYes]
  Both: !And [!Condition IsYes, !Not [Condition: IsNo]]
  Either: !Or [!Condition IsNo, !Condition IsYes]
";

fn eval(property: &str) -> Value {
    evaluated(property, SECTIONS)
}

#[test]
fn ref_gives_parameters_and_refers_to_resources() {
    assert_eq!(eval("!Ref Given"), Value::text("prod"));
    assert_eq!(eval("Ref: Count"), Value::Number(3.0));
    assert_eq!(eval("!Ref Zones"), Value::list(vec![Value::text("a"), Value::text("b"), Value::text("c")]));
    let bucket = unknown(&eval("!Ref Bucket"));
    assert_eq!(bucket.code, GapCode::KnownAfterApply);
    assert_eq!(bucket.shown, "Bucket");
    assert_eq!(bucket.references, [reference("Bucket", "", true)]);
    known(GapCode::Unresolved, &eval("!Ref Open"));
    known(GapCode::Unresolved, &eval("!Ref Image"));
    // What such a parameter names is there, and made elsewhere.
    assert_eq!(unknown(&eval("!Ref Subnets")).references, [reference("Subnets", "", true)]);
    assert_eq!(unknown(&eval("!Ref Open")).references, []);
    assert_eq!(unknown(&eval("!Ref Nobody")).shown, "Nobody, which is not in the template");
}

#[test]
fn a_parameter_that_is_not_shown_is_sensitive_even_with_a_default() {
    let password = unknown(&eval("!Ref Password"));
    assert_eq!(password.code, GapCode::Sensitive);
    assert!(!password.shown.contains("hunter2"));
    assert_eq!(shown(&eval("!Sub 'x-${Password}'")), "x-<parameter Password>");
}

#[test]
fn pseudo_parameters_are_known_only_where_they_are_the_same_everywhere() {
    assert_eq!(eval("!Ref AWS::Partition"), Value::text("aws"));
    assert_eq!(eval("!Sub '${AWS::URLSuffix}'"), Value::text("amazonaws.com"));
    for name in ["AWS::AccountId", "AWS::Region", "AWS::StackName", "AWS::StackId", "AWS::NotificationARNs"] {
        assert_eq!(unknown(&eval(&format!("!Ref {name}"))).references, [reference(name, "", true)]);
    }
}

#[test]
fn no_value_takes_the_property_or_item_away() {
    assert_eq!(eval("A: !Ref AWS::NoValue\nB: 1"), Value::map([(Arc::from("B"), Value::Number(1.0))].into()));
    assert_eq!(
        eval("- a\n- !If [IsYes, !Ref 'AWS::NoValue', b]\n- c"),
        Value::list(vec!["a", "c"].into_iter().map(Value::text).collect())
    );
}

#[test]
fn get_att_takes_both_forms() {
    for property in ["!GetAtt Bucket.Arn", "Fn::GetAtt: [Bucket, Arn]", "!GetAtt [Bucket, Arn]", "!Sub '${Bucket.Arn}'"]
    {
        let arn = unknown(&eval(property));
        assert_eq!(arn.shown, "Bucket.Arn");
        assert_eq!(arn.references, [reference("Bucket", "Arn", true)], "{property}");
    }
    assert_eq!(unknown(&eval("!GetAtt Bucket.Outputs.X")).references, [reference("Bucket", "Outputs.X", true)]);
    known(GapCode::Unresolved, &eval("!GetAtt Nobody.Arn"));
}

#[test]
fn sub_takes_both_forms_and_literals() {
    assert_eq!(eval("!Sub '${Given}-${Count}'"), Value::text("prod-3"));
    assert_eq!(shown(&eval("!Sub 'arn:${AWS::Partition}:s3:::${Bucket}/*'")), "arn:aws:s3:::<Bucket>/*");
    assert_eq!(eval("!Sub ['${a}${Given}', {a: !Ref Count}]"), Value::text("3prod"));
    assert_eq!(eval("!Sub '${!Literal} ${Given} ${ Given } ${'"), Value::text("${Literal} prod prod ${"));
    assert_eq!(eval("!Sub '${Zones}'"), Value::text("a,b,c"));
    assert_eq!(eval("!Sub ''"), Value::text(""));
}

#[test]
fn join_select_and_split() {
    assert_eq!(eval("!Join ['-', [a, !Ref Given, 1, true]]"), Value::text("a-prod-1-true"));
    assert_eq!(shown(&eval("!Join ['', ['arn:', !GetAtt Bucket.Arn, '/*']]")), "arn:<Bucket.Arn>/*");
    assert_eq!(eval("!Join ['+', !Ref Zones]"), Value::text("a+b+c"));
    assert_eq!(unknown(&eval("!Join [',', !Ref Subnets]")).shown, "Fn::Join of parameter Subnets…");
    assert_eq!(eval("!Select [1, !Ref Zones]"), Value::text("b"));
    assert_eq!(eval("!Select ['2', [x, y, !Ref Given]]"), Value::text("prod"));
    known(GapCode::Unresolved, &eval("!Select [5, [x]]"));
    assert_eq!(eval("!Select [1, !Split ['/', 'a/b/c']]"), Value::text("b"));
    let part = unknown(&eval("!Select [5, !Split [':', !GetAtt Bucket.Arn]]"));
    assert_eq!(part.references, [reference("Bucket", "Arn", false)]);
}

#[test]
fn find_in_map_finds_or_takes_the_default() {
    assert_eq!(eval("!FindInMap [Sizes, !Ref Given, Many]"), Value::list(vec![Value::text("x"), Value::text("y")]));
    assert_eq!(eval("!FindInMap [Sizes, other, Size, {DefaultValue: tiny}]"), Value::text("tiny"));
    known(GapCode::Unresolved, &eval("!FindInMap [Sizes, other, Size]"));
    known(GapCode::Unresolved, &eval("!FindInMap [Nowhere, other, Size]"));
    // Every row says the same; and where they do not, the row decides.
    assert_eq!(eval("!FindInMap [Sizes, !Ref Open, Size]"), Value::text("large"));
    known(GapCode::Unresolved, &eval("!FindInMap [Sizes, !Sub '${Open}-x', Many]"));
}

#[test]
fn a_row_that_is_not_known_is_each_of_a_few() {
    let template = |rows: usize| {
        let rows: Vec<String> = (0..rows).map(|row| format!("    r{row}: {{Days: {row}}}\n")).collect();
        let rows = rows.concat();
        format!(
            "Mappings:\n  M:\n{rows}Resources:\n  L: {{Type: X, Properties: {{Days: !FindInMap [M, !Ref AWS::Region, Days]}}}}\n"
        )
    };
    let few = deployment(&template(2));
    let told: Vec<_> =
        few.scenarios.iter().map(|scenario| (scenario.assumptions.join(""), at(&scenario.blocks[0], "Days"))).collect();
    let expected = |row: f64| (format!("AWS::Region is \"r{row}\""), Value::Number(row));
    assert_eq!(told, [expected(0.0), expected(1.0)]);
    let many = deployment(&template(9));
    assert_eq!(many.scenarios.len(), 1);
    known(GapCode::Unresolved, &at(&many.scenarios[0].blocks[0], "Days"));
}

#[test]
fn decided_conditions_choose() {
    assert_eq!(eval("!If [IsYes, a, b]"), Value::text("a"));
    assert_eq!(eval("!If [IsNo, a, !If [Both, c, d]]"), Value::text("c"));
    assert_eq!(eval("Fn::If: [Either, {a: 1}, {b: 2}]"), Value::map([(Arc::from("a"), Value::Number(1.0))].into()));
    known(GapCode::Unresolved, &eval("!If [Nobody, a, b]"));
    assert_eq!(eval("!If [Nobody, a, a]"), Value::text("a"));
}

#[test]
fn the_smaller_functions() {
    assert_eq!(eval("!Base64 hello"), Value::text("aGVsbG8="));
    // What is not known as a whole stays the text that AWS makes of it again.
    assert!(matches!(eval("Fn::Base64: !Sub '${Bucket} x'"), Value::Template(_)));
    known(GapCode::KnownAfterApply, &eval("Fn::Base64: !Ref Bucket"));
    assert_eq!(eval("Fn::Length: !Ref Zones"), Value::Number(3.0));
    assert_eq!(
        eval("!Cidr ['10.0.0.0/16', 2, 8]"),
        Value::list(vec![Value::text("10.0.0.0/24"), Value::text("10.0.1.0/24")])
    );
    assert_eq!(eval("!Select [1, !Cidr [2001:db8::/56, 2, 64]]"), Value::text("2001:db8:0:1::/64"));
    known(GapCode::Unresolved, &eval("!Cidr ['10.0.0.0/24', 300, 8]"));
    known(GapCode::Unresolved, &eval("!GetAZs ''"));
    let imported = unknown(&eval("!ImportValue shared-key"));
    assert_eq!((imported.code, imported.shown.as_str()), (GapCode::Unresolved, "Fn::ImportValue shared-key"));
    assert_eq!(imported.references, [reference("Fn::ImportValue shared-key", "", true)]);
    known(GapCode::Unresolved, &eval("!ImportValue {'Fn::Sub': '${Bucket}-key'}"));
    known(GapCode::Unresolved, &eval("Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a}}"));
    known(GapCode::Unresolved, &eval("A: 1\nFn::Transform: {Name: AWS::Include}"));
    known(GapCode::Unresolved, &eval("!Nonsense x"));
    let json = eval("Fn::ToJsonString: {a: !Ref Bucket}");
    assert!(matches!(&json, Value::Json(inner) if matches!(inner.get("a"), Some(Value::Unknown(_)))));
}

#[test]
fn dynamic_references_are_not_values() {
    let secret = unknown(&eval("'{{resolve:secretsmanager:db:SecretString:password}}'"));
    assert_eq!(secret.code, GapCode::Sensitive);
    known(GapCode::Sensitive, &eval("'{{resolve:ssm-secure:/db/password:1}}'"));
    let name = unknown(&eval("'{{resolve:ssm:/db/name:1}}'"));
    assert_eq!(
        (name.code, &name.references),
        (GapCode::Unresolved, &vec![reference("{{resolve:ssm:/db/name:1}}", "", true)])
    );
    let looked = unknown(&eval("!Ref Looked"));
    assert_eq!(looked.references, [reference("Looked", "", true)], "a parameter of Systems Manager is never empty");
    assert_eq!(unknown(&eval("!Ref Open")).references, []);
    assert_eq!(shown(&eval("'a-{{resolve:ssm:x}}-b'")), "a-<{{resolve:ssm:x}}>-b");
    let made = unknown(&eval("!Sub '{{resolve:secretsmanager:${Bucket}:SecretString:password}}'"));
    assert_eq!(made.code, GapCode::Sensitive);
    assert_eq!(made.references, [reference("Bucket", "", false)]);
    known(GapCode::Sensitive, &eval("!Join ['', ['{{resolve:secretsmanager:', !Ref Bucket, ':SecretString:p}}']]"));
}

#[test]
fn loops_are_unrolled() {
    let text = "
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'one,t-wo'}
  Open: {Type: CommaDelimitedList}
Conditions:
  Fn::ForEach::Conditions:
    - Name
    - !Ref Names
    - 'Is&{Name}': !Equals [!Ref Name, one]
Resources:
  Fn::ForEach::Buckets:
    - Name
    - !Ref Names
    - 'Bucket&{Name}':
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !Ref Name
          First: !If ['Is${Name}', 1, 2]
          Tags: !Sub 'x-${Name}'
          Fn::ForEach::Inner:
            - Key
            - [a, b]
            - 'P${Key}': '${Name}${Key}'
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Key: !GetAtt 'Bucketone.Arn'
";
    let blocks = blocks(text);
    let one = block(&blocks, "Bucketone");
    assert_eq!(at(one, "BucketName"), Value::text("one"));
    assert_eq!(at(one, "First"), Value::Number(1.0));
    assert_eq!(at(one, "Tags"), Value::text("x-one"));
    assert_eq!(at(one, "Pb"), Value::text("oneb"));
    let two = block(&blocks, "Buckettwo");
    assert_eq!(at(two, "BucketName"), Value::text("t-wo"));
    known(GapCode::Unresolved, &at(two, "First"));
    assert_eq!(unknown(&at(block(&blocks, "Topic"), "Key")).references, [reference("Bucketone", "Arn", true)]);

    let open = deployment(&text.replace("- !Ref Names\n    - 'Bucket", "- !Ref Open\n    - 'Bucket"));
    assert_eq!(open.scenarios[0].blocks.len(), 1);
    assert_eq!(open.missing[0].shown, "Fn::ForEach::Buckets of parameter Open");
}

#[test]
fn given_parameters_come_before_defaults() {
    let text = with("!Ref Given", SECTIONS);
    let options = Options { parameters: [("Given".to_owned(), "stage".to_owned())].into() };
    let code = read("stack.yaml", text.as_bytes(), &options);
    assert_eq!(at(block(&code.deployments[0].scenarios[0].blocks, "Other"), "P"), Value::text("stage"));
}

#[test]
fn scalars_are_what_they_are_to_aws() {
    let text = "
a: yes
b: 'yes'
c: 012345678901
d: 123456789012
e: 8.0
f: 5.7
g: 2012-10-17
h: ~
i: Off
j: !!str 12
k: -5
";
    let value = eval(text.trim());
    let expected = [
        ("a", Value::Bool(true)),
        ("b", Value::text("yes")),
        ("c", Value::text("012345678901")),
        ("d", Value::Number(123_456_789_012.0)),
        ("e", Value::text("8.0")),
        ("f", Value::Number(5.7)),
        ("g", Value::text("2012-10-17")),
        ("i", Value::Bool(false)),
        ("j", Value::text("12")),
        ("k", Value::Number(-5.0)),
    ];
    assert_eq!(value, Value::map(expected.into_iter().map(|(key, value)| (Arc::from(key), value)).collect()));
}
