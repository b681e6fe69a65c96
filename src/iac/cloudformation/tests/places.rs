use super::*;
use crate::iac::deployment::Place;

fn place(line: u32, end_line: u32) -> Place {
    Place { file: Arc::from("stack.yaml"), line, end_line }
}

#[test]
fn places_and_lines_of_yaml() {
    let text = "\
Resources:
  First:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: AES256

  # about the second
  Second:
    Type: AWS::S3::BucketPolicy
    Properties:
      Text: |
        one
        two

      Folded: >-
        one
        two
      Flow: {
        a: 1
      }
      Last: \"x
        y\"


  Third:
    Type: AWS::SNS::Topic
    Properties:
      Text: |
        one

# the end
";
    let blocks = blocks(text);
    assert_eq!(block(&blocks, "First").place, place(2, 8));
    assert_eq!(block(&blocks, "Second").place, place(11, 25));
    assert_eq!(block(&blocks, "Third").place, place(28, 32));
    let spans = &block(&blocks, "First").spans;
    assert_eq!(spans["BucketEncryption"], (5, 8));
    assert_eq!(spans["BucketEncryption/ServerSideEncryptionConfiguration"], (6, 8));
    assert_eq!(spans["BucketEncryption/ServerSideEncryptionConfiguration/0"], (7, 8));
    let path = "BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm";
    assert_eq!(spans[path], (8, 8));
    let spans = &block(&blocks, "Second").spans;
    assert_eq!(spans["Text"], (14, 16));
    assert_eq!(spans["Folded"], (18, 20));
    assert_eq!(spans["Flow"], (21, 23));
    assert_eq!(spans["Flow/a"], (22, 22));
    assert_eq!(spans["Last"], (24, 25));
}

#[test]
fn places_and_lines_of_json() {
    let text = r#"{
  "Resources": {
    "Bucket": {
      "Type": "AWS::S3::Bucket",
      "Properties": {
        "List": [
          "a",
          {"b": "\u00e9\n"}
        ]
      }
    }
  }
}"#;
    let code = read("cdk.out/Stack.template.json", text.as_bytes(), &Options::default());
    assert_eq!(code.problems, []);
    let bucket = &code.deployments[0].scenarios[0].blocks[0];
    assert_eq!((bucket.place.line, bucket.place.end_line), (3, 11));
    assert_eq!(&*bucket.place.file, "cdk.out/Stack.template.json");
    assert_eq!(bucket.spans["List"], (6, 9));
    assert_eq!(bucket.spans["List/1/b"], (8, 8));
    assert_eq!(at(bucket, "List/1/b"), Value::text("é\n"));
    assert_eq!(&*code.files["cdk.out/Stack.template.json"], text);
}

#[test]
fn lines_follow_the_branch_that_was_chosen() {
    let text = "\
Parameters:
  On: {Type: String, Default: 'true'}
Conditions:
  On: !Equals [!Ref On, 'true']
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      Rules: !If
        - On
        - Key:
            - a
        - Key:
            - b
      List:
        - !If [On, !Ref AWS::NoValue, x]
        - y
";
    let blocks = blocks(text);
    assert_eq!(blocks[0].spans["Rules"], (9, 14));
    assert_eq!(blocks[0].spans["Rules/Key/0"], (12, 12));
    assert_eq!(blocks[0].spans["List/0"], (17, 17));
    assert!(!blocks[0].spans.contains_key("List/1"));
}

#[test]
fn aliases_and_merges_are_followed() {
    let text = "
Resources:
  One:
    Type: AWS::S3::Bucket
    Properties: &common
      Tags: &tags [a, b]
      Name: one
  Two:
    Type: AWS::S3::Bucket
    Properties:
      <<: *common
      Name: two
      More: *tags
";
    let blocks = blocks(text);
    let two = block(&blocks, "Two");
    assert_eq!(at(two, "Name"), Value::text("two"));
    assert_eq!(at(two, "Tags/1"), Value::text("b"));
    assert_eq!(two.spans["More"], (13, 13));
    assert_eq!(two.place, place(8, 13));
}

#[test]
fn a_key_keeps_its_spelling() {
    let blocks = blocks("Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      On: 1\n      8.0: 2\n");
    assert_eq!(at(&blocks[0], "On"), Value::Number(1.0));
    assert_eq!(at(&blocks[0], "8.0"), Value::Number(2.0));
}

