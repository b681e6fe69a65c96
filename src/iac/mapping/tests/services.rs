//! Tables, file systems, caches, queues, topics, parameters, vaults: what their defaults come to, and
//! what belongs to them.

use super::*;
use serde_json::json;

fn hcl(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn cfn(blocks: Vec<Block>) -> Mapped {
    cloudformation(Mappings::built_in(), blocks)
}

#[test]
fn a_table_says_whose_key_it_is_encrypted_with() {
    let sse = |key: &serde_json::Value| json!({"server_side_encryption": [{"enabled": true, "kms_key_arn": key}]});
    let mapped = hcl(vec![
        block("aws_dynamodb_table.bare", &json!({"name": "bare"})),
        block("aws_dynamodb_table.aws", &sse(&json!(null))),
        block("aws_dynamodb_table.ours", &sse(&json!({"$ref": "aws_kms_key.k.arn"}))),
        block("aws_dynamodb_table.looked_up", &sse(&json!({"$ref": "data.aws_kms_alias.k.target_key_arn"}))),
        block("aws_dynamodb_table.open", &sse(&json!({"$var": "var.key"}))),
        block("aws_dynamodb_table.by_arn", &sse(&json!("arn:aws:kms:eu-west-1:111122223333:alias/aws/dynamodb"))),
        block("aws_dynamodb_table.by_alias", &sse(&json!({"$ref": "data.aws_kms_key.k of alias/ours.arn"}))),
        block("aws_dynamodb_table.by_theirs", &sse(&json!({"$ref": "data.aws_kms_key.k of alias/aws/dynamodb.arn"}))),
    ]);
    for (id, manager) in [
        ("bare", None),
        ("aws", Some("AWS")),
        ("ours", Some("CUSTOMER")),
        ("by_arn", Some("AWS")),
        ("by_alias", Some("CUSTOMER")),
        ("by_theirs", Some("AWS")),
    ] {
        let table = of(&mapped, &format!("aws_dynamodb_table.{id}"));
        assert_eq!(table.attributes["kms_key_manager"].as_str(), manager, "{id}");
        assert!(!table.unknown().contains_key("/kms_key_manager"), "{id}");
        assert_eq!(table.attributes["continuous_backups"]["point_in_time_recovery_status"], "DISABLED");
    }
    for id in ["looked_up", "open"] {
        assert!(of(&mapped, &format!("aws_dynamodb_table.{id}")).unknown().contains_key("/kms_key_manager"), "{id}");
    }
}

#[test]
fn each_replica_is_a_table_of_its_own() {
    let mapped = hcl(vec![block(
        "aws_dynamodb_table.t",
        &json!({"name": "t", "point_in_time_recovery": [{"enabled": true}],
            "server_side_encryption": [{"enabled": true, "kms_key_arn": {"$ref": "aws_kms_key.k.arn"}}],
            "replica": [{"region_name": "eu-west-1", "point_in_time_recovery": true}, {"region_name": "eu-west-2"}]}),
    )]);
    let status = |id: &str| &of(&mapped, id).attributes["continuous_backups"]["point_in_time_recovery_status"];
    assert_eq!(status("aws_dynamodb_table.t"), "ENABLED");
    assert_eq!(status("aws_dynamodb_table.t/replica/0"), "ENABLED");
    assert_eq!(status("aws_dynamodb_table.t/replica/1"), "DISABLED");
    assert_eq!(of(&mapped, "aws_dynamodb_table.t/replica/1").attributes["kms_key_manager"], "AWS");
    assert_eq!(of(&mapped, "aws_dynamodb_table.t/replica/1").identity.name, "t");

    let mapped = cfn(vec![template(
        "T",
        "AWS::DynamoDB::GlobalTable",
        &json!({"SSESpecification": {"SSEEnabled": true}, "Replicas": [
            {"Region": "eu-west-1", "SSESpecification": {"KMSMasterKeyId": {"$ref": "Key.Arn"}}},
            {"Region": "eu-west-2", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}]}),
    )]);
    assert_eq!(mapped.resources.len(), 2);
    assert_eq!(of(&mapped, "T/Replicas/0").attributes["kms_key_manager"], "CUSTOMER");
    assert_eq!(of(&mapped, "T/Replicas/1").attributes["kms_key_manager"], "AWS");
}

#[test]
fn a_one_zone_file_system_is_backed_up_unless_it_says_otherwise() {
    let mapped = hcl(vec![
        block("aws_efs_file_system.regional", &json!({})),
        block("aws_efs_file_system.one", &json!({"availability_zone_name": "us-east-1a"})),
        block("aws_efs_file_system.off", &json!({"availability_zone_name": "us-east-1a"})),
        block(
            "aws_efs_backup_policy.off",
            &json!({"file_system_id": {"$ref": "aws_efs_file_system.off.id"}, "backup_policy": [{"status": "DISABLED"}]}),
        ),
    ]);
    for (id, status) in [("regional", "DISABLED"), ("one", "ENABLED"), ("off", "DISABLED")] {
        let system = of(&mapped, &format!("aws_efs_file_system.{id}"));
        assert_eq!(system.attributes["backup_policy"]["status"], status, "{id}");
        assert_eq!(system.attributes["encrypted"], false);
    }
    let mapped = cfn(vec![template("F", "AWS::EFS::FileSystem", &json!({"BackupPolicy": {"Status": "ENABLED"}}))]);
    assert_eq!(of(&mapped, "F").attributes["backup_policy"]["status"], "ENABLED");
}

#[test]
fn what_the_version_of_the_provider_decides_is_unknown() {
    let mapped = hcl(vec![
        block("aws_redshift_cluster.bare", &json!({"cluster_identifier": "c"})),
        block("aws_redshift_cluster.set", &json!({"publicly_accessible": false, "encrypted": true})),
    ]);
    for attribute in ["/publicly_accessible", "/encrypted"] {
        assert!(of(&mapped, "aws_redshift_cluster.bare").unknown()[attribute].detail.contains("version 6"));
    }
    assert_eq!(of(&mapped, "aws_redshift_cluster.set").attributes["encrypted"], true);
    let mapped = cfn(vec![template("C", "AWS::Redshift::Cluster", &json!({}))]);
    assert_eq!(of(&mapped, "C").attributes["publicly_accessible"], false);
    assert_eq!(of(&mapped, "C").attributes["encrypted"], true);
}

#[test]
fn a_cache_takes_its_defaults_from_its_engine_and_its_global_datastore() {
    let mapped = hcl(vec![
        block("aws_elasticache_replication_group.redis", &json!({})),
        block("aws_elasticache_replication_group.valkey", &json!({"engine": "VALKEY"})),
        block("aws_elasticache_replication_group.text", &json!({"at_rest_encryption_enabled": "true"})),
        block("aws_elasticache_replication_group.member", &json!({"global_replication_group_id": "g"})),
    ]);
    let group = |id: &str| of(&mapped, &format!("aws_elasticache_replication_group.{id}"));
    for (id, at_rest) in [("redis", false), ("valkey", true), ("text", true)] {
        assert_eq!(group(id).attributes["at_rest_encryption_enabled"], at_rest, "{id}");
        assert_eq!(group(id).attributes["transit_encryption_enabled"], false, "{id}");
    }
    assert!(group("member").unknown().contains_key("/at_rest_encryption_enabled"));
    assert!(group("member").unknown().contains_key("/transit_encryption_enabled"));
}

#[test]
fn a_search_domain_takes_plain_http_unless_it_has_the_block() {
    let mapped = hcl(vec![
        block("aws_opensearch_domain.bare", &json!({"domain_name": "a"})),
        block("aws_elasticsearch_domain.old", &json!({"domain_endpoint_options": [{}]})),
    ]);
    let bare = of(&mapped, "aws_opensearch_domain.bare");
    assert_eq!(bare.attributes["domain_endpoint_options"], json!({"enforce_https": false}));
    assert_eq!(bare.attributes["encryption_at_rest_options"], json!({"enabled": false}));
    let old = of(&mapped, "aws_elasticsearch_domain.old");
    assert_eq!(old.identity.r#type, "AWS::OpenSearchService::Domain");
    assert_eq!(old.attributes["domain_endpoint_options"].known_json(), json!({"enforce_https": true}));
    assert!(old.unknown().contains_key("/domain_endpoint_options/tls_security_policy"), "the service chooses one");
    let mapped = cfn(vec![template(
        "D",
        "AWS::Elasticsearch::Domain",
        &json!({"EncryptionAtRestOptions": {"Enabled": "true"}}),
    )]);
    assert_eq!(of(&mapped, "D").attributes["encryption_at_rest_options"]["enabled"], true);
}

#[test]
fn a_parameters_name_is_known_where_its_known_part_speaks_of_a_secret() {
    let named = |name: serde_json::Value| json!({"name": name, "type": "String"});
    let mapped = hcl(vec![
        block("aws_ssm_parameter.secret", &named(json!({"$text": ["/", {"$var": "var.env"}, "/DB_PASSWORD"]}))),
        block("aws_ssm_parameter.open", &named(json!({"$text": ["/", {"$var": "var.env"}, "/host"]}))),
        block("aws_ssm_parameter.host", &named(json!("/host"))),
    ]);
    assert_eq!(of(&mapped, "aws_ssm_parameter.secret").attributes["parameter_name"], "/${var.env}/DB_PASSWORD");
    assert!(of(&mapped, "aws_ssm_parameter.open").unknown().contains_key("/parameter_name"));
    assert_eq!(of(&mapped, "aws_ssm_parameter.host").attributes["parameter_name"], "/host");
    let mapped = cfn(vec![template("ApiToken", "AWS::SSM::Parameter", &json!({"Type": "String", "Value": "x"}))]);
    assert_eq!(of(&mapped, "ApiToken").attributes["parameter_name"], "ApiToken");
}

#[test]
fn the_words_for_a_secret_are_those_of_the_control() {
    let control = include_str!("../../../../controls/ssm/ssm-parameter-encrypted.yaml");
    let mapping = include_str!("../types/ssm/parameter.yaml");
    let when = control.split("when: >-").nth(1).and_then(|rest| rest.split("not_applicable:").next()).expect("when");
    let words = when.split('[').nth(1).and_then(|rest| rest.split(']').next()).expect("the words");
    let words: Vec<&str> = words.split(',').map(|word| word.trim().trim_matches('"')).collect();
    assert!(words.len() > 20, "{words:?}");
    for word in &words {
        assert_eq!(mapping.matches(&format!("\"*{word}*\"")).count(), 1, "{word}");
    }
    assert_eq!(mapping.matches("*\"").count(), words.len());
}

#[test]
fn policies_come_from_the_block_or_from_a_companion() {
    let open = json!({"$json": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}});
    let mapped = hcl(vec![
        block("aws_sqs_queue.a", &json!({"name": "a", "kms_master_key_id": ""})),
        block("aws_sqs_queue_policy.a", &json!({"queue_url": {"$ref": "aws_sqs_queue.a.url"}, "policy": open})),
        block("aws_sqs_queue.b", &json!({"name": "b", "policy": open, "sqs_managed_sse_enabled": false})),
        block("aws_sns_topic.c", &json!({"name": "c", "kms_master_key_id": {"$ref": "aws_kms_key.k.id"}})),
        block("aws_sns_topic_policy.c", &json!({"arn": {"$ref": "aws_sns_topic.c.arn"}, "policy": open})),
        block("aws_sns_topic.d", &json!({"name": "d"})),
    ]);
    for id in ["aws_sqs_queue.a", "aws_sqs_queue.b", "aws_sns_topic.c"] {
        let policy = &of(&mapped, id).attributes["policy"];
        assert_eq!(policy["statements"][0]["principal"]["any"], true, "{id}");
    }
    let topic = of(&mapped, "aws_sns_topic.d");
    assert!(!topic.attributes.knows("policy") && !topic.unknown().contains_key("/policy"));
    let (first, second) = (of(&mapped, "aws_sqs_queue.a"), of(&mapped, "aws_sqs_queue.b"));
    assert_eq!(first.attributes["sqs_managed_sse_enabled"], true);
    assert!(!first.attributes.knows("kms_master_key_id"), "an empty text is no key");
    assert_eq!(second.attributes["sqs_managed_sse_enabled"], false);
    assert_eq!(of(&mapped, "aws_sns_topic.c").attributes["kms_master_key_id"], "${aws_kms_key.k.id}");
}

#[test]
fn one_template_policy_is_that_of_every_queue_it_names() {
    let open = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}});
    let mapped = cfn(vec![
        template("A", "AWS::SQS::Queue", &json!({})),
        template("B", "AWS::SQS::Queue", &json!({})),
        template("C", "AWS::SQS::Queue", &json!({})),
        template(
            "P",
            "AWS::SQS::QueuePolicy",
            &json!({"Queues": [{"$ref": "A"}, {"$ref": "B"}], "PolicyDocument": open}),
        ),
    ]);
    for id in ["A", "B"] {
        assert!(of(&mapped, id).attributes.knows("policy"), "{id}");
    }
    assert!(!of(&mapped, "C").attributes.knows("policy"));
    assert!(!of(&mapped, "C").unknown().contains_key("/policy"));
}

