//! Tests of the EC2 table: answers as EC2 spells them, over a scripted connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use proptest::prelude::*;

use super::*;
use crate::collect::api::document::Document;
use crate::collect::aws::script::session;
use crate::collect::exchange::operation::{NoValue, Operation};
use crate::collect::exchange::recorder::{CALL, current_operation};
use crate::collect::inventory::{Collected, Item};
use crate::collect::needs::RequiredAttributes;
use crate::model::attr::CaptureId;
use crate::model::gap::GapCode;
use crate::model::resource::{Resource, ResourceId};
use crate::model::scan::Population;

type Reply = fn(&str) -> (u16, String);

/// A connection that answers each operation by a function of the request's form.
#[derive(Clone)]
struct Script {
    replies: Arc<BTreeMap<&'static str, Reply>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (_, operation) = current_operation().expect("called by the session");
        let form = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let (status, body) = match self.replies.get(operation) {
            Some(reply) => reply(&form),
            None => denied(&form),
        };
        let mut asked = self.asked.lock().expect("no panic");
        asked.push(format!("{operation} {form}"));
        CALL.with(|call| call.replays(asked.len() as CaptureId));
        drop(asked);
        let status = status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("content-type", "text/xml");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn error(code: &str) -> (u16, String) {
    let errors = format!("<Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors>");
    (400, format!("<?xml version=\"1.0\"?><Response>{errors}<RequestID>r</RequestID></Response>"))
}

fn denied(_: &str) -> (u16, String) {
    let (_, body) = error("UnauthorizedOperation");
    (403, body)
}

fn answer(operation: &str, inside: &str) -> (u16, String) {
    (200, format!("<?xml version=\"1.0\"?><{operation}Response>{inside}</{operation}Response>"))
}

/// Collects the types and attributes named, from the replies; what has no reply is denied.
async fn run(
    needs: &[(&str, Option<&str>)],
    replies: impl IntoIterator<Item = (&'static str, Reply)>,
) -> (Collected, Vec<String>) {
    let script = Script { replies: Arc::new(replies.into_iter().collect()), asked: Arc::default() };
    let session = session(SharedHttpClient::new(script.clone()));
    let mut wanted = RequiredAttributes::default();
    for (r#type, attribute) in needs {
        wanted.add(r#type, *attribute);
    }
    let regions = ["eu-west-1".to_owned()];
    let site = Site {
        session: &session,
        account: "123456789012",
        partition: "aws",
        region: "eu-west-1",
        home: "us-east-1",
        regions: &regions,
        needs: &wanted,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let collected = SERVICE.collect(site).await;
    let asked = script.asked.lock().expect("no panic").clone();
    (collected, asked)
}

fn population<'a>(collected: &'a Collected, r#type: &str) -> &'a Population {
    collected.populations.iter().find(|population| population.r#type == r#type).expect("counted")
}

const GROUP_WITH_LISTS: &str = "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName>\
    <ownerId>123456789012</ownerId><vpcId>vpc-1</vpcId><ipPermissions>\
    <item><ipProtocol>-1</ipProtocol><groups><item><userId>123456789012</userId><groupId>sg-2</groupId></item></groups>\
    <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp><description>all</description></item></ipRanges>\
    <ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges><prefixListIds/></item>\
    <item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><groups/><ipRanges/><ipv6Ranges/>\
    <prefixListIds><item><prefixListId>pl-good</prefixListId></item><item><prefixListId>pl-bad</prefixListId></item>\
    </prefixListIds></item></ipPermissions>\
    <ipPermissionsEgress><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
    <prefixListIds><item><prefixListId>pl-out</prefixListId></item></prefixListIds></item></ipPermissionsEgress></item>\
    <item><groupId>sg-3</groupId><groupName>default</groupName><ownerId>210987654321</ownerId><ipPermissions/>\
    <ipPermissionsEgress/></item></securityGroupInfo>";

fn prefix_list(form: &str) -> (u16, String) {
    if form.contains("pl-bad") {
        return denied(form);
    }
    let (cidr, token) =
        if form.contains("NextToken") { ("0.0.0.0/1", "") } else { ("128.0.0.0/1", "<nextToken>more</nextToken>") };
    let entry = format!("<entrySet><item><cidr>{cidr}</cidr></item></entrySet>{token}");
    answer("GetManagedPrefixListEntries", &entry)
}

#[tokio::test]
async fn rules_carry_the_entries_of_their_prefix_lists_or_why_not() {
    let (collected, asked) = run(
        &[(SecurityGroup::TYPE, Some("ingress"))],
        [
            ("DescribeSecurityGroups", (|_| answer("DescribeSecurityGroups", GROUP_WITH_LISTS)) as Reply),
            ("GetManagedPrefixListEntries", prefix_list),
        ],
    )
    .await;
    let [group, shared] = collected.resources.as_slice() else { panic!("two groups") };
    assert_eq!(group.identity.id, "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1");
    assert_eq!(group.identity.name, "web");
    let rules = &group.attributes["ingress"];
    assert_eq!(rules[0]["ip_protocol"], "-1");
    assert!(rules[0].get("from_port").is_none());
    assert_eq!(rules[0]["cidr_ipv4"], json!(["0.0.0.0/0"]));
    assert_eq!(rules[0]["cidr_ipv6"], json!(["::/0"]));
    assert_eq!(rules[0]["description"], "all");
    assert_eq!(rules[0]["referenced_groups"][0]["group_id"], "sg-2");
    assert_eq!(rules[1]["prefix_lists"][0], json!({"id": "pl-good", "entries": ["0.0.0.0/1", "128.0.0.0/1"]}));
    assert_eq!(rules[1]["prefix_lists"][1].known_json(), json!({"id": "pl-bad"}));
    assert_eq!(group.unknown()["/ingress/1/prefix_lists/1/entries"].code, GapCode::AccessDenied);
    assert_eq!(group.sources["/ingress/1/prefix_lists/0/entries"].len(), 2, "two pages told it");
    assert_eq!(group.unknown()["/egress/0/prefix_lists/0/entries"].code, GapCode::NotCollected);
    assert!(!asked.iter().any(|call| call.contains("pl-out")), "nobody is let in by an egress rule");
    assert!(!group.attributes.knows("shared_by"));
    assert_eq!(shared.attributes["shared_by"], "210987654321");
    assert_eq!(shared.attributes["ingress"], json!([]));
    assert_eq!(population(&collected, SecurityGroup::TYPE).count, 2);
    assert!(population(&collected, SecurityGroup::TYPE).complete);
}

#[tokio::test]
async fn prefix_lists_are_read_only_where_some_control_reads_the_rules() {
    let reply: Reply = |_| answer("DescribeSecurityGroups", GROUP_WITH_LISTS);
    let (collected, asked) = run(&[(SecurityGroup::TYPE, None)], [("DescribeSecurityGroups", reply)]).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    let gap = collected.resources[0].unknown()["/ingress/1/prefix_lists/0/entries"];
    assert_eq!(gap.code, GapCode::NotCollected);
}

#[tokio::test]
async fn a_listing_that_breaks_on_its_second_page_is_an_incomplete_population() {
    let reply: Reply = |form| {
        if form.contains("NextToken") {
            return denied(form);
        }
        answer(
            "DescribeVolumes",
            "<volumeSet><item><volumeId>vol-1</volumeId><encrypted>true</encrypted></item></volumeSet>\
             <nextToken>more</nextToken>",
        )
    };
    let (collected, _) = run(&[(Volume::TYPE, None)], [("DescribeVolumes", reply)]).await;
    assert_eq!(collected.resources.len(), 1, "what was seen is kept");
    let volumes = population(&collected, Volume::TYPE);
    assert!(!volumes.complete);
    assert_eq!(volumes.gap.as_ref().map(|gap| gap.code), Some(GapCode::AccessDenied));
}

#[tokio::test]
async fn every_type_whose_listing_is_denied_has_a_population_with_the_gap() {
    let types: BTreeSet<&str> = SERVICE.provides().iter().map(|provided| provided.r#type).collect();
    assert_eq!(types.len(), 9);
    let needs: Vec<(&str, Option<&str>)> = types.iter().map(|name| (*name, None)).collect();
    let (collected, _) = run(&needs, []).await;
    assert!(collected.resources.is_empty());
    assert_eq!(collected.populations.len(), types.len());
    for name in types {
        let population = population(&collected, name);
        assert!(!population.complete, "{name}");
        let gap = population.gap.as_ref().expect("a gap");
        assert_eq!(gap.code, GapCode::AccessDenied, "{name}");
        assert!(gap.action.is_some(), "{name}");
    }
}

#[tokio::test]
async fn nothing_is_asked_that_no_control_is_about() {
    let (collected, asked) = run(&[], []).await;
    assert!(asked.is_empty() && collected.populations.is_empty());
}

#[tokio::test]
async fn an_item_without_an_id_spoils_the_count_and_one_listed_twice_counts_once() {
    let reply: Reply = |_| {
        answer(
            "DescribeVpcs",
            "<vpcSet><item><vpcId>vpc-1</vpcId></item><item><vpcId>vpc-1</vpcId></item>\
             <item><isDefault>false</isDefault></item></vpcSet>",
        )
    };
    let (collected, _) = run(&[(Vpc::TYPE, None)], [("DescribeVpcs", reply)]).await;
    let vpcs = population(&collected, Vpc::TYPE);
    assert_eq!((vpcs.count, vpcs.complete), (1, false));
    assert_eq!(vpcs.gap.as_ref().map(|gap| gap.code), Some(GapCode::MalformedResponse));
}

/// Answers with these snapshots.
fn snapshots(ids: &[&str]) -> (u16, String) {
    let items: Vec<String> = ids.iter().map(|id| format!("<item><snapshotId>{id}</snapshotId></item>")).collect();
    let items = items.concat();
    answer("DescribeSnapshots", &format!("<snapshotSet>{items}</snapshotSet>"))
}

const OWN: [&str; 5] = ["snap-denied", "snap-gone", "snap-mute", "snap-private", "snap-public"];

/// Knows the selection: all but the private one are public.
fn listed(form: &str) -> (u16, String) {
    assert!(form.contains("Owner.1=self"), "{form}");
    if form.contains("RestorableBy.1=all") {
        return snapshots(&["snap-public", "snap-gone", "snap-denied", "snap-mute", "snap-unseen"]);
    }
    snapshots(&OWN)
}

/// Who may make volumes of a snapshot, as its own call tells.
fn permission(form: &str) -> (u16, String) {
    assert!(form.contains("Attribute=createVolumePermission"), "{form}");
    let list = if form.contains("snap-public") {
        "<createVolumePermission><item><userId>210987654321</userId></item><item><group>all</group></item>\
         </createVolumePermission>"
    } else if form.contains("snap-gone") {
        return error("InvalidSnapshot.NotFound");
    } else if form.contains("snap-denied") {
        return denied(form);
    } else if form.contains("snap-mute") {
        ""
    } else {
        "<createVolumePermission/>"
    };
    answer("DescribeSnapshotAttribute", list)
}

/// Collects snapshots with who may make volumes of them. Also says what was asked.
async fn who_may_make_volumes(listed: Reply) -> (Collected, Vec<String>) {
    let needs = [(Snapshot::TYPE, Some(storage::PERMISSIONS))];
    run(&needs, [("DescribeSnapshots", listed), ("DescribeSnapshotAttribute", permission)]).await
}

fn of<'a>(collected: &'a Collected, name: &str) -> Option<&'a Resource> {
    collected.resources.iter().find(|resource| resource.identity.name == name)
}

/// The snapshots that were asked after one by one.
fn asked_alone(asked: &[String]) -> BTreeSet<&str> {
    let alone = asked.iter().filter(|call| call.starts_with("DescribeSnapshotAttribute "));
    alone.filter_map(|call| OWN.into_iter().find(|id| call.contains(*id))).collect()
}

#[tokio::test]
async fn permissions_of_public_snapshots_are_known_unknown_or_the_snapshot_is_gone() {
    let (collected, asked) = who_may_make_volumes(listed).await;
    assert_eq!(asked.len(), 2 + 4, "two listings and the public ones: {asked:?}");
    let public = of(&collected, "snap-public").expect("listed");
    assert_eq!(public.identity.id, "arn:aws:ec2:eu-west-1::snapshot/snap-public");
    let listed = json!([{"user_id": "210987654321"}, {"group": "all"}]);
    assert_eq!(public.attributes["create_volume_permissions"], listed);
    for (name, code) in [("snap-denied", GapCode::AccessDenied), ("snap-mute", GapCode::MalformedResponse)] {
        let gap = of(&collected, name).expect("listed").unknown()["/create_volume_permissions"];
        assert_eq!(gap.code, code, "{name}");
        assert_eq!(gap.operation.as_deref(), Some("ec2:DescribeSnapshotAttribute"), "{name}");
    }
    assert!(of(&collected, "snap-gone").is_none());
    assert!(of(&collected, "snap-unseen").is_none(), "the population is what the first listing showed");
    let snapshots = population(&collected, Snapshot::TYPE);
    assert_eq!((snapshots.count, snapshots.complete, snapshots.pages), (4, true, 1));
    assert_eq!(snapshots.gone, ["arn:aws:ec2:eu-west-1::snapshot/snap-gone"]);
}

#[tokio::test]
async fn a_snapshot_that_is_not_among_the_public_ones_is_told_by_their_listing_alone() {
    let (collected, asked) = who_may_make_volumes(listed).await;
    assert!(!asked_alone(&asked).contains("snap-private"), "{asked:?}");
    let private = of(&collected, "snap-private").expect("listed");
    assert_eq!(private.attributes["create_volume_permissions"], json!([]));
    assert_eq!(private.sources["/create_volume_permissions"], [2], "the second call of the scan");
}

#[tokio::test]
async fn where_the_public_ones_are_not_listed_to_the_end_each_snapshot_is_asked() {
    let broken: [Reply; 3] = [
        |form| if form.contains("RestorableBy") { denied(form) } else { snapshots(&OWN) },
        // Breaks on its second page.
        |form| match (form.contains("RestorableBy"), form.contains("NextToken")) {
            (true, true) => denied(form),
            (true, false) => answer("DescribeSnapshots", "<snapshotSet/><nextToken>more</nextToken>"),
            (false, _) => snapshots(&OWN),
        },
        // Names one without its id.
        |form| {
            if form.contains("RestorableBy") {
                return answer(
                    "DescribeSnapshots",
                    "<snapshotSet><item><encrypted>false</encrypted></item></snapshotSet>",
                );
            }
            snapshots(&OWN)
        },
    ];
    for listed in broken {
        let (collected, asked) = who_may_make_volumes(listed).await;
        assert_eq!(asked_alone(&asked), BTreeSet::from(OWN), "{asked:?}");
        let private = of(&collected, "snap-private").expect("listed");
        assert_eq!(private.attributes["create_volume_permissions"], json!([]));
        let denied = of(&collected, "snap-denied").expect("listed");
        assert_eq!(denied.unknown()["/create_volume_permissions"].code, GapCode::AccessDenied);
        let snapshots = population(&collected, Snapshot::TYPE);
        assert_eq!((snapshots.count, snapshots.complete), (4, true));
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_the_selection_makes_no_snapshot_public() {
    let (collected, asked) = who_may_make_volumes(|_| snapshots(&OWN)).await;
    assert_eq!(asked_alone(&asked), BTreeSet::from(OWN), "{asked:?}");
    let private = of(&collected, "snap-private").expect("listed");
    assert_eq!(private.attributes["create_volume_permissions"], json!([]));
}

#[tokio::test]
async fn public_snapshots_are_listed_only_where_there_are_snapshots_and_a_control_reads_it() {
    let (collected, asked) = who_may_make_volumes(|_| snapshots(&[])).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(population(&collected, Snapshot::TYPE).complete);
    let (collected, asked) = run(&[(Snapshot::TYPE, None)], [("DescribeSnapshots", listed as Reply)]).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(collected.resources[0].unknown()["/create_volume_permissions"].code, GapCode::NotCollected);
}

#[tokio::test]
async fn encryption_by_default_is_one_resource_by_region() {
    let reply: Reply = |_| answer("GetEbsEncryptionByDefault", "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>");
    let (collected, _) = run(&[(EbsEncryptionByDefault::TYPE, None)], [("GetEbsEncryptionByDefault", reply)]).await;
    assert_eq!(collected.resources[0].identity.id, "AWS::EC2::EBSEncryptionByDefault:123456789012/eu-west-1");
    assert_eq!(collected.resources[0].attributes["ebs_encryption_by_default"], true);
    assert_eq!(population(&collected, EbsEncryptionByDefault::TYPE).count, 1);
}

const INSTANCES: &str = "<reservationSet><item><instancesSet>\
    <item><instanceId>i-1</instanceId><instanceState><code>80</code><name>stopped</name></instanceState>\
    <networkInterfaceSet><item><privateIpAddressesSet>\
    <item><primary>true</primary></item><item><association><publicIp>203.0.113.9</publicIp></association></item>\
    </privateIpAddressesSet></item></networkInterfaceSet>\
    <metadataOptions><httpTokens>required</httpTokens><httpEndpoint>enabled</httpEndpoint></metadataOptions>\
    <tagSet><item><key>Name</key><value>a</value></item></tagSet></item>\
    <item><instanceId>i-2</instanceId><networkInterfaceSet><item><ipv6AddressesSet>\
    <item><ipv6Address>2600:1f18::1</ipv6Address></item></ipv6AddressesSet></item></networkInterfaceSet></item>\
    <item><instanceId>i-3</instanceId></item>\
    <item><instanceId>i-4</instanceId><ipAddress>203.0.113.10</ipAddress></item>\
    <item><instanceId>i-5</instanceId><instanceState><code>48</code><name>terminated</name></instanceState></item>\
    </instancesSet></item></reservationSet>";

#[tokio::test]
async fn public_addresses_are_looked_for_on_every_interface_and_terminated_instances_left_out() {
    let reply: Reply = |_| answer("DescribeInstances", INSTANCES);
    let (collected, asked) = run(&[(Instance::TYPE, None)], [("DescribeInstances", reply)]).await;
    assert!(!asked[0].contains("terminated"), "{asked:?}");
    assert!(asked[0].contains("shutting-down"), "{asked:?}");
    let public: Vec<_> = collected
        .resources
        .iter()
        .map(|resource| (resource.identity.name.as_str(), resource.attributes["associate_public_ip_address"].as_bool()))
        .collect();
    assert_eq!(
        public,
        [("a", Some(true)), ("i-2", Some(false)), ("i-3", None), ("i-4", Some(true))],
        "a secondary address counts, IPv6 does not, and interfaces that were not listed leave it open"
    );
    assert_eq!(collected.resources[0].attributes["public_ip_addresses"], json!(["203.0.113.9"]));
    assert_eq!(collected.resources[0].attributes["metadata_options"]["http_tokens"], "required");
    assert_eq!(collected.resources[1].attributes["ipv6_addresses"], json!(["2600:1f18::1"]));
    assert_eq!(population(&collected, Instance::TYPE).count, 4);
}

const ACL: &str = "<networkAclSet><item><networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId><default>false</default>\
    <ownerId>123456789012</ownerId><entrySet>\
    <item><ruleNumber>32767</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false</egress>\
    <cidrBlock>0.0.0.0/0</cidrBlock></item>\
    <item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><egress>false</egress>\
    <ipv6CidrBlock>::/0</ipv6CidrBlock><portRange><from>22</from><to>22</to></portRange></item></entrySet>\
    <associationSet><item><subnetId>subnet-2</subnetId></item><item><subnetId>subnet-1</subnetId></item></associationSet>\
    </item></networkAclSet>";

#[tokio::test]
async fn network_acls_subnets_and_flow_logs_are_told_as_aws_spells_them() {
    let (collected, _) = run(
        &[(NetworkAcl::TYPE, None), (Subnet::TYPE, None), (FlowLog::TYPE, None)],
        [
            ("DescribeNetworkAcls", (|_| answer("DescribeNetworkAcls", ACL)) as Reply),
            ("DescribeSubnets", |_| {
                answer(
                    "DescribeSubnets",
                    "<subnetSet><item><subnetId>subnet-1</subnetId><ownerId>210987654321</ownerId>\
                     <subnetArn>arn:aws:ec2:eu-west-1:210987654321:subnet/subnet-1</subnetArn>\
                     <mapPublicIpOnLaunch>true</mapPublicIpOnLaunch></item></subnetSet>",
                )
            }),
            ("DescribeFlowLogs", |_| {
                answer(
                    "DescribeFlowLogs",
                    "<flowLogSet><item><flowLogId>fl-1</flowLogId><resourceId>vpc-1</resourceId>\
                     <flowLogStatus>ACTIVE</flowLogStatus><trafficType>ALL</trafficType></item></flowLogSet>",
                )
            }),
        ],
    )
    .await;
    let of =
        |name: &str| collected.resources.iter().find(|resource| resource.identity.r#type == name).expect("collected");
    let acl = of(NetworkAcl::TYPE);
    assert_eq!(acl.attributes["is_default"], false);
    assert_eq!(acl.attributes["subnet_ids"], json!(["subnet-1", "subnet-2"]));
    let first = json!({"rule_number": 100, "protocol": "6", "rule_action": "allow", "egress": false,
                       "ipv6_cidr_block": "::/0", "port_range": {"from": 22, "to": 22}});
    assert_eq!(acl.attributes["entries"][0], first);
    assert_eq!(acl.attributes["entries"][1]["rule_number"], 32767);
    let subnet = of(Subnet::TYPE);
    assert_eq!(subnet.identity.id, "arn:aws:ec2:eu-west-1:210987654321:subnet/subnet-1");
    assert_eq!(subnet.attributes["shared_by"], "210987654321");
    assert_eq!(subnet.attributes["map_public_ip_on_launch"], true);
    assert_eq!(of(FlowLog::TYPE).attributes["flow_log_status"], "ACTIVE");
}

#[test]
fn the_error_tables_mean_what_ec2_says() {
    let operations: BTreeMap<&str, &Operation> = SERVICE
        .provides()
        .iter()
        .flat_map(|provided| provided.operations.iter().map(|operation| (operation.name, *operation)))
        .collect();
    for operation in operations.values() {
        assert_eq!(operation.action(), format!("ec2:{}", operation.name));
        let gone = operation.name == "DescribeSnapshotAttribute";
        let miss = operation.classify_error(Some("InvalidSnapshot.NotFound"), Some(400), "");
        assert_eq!(miss == NoValue::Gone, gone, "{}", operation.name);
        for (code, expected) in [
            ("UnauthorizedOperation", GapCode::AccessDenied),
            ("RequestLimitExceeded", GapCode::Throttled),
            ("AuthFailure", GapCode::CredentialsRejected),
            ("OptInRequired", GapCode::RegionDisabled),
            ("InvalidPrefixListID.NotFound", GapCode::ServiceError),
            ("InternalError", GapCode::ServiceError),
        ] {
            let NoValue::Gap(gap) = operation.classify_error(Some(code), Some(400), "") else {
                panic!("{code} is a gap")
            };
            assert_eq!(gap.code, expected, "{} {code}", operation.name);
        }
    }
    assert_eq!(operations.len(), 12);
}

#[tokio::test]
async fn an_answer_without_its_list_is_no_empty_list() {
    let types: BTreeSet<&str> = SERVICE.provides().iter().map(|provided| provided.r#type).collect();
    let needs: Vec<(&str, Option<&str>)> = types.iter().map(|name| (*name, None)).collect();
    let replies: [(&str, Reply); 9] = [
        ("DescribeSecurityGroups", |_| answer("DescribeSecurityGroups", "")),
        ("DescribeSnapshots", |_| answer("DescribeSnapshots", "")),
        ("DescribeNetworkAcls", |_| answer("DescribeNetworkAcls", "")),
        ("DescribeVpcs", |_| answer("DescribeVpcs", "")),
        ("DescribeFlowLogs", |_| answer("DescribeFlowLogs", "")),
        ("DescribeSubnets", |_| answer("DescribeSubnets", "")),
        ("DescribeInstances", |_| answer("DescribeInstances", "")),
        ("DescribeVolumes", |_| answer("DescribeVolumes", "")),
        ("GetEbsEncryptionByDefault", |_| answer("GetEbsEncryptionByDefault", "")),
    ];
    let (collected, _) = run(&needs, replies).await;
    assert!(collected.resources.is_empty());
    for name in types {
        let gap = population(&collected, name).gap.as_ref().expect("a gap");
        assert_eq!(gap.code, GapCode::MalformedResponse, "{name}");
    }
}

/// A security group, as its listing tells it.
fn group(told: &Value) -> Document {
    Document::of("ec2", "DescribeSecurityGroups", json!({"SecurityGroups": [told]}))
}

#[test]
fn a_range_without_its_text_is_not_left_out() {
    let told = group(&json!({"IpPermissions": [{"IpProtocol": "tcp", "IpRanges": [{}]}]}));
    let group = told.root().list("SecurityGroups").next().expect("one");
    let permission = group.list("IpPermissions").next().expect("one");
    assert_eq!(security_groups::rule(permission, None).cidr_ipv4, [""]);
}

proptest! {
    #[test]
    fn hostile_names_and_descriptions_stay_data(name in ".*", description in ".*", cidr in ".*") {
        let range = json!({"CidrIp": cidr, "Description": description});
        let told = group(&json!({
            "GroupId": "sg-1", "GroupName": name, "Description": description,
            "IpPermissions": [{"IpProtocol": name, "IpRanges": [range]}],
        }));
        let node = told.root().list("SecurityGroups").next().expect("one");
        let typed = security_groups::security_group(node, &BTreeMap::new());
        let item = Item::new(Some("sg-1"), Some(name.as_str()), &typed);
        let place = ResourceId { id: "sg-1", name: &item.name, account: "1", region: "r" };
        let resource = Resource::from_marked(SecurityGroup::TYPE, place, item.attributes, &[]);
        prop_assert_eq!(resource.attributes["group_name"].as_str(), Some(name.as_str()));
        prop_assert_eq!(resource.attributes["ingress"][0]["cidr_ipv4"][0].as_str(), Some(cidr.as_str()));
        prop_assert!(resource.unknown().is_empty());
    }
}
