//! RDS: instances, clusters, and who may restore the snapshots that somebody took.

use serde_json::{Value, json};

use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::{Ask, Entry, Item, Listed, Service, ServiceScope, Table, known};
use crate::model::attr::Attr;
use crate::model::resource::TypedResource as _;
use crate::model::resource::rds::{DbCluster, DbInstance, DbSnapshot, SnapshotAttributes};

const API: Api = Api::new("rds", Rate::per_second("rds", 30.0));

/// A new password is masked where it is answered at all; the model says that it is one.
static DESCRIBE_DB_INSTANCES: Operation = API
    .operation("DescribeDBInstances")
    .secrets(&["DBInstances.PendingModifiedValues.MasterUserPassword"])
    .must(&["DBInstances"]);
static DESCRIBE_DB_CLUSTERS: Operation = API
    .operation("DescribeDBClusters")
    .secrets(&["DBClusters.PendingModifiedValues.MasterUserPassword"])
    .must(&["DBClusters"]);
static DESCRIBE_DB_SNAPSHOTS: Operation = API.operation("DescribeDBSnapshots").no_secrets().must(&["DBSnapshots"]);
static DESCRIBE_DB_SNAPSHOT_ATTRIBUTES: Operation = API
    .operation("DescribeDBSnapshotAttributes")
    .no_secrets()
    .must(&["DBSnapshotAttributesResult"])
    .gone(&["DBSnapshotNotFound"]);

/// Instances, clusters and manual snapshots, region by region. Each snapshot is asked who may restore
/// it: the listing of public snapshots is that of every account's, and has no filter by owner.
pub static SERVICE: Service = Service {
    name: "rds",
    scope: ServiceScope::Regional,
    tables: &[
        Table::Listed(Listed {
            r#type: DbInstance::TYPE,
            operation: &DESCRIBE_DB_INSTANCES,
            input: |_| Value::Null,
            items: "DBInstances",
            read: |entry: &Entry<'_>| {
                let name = entry.str_of("DBInstanceIdentifier");
                Item::new(entry.str_of("DBInstanceArn").or(name), name, &instance(entry.node))
            },
            asks: &[],
        }),
        Table::Listed(Listed {
            r#type: DbCluster::TYPE,
            operation: &DESCRIBE_DB_CLUSTERS,
            input: |_| Value::Null,
            items: "DBClusters",
            read: |entry: &Entry<'_>| {
                let name = entry.str_of("DBClusterIdentifier");
                Item::new(entry.str_of("DBClusterArn").or(name), name, &cluster(entry.node))
            },
            asks: &[],
        }),
        Table::Listed(Listed {
            r#type: DbSnapshot::TYPE,
            operation: &DESCRIBE_DB_SNAPSHOTS,
            input: |_| json!({"SnapshotType": "manual"}),
            items: "DBSnapshots",
            read: |entry: &Entry<'_>| {
                let name = entry.str_of("DBSnapshotIdentifier");
                Item::new(entry.str_of("DBSnapshotArn").or(name), name, &snapshot(entry.node))
            },
            asks: &[Ask::Call {
                attribute: "snapshot_attributes",
                operation: &DESCRIBE_DB_SNAPSHOT_ATTRIBUTES,
                input: |asked| json!({"DBSnapshotIdentifier": asked.name}),
                read: |_, answer| known(snapshot_attributes(answer.get("DBSnapshotAttributesResult"))),
            }],
        }),
    ],
};

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn instance(entry: Node<'_>) -> DbInstance {
    DbInstance {
        engine: entry.text("Engine"),
        engine_version: entry.text("EngineVersion"),
        db_instance_status: entry.text("DBInstanceStatus"),
        // No cluster has an empty name: an empty element says the same as none.
        db_cluster_identifier: entry.text("DBClusterIdentifier").filter(|name| !name.is_empty()),
        read_replica_source_db_instance_identifier: entry.text("ReadReplicaSourceDBInstanceIdentifier"),
        read_replica_source_db_cluster_identifier: entry.text("ReadReplicaSourceDBClusterIdentifier"),
        publicly_accessible: entry.flag("PubliclyAccessible"),
        storage_encrypted: entry.flag("StorageEncrypted"),
        kms_key_id: entry.text("KmsKeyId"),
        backup_retention_period: entry.number("BackupRetentionPeriod"),
        multi_az: entry.flag("MultiAZ"),
        deletion_protection: entry.flag("DeletionProtection"),
        enabled_cloudwatch_logs_exports: sorted(entry.texts("EnabledCloudwatchLogsExports")),
        iam_database_authentication_enabled: entry.flag("IAMDatabaseAuthenticationEnabled"),
        auto_minor_version_upgrade: entry.flag("AutoMinorVersionUpgrade"),
        instance_create_time: entry.text("InstanceCreateTime"),
        cluster: Attr::default(),
    }
}

