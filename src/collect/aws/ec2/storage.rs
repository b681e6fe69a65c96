//! Volumes, snapshots, and whether new volumes are encrypted unasked.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{StreamExt as _, iter};
use serde_json::{Value, json};

use super::{PAGE, arn, name, sorted};
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::Operation;
use crate::collect::inventory::{AttributeValue, Collected, Count, Entry, Gone, Item};
use crate::collect::site::Site;
use crate::model::attr::{Attr, State};
use crate::model::resource::TypedResource as _;
use crate::model::resource::ec2::{CreateVolumePermission, EbsEncryptionByDefault, Snapshot, Volume};

/// Lists volumes. Every error is a gap.
pub(super) static DESCRIBE_VOLUMES: Operation = super::API.operation("DescribeVolumes").no_secrets().must(&["Volumes"]);
/// Lists snapshots: those of the account, and which of them everyone may make volumes of. Every
/// error is a gap.
pub(super) static DESCRIBE_SNAPSHOTS: Operation =
    super::API.operation("DescribeSnapshots").no_secrets().must(&["Snapshots"]);
/// Tells who may make volumes of a snapshot. A snapshot without such a list answers with an empty
/// one; one that was deleted meanwhile is gone.
pub(super) static DESCRIBE_SNAPSHOT_ATTRIBUTE: Operation = super::API
    .operation("DescribeSnapshotAttribute")
    .no_secrets()
    .must(&["CreateVolumePermissions"])
    .gone(&["InvalidSnapshot.NotFound"]);
/// Tells the region's block of public snapshots. Every error is a gap.
pub(super) static GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE: Operation =
    super::API.operation("GetSnapshotBlockPublicAccessState").no_secrets().must(&["State"]);
/// Tells the region's setting. Every error is a gap.
pub(super) static GET_EBS_ENCRYPTION_BY_DEFAULT: Operation =
    super::API.operation("GetEbsEncryptionByDefault").no_secrets().must(&["EbsEncryptionByDefault"]);

/// The attribute of a snapshot that takes more than its listing.
pub(super) const PERMISSIONS: &str = "create_volume_permissions";
/// The attribute that tells whether a region lets public snapshots be public.
pub(super) const BLOCK: &str = "block_public_access_state";
/// The most volumes that every version of the API gives in a page.
pub(super) const VOLUMES_PAGE: i32 = 500;
/// Snapshots asked after at once; the limit of the service binds first.
const AT_ONCE: usize = 16;

pub(super) fn volume(disk: &Entry<'_>) -> Item {
    let id = disk.str_of("VolumeId");
    let typed = Volume {
        volume_id: disk.text("VolumeId"),
        state: disk.text("State"),
        encrypted: disk.flag("Encrypted"),
        kms_key_id: disk.text("KmsKeyId"),
        snapshot_id: disk.text("SnapshotId").filter(|id| !id.is_empty()),
        size: disk.number("Size"),
        create_time: disk.text("CreateTime"),
        instance_ids: sorted(disk.list("Attachments").filter_map(|attachment| attachment.str_of("InstanceId"))),
    };
    Item::new(arn(disk.site, "volume", id), name(disk.node, id), &typed)
}

pub(super) async fn snapshots(site: Site<'_>) -> Collected {
    let listing = site.list(&DESCRIBE_SNAPSHOTS, json!({"OwnerIds": ["self"], "MaxResults": PAGE})).await;
    let images = listing.items("Snapshots");
    let permissions = if site.needs.requires(Snapshot::TYPE, PERMISSIONS) {
        permissions(&site, images.iter().filter_map(id_of).map(str::to_owned).collect()).await
    } else {
        Permissions::new()
    };
    // What is not known to be private may be public.
    let may_be_public = |permitted: &Result<Attr<Vec<CreateVolumePermission>>, Gone>| {
        let all = |permission: &CreateVolumePermission| permission.group.as_deref() == Some("all");
        permitted.as_ref().is_ok_and(|attr| attr.value().is_none_or(|list| list.iter().any(all)))
    };
    let block = if site.needs.requires(Snapshot::TYPE, BLOCK) && permissions.values().any(may_be_public) {
        let answer = site.ask(&GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE, Value::Null).await;
        Some(answer.read(|answer| answer.text("State").map_or(State::Absent, State::Known)))
    } else {
        None
    };
    let mut count = Count::of(&site, Snapshot::TYPE, &listing);
    for image in images {
        let id = id_of(&image);
        let mut item = Item::new(arn(&site, "snapshot", id), name(image, id), &snapshot(image));
        match id.and_then(|id| permissions.get(id)) {
            Some(told @ Ok(permitted)) => {
                item.set(&AttributeValue::new(PERMISSIONS, permitted.clone()));
                if let Some(block) = block.as_ref().filter(|_| may_be_public(told)) {
                    item.set(&AttributeValue::new(BLOCK, block.clone()));
                }
            }
            Some(Err(Gone)) => {
                if let Some(arn) = item.id {
                    count.gone(arn);
                }
                continue;
            }
            None => {}
        }
        count.add(item, &[]);
    }
    count.done()
}

