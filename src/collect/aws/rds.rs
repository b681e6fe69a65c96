//! RDS: instances, clusters, and who may restore the snapshots that somebody took.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::describe_db_clusters::DescribeDbClustersOutput;
use aws_sdk_rds::operation::describe_db_instances::DescribeDbInstancesOutput;
use aws_sdk_rds::operation::describe_db_snapshots::DescribeDbSnapshotsOutput;
use aws_sdk_rds::types::{
    DbCluster as AwsCluster, DbInstance as AwsInstance, DbSnapshot as AwsSnapshot, DbSnapshotAttributesResult,
};
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, StreamExt as _};

use super::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::GapCode;
use crate::model::resource::rds::{DbCluster, DbInstance, DbSnapshot, SnapshotAttributes};
use crate::model::resource::{Place, Resource, TypedResource};

static DESCRIBE_DB_INSTANCES: Operation = Operation::new("rds", "DescribeDBInstances", "rds:DescribeDBInstances");
static DESCRIBE_DB_CLUSTERS: Operation = Operation::new("rds", "DescribeDBClusters", "rds:DescribeDBClusters");
static DESCRIBE_DB_SNAPSHOTS: Operation = Operation::new("rds", "DescribeDBSnapshots", "rds:DescribeDBSnapshots");
static DESCRIBE_DB_SNAPSHOT_ATTRIBUTES: Operation =
    Operation::new("rds", "DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshotAttributes")
        .gone(&["DBSnapshotNotFound"]);

static PROVIDES: &[Provided] = &[
    Provided { r#type: DbInstance::TYPE, attribute: None, operations: &[&DESCRIBE_DB_INSTANCES] },
    Provided { r#type: DbCluster::TYPE, attribute: None, operations: &[&DESCRIBE_DB_CLUSTERS] },
    Provided { r#type: DbSnapshot::TYPE, attribute: None, operations: &[&DESCRIBE_DB_SNAPSHOTS] },
    Provided {
        r#type: DbSnapshot::TYPE,
        attribute: Some("snapshot_attributes"),
        operations: &[&DESCRIBE_DB_SNAPSHOT_ATTRIBUTES],
    },
];

/// Snapshots asked about at once; the session's limits bound the calls.
const AT_ONCE: usize = 32;

/// Collects DB instances, clusters and manual snapshots, region by region.
pub struct Rds;

impl Collector for Rds {
    fn service(&self) -> &'static str {
        "rds"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        rds(site).boxed()
    }
}

async fn rds(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_rds, "rds", site.region);
    let (instances, clusters, snapshots) =
        futures::join!(instances(&site, &client), clusters(&site, &client), snapshots(&site, &client));
    let mut all = Collected::default();
    for collected in [instances, clusters, snapshots].into_iter().flatten() {
        all.resources.extend(collected.resources);
        all.populations.extend(collected.populations);
    }
    all
}

async fn instances(site: &Site<'_>, client: &Client) -> Option<Collected> {
    if !site.needs.wants_type(DbInstance::TYPE) {
        return None;
    }
    let stream = client.describe_db_instances().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_DB_INSTANCES, stream).await;
    let resources = listing.pages.iter().flat_map(DescribeDbInstancesOutput::db_instances).map(|entry| {
        let place = place(site, entry.db_instance_arn(), entry.db_instance_identifier());
        Ok(Resource::new(place, &instance(entry), &listing.captures))
    });
    Some(listing.collected(site, DbInstance::TYPE, resources))
}

async fn clusters(site: &Site<'_>, client: &Client) -> Option<Collected> {
    if !site.needs.wants_type(DbCluster::TYPE) {
        return None;
    }
    let stream = client.describe_db_clusters().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_DB_CLUSTERS, stream).await;
    let resources = listing.pages.iter().flat_map(DescribeDbClustersOutput::db_clusters).map(|entry| {
        let place = place(site, entry.db_cluster_arn(), entry.db_cluster_identifier());
        Ok(Resource::new(place, &cluster(entry), &listing.captures))
    });
    Some(listing.collected(site, DbCluster::TYPE, resources))
}