fn cluster(entry: Node<'_>) -> DbCluster {
    DbCluster {
        engine: entry.text("Engine"),
        engine_version: entry.text("EngineVersion"),
        status: entry.text("Status"),
        storage_encrypted: entry.flag("StorageEncrypted"),
        kms_key_id: entry.text("KmsKeyId"),
        backup_retention_period: entry.number("BackupRetentionPeriod"),
        multi_az: entry.flag("MultiAZ"),
        deletion_protection: entry.flag("DeletionProtection"),
        enabled_cloudwatch_logs_exports: sorted(entry.texts("EnabledCloudwatchLogsExports")),
        iam_database_authentication_enabled: entry.flag("IAMDatabaseAuthenticationEnabled"),
        cluster_create_time: entry.text("ClusterCreateTime"),
    }
}

fn snapshot(entry: Node<'_>) -> DbSnapshot {
    DbSnapshot {
        db_instance_identifier: entry.text("DBInstanceIdentifier"),
        engine: entry.text("Engine"),
        encrypted: entry.flag("Encrypted"),
        snapshot_type: entry.text("SnapshotType"),
        snapshot_create_time: entry.text("SnapshotCreateTime"),
        snapshot_attributes: Attr::default(),
    }
}

/// Who may restore: AWS lists the attribute `restore` even where nobody may; where an answer has
/// it not, we do not know.
fn snapshot_attributes(result: Node<'_>) -> SnapshotAttributes {
    let restore = result
        .list("DBSnapshotAttributes")
        .find(|attribute| attribute.str_of("AttributeName") == Some("restore"))
        .map(|attribute| sorted(attribute.texts("AttributeValues")));
    SnapshotAttributes { restore }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::api::document::Document;
    use crate::collect::aws::script;
    use crate::collect::exchange::operation::NoValue;
    use crate::collect::inventory::Collected;
    use crate::model::gap::GapCode;

    #[test]
    fn who_may_restore_is_told_apart_from_not_being_told() {
        let restore = |attributes: Value| {
            let answer = json!({"DBSnapshotAttributesResult": {"DBSnapshotAttributes": attributes}});
            let answer = Document::of("rds", "DescribeDBSnapshotAttributes", answer);
            snapshot_attributes(answer.root().get("DBSnapshotAttributesResult")).restore
        };
        let attribute = |name: &str, values: &[&str]| json!({"AttributeName": name, "AttributeValues": values});
        assert_eq!(restore(json!([attribute("restore", &[])])), Some(vec![]));
        assert_eq!(
            restore(json!([attribute("x", &["all"]), attribute("restore", &["2", "1"])])),
            Some(vec!["1".to_owned(), "2".to_owned()])
        );
        assert_eq!(restore(json!([])), None);
    }

    #[test]
    fn an_instance_keeps_what_aws_left_out_apart_from_false() {
        let answer = json!({"DBInstances": [{
            "Engine": "aurora-postgresql",
            "DBClusterIdentifier": "c",
            "PubliclyAccessible": false,
            "BackupRetentionPeriod": 0,
            "EnabledCloudwatchLogsExports": ["upgrade", "postgresql"],
        }]});
        let answer = Document::of("rds", "DescribeDBInstances", answer);
        let mapped = instance(answer.root().list("DBInstances").next().expect("one"));
        assert_eq!(mapped.publicly_accessible, Some(false));
        assert_eq!(mapped.storage_encrypted, None);
        assert_eq!(mapped.backup_retention_period, Some(0));
        assert_eq!(mapped.enabled_cloudwatch_logs_exports, ["postgresql", "upgrade"]);
        assert_eq!(mapped.db_cluster_identifier.as_deref(), Some("c"));
        assert!(mapped.cluster.value().is_none());
    }

    #[test]
    fn a_deleted_snapshot_is_gone_and_everything_else_a_gap() {
        assert_eq!(
            DESCRIBE_DB_SNAPSHOT_ATTRIBUTES.classify_error(Some("DBSnapshotNotFound"), Some(404), ""),
            NoValue::Gone
        );
        for operation in [&DESCRIBE_DB_INSTANCES, &DESCRIBE_DB_CLUSTERS, &DESCRIBE_DB_SNAPSHOTS] {
            for code in ["DBInstanceNotFound", "DBClusterNotFoundFault", "DBSnapshotNotFound", "AccessDenied"] {
                assert!(
                    matches!(operation.classify_error(Some(code), Some(403), ""), NoValue::Gap(_)),
                    "{} {code}",
                    operation.name
                );
            }
        }
    }

    fn answer(operation: &str, inside: &str) -> script::Reply {
        (200, format!("<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>"))
    }

    fn error(status: u16, code: &str) -> script::Reply {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>");
        (status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
    }

    fn listed(name: &str) -> String {
        let arn = format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}");
        format!(
            "<DBSnapshot><DBSnapshotIdentifier>{name}</DBSnapshotIdentifier><DBSnapshotArn>{arn}</DBSnapshotArn>\
             <SnapshotType>manual</SnapshotType></DBSnapshot>"
        )
    }

    /// Collects snapshots `a` and `b`, `b` listed twice, each of which answers the same when asked.
    async fn snapshots(each: script::Reply) -> Collected {
        let listed = [listed("a"), listed("b"), listed("b")].concat();
        let listed = answer("DescribeDBSnapshots", &format!("<DBSnapshots>{listed}</DBSnapshots>"));
        let needs = [(DbSnapshot::TYPE, Some("snapshot_attributes"))];
        let replies = [("DescribeDBSnapshots", vec![listed]), ("DescribeDBSnapshotAttributes", vec![each])];
        script::collect(&SERVICE, "eu-west-1", &needs, replies, error(403, "AccessDenied")).await.0
    }

    #[tokio::test]
    async fn who_may_restore_is_asked_of_each_snapshot_and_one_listed_twice_counts_once() {
        let told = "<DBSnapshotAttributesResult><DBSnapshotAttributes><DBSnapshotAttribute>\
                    <AttributeName>restore</AttributeName><AttributeValues><AttributeValue>all</AttributeValue>\
                    </AttributeValues></DBSnapshotAttribute></DBSnapshotAttributes></DBSnapshotAttributesResult>";
        let collected = snapshots(answer("DescribeDBSnapshotAttributes", told)).await;
        let names: Vec<&str> = collected.resources.iter().map(|found| found.identity.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        for found in &collected.resources {
            assert_eq!(found.attributes["snapshot_attributes"], json!({"restore": ["all"]}));
        }
        assert_eq!((collected.populations[0].count, collected.populations[0].complete), (2, true));
    }

    #[tokio::test]
    async fn a_snapshot_that_went_away_is_counted_as_gone_and_a_denied_one_is_a_gap() {
        let collected = snapshots(error(404, "DBSnapshotNotFound")).await;
        assert!(collected.resources.is_empty());
        let arn = |name: &str| format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}");
        assert_eq!(collected.populations[0].gone, [arn("a"), arn("b")]);
        assert!(collected.populations[0].complete);
        let collected = snapshots(error(403, "AccessDenied")).await;
        assert_eq!(collected.resources[0].unknown()["/snapshot_attributes"].code, GapCode::AccessDenied);
    }

    #[tokio::test]
    async fn an_answer_without_its_list_is_no_empty_list() {
        let types = [DbInstance::TYPE, DbCluster::TYPE, DbSnapshot::TYPE];
        let operations = ["DescribeDBInstances", "DescribeDBClusters", "DescribeDBSnapshots"];
        let (collected, _) = script::collect(
            &SERVICE,
            "eu-west-1",
            &types.map(|name| (name, None)),
            operations.map(|operation| (operation, vec![answer(operation, "")])),
            error(403, "AccessDenied"),
        )
        .await;
        assert!(collected.resources.is_empty());
        assert_eq!(collected.populations.len(), 3);
        for population in &collected.populations {
            assert!(!population.complete, "{}", population.r#type);
            assert_eq!(population.gap.as_ref().map(|gap| gap.code), Some(GapCode::MalformedResponse));
        }
    }
}
