//! Database instances and clusters.

use super::*;
use serde_json::json;

fn hcl(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn cfn(blocks: Vec<Block>) -> Mapped {
    cloudformation(Mappings::built_in(), blocks)
}

#[test]
fn the_provider_and_templates_have_their_own_defaults() {
    let mapped = hcl(vec![block("aws_db_instance.a", &json!({"engine": "postgres"}))]);
    let instance = of(&mapped, "aws_db_instance.a");
    assert_eq!(instance.attributes["backup_retention_period"], 0);
    assert_eq!(instance.attributes["publicly_accessible"], false);
    assert_eq!(instance.attributes["auto_minor_version_upgrade"], true);
    assert_eq!(instance.attributes["enabled_cloudwatch_logs_exports"], json!([]));
    assert!(!instance.attributes.knows("db_cluster_identifier"));

    let mapped = cfn(vec![template("A", "AWS::RDS::DBInstance", &json!({"Engine": "postgres"}))]);
    assert_eq!(of(&mapped, "A").attributes["backup_retention_period"], 1);
}

#[test]
fn an_engine_is_read_whatever_its_case() {
    let mapped = hcl(vec![
        block("aws_db_instance.a", &json!({"engine": "MySQL"})),
        block("aws_db_instance.restored", &json!({"snapshot_identifier": "a"})),
    ]);
    assert_eq!(of(&mapped, "aws_db_instance.a").attributes["engine"], "mysql");
    assert!(of(&mapped, "aws_db_instance.restored").unknown().contains_key("/engine"));
    let mapped = cfn(vec![template("A", "AWS::RDS::DBInstance", &json!({"Engine": "Postgres"}))]);
    assert_eq!(of(&mapped, "A").attributes["engine"], "postgres");
}

#[test]
fn what_a_template_restores_is_encrypted_where_its_snapshot_is() {
    let mapped = cfn(vec![
        template("A", "AWS::RDS::DBInstance", &json!({"DBSnapshotIdentifier": "a"})),
        template("Empty", "AWS::RDS::DBInstance", &json!({"DBSnapshotIdentifier": ""})),
        template("C", "AWS::RDS::DBCluster", &json!({"SnapshotIdentifier": "a"})),
    ]);
    assert!(of(&mapped, "A").unknown().contains_key("/storage_encrypted"));
    assert_eq!(of(&mapped, "Empty").attributes["storage_encrypted"], false);
    assert!(of(&mapped, "C").unknown().contains_key("/storage_encrypted"));
}

#[test]
fn whether_a_templates_instance_is_public_depends_on_subnet_group_and_engine() {
    let group = json!({"$ref": "Group"});
    let mapped = cfn(vec![
        template("Bare", "AWS::RDS::DBInstance", &json!({"Engine": "mysql"})),
        template("Aurora", "AWS::RDS::DBInstance", &json!({"Engine": "Aurora-MySQL"})),
        template("Grouped", "AWS::RDS::DBInstance", &json!({"Engine": "mysql", "DBSubnetGroupName": group})),
        template("Default", "AWS::RDS::DBInstance", &json!({"Engine": "mysql", "DBSubnetGroupName": "default"})),
        template("Said", "AWS::RDS::DBInstance", &json!({"Engine": "mysql", "PubliclyAccessible": "false"})),
        template("Replica", "AWS::RDS::DBInstance", &json!({"SourceDBInstanceIdentifier": {"$ref": "Grouped"}})),
        template("Group", "AWS::RDS::DBSubnetGroup", &json!({})),
    ]);
    for (id, public) in
        [("Bare", true), ("Aurora", false), ("Grouped", false), ("Default", true), ("Said", false), ("Replica", false)]
    {
        assert_eq!(of(&mapped, id).attributes["publicly_accessible"], public, "{id}");
    }
}

#[test]
fn a_read_replica_is_encrypted_as_its_source_is() {
    let mapped = hcl(vec![
        block("aws_db_instance.a", &json!({"identifier": "a", "engine": "postgres", "storage_encrypted": true})),
        block("aws_db_instance.same", &json!({"replicate_source_db": {"$ref": "aws_db_instance.a.identifier"}})),
        block("aws_db_instance.elsewhere", &json!({"replicate_source_db": "arn:aws:rds:us-east-1:1:db:x"})),
        block(
            "aws_db_instance.keyed",
            &json!({"replicate_source_db": "arn:aws:rds:us-east-1:1:db:x", "kms_key_id": "k"}),
        ),
    ]);
    let instance = |id: &str| of(&mapped, &format!("aws_db_instance.{id}"));
    assert_eq!(instance("same").attributes["storage_encrypted"], true);
    assert_eq!(instance("same").attributes["engine"], "postgres");
    assert!(instance("elsewhere").unknown().contains_key("/storage_encrypted"));
    assert_eq!(instance("keyed").attributes["storage_encrypted"], true);
    assert!(instance("keyed").attributes.knows("read_replica_source_db_instance_identifier"));
}

#[test]
fn members_name_their_cluster_as_it_is_called() {
    let mapped = hcl(vec![
        block("aws_rds_cluster.c", &json!({"cluster_identifier": "main", "engine": "aurora-mysql"})),
        block(
            "aws_rds_cluster_instance.c",
            &json!({"cluster_identifier": {"$ref": "aws_rds_cluster.c.id"}, "engine": "aurora-mysql"}),
        ),
        block("aws_docdb_cluster.d", &json!({})),
        block("aws_docdb_cluster_instance.d", &json!({"cluster_identifier": {"$ref": "aws_docdb_cluster.d.id"}})),
    ]);
    assert_eq!(of(&mapped, "aws_rds_cluster_instance.c").attributes["db_cluster_identifier"], "main");
    let member = of(&mapped, "aws_docdb_cluster_instance.d");
    assert_eq!(member.attributes["db_cluster_identifier"], of(&mapped, "aws_docdb_cluster.d").identity.name);
    assert_eq!(member.attributes["engine"], "docdb");
    assert_eq!(of(&mapped, "aws_rds_cluster.c").attributes["backup_retention_period"], 1);
}

#[test]
fn where_aurora_puts_its_instances_is_unknown() {
    let mapped = hcl(vec![
        block("aws_rds_cluster.aurora", &json!({"engine": "aurora-mysql", "engine_mode": "serverless"})),
        block("aws_rds_cluster.three", &json!({"engine": "mysql", "db_cluster_instance_class": "db.r6gd.xlarge"})),
    ]);
    assert_eq!(of(&mapped, "aws_rds_cluster.aurora").unknown()["/multi_az"].code, GapCode::OutsideScope);
    assert_eq!(of(&mapped, "aws_rds_cluster.aurora").attributes["storage_encrypted"], true, "serverless always is");
    assert_eq!(of(&mapped, "aws_rds_cluster.three").attributes["multi_az"], true);
}

#[test]
fn a_cluster_that_is_restored_is_encrypted_as_its_source_is() {
    let restored = |from: serde_json::Value| json!({"restore_to_point_in_time": [{"source_cluster_identifier": from}]});
    let mapped = hcl(vec![
        block("aws_rds_cluster.a", &json!({"cluster_identifier": "a", "storage_encrypted": true})),
        block("aws_rds_cluster.b", &json!({"cluster_identifier": "b"})),
        block("aws_rds_cluster.of_a", &restored(json!({"$ref": "aws_rds_cluster.a.id"}))),
        block("aws_rds_cluster.of_b", &restored(json!("b"))),
        block("aws_rds_cluster.of_none", &restored(json!("elsewhere"))),
        block("aws_rds_cluster.snapshot", &json!({"snapshot_identifier": "s"})),
        block("aws_rds_cluster.keyed", &json!({"snapshot_identifier": "s", "kms_key_id": "k"})),
        block("aws_rds_cluster.said", &json!({"snapshot_identifier": "s", "storage_encrypted": false})),
        block("aws_docdb_cluster.d", &json!({"snapshot_identifier": "s"})),
    ]);
    for (id, encrypted) in [("of_a", true), ("of_b", false), ("keyed", true), ("said", false)] {
        assert_eq!(of(&mapped, &format!("aws_rds_cluster.{id}")).attributes["storage_encrypted"], encrypted, "{id}");
    }
    for id in ["aws_rds_cluster.of_none", "aws_rds_cluster.snapshot", "aws_docdb_cluster.d"] {
        assert!(of(&mapped, id).unknown().contains_key("/storage_encrypted"), "{id}");
    }
    let mapped = cfn(vec![template("D", "AWS::DocDB::DBCluster", &json!({"SnapshotIdentifier": "s"}))]);
    assert!(of(&mapped, "D").unknown().contains_key("/storage_encrypted"));
}

#[test]
fn a_multi_az_cluster_comes_with_its_instances() {
    let three = |more: serde_json::Value| {
        let mut body = json!({"engine": "mysql", "db_cluster_instance_class": "db.r6gd.xlarge"});
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        body
    };
    let mapped = hcl(vec![
        block("aws_rds_cluster.open", &three(json!({}))),
        block(
            "aws_rds_cluster.closed",
            &three(json!({"db_subnet_group_name": {"$ref": "aws_db_subnet_group.g.name"}})),
        ),
    ]);
    for (id, public) in [("open", true), ("closed", false)] {
        let address = format!("aws_rds_cluster.{id}");
        let instance = of(&mapped, &format!("{address} (AWS::RDS::DBInstance)"));
        assert_eq!(instance.attributes["publicly_accessible"], public, "{id}");
        assert_eq!(instance.attributes["db_cluster_identifier"], of(&mapped, &address).identity.name);
        assert!(!mapped.items[&instance.identity.id].partial);
    }
    let said = json!({"DBClusterInstanceClass": "db.r6gd.xlarge", "PubliclyAccessible": "false"});
    let mapped = cfn(vec![template("C", "AWS::RDS::DBCluster", &said)]);
    assert_eq!(of(&mapped, "C (AWS::RDS::DBInstance)").attributes["publicly_accessible"], false);
}

#[test]
fn a_cluster_without_instances_in_the_code_stands_for_them() {
    let mapped = hcl(vec![
        block("aws_rds_cluster.alone", &json!({"engine": "aurora-mysql"})),
        block("aws_rds_cluster.full", &json!({"engine": "aurora-mysql"})),
        block("aws_rds_cluster_instance.i", &json!({"cluster_identifier": {"$ref": "aws_rds_cluster.full.id"}})),
    ]);
    let alone = of(&mapped, "aws_rds_cluster.alone (AWS::RDS::DBInstance)");
    assert_eq!(alone.unknown()["/publicly_accessible"].code, GapCode::OutsideScope);
    assert!(mapped.items[&alone.identity.id].partial);
    assert!(!mapped.items.contains_key("aws_rds_cluster.full (AWS::RDS::DBInstance)"));
    assert_eq!(of(&mapped, "aws_rds_cluster.full").unknown()["/multi_az"].code, GapCode::Unresolved);

    let mapped = cfn(vec![
        template("Alone", "AWS::Neptune::DBCluster", &json!({})),
        template("Full", "AWS::RDS::DBCluster", &json!({})),
        template("I", "AWS::RDS::DBInstance", &json!({"DBClusterIdentifier": {"$ref": "Full"}})),
    ]);
    assert!(mapped.items["Alone (AWS::RDS::DBInstance)"].partial);
    assert!(!mapped.items.contains_key("Full (AWS::RDS::DBInstance)"));
}

#[test]
fn the_call_of_a_published_module_is_a_database() {
    let call = |name: &str, body: serde_json::Value| {
        let kind = format!("terraform-aws-modules/{name}/aws").into();
        hcl(vec![Block { kind, ..block("module.m", &body) }])
    };
    for (version, encrypted) in [(None, true), (Some("~> 6.1"), true), (Some("2.20.0"), false)] {
        let mapped = call("rds", json!({"version": version, "publicly_accessible": true}));
        let instance = of(&mapped, "module.m");
        assert_eq!(instance.attributes["storage_encrypted"], encrypted, "{version:?}");
        assert_eq!(instance.attributes["publicly_accessible"], true);
    }
    let mapped = call("rds", json!({"version": ">= 3.0, < 5.0"}));
    assert!(of(&mapped, "module.m").unknown().contains_key("/storage_encrypted"));
    for (version, days) in [("8.3.0", 7), ("~> 9.0", 1)] {
        let mapped = call("rds-aurora", json!({"name": "a", "version": version}));
        assert_eq!(of(&mapped, "module.m").attributes["backup_retention_period"], days, "{version}");
        assert_eq!(of(&mapped, "module.m (AWS::RDS::DBInstance)").attributes["db_cluster_identifier"], "a");
    }
}

#[test]
fn a_cluster_beside_a_member_of_an_unknown_cluster_is_an_item() {
    let mapped = terraform(
        Mappings::built_in(),
        vec![
            block("aws_rds_cluster.c", &json!({"engine": "aurora-mysql", "storage_encrypted": false})),
            block(
                "aws_rds_cluster_instance.m",
                &json!({"cluster_identifier": {"$var": "var.cluster"}, "engine": "aurora-mysql"}),
            ),
            block("aws_docdb_cluster.d", &json!({"storage_encrypted": true})),
            block("aws_docdb_cluster_instance.m", &json!({"cluster_identifier": {"$var": "var.cluster"}})),
        ],
    );
    let instances: Vec<&str> = mapped
        .resources
        .iter()
        .filter(|resource| resource.identity.r#type == "AWS::RDS::DBInstance")
        .map(|resource| resource.identity.id.as_str())
        .collect();
    for id in ["aws_rds_cluster.c", "aws_docdb_cluster.d", "aws_rds_cluster_instance.m", "aws_docdb_cluster_instance.m"]
    {
        assert!(instances.iter().any(|instance| instance.starts_with(id)), "{id} in {instances:?}");
    }
}