async fn snapshots(site: &Site<'_>, client: &Client) -> Option<Collected> {
    if !site.needs.wants_type(DbSnapshot::TYPE) {
        return None;
    }
    let stream =
        client.describe_db_snapshots().snapshot_type("manual").into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_DB_SNAPSHOTS, stream).await;
    let entries: Vec<AwsSnapshot> =
        listing.pages.iter().flat_map(DescribeDbSnapshotsOutput::db_snapshots).cloned().collect();
    let looked_at: Vec<Result<Resource, String>> = stream::iter(entries)
        .map(|entry| look_at(site, client, entry, &listing.captures))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    Some(listing.collected(site, DbSnapshot::TYPE, looked_at))
}

/// One snapshot with who may restore it; its id where it is gone.
async fn look_at(
    site: &Site<'_>,
    client: &Client,
    entry: AwsSnapshot,
    listing: &[CaptureId],
) -> Result<Resource, String> {
    let place = place(site, entry.db_snapshot_arn(), entry.db_snapshot_identifier());
    let mut snapshot = snapshot(&entry);
    if site.needs.wants(DbSnapshot::TYPE, "snapshot_attributes") {
        let send = client.describe_db_snapshot_attributes().db_snapshot_identifier(place.name).send();
        let answer = site.call(&DESCRIBE_DB_SNAPSHOT_ATTRIBUTES, send).await;
        if answer.is_gone() {
            return Err(place.id.to_owned());
        }
        snapshot.snapshot_attributes = answer.into_attr().and_then(|output| {
            match output.db_snapshot_attributes_result.as_ref().map(snapshot_attributes) {
                Some(attributes) => State::Known(attributes),
                None => State::Unknown(
                    DESCRIBE_DB_SNAPSHOT_ATTRIBUTES
                        .gap(GapCode::MalformedResponse, "the answer has no DBSnapshotAttributesResult"),
                ),
            }
        });
    }
    Ok(Resource::new(place, &snapshot, listing))
}

fn place<'a>(site: &Site<'a>, arn: Option<&'a str>, identifier: Option<&'a str>) -> Place<'a> {
    let name = identifier.unwrap_or_default();
    Place { id: arn.unwrap_or(name), name, account: site.account, region: site.region }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts
}

fn instance(entry: &AwsInstance) -> DbInstance {
    DbInstance {
        engine: owned(entry.engine()),
        engine_version: owned(entry.engine_version()),
        db_instance_status: owned(entry.db_instance_status()),
        // No cluster has an empty name: an empty element says the same as none.
        db_cluster_identifier: owned(entry.db_cluster_identifier().filter(|name| !name.is_empty())),
        read_replica_source_db_instance_identifier: owned(entry.read_replica_source_db_instance_identifier()),
        read_replica_source_db_cluster_identifier: owned(entry.read_replica_source_db_cluster_identifier()),
        publicly_accessible: entry.publicly_accessible(),
        storage_encrypted: entry.storage_encrypted(),
        kms_key_id: owned(entry.kms_key_id()),
        backup_retention_period: entry.backup_retention_period().map(i64::from),
        multi_az: entry.multi_az(),
        deletion_protection: entry.deletion_protection(),
        enabled_cloudwatch_logs_exports: sorted(entry.enabled_cloudwatch_logs_exports()),
        iam_database_authentication_enabled: entry.iam_database_authentication_enabled(),
        auto_minor_version_upgrade: entry.auto_minor_version_upgrade(),
        instance_create_time: entry.instance_create_time().and_then(rfc3339),
        cluster: Attr::default(),
    }
}

