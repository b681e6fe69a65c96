//! RDS: instances, clusters, and who may restore the snapshots that somebody took.

use futures::future::{FutureExt as _, join};
use futures::stream::{StreamExt as _, iter};
use serde_json::{Value, json};

use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{
    AttributeValue, Collected, Count, Entry, Gone, Item, Listed, Own, Service, ServiceScope, Table,
};
use crate::collect::site::Site;
use crate::model::attr::{Attr, State};
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
static DESCRIBE_DB_CLUSTER_SNAPSHOTS: Operation =
    API.operation("DescribeDBClusterSnapshots").no_secrets().must(&["DBClusterSnapshots"]);
static DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES: Operation = API
    .operation("DescribeDBClusterSnapshotAttributes")
    .no_secrets()
    .must(&["DBClusterSnapshotAttributesResult"])
    .gone(&["DBClusterSnapshotNotFoundFault"]);

/// The attribute of a snapshot that takes a call of its own.
const ATTRIBUTES: &str = "snapshot_attributes";
/// Snapshots asked after at once; the limit of the service binds first.
const AT_ONCE: usize = 16;

/// Instances, clusters and manual snapshots of both, region by region. The operations on clusters and
/// their snapshots answer for Aurora, `DocumentDB` and Neptune alike. Each snapshot is asked who may
/// restore it: the listing of public snapshots is that of every account's, and has no filter by owner.
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
        Table::Own(Own {
            types: &[OwnType {
                r#type: DbSnapshot::TYPE,
                listed_by: &[&DESCRIBE_DB_SNAPSHOTS, &DESCRIBE_DB_CLUSTER_SNAPSHOTS],
                tells: &[tells(
                    ATTRIBUTES,
                    &[&DESCRIBE_DB_SNAPSHOT_ATTRIBUTES, &DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES],
                )],
            }],
            collect: |site| snapshots(site).boxed(),
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

/// What tells the snapshots of instances from those of clusters: by which members they are listed and
/// asked after.
struct Kind {
    items: &'static str,
    name: &'static str,
    arn: &'static str,
    asked: &'static Operation,
    result: &'static str,
    attributes: &'static str,
    read: fn(Node<'_>) -> DbSnapshot,
}

static OF_INSTANCES: Kind = Kind {
    items: "DBSnapshots",
    name: "DBSnapshotIdentifier",
    arn: "DBSnapshotArn",
    asked: &DESCRIBE_DB_SNAPSHOT_ATTRIBUTES,
    result: "DBSnapshotAttributesResult",
    attributes: "DBSnapshotAttributes",
    read: snapshot,
};

static OF_CLUSTERS: Kind = Kind {
    items: "DBClusterSnapshots",
    name: "DBClusterSnapshotIdentifier",
    arn: "DBClusterSnapshotArn",
    asked: &DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES,
    result: "DBClusterSnapshotAttributesResult",
    attributes: "DBClusterSnapshotAttributes",
    read: cluster_snapshot,
};

/// The manual snapshots of instances and of clusters, one population.
async fn snapshots(site: Site<'_>) -> Collected {
    let manual = || json!({"SnapshotType": "manual"});
    let (instances, clusters) =
        join(site.list(&DESCRIBE_DB_SNAPSHOTS, manual()), site.list(&DESCRIBE_DB_CLUSTER_SNAPSHOTS, manual())).await;
    let mut count = Count::of(&site, DbSnapshot::TYPE, &instances);
    count.also(&clusters);
    let of_instances = instances.items(OF_INSTANCES.items).into_iter().map(|node| (node, &OF_INSTANCES));
    let of_clusters = clusters.items(OF_CLUSTERS.items).into_iter().map(|node| (node, &OF_CLUSTERS));
    let entries: Vec<(Node<'_>, &Kind)> = of_instances.chain(of_clusters).collect();
    let asked: Vec<_> = entries.into_iter().map(|(node, kind)| look_at(&site, node, kind)).collect();
    let looked_at: Vec<Result<Item, String>> = iter(asked).buffered(AT_ONCE).collect().await;
    for item in looked_at {
        match item {
            Ok(item) => count.add(item, &[]),
            Err(id) => count.gone(id),
        }
    }
    count.done()
}

/// A snapshot with who may restore it; its id where it is gone.
async fn look_at(site: &Site<'_>, node: Node<'_>, kind: &Kind) -> Result<Item, String> {
    let name = node.str_of(kind.name);
    let mut item = Item::new(node.str_of(kind.arn).or(name), name, &(kind.read)(node));
    let (Some(id), Some(name)) = (item.id.clone().filter(|id| !id.is_empty()), name) else { return Ok(item) };
    if site.needs.requires(DbSnapshot::TYPE, ATTRIBUTES) {
        match restorable(site, name, kind).await {
            Ok(told) => item.set(&AttributeValue::new(ATTRIBUTES, told)),
            Err(Gone) => return Err(id),
        }
    }
    Ok(item)
}

async fn restorable(site: &Site<'_>, name: &str, kind: &Kind) -> Result<Attr<SnapshotAttributes>, Gone> {
    let mut input = serde_json::Map::new();
    input.insert(kind.name.to_owned(), json!(name));
    let answer = site.ask(kind.asked, Value::Object(input)).await;
    if answer.is_gone() {
        return Err(Gone);
    }
    Ok(answer.read(|answer| State::Known(snapshot_attributes(answer.get(kind.result), kind.attributes))))
}

fn snapshot(entry: Node<'_>) -> DbSnapshot {
    DbSnapshot {
        db_instance_identifier: entry.text("DBInstanceIdentifier"),
        db_cluster_identifier: None,
        engine: entry.text("Engine"),
        encrypted: entry.flag("Encrypted"),
        snapshot_type: entry.text("SnapshotType"),
        snapshot_create_time: entry.text("SnapshotCreateTime"),
        snapshot_attributes: Attr::default(),
    }
}

fn cluster_snapshot(entry: Node<'_>) -> DbSnapshot {
    DbSnapshot {
        db_instance_identifier: None,
        db_cluster_identifier: entry.text("DBClusterIdentifier"),
        engine: entry.text("Engine"),
        encrypted: entry.flag("StorageEncrypted"),
        snapshot_type: entry.text("SnapshotType"),
        snapshot_create_time: entry.text("SnapshotCreateTime"),
        snapshot_attributes: Attr::default(),
    }
}

/// Who may restore: AWS lists the attribute `restore` even where nobody may; where an answer has
/// it not, we do not know.
fn snapshot_attributes(result: Node<'_>, attributes: &str) -> SnapshotAttributes {
    let restore = result
        .list(attributes)
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
            snapshot_attributes(answer.root().get("DBSnapshotAttributesResult"), "DBSnapshotAttributes").restore
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
        let none = answer("DescribeDBClusterSnapshots", "<DBClusterSnapshots></DBClusterSnapshots>");
        let replies = [
            ("DescribeDBSnapshots", vec![listed]),
            ("DescribeDBClusterSnapshots", vec![none]),
            ("DescribeDBSnapshotAttributes", vec![each]),
        ];
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

    /// Collects the snapshot `a` of an instance, and `c` of a cluster, which everyone may restore.
    async fn of_both(clusters: script::Reply) -> Collected {
        let told = "<DBClusterSnapshotAttributesResult><DBClusterSnapshotAttributes><DBClusterSnapshotAttribute>\
                    <AttributeName>restore</AttributeName><AttributeValues><AttributeValue>all</AttributeValue>\
                    </AttributeValues></DBClusterSnapshotAttribute></DBClusterSnapshotAttributes>\
                    </DBClusterSnapshotAttributesResult>";
        let nobody = "<DBSnapshotAttributesResult><DBSnapshotAttributes><DBSnapshotAttribute>\
                      <AttributeName>restore</AttributeName><AttributeValues></AttributeValues></DBSnapshotAttribute>\
                      </DBSnapshotAttributes></DBSnapshotAttributesResult>";
        let replies = [
            (
                "DescribeDBSnapshots",
                vec![answer("DescribeDBSnapshots", &format!("<DBSnapshots>{}</DBSnapshots>", listed("a")))],
            ),
            ("DescribeDBClusterSnapshots", vec![clusters]),
            ("DescribeDBSnapshotAttributes", vec![answer("DescribeDBSnapshotAttributes", nobody)]),
            ("DescribeDBClusterSnapshotAttributes", vec![answer("DescribeDBClusterSnapshotAttributes", told)]),
        ];
        let needs = [(DbSnapshot::TYPE, Some("snapshot_attributes"))];
        script::collect(&SERVICE, "eu-west-1", &needs, replies, error(403, "AccessDenied")).await.0
    }

    #[tokio::test]
    async fn snapshots_of_clusters_are_of_the_population_and_a_broken_listing_of_them_leaves_it_incomplete() {
        let arn = "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:c";
        let listed = format!(
            "<DBClusterSnapshots><DBClusterSnapshot><DBClusterSnapshotIdentifier>c</DBClusterSnapshotIdentifier>\
             <DBClusterSnapshotArn>{arn}</DBClusterSnapshotArn><Engine>neptune</Engine>\
             <StorageEncrypted>true</StorageEncrypted></DBClusterSnapshot></DBClusterSnapshots>"
        );
        let collected = of_both(answer("DescribeDBClusterSnapshots", &listed)).await;
        let population = &collected.populations[0];
        assert_eq!((population.count, population.complete, population.pages), (2, true, 2));
        assert_eq!(population.counted_by, "rds:DescribeDBSnapshots, rds:DescribeDBClusterSnapshots");
        let cluster = collected.resources.iter().find(|found| found.identity.id == arn).expect("the cluster's");
        assert_eq!(cluster.attributes["snapshot_attributes"], json!({"restore": ["all"]}));
        assert_eq!(cluster.attributes["engine"], "neptune");

        let collected = of_both(error(403, "AccessDenied")).await;
        assert_eq!(collected.resources.len(), 1, "those of instances are there all the same");
        assert_eq!(collected.populations[0].gap.as_ref().map(|gap| gap.code), Some(GapCode::AccessDenied));
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
        let operations =
            ["DescribeDBInstances", "DescribeDBClusters", "DescribeDBSnapshots", "DescribeDBClusterSnapshots"];
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
