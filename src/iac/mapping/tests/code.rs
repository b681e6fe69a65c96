//! Secrets that are written in code, and what leaves a security group.

use super::*;
use serde_json::json;

fn item(mapped: &Mapped, r#type: &str, name: &str) -> Resource {
    let own = |id: &str| id.strip_suffix("/code").unwrap_or(id) == name;
    let found = mapped.resources.iter().find(|one| one.identity.r#type == r#type && own(&one.identity.id));
    found
        .unwrap_or_else(|| {
            panic!("no {type} {name} in {:?}", mapped.resources.iter().map(|one| &one.identity.id).collect::<Vec<_>>())
        })
        .clone()
}

fn secrets(mapped: &Mapped, name: &str) -> Vec<String> {
    let list = item(mapped, "AWS::::Code", name).attributes["secrets"].to_json();
    serde_json::from_value(list).expect("a list of texts")
}

fn is_item(mapped: &Mapped, name: &str) -> bool {
    mapped.resources.iter().any(|one| one.identity.id == format!("{name}/code"))
}

#[test]
fn secrets_are_told_by_name_wherever_they_are_written() {
    let container = json!([{"name": "web", "environment": [{"name": "API_KEY", "value": "9f86d081884c7d659a2feaa0c55ad015"}],
        "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/db"}]}]);
    let mapped = terraform(
        Mappings::built_in(),
        vec![
            block(
                "aws_lambda_function.a",
                &json!({"environment": {"variables": {"DB_PASSWORD": "hunter2", "HOST": "db"}}}),
            ),
            block(
                "aws_lambda_function.b",
                &json!({"environment": {"variables": {"DB_PASSWORD": {"$ref": "aws_ssm_parameter.p.value"}}}}),
            ),
            block(
                "aws_lambda_function.c",
                &json!({"environment": {"variables": {"DB_PASSWORD": {"$var": "var.password"}}}}),
            ),
            block("aws_lambda_function.none", &json!({"function_name": "none"})),
            block("aws_ecs_task_definition.t", &json!({"container_definitions": container.to_string()})),
            block("aws_instance.i", &json!({"user_data": "#!/bin/bash\nexport DB_PASSWORD=hunter2\n"})),
            block(
                "aws_instance.b64",
                &json!({"user_data_base64": "IyEvYmluL2Jhc2gKZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK"}),
            ),
            block("aws_db_instance.d", &json!({"password": "changeme"})),
            block("aws_db_instance.managed", &json!({"manage_master_user_password": true})),
            block("aws_ssm_parameter.s", &json!({"type": "SecureString", "value": "hunter2"})),
            block("aws_ssm_parameter.later", &json!({"type": "SecureString", "value": "changeme"})),
            block("aws_ssm_parameter.plain", &json!({"type": "String", "value": "hunter2"})),
            block(
                "aws_secretsmanager_secret_version.v",
                &json!({"secret_string": "{\"username\": \"app\", \"password\": \"hunter2\"}"}),
            ),
            block(
                "aws_secretsmanager_secret_version.json",
                &json!({"secret_string": {"$json": {"username": "app", "engine": "postgres", "password": {"$var": "var.p"}}}}),
            ),
            block(
                "aws_codebuild_project.p",
                &json!({"environment": {"environment_variable": [
                {"name": "TOKEN", "value": "prod/9f86d081884c7d659a2f", "type": "SECRETS_MANAGER"},
                {"name": "NPM_TOKEN", "value": "9f86d081884c7d659a2feaa0c55ad015"}]}}),
            ),
        ],
    );
    assert_eq!(secrets(&mapped, "aws_lambda_function.a"), ["DB_PASSWORD: a password"]);
    assert_eq!(secrets(&mapped, "aws_lambda_function.b"), Vec::<String>::new());
    assert_eq!(secrets(&mapped, "aws_lambda_function.c"), Vec::<String>::new());
    assert!(!is_item(&mapped, "aws_lambda_function.none"));
    assert_eq!(secrets(&mapped, "aws_ecs_task_definition.t"), ["API_KEY: a secret"]);
    assert_eq!(secrets(&mapped, "aws_instance.i"), ["DB_PASSWORD: a password"]);
    assert_eq!(secrets(&mapped, "aws_instance.b64"), ["DB_PASSWORD: a password"]);
    assert_eq!(secrets(&mapped, "aws_db_instance.d"), ["password: a secret"]);
    assert!(!is_item(&mapped, "aws_db_instance.managed"));
    assert_eq!(secrets(&mapped, "aws_ssm_parameter.s"), ["value: a secret"]);
    assert_eq!(secrets(&mapped, "aws_ssm_parameter.later"), Vec::<String>::new());
    assert_eq!(secrets(&mapped, "aws_ssm_parameter.plain"), Vec::<String>::new());
    assert_eq!(secrets(&mapped, "aws_secretsmanager_secret_version.v"), ["password: a password"]);
    assert_eq!(secrets(&mapped, "aws_secretsmanager_secret_version.json"), Vec::<String>::new());
    assert_eq!(secrets(&mapped, "aws_codebuild_project.p"), ["NPM_TOKEN: a secret"]);
}

#[test]
fn secrets_of_a_template_are_told_in_the_same_way() {
    let mapped = cloudformation(
        Mappings::built_in(),
        vec![
            template("F", "AWS::Lambda::Function", &json!({"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}})),
            template(
                "D",
                "AWS::RDS::DBInstance",
                &json!({"MasterUserPassword": "{{resolve:secretsmanager:db:SecretString:password}}"}),
            ),
            template("E", "AWS::RDS::DBInstance", &json!({"MasterUserPassword": "hunter2"})),
        ],
    );
    assert_eq!(secrets(&mapped, "F"), ["DB_PASSWORD: a password"]);
    assert_eq!(secrets(&mapped, "D"), Vec::<String>::new());
    assert_eq!(secrets(&mapped, "E"), ["MasterUserPassword: a secret"]);
}

#[test]
fn cloudformation_lets_everything_out_until_a_rule_is_written() {
    let out = |blocks: Vec<Block>| {
        let mapped = cloudformation(Mappings::built_in(), blocks);
        item(&mapped, "AWS::EC2::SecurityGroup", "G").attributes["egress"].to_json()
    };
    let group = |body: serde_json::Value| template("G", "AWS::EC2::SecurityGroup", &body);
    let open = out(vec![group(json!({}))]);
    assert_eq!(open[0]["ip_protocol"], "-1");
    let rule = json!({"GroupId": {"$ref": "G.GroupId"}, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"});
    let beside = out(vec![group(json!({})), template("E", "AWS::EC2::SecurityGroupEgress", &rule)]);
    assert_eq!(beside.as_array().map(Vec::len), Some(1), "{beside}");
    assert_eq!(beside[0]["from_port"], 443);
    let inside =
        out(vec![group(json!({"SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]}))]);
    assert_eq!(inside.as_array().map(Vec::len), Some(1), "{inside}");
}