#[test]
fn a_vault_is_locked_by_its_companion_or_by_its_kind() {
    let mapped = hcl(vec![
        block("aws_backup_vault.a", &json!({"name": "a"})),
        block("aws_backup_vault_lock_configuration.a", &json!({"backup_vault_name": "a", "min_retention_days": 7})),
        block("aws_backup_vault.b", &json!({"name": "b", "kms_key_arn": {"$ref": "aws_kms_key.k.arn"}})),
        block("aws_backup_logically_air_gapped_vault.c", &json!({"name": "c"})),
        block("aws_backup_vault_lock_configuration.d", &json!({"backup_vault_name": "elsewhere"})),
    ]);
    for (id, locked) in [("vault.a", true), ("vault.b", false), ("logically_air_gapped_vault.c", true)] {
        assert_eq!(of(&mapped, &format!("aws_backup_{id}")).attributes["locked"], locked, "{id}");
    }
    assert_eq!(of(&mapped, "aws_backup_vault.a").attributes["min_retention_days"], 7);
    assert_eq!(of(&mapped, "aws_backup_vault.a").attributes["encryption_key_arn"], "alias/aws/backup");
    let elsewhere = of(&mapped, "aws_backup_vault_lock_configuration.d");
    assert_eq!(elsewhere.attributes["locked"], true);
    assert!(elsewhere.attributes.knows("encryption_key_arn"), "every vault has a key");
    let mapped = cfn(vec![
        template("A", "AWS::Backup::BackupVault", &json!({"LockConfiguration": {"MinRetentionDays": 1}})),
        template("B", "AWS::Backup::BackupVault", &json!({})),
    ]);
    assert_eq!(of(&mapped, "A").attributes["locked"], true);
    assert_eq!(of(&mapped, "B").attributes["locked"], false);
}