fn id_of<'a>(image: &Node<'a>) -> Option<&'a str> {
    image.str_of("SnapshotId").filter(|id| !id.is_empty())
}

fn snapshot(image: Node<'_>) -> Snapshot {
    Snapshot {
        snapshot_id: image.text("SnapshotId"),
        volume_id: image.text("VolumeId"),
        state: image.text("State"),
        encrypted: image.flag("Encrypted"),
        kms_key_id: image.text("KmsKeyId"),
        start_time: image.text("StartTime"),
        create_volume_permissions: Attr::default(),
        block_public_access_state: Attr::default(),
    }
}

/// Who may make volumes of each snapshot, by its id.
type Permissions = BTreeMap<String, Result<Attr<Vec<CreateVolumePermission>>, Gone>>;

/// Who may make volumes of the account's snapshots. One listing of the public ones says of all the
/// others that everyone may not; only the public ones are asked after by themselves, also because an
/// endpoint that does not know this selection lists every snapshot. Where the listing does not say,
/// each snapshot is asked.
async fn permissions(site: &Site<'_>, ids: BTreeSet<String>) -> Permissions {
    if ids.is_empty() {
        return Permissions::new();
    }
    let selection = json!({"OwnerIds": ["self"], "RestorableByUserIds": ["all"], "MaxResults": PAGE});
    let listing = site.list(&DESCRIBE_SNAPSHOTS, selection).await;
    // None where the listing broke, or named a snapshot without its id.
    let public: Option<BTreeSet<String>> = match listing.gap() {
        None => listing.items("Snapshots").iter().map(|image| id_of(image).map(str::to_owned)).collect(),
        Some(_) => None,
    };
    let (private, open): (BTreeSet<String>, BTreeSet<String>) =
        ids.into_iter().partition(|id| public.as_ref().is_some_and(|public| !public.contains(id)));
    let not_everyone = Attr::known(Vec::new()).from_captures(listing.captures);
    let asked: Permissions = iter(open)
        .map(|id: String| async move {
            let permitted = permitted(site, &id).await;
            (id, permitted)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    private.into_iter().map(|id| (id, Ok(not_everyone.clone()))).chain(asked).collect()
}

/// Who may make volumes of a snapshot, as it says itself.
async fn permitted(site: &Site<'_>, id: &str) -> Result<Attr<Vec<CreateVolumePermission>>, Gone> {
    let input = json!({"Attribute": "createVolumePermission", "SnapshotId": id});
    let answer = site.ask(&DESCRIBE_SNAPSHOT_ATTRIBUTE, input).await;
    if answer.is_gone() {
        return Err(Gone);
    }
    Ok(answer.read(|answer| {
        let permission = |permission: Node<'_>| CreateVolumePermission {
            group: permission.text("Group"),
            user_id: permission.text("UserId"),
        };
        let mut permissions: Vec<CreateVolumePermission> =
            answer.list("CreateVolumePermissions").map(permission).collect();
        permissions.sort_by(|a, b| (&a.group, &a.user_id).cmp(&(&b.group, &b.user_id)));
        State::Known(permissions)
    }))
}

/// The answer is the whole list: a region has this setting once.
pub(super) async fn encryption_by_default(site: Site<'_>) -> Collected {
    let answer = site.ask(&GET_EBS_ENCRYPTION_BY_DEFAULT, Value::Null).await;
    let mut count = Count::of_answer(&site, site.region, EbsEncryptionByDefault::TYPE, &answer);
    if let Ok(document) = &answer.result {
        let typed =
            EbsEncryptionByDefault { ebs_encryption_by_default: document.root().flag("EbsEncryptionByDefault") };
        let id = format!("{}:{}/{}", EbsEncryptionByDefault::TYPE, site.account, site.region);
        count.add(Item::new(Some(id), Some("EBS encryption by default"), &typed), &[]);
    }
    count.done()
}
