use super::*;

/// Each scenario: what is assumed, and what `P` of `Other` comes to (`-` where the block is not there).
fn each(text: &str) -> Vec<(String, String)> {
    let shown = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        value => shown(value),
    };
    deployment(text)
        .scenarios
        .iter()
        .map(|scenario| {
            let other = scenario.blocks.iter().find(|block| block.address == "Other");
            (scenario.assumptions.join(", "), other.map_or("-".to_owned(), |block| shown(&at(block, "P"))))
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

#[test]
fn a_parameter_with_allowed_values_takes_each() {
    let sections = "
Parameters:
  Environment: {Type: String, AllowedValues: [dev, test, prod]}
  Unused: {Type: String, AllowedValues: [a, b]}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
  NotThere: !Equals [!Ref Environment, nowhere]
  Idle: !Equals [!Ref Unused, a]";
    let text = with("!If [IsProd, !If [NotThere, x, !Ref Environment], none]", sections);
    assert_eq!(
        each(&text),
        pairs(&[
            ("Environment is \"dev\"", "none"),
            ("Environment is \"test\"", "none"),
            ("Environment is \"prod\"", "prod")
        ])
    );
}

#[test]
fn a_default_and_a_given_value_leave_one_world() {
    let sections = "
Parameters:
  Environment: {Type: String, AllowedValues: [dev, prod], Default: dev}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]";
    let text = with("!If [IsProd, yes, no]", sections);
    assert_eq!(each(&text), pairs(&[("", "false")]));
    let options = Options { parameters: [("Environment".to_owned(), "prod".to_owned())].into() };
    let code = read("stack.yaml", text.as_bytes(), &options);
    assert_eq!(code.deployments[0].scenarios.len(), 1);
    assert_eq!(at(block(&code.deployments[0].scenarios[0].blocks, "Other"), "P"), Value::Bool(true));
}

#[test]
fn an_open_parameter_is_what_it_is_compared_to_or_is_not() {
    let sections = "
Parameters:
  Key: {Type: String}
  Stage: {Type: String}
Conditions:
  NoKey: !Equals ['', !Ref Key]
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Equals [!Ref Stage, dev]";
    assert_eq!(
        each(&with("!If [NoKey, none, !Ref Key]", sections)),
        pairs(&[("Key is \"\"", "none"), ("Key is not \"\"", "<parameter Key>")])
    );
    // Never both at once.
    assert_eq!(
        each(&with("!If [IsProd, !If [IsDev, both, p], !If [IsDev, d, o]]", sections)),
        pairs(&[("Stage is \"prod\"", "p"), ("Stage is \"dev\"", "d"), ("Stage is none of \"dev\", \"prod\"", "o")])
    );
}

#[test]
fn what_certainly_is_something_is_not_nothing() {
    let sections = "
Parameters:
  Vpc: {Type: 'AWS::EC2::VPC::Id'}
Conditions:
  NoVpc: !Equals [!Ref Vpc, '']";
    assert_eq!(each(&with("!If [NoVpc, none, some]", sections)), pairs(&[("", "some")]));
}

#[test]
fn any_other_comparison_is_true_or_false() {
    let sections = "
Parameters:
  Subnets: {Type: CommaDelimitedList}
  Password: {Type: String, NoEcho: true, Default: hunter2}
Conditions:
  Given: !Not [!Equals [!Join ['', !Ref Subnets], '']]
  Empty: !Equals [!Join ['', !Ref Subnets], '']
  HasPassword: !Equals [!Ref Password, hunter2]
  Here: !Equals [!Ref AWS::Region, eu-west-1]";
    assert_eq!(
        each(&with("!If [Empty, a, b]", sections)),
        pairs(&[("condition Empty is true", "a"), ("condition Empty is false", "b")])
    );
    // The same comparison under another name is the same.
    assert_eq!(
        each(&with("!If [Given, !If [Empty, wrong, b], a]", sections)).into_iter().map(|(_, p)| p).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let scenarios = each(&with("!If [HasPassword, a, b]", sections));
    assert_eq!(scenarios, pairs(&[("condition HasPassword is true", "a"), ("condition HasPassword is false", "b")]));
    assert_eq!(
        each(&with("!If [Here, !Ref AWS::Region, elsewhere]", sections)),
        pairs(&[("AWS::Region is \"eu-west-1\"", "eu-west-1"), ("AWS::Region is not \"eu-west-1\"", "elsewhere")])
    );
}

#[test]
fn a_resource_is_not_there_where_its_condition_is_false() {
    let text = "
Parameters:
  Stage: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Other:
    Type: AWS::SNS::Topic
    Condition: IsProd
    Properties: {P: x}
";
    assert_eq!(each(text), pairs(&[("Stage is \"prod\"", "x"), ("Stage is not \"prod\"", "-")]));
    let nowhere = deployment(&text.replace("Condition: IsProd", "Condition: Nobody"));
    let uncertain = nowhere.scenarios[0].blocks[0].uncertain.clone().expect("uncertain");
    assert_eq!(uncertain.unknown().shown, "condition Nobody, which is not in the template");
}

#[test]
fn a_map_that_is_looked_up_by_a_parameter_splits() {
    let sections = "
Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod]}
Mappings:
  Sizes:
    dev: {Size: s}
    prod: {Size: l}";
    assert_eq!(
        each(&with("!FindInMap [Sizes, !Ref Stage, Size]", sections)),
        pairs(&[("Stage is \"dev\"", "s"), ("Stage is \"prod\"", "l")])
    );
}

#[test]
fn only_what_matters_in_a_branch_is_split() {
    let sections = "
Parameters:
  A: {Type: String, AllowedValues: ['on', 'off']}
  B: {Type: String, AllowedValues: ['on', 'off']}
Conditions:
  A: !Equals [!Ref A, 'on']
  B: !Equals [!Ref B, 'on']";
    let scenarios = each(&with("!If [A, a, !If [B, b, c]]", sections));
    assert_eq!(
        scenarios,
        pairs(&[("A is \"on\"", "a"), ("A is \"off\", B is \"on\"", "b"), ("A is \"off\", B is \"off\"", "c")])
    );
}

#[test]
fn beyond_the_limit_what_is_left_stays_unknown() {
    let mut sections = "Parameters:\n".to_owned();
    let mut conditions = "Conditions:\n".to_owned();
    let mut property = String::new();
    for index in 0..10 {
        sections.push_str(&format!("  P{index}: {{Type: String}}\n"));
        conditions.push_str(&format!("  C{index}: !Equals [!Ref P{index}, 'x']\n"));
        property.push_str(&format!("K{index}: !If [C{index}, a, b]\nSame{index}: !If [C{index}, a, a]\n"));
    }
    let deployment = deployment(&with(&property, &format!("{sections}{conditions}")));
    assert_eq!(deployment.scenarios.len(), 64);
    for scenario in &deployment.scenarios {
        let other = block(&scenario.blocks, "Other");
        assert_eq!(at(other, "P/Same9"), Value::text("a"));
    }
    let last = unknown(&at(block(&deployment.scenarios[0].blocks, "Other"), "P/K9"));
    assert_eq!(last.shown, "condition C9");
    assert!(deployment.scenarios.iter().all(|scenario| scenario.blocks.len() == 2));
}

#[test]
fn conditions_in_a_circle_stay_undecided() {
    let sections = "
Conditions:
  A: !Not [!Condition B]
  B: !Not [!Condition A]";
    known(GapCode::Unresolved, &evaluated("!If [A, a, b]", sections));
}