#[test]
fn the_provider_makes_replication_instances_private_and_the_service_public() {
    let mapped = hcl(vec![block("aws_dms_replication_instance.a", &json!({}))]);
    assert_eq!(of(&mapped, "aws_dms_replication_instance.a").attributes["publicly_accessible"], false);
    let mapped = cfn(vec![template("A", "AWS::DMS::ReplicationInstance", &json!({}))]);
    assert_eq!(of(&mapped, "A").attributes["publicly_accessible"], true);
}

#[test]
fn macie_is_enabled_unless_it_is_paused() {
    let mapped = hcl(vec![
        block("aws_macie2_account.a", &json!({})),
        block("aws_macie2_account.b", &json!({"status": "PAUSED"})),
    ]);
    assert_eq!(of(&mapped, "aws_macie2_account.a").attributes["status"], "ENABLED");
    assert_eq!(of(&mapped, "aws_macie2_account.b").attributes["status"], "PAUSED");
}

#[test]
fn a_recorder_records_once_a_status_says_so() {
    let recorder =
        |name: &str, body: serde_json::Value| block(&format!("aws_config_configuration_recorder.{name}"), &body);
    let status = |body: serde_json::Value| block("aws_config_configuration_recorder_status.s", &body);
    let recording = |blocks: Vec<Block>| {
        let mapped = hcl(blocks);
        of(&mapped, "aws_config_configuration_recorder.r").attributes["status"]["recording"].clone()
    };
    assert_eq!(recording(vec![recorder("r", json!({"name": "r"}))]), false, "it does not start by itself");
    let on = json!({"name": {"$ref": "aws_config_configuration_recorder.r.name"}, "is_enabled": true});
    assert_eq!(recording(vec![recorder("r", json!({"name": "r"})), status(on)]), true);
    let by_default = json!({"name": "default", "is_enabled": true});
    assert_eq!(recording(vec![recorder("r", json!({})), status(by_default)]), true);
}