fn cluster(entry: &AwsCluster) -> DbCluster {
    DbCluster {
        engine: owned(entry.engine()),
        engine_version: owned(entry.engine_version()),
        status: owned(entry.status()),
        storage_encrypted: entry.storage_encrypted(),
        kms_key_id: owned(entry.kms_key_id()),
        backup_retention_period: entry.backup_retention_period().map(i64::from),
        multi_az: entry.multi_az(),
        deletion_protection: entry.deletion_protection(),
        enabled_cloudwatch_logs_exports: sorted(entry.enabled_cloudwatch_logs_exports()),
        iam_database_authentication_enabled: entry.iam_database_authentication_enabled(),
        cluster_create_time: entry.cluster_create_time().and_then(rfc3339),
    }
}

fn snapshot(entry: &AwsSnapshot) -> DbSnapshot {
    DbSnapshot {
        db_instance_identifier: owned(entry.db_instance_identifier()),
        engine: owned(entry.engine()),
        encrypted: entry.encrypted(),
        snapshot_type: owned(entry.snapshot_type()),
        snapshot_create_time: entry.snapshot_create_time().and_then(rfc3339),
        snapshot_attributes: Attr::default(),
    }
}

/// Who may restore: AWS lists the attribute `restore` even where nobody may; where an answer has
/// it not, we do not know.
fn snapshot_attributes(result: &DbSnapshotAttributesResult) -> SnapshotAttributes {
    let restore = result
        .db_snapshot_attributes()
        .iter()
        .find(|attribute| attribute.attribute_name() == Some("restore"))
        .map(|attribute| sorted(attribute.attribute_values()));
    SnapshotAttributes { restore }
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::DbSnapshotAttribute;

    use super::*;
    use crate::collect::operation::Miss;

    fn attribute(name: &str, values: &[&str]) -> DbSnapshotAttribute {
        DbSnapshotAttribute::builder()
            .attribute_name(name)
            .set_attribute_values(Some(values.iter().map(ToString::to_string).collect()))
            .build()
    }

    #[test]
    fn who_may_restore_is_told_apart_from_not_being_told() {
        let result = |attributes: Vec<DbSnapshotAttribute>| {
            DbSnapshotAttributesResult::builder().set_db_snapshot_attributes(Some(attributes)).build()
        };
        assert_eq!(snapshot_attributes(&result(vec![attribute("restore", &[])])).restore, Some(vec![]));
        assert_eq!(
            snapshot_attributes(&result(vec![attribute("x", &["all"]), attribute("restore", &["2", "1"])])).restore,
            Some(vec!["1".to_owned(), "2".to_owned()])
        );
        assert_eq!(snapshot_attributes(&result(vec![])).restore, None);
    }

    #[test]
    fn an_instance_keeps_what_aws_left_out_apart_from_false() {
        let mapped = instance(
            &AwsInstance::builder()
                .engine("aurora-postgresql")
                .db_cluster_identifier("c")
                .publicly_accessible(false)
                .backup_retention_period(0)
                .enabled_cloudwatch_logs_exports("upgrade")
                .enabled_cloudwatch_logs_exports("postgresql")
                .build(),
        );
        assert_eq!(mapped.publicly_accessible, Some(false));
        assert_eq!(mapped.storage_encrypted, None);
        assert_eq!(mapped.backup_retention_period, Some(0));
        assert_eq!(mapped.enabled_cloudwatch_logs_exports, ["postgresql", "upgrade"]);
        assert!(mapped.cluster.value().is_none());
    }

    #[test]
    fn a_deleted_snapshot_is_gone_and_everything_else_a_gap() {
        assert_eq!(DESCRIBE_DB_SNAPSHOT_ATTRIBUTES.judge(Some("DBSnapshotNotFound"), Some(404), ""), Miss::Gone);
        for operation in [&DESCRIBE_DB_INSTANCES, &DESCRIBE_DB_CLUSTERS, &DESCRIBE_DB_SNAPSHOTS] {
            for code in ["DBInstanceNotFound", "DBClusterNotFoundFault", "DBSnapshotNotFound", "AccessDenied"] {
                assert!(
                    matches!(operation.judge(Some(code), Some(403), ""), Miss::Gap(_)),
                    "{} {code}",
                    operation.name
                );
            }
        }
    }
}
