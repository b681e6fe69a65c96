//! Volumes, snapshots, and whether new volumes are encrypted unasked.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::describe_snapshot_attribute::DescribeSnapshotAttributeOutput;
use aws_sdk_ec2::operation::describe_snapshots::DescribeSnapshotsOutput;
use aws_sdk_ec2::operation::describe_volumes::DescribeVolumesOutput;
use aws_sdk_ec2::types::{Snapshot as Ec2Snapshot, SnapshotAttributeName, Volume as Ec2Volume};
use futures::stream::{StreamExt as _, iter};

use super::{Found, PAGE, arn, counted, name, owned, sorted};
use crate::collect::Collected;
use crate::collect::aws::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::{Miss, Operation};
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::ec2::{CreateVolumePermission, EbsEncryptionByDefault, Snapshot, Volume};
use crate::model::resource::{Place, Resource, TypedResource as _};
use crate::model::scan::Population;

/// Lists volumes. Every error is a gap.
pub(super) static DESCRIBE_VOLUMES: Operation = Operation::new("ec2", "DescribeVolumes", "ec2:DescribeVolumes");
/// Lists snapshots. Every error is a gap.
pub(super) static DESCRIBE_SNAPSHOTS: Operation = Operation::new("ec2", "DescribeSnapshots", "ec2:DescribeSnapshots");
/// Tells who may make volumes of a snapshot. A snapshot without such a list answers with an empty
/// one; one that was deleted meanwhile is gone.
pub(super) static DESCRIBE_SNAPSHOT_ATTRIBUTE: Operation =
    Operation::new("ec2", "DescribeSnapshotAttribute", "ec2:DescribeSnapshotAttribute")
        .gone(&["InvalidSnapshot.NotFound"]);
/// Tells the region's setting. Every error is a gap.
pub(super) static GET_EBS_ENCRYPTION_BY_DEFAULT: Operation =
    Operation::new("ec2", "GetEbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault");

/// The most volumes that every version of the API gives in a page.
const VOLUMES_PAGE: i32 = 500;
/// Snapshots asked after at once; the limit of the service binds first.
const AT_ONCE: usize = 16;

pub(super) async fn volumes(site: Site<'_>, client: &Client) -> Collected {
    let stream =
        client.describe_volumes().max_results(VOLUMES_PAGE).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_VOLUMES, stream).await;
    let found = listing.pages.iter().flat_map(DescribeVolumesOutput::volumes).map(|disk| {
        let id = disk.volume_id();
        Found { arn: arn(&site, "volume", id), name: name(disk.tags(), id), typed: volume(disk) }
    });
    counted(&site, &listing, found)
}