#[test]
fn a_definition_without_containers_says_nothing_of_them() {
    let mapped = hcl(vec![
        block("aws_ecs_task_definition.none", &json!({"family": "a"})),
        block(
            "aws_ecs_task_definition.driver",
            &json!({"container_definitions": {"$json": [{"name": "a", "logConfiguration": {"logDriver": {"$var": "var.d"}}}]}}),
        ),
    ]);
    assert!(of(&mapped, "aws_ecs_task_definition.none").unknown().contains_key("/container_definitions"));
    let driver = of(&mapped, "aws_ecs_task_definition.driver");
    assert_eq!(driver.attributes["container_definitions"][0]["log_configuration"]["log_driver"], "${var.d}");
    let mapped = cfn(vec![template("T", "AWS::ECS::TaskDefinition", &json!({}))]);
    assert!(of(&mapped, "T").unknown().contains_key("/container_definitions"));
}

#[test]
fn a_cluster_names_the_key_of_its_secrets_or_does_not() {
    let with = |key: serde_json::Value| json!({"encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": key}]}]});
    let mapped = hcl(vec![
        block("aws_eks_cluster.open", &with(json!({"$var": "var.key"}))),
        block("aws_eks_cluster.empty", &with(json!(""))),
    ]);
    let key =
        |id: &str| of(&mapped, id).attributes["encryption_config"][0]["provider"].get("key_arn").map(Tree::known_json);
    assert_eq!(key("aws_eks_cluster.open"), Some(json!("${var.key}")));
    assert_eq!(key("aws_eks_cluster.empty"), None);
}