#[test]
fn what_cannot_be_parsed_is_said_with_its_line() {
    for (name, text, line, part) in [
        ("a.yaml", "Resources:\n  A: [\n", Some(3), "parse the YAML"),
        ("a.yaml", "Resources:\n\tA: 1\n", Some(2), "parse the YAML"),
        ("a.yaml", "Resources:\n  ? [a]\n  : b\n", Some(2), "a key that is not a text"),
        ("a.yaml", "", None, "it is empty"),
        ("a.yaml", "- a\n", Some(1), "its top level is not a map"),
        ("a.yaml", "AWSTemplateFormatVersion: 1\n", Some(1), "it has no Resources"),
        ("a.yaml", "Resources: []\n", Some(1), "are not a map"),
        ("a.yaml", "Resources:\n  A: {Properties: {}}\n", Some(2), "it has no Type"),
        ("a.json", "{\n\"Resources\": {,}\n}", Some(2), "expected a key"),
        ("a.json", "{\"Resources\": {}", Some(1), "ends too early"),
        ("a.json", "{\"Resources\": {}} x", Some(1), "after its end"),
        ("a.json", "{\"Resources\": {\"a\": 01}}", Some(1), "a number"),
        ("a.json", "{\"Resources\": {\"a\": \"\n\"}}", Some(1), "inside a text"),
    ] {
        let code = read(name, text.as_bytes(), &Options::default());
        let [problem] = code.problems.as_slice() else { panic!("{text:?}: {:?}", code.problems) };
        assert_eq!((problem.file.as_str(), problem.line), (name, line), "{text:?} {problem:?}");
        assert!(problem.message.contains(part), "{text:?}: {}", problem.message);
    }
    let code = read("a.yaml", b"Resources:\n  A: \xff\n", &Options::default());
    assert_eq!(code.problems[0].line, Some(2));
}

#[test]
fn a_key_written_twice_is_a_problem_and_the_last_one_holds() {
    let text = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      A: 1\n      A: 2\n";
    let code = read("a.yaml", text.as_bytes(), &Options::default());
    assert_eq!(code.problems[0].line, Some(6));
    assert!(code.problems[0].message.contains("\"A\" is written twice"));
    assert_eq!(at(&code.deployments[0].scenarios[0].blocks[0], "A"), Value::Number(2.0));
}

#[test]
fn utf_16_and_byte_order_marks_are_read() {
    let text = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n";
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [wide, [b"\xef\xbb\xbf", text.as_bytes()].concat()] {
        let code = read("a.yaml", &bytes, &Options::default());
        assert_eq!(code.problems, []);
        assert_eq!(code.deployments[0].scenarios[0].blocks.len(), 1);
    }
}

#[test]
fn lines_in_brackets_and_quotes_may_begin_anywhere() {
    let text = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      Tags: [{\n      \"Key\": \"a\",\n   \
                Value: b\n      }]\n      QueueName: 'a\n\n it''s\n    b'\n      Note: \"x \\\n  \\\"y\\\"\nz\"\n      \
                Last: true\n";
    let blocks = blocks(text);
    let queue = block(&blocks, "Q");
    assert_eq!(at(queue, "Tags/0/Key"), Value::text("a"));
    assert_eq!(at(queue, "Tags/0/Value"), Value::text("b"));
    assert_eq!(at(queue, "QueueName"), Value::text("a\nit's b"));
    assert_eq!(at(queue, "Note"), Value::text("x \"y\" z"));
    assert_eq!(at(queue, "Last"), Value::Bool(true));
    assert_eq!(queue.place.end_line, 16);
}

#[test]
fn a_line_that_begins_in_the_wrong_place_is_still_a_fault() {
    for text in [
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n   Properties: {}\n",
        "Resources:\n  Q:\n    Type: \"AWS::SQS::Queue\n",
        "Resources: {Q: {Type: AWS::SQS::Queue,\n\n",
    ] {
        let code = read("stack.yaml", text.as_bytes(), &Options::default());
        assert!(code.problems.iter().any(|problem| problem.message.starts_with("parse the YAML")), "{text}");
    }
}