pub(super) async fn snapshots(site: Site<'_>, client: &Client) -> Collected {
    let stream = client
        .describe_snapshots()
        .owner_ids("self")
        .max_results(PAGE)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    let listing = site.pages(&DESCRIBE_SNAPSHOTS, stream).await;
    let wanted = site.needs.wants(Snapshot::TYPE, "create_volume_permissions");
    let images = || listing.pages.iter().flat_map(DescribeSnapshotsOutput::snapshots);
    let ids: Vec<Option<String>> = images().map(|image| owned(image.snapshot_id()).filter(|_| wanted)).collect();
    let permissions: Vec<Option<Attr<Vec<CreateVolumePermission>>>> = iter(ids)
        .map(|id: Option<String>| async move {
            match id {
                Some(id) => permissions(site, client, &id).await,
                None => Some(Attr::default()),
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut gone = Vec::new();
    let mut found = Vec::new();
    for (image, permissions) in images().zip(permissions) {
        let id = image.snapshot_id();
        let arn = arn(&site, "snapshot", id);
        match permissions {
            None => gone.extend(arn),
            Some(permissions) => found.push(Found {
                arn,
                name: name(image.tags(), id),
                typed: Snapshot { create_volume_permissions: permissions, ..snapshot(image) },
            }),
        }
    }
    let mut collected = counted(&site, &listing, found);
    for population in &mut collected.populations {
        population.gone.clone_from(&gone);
    }
    collected
}

/// Who may make volumes of a snapshot; `None` where it went away meanwhile.
async fn permissions(site: Site<'_>, client: &Client, id: &str) -> Option<Attr<Vec<CreateVolumePermission>>> {
    let attribute = SnapshotAttributeName::CreateVolumePermission;
    let send = client.describe_snapshot_attribute().snapshot_id(id).attribute(attribute).send();
    let answer = site.call(&DESCRIBE_SNAPSHOT_ATTRIBUTE, send).await;
    if answer.is_gone() {
        return None;
    }
    Some(answer.into_attr().and_then(permitted))
}

pub(super) fn permitted(answer: DescribeSnapshotAttributeOutput) -> State<Vec<CreateVolumePermission>> {
    let Some(permissions) = answer.create_volume_permissions else {
        let gap = DESCRIBE_SNAPSHOT_ATTRIBUTE.gap(GapCode::MalformedResponse, "the answer has no list of permissions");
        return State::Unknown(gap);
    };
    let permission = |permission: &aws_sdk_ec2::types::CreateVolumePermission| CreateVolumePermission {
        group: permission.group().map(|group| group.as_str().to_owned()),
        user_id: owned(permission.user_id()),
    };
    let mut permissions: Vec<CreateVolumePermission> = permissions.iter().map(permission).collect();
    permissions.sort_by(|a, b| (&a.group, &a.user_id).cmp(&(&b.group, &b.user_id)));
    State::Known(permissions)
}

pub(super) async fn encryption_by_default(site: Site<'_>, client: &Client) -> Collected {
    let operation = &GET_EBS_ENCRYPTION_BY_DEFAULT;
    let answer = site.call(operation, client.get_ebs_encryption_by_default().send()).await;
    let captures = answer.captures;
    let (resources, gap) = match answer.result {
        Ok(output) => {
            let typed = EbsEncryptionByDefault { ebs_encryption_by_default: output.ebs_encryption_by_default };
            let id = format!("{}:{}/{}", EbsEncryptionByDefault::TYPE, site.account, site.region);
            let place =
                Place { id: &id, name: "EBS encryption by default", account: site.account, region: site.region };
            (vec![Resource::new(place, &typed, &captures)], None)
        }
        Err(Miss::Gap(gap)) => (Vec::new(), Some(gap)),
        Err(Miss::Absent | Miss::Gone) => (Vec::new(), Some(operation.gap(GapCode::ServiceError, ""))),
    };
    // The answer is the whole list: a region has this setting once. Without it the list is not
    // empty but unread.
    let population = Population {
        account: site.account.to_owned(),
        region: site.region.to_owned(),
        r#type: EbsEncryptionByDefault::TYPE.to_owned(),
        count: resources.len() as u64,
        counted_by: operation.label(),
        pages: u32::from(gap.is_none()),
        complete: gap.is_none(),
        gap,
        gone: Vec::new(),
        captures,
    };
    Collected { resources, populations: vec![population] }
}

pub(super) fn volume(disk: &Ec2Volume) -> Volume {
    Volume {
        volume_id: owned(disk.volume_id()),
        state: disk.state().map(|state| state.as_str().to_owned()),
        encrypted: disk.encrypted(),
        kms_key_id: owned(disk.kms_key_id()),
        snapshot_id: owned(disk.snapshot_id().filter(|id| !id.is_empty())),
        size: disk.size().map(i64::from),
        create_time: disk.create_time().and_then(rfc3339),
        instance_ids: sorted(disk.attachments().iter().filter_map(|attachment| attachment.instance_id())),
    }
}

pub(super) fn snapshot(image: &Ec2Snapshot) -> Snapshot {
    Snapshot {
        snapshot_id: owned(image.snapshot_id()),
        volume_id: owned(image.volume_id()),
        state: image.state().map(|state| state.as_str().to_owned()),
        encrypted: image.encrypted(),
        kms_key_id: owned(image.kms_key_id()),
        start_time: image.start_time().and_then(rfc3339),
        create_volume_permissions: Attr::default(),
    }
}