#[test]
fn a_standard_alone_says_that_security_hub_is_on() {
    let mapped = hcl(vec![block("aws_securityhub_standards_subscription.s", &json!({"standards_arn": "a"}))]);
    let hub = of(&mapped, "aws_securityhub_standards_subscription.s");
    assert_eq!(hub.attributes["enabled_standards"][0]["standards_status"], "READY");
    let mapped = cfn(vec![
        template("H", "AWS::SecurityHub::Hub", &json!({"EnableDefaultStandards": false})),
        template("S", "AWS::SecurityHub::Standard", &json!({"StandardsArn": "a"})),
    ]);
    assert_eq!(mapped.resources.iter().filter(|one| one.identity.r#type == "AWS::SecurityHub::Hub").count(), 1);
}

#[test]
fn a_truth_value_is_one_in_either_case() {
    let mapped = cfn(vec![
        template("D", "AWS::GuardDuty::Detector", &json!({"Enable": "True"})),
        template(
            "T",
            "AWS::DynamoDB::Table",
            &json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "True"},
                "SSESpecification": {"SSEEnabled": "True", "KMSMasterKeyId": "k"}}),
        ),
    ]);
    assert_eq!(of(&mapped, "D").attributes["status"], "ENABLED");
    let table = of(&mapped, "T");
    assert_eq!(table.attributes["continuous_backups"]["point_in_time_recovery_status"], "ENABLED");
    assert_eq!(table.attributes["kms_key_manager"], "CUSTOMER");
}

