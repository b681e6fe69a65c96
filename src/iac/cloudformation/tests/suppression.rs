use super::*;

fn template(directives: &str) -> String {
    let indented = indented(directives);
    format!("Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Metadata:\n      tickmark:\n{indented}")
}

#[test]
fn every_spelling_says_the_same() {
    for text in [
        "ignore:\n  - s3-tls-only reason=\"static site\" until=2027-01-31",
        "ignore:\n  's3-tls-only reason=\"static site\" until=2027-01-31'",
        "ignore:\n  - control: s3-tls-only\n    reason: static site\n    until: 2027-01-31",
        "ignore:\n  control: s3-tls-only\n  reason: static site\n  until: 2027-01-31",
        "ignore:\n  s3-tls-only: {reason: static site, until: '2027-01-31'}",
    ] {
        let code = whole(&template(text));
        let [ignore] = code.ignores.as_slice() else { panic!("{text}: {:?}", code.ignores) };
        assert_eq!(ignore.control, "s3-tls-only");
        assert_eq!(ignore.reason.as_deref(), Some("static site"));
        assert_eq!(ignore.until.as_deref(), Some("2027-01-31"));
        assert_eq!(ignore.malformed, None);
        assert_eq!(ignore.at, "B");
        assert!(ignore.place.line == 7, "{:?}", ignore.place);
        assert_eq!(code.deployments[0].scenarios[0].blocks[0].ignores, code.ignores);
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, part) in [
        ("ignore:\n  - control: a\n    until: 2027-01-31", "reason"),
        ("ignore:\n  - control: a\n    reason: x", "until"),
        ("ignore:\n  - control: a\n    reason: x\n    until: 2027-02-31", "date"),
        ("ignore:\n  - control: a\n    reason: x\n    until: 2027-01-31\n    owner: me", "unknown key `owner`"),
        ("ignore:\n  - control: a\n    reason: [x]\n    until: 2027-01-31", "not a text"),
        ("ignore:\n  - reason: x\n    until: 2027-01-31", "control"),
        ("ignore:\n  - a", "no reason"),
        ("ignore:\n  a: b", "no reason"),
        ("ignore: a", "no reason"),
        ("ignore: a until=2027-01-31", "no reason"),
        ("ignore: 1", "neither a list nor a map"),
        ("ignores: a", "unknown key `ignores`"),
    ] {
        let code = whole(&template(text));
        let malformed = code.ignores[0].malformed.as_deref().unwrap_or("nothing");
        assert!(malformed.contains(part), "{text}: {malformed}");
    }
}

#[test]
fn a_directive_of_the_template_stands_at_nothing() {
    let text = "
Metadata:
  tickmark:
    ignore: {s3-tls-only: {reason: x, until: 2027-01-31}}
Resources:
  B: {Type: AWS::S3::Bucket}
";
    let code = whole(text);
    assert_eq!(code.ignores[0].at, "");
    assert!(code.deployments[0].scenarios[0].blocks[0].ignores.is_empty());
}

#[test]
fn a_directive_is_found_once_whatever_the_worlds() {
    let text = template("ignore: {a: {reason: x, until: 2027-01-31}}")
        + "    Properties: {P: !If [C, 1, 2]}\n    Condition: C\nConditions:\n  C: !Equals [!Ref AWS::Region, x]\n";
    let code = whole(&text);
    assert_eq!(code.deployments[0].scenarios.len(), 2);
    assert_eq!(code.ignores.len(), 1);
}

#[test]
fn a_comment_suppresses_nothing_and_that_is_said() {
    let text = "Resources:\n  # tickmark:ignore a reason=\"x\" until=2027-01-31\n  B: {Type: AWS::S3::Bucket}\n";
    let code = whole(text);
    let [ignore] = code.ignores.as_slice() else { panic!("{:?}", code.ignores) };
    assert_eq!(ignore.place.line, 2);
    assert!(ignore.malformed.as_deref().is_some_and(|said| said.contains("Metadata")), "{ignore:?}");
}