#[test]
fn custom_resources_of_the_cdk_are_what_they_make() {
    let mapped = cfn(vec![
        template(
            "Cluster",
            "Custom::AWSCDK-EKS-Cluster",
            &json!({"Config": {"resourcesVpcConfig": {"endpointPublicAccess": "false"},
                "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": {"$ref": "Key.Arn"}}}]}}),
        ),
        template("Bare", "Custom::AWSCDK-EKS-Cluster", &json!({"Config": {}})),
        template("Retention", "Custom::LogRetention", &json!({"LogGroupName": "/aws/lambda/f", "RetentionInDays": 7})),
    ]);
    let cluster = of(&mapped, "Cluster");
    assert_eq!(cluster.attributes["resources_vpc_config"]["endpoint_public_access"], false);
    assert_eq!(cluster.attributes["encryption_config"][0]["provider"]["key_arn"], "${Key.Arn}");
    assert_eq!(of(&mapped, "Bare").attributes["resources_vpc_config"]["endpoint_public_access"], true);
    let group = of(&mapped, "Retention");
    assert_eq!(group.attributes["retention_in_days"], 7);
    assert_eq!(group.unknown()["/kms_key_id"].code, GapCode::OutsideScope);
}

/// The call of a published module that is not here.
fn published(name: &str, body: &serde_json::Value) -> Block {
    Block { kind: format!("terraform-aws-modules/{name}/aws").into(), ..block("module.m", body) }
}

#[test]
fn a_published_module_has_defaults_of_its_own() {
    let of_call = |name: &str, body: serde_json::Value| {
        let mapped = hcl(vec![published(name, &body)]);
        of(&mapped, "module.m").clone()
    };
    let system = of_call("efs", json!({}));
    assert_eq!(system.attributes["encrypted"], true);
    assert_eq!(system.attributes["backup_policy"]["status"], "ENABLED");
    let system = of_call("efs", json!({"enable_backup_policy": false}));
    assert_eq!(system.attributes["backup_policy"]["status"], "DISABLED");

    let repository = of_call("ecr", json!({}));
    assert_eq!(repository.attributes["image_tag_mutability"], "IMMUTABLE");
    assert_eq!(repository.attributes["image_scanning_configuration"]["scan_on_push"], true);
    assert!(!repository.attributes.knows("repository_policy"));
    let given = of_call("ecr", json!({"repository_read_access_arns": ["*"]}));
    assert!(given.unknown().contains_key("/repository_policy"));

    let key = json!({"$ref": "aws_kms_key.k.arn"});
    let table = of_call(
        "dynamodb-table",
        json!({"server_side_encryption_enabled": true, "server_side_encryption_kms_key_arn": key}),
    );
    assert_eq!(table.attributes["kms_key_manager"], "CUSTOMER");
    assert_eq!(table.attributes["continuous_backups"]["point_in_time_recovery_status"], "DISABLED");

    for (version, public, keyed) in [
        ("17.24.0", Some(true), false),
        ("~> 20.8", Some(false), true),
        (">= 18.0, < 19.0", Some(true), false),
        (">= 18.0, < 20.0", None, false),
    ] {
        let cluster = of_call("eks", json!({"version": version}));
        let access = &cluster.attributes["resources_vpc_config"]["endpoint_public_access"];
        assert_eq!(access.as_bool(), public, "{version}");
        assert_eq!(cluster.unknown().contains_key("/encryption_config"), !keyed, "{version}");
        let without = of_call("eks", json!({"version": version, "create_kms_key": false}));
        assert!(without.unknown().contains_key("/encryption_config"), "{version}");
    }
    let own = of_call("eks", json!({"version": "~> 20.8", "cluster_encryption_config": {"resources": ["secrets"]}}));
    assert_eq!(own.attributes["encryption_config"][0]["provider"]["key_arn"], "a key that the module makes");
    let keyed =
        of_call("eks", json!({"cluster_encryption_config": {"resources": ["secrets"], "provider_key_arn": key}}));
    assert_eq!(keyed.attributes["encryption_config"][0]["provider"]["key_arn"], "${aws_kms_key.k.arn}");
}
