//! Who looks, and where: the identity (STS) and the regions (EC2) of an account. Made before
//! anything else is collected, for the scope is sealed first.

use serde_json::{Map, json};

use super::schedule::home_region;
use crate::collect::api::document::{Document, Node};
use crate::collect::api::endpoint::partition_of;
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::exchange::session::Session;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::nearest::nearest;
use crate::model::scan::{AccountScope, RegionScope};

const EC2: Api = Api::new("ec2", Rate::per_second("ec2", 20.0));
const STS: Api = Api::new("sts", Rate::per_second("sts", 10.0));

/// Needs no permission: an identity can always ask who it is.
pub static GET_CALLER_IDENTITY: Operation = STS.operation("GetCallerIdentity").no_secrets().must(&["Account", "Arn"]);
/// With `AllRegions`, so that regions that are not enabled are in the ledger too.
pub static DESCRIBE_REGIONS: Operation = EC2.operation("DescribeRegions").no_secrets().must(&["Regions"]);

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve-digit account id.
    pub account: String,
    /// Partition, from the ARN.
    pub partition: String,
    /// ARN of the identity.
    pub arn: String,
    /// AWS's unique id of it.
    pub id: String,
    /// The region that answered.
    pub region: String,
    /// The capture that tells it.
    pub captures: Vec<CaptureId>,
}

/// The regions that identity and regions are asked in, one after the other until one answers: the first
/// of the session, those asked for, and the home of the partition. A region that was asked for need not
/// exist, and one that does can be out of order, or denied by a service control policy.
fn doors(session: &Session, asked: &[String]) -> Vec<String> {
    let first = session.first_region().to_owned();
    let home = home_region(partition_of(&first)).to_owned();
    let mut doors = Vec::new();
    for region in std::iter::once(first).chain(asked.iter().cloned()).chain([home]) {
        if !doors.contains(&region) {
            doors.push(region);
        }
    }
    doors
}

/// Asks AWS who we are.
///
/// # Errors
///
/// The gap, where AWS does not say.
pub async fn caller(session: &Session, asked: &[String]) -> Result<Caller, Gap> {
    let mut refused: Option<Gap> = None;
    for region in doors(session, asked) {
        match caller_in(session, &region).await {
            Ok(caller) => return Ok(caller),
            Err(gap) => {
                let here = within(gap, &region);
                refused = Some(refused.unwrap_or(here));
            }
        }
    }
    Err(refused.unwrap_or_else(|| GET_CALLER_IDENTITY.gap(GapCode::ServiceError, "")))
}

/// The gap, saying where it was met.
fn within(mut gap: Gap, region: &str) -> Gap {
    let partition = partition_of(region);
    let place = match gap.code {
        GapCode::CredentialsRejected => {
            format!("asked in {region} (partition {partition}), where credentials of other partitions are not known")
        }
        _ => format!("asked in {region}"),
    };
    gap.detail = if gap.detail.is_empty() { place } else { format!("{}; {place}", gap.detail) };
    gap
}

async fn caller_in(session: &Session, region: &str) -> Result<Caller, Gap> {
    // The account is not known yet; what is asked is kept under the name that says so.
    let answer = session.ask(&GET_CALLER_IDENTITY, "unknown", region, Map::new()).await;
    let captures = answer.captures.clone();
    match answer.result {
        Ok(identity) => {
            let told = |member| identity.root().text(member);
            let (Some(account), Some(arn)) = (told("Account"), told("Arn")) else {
                return Err(GET_CALLER_IDENTITY.gap(GapCode::MalformedResponse, "the answer names no account"));
            };
            let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
            Ok(Caller {
                account,
                partition,
                arn,
                id: told("UserId").unwrap_or_default(),
                region: region.to_owned(),
                captures,
            })
        }
        Err(NoValue::Gap(gap)) => Err(gap),
        Err(NoValue::Absent | NoValue::Gone) => Err(GET_CALLER_IDENTITY.gap(GapCode::ServiceError, "")),
    }
}

/// The ledger of an account's regions. `asked` empty means all enabled regions; a region that was
/// asked for and is unknown or not enabled stays in the ledger with its reason.
pub async fn account_scope(session: &Session, caller: &Caller, asked: &[String]) -> AccountScope {
    let mut known = Vec::new();
    let mut incomplete: Option<Gap> = None;
    let after = doors(session, asked).into_iter().filter(|region| *region != caller.region);
    // Regions of another partition do not know the account.
    let after = after.filter(|region| partition_of(region) == partition_of(&caller.region));
    for region in std::iter::once(caller.region.clone()).chain(after) {
        let input = Map::from_iter([("AllRegions".to_owned(), json!(true))]);
        let answer = session.ask(&DESCRIBE_REGIONS, &caller.account, &region, input).await;
        let gap = match answer.result {
            Ok(document) => {
                known = regions(&document);
                incomplete = None;
                break;
            }
            Err(NoValue::Gap(gap)) => gap,
            Err(NoValue::Absent | NoValue::Gone) => DESCRIBE_REGIONS.gap(GapCode::ServiceError, ""),
        };
        incomplete = Some(incomplete.unwrap_or(gap));
    }
    AccountScope {
        id: caller.account.clone(),
        partition: caller.partition.clone(),
        caller_arn: caller.arn.clone(),
        caller_id: caller.id.clone(),
        regions: ledger(&known, asked, &caller.partition, incomplete.as_ref()),
        regions_incomplete: incomplete,
    }
}

/// A region that AWS knows of.
struct KnownRegion {
    name: String,
    opt_in_status: String,
}

fn regions(document: &Document) -> Vec<KnownRegion> {
    let region = |region: Node<'_>| {
        let opt_in_status = region.text("OptInStatus").unwrap_or_else(|| "opt-in-not-required".to_owned());
        Some(KnownRegion { name: region.text("RegionName")?, opt_in_status })
    };
    document.root().list("Regions").filter_map(region).collect()
}

fn ledger(known: &[KnownRegion], asked: &[String], partition: &str, incomplete: Option<&Gap>) -> Vec<RegionScope> {
    let mut ledger: Vec<RegionScope> = known
        .iter()
        .map(|KnownRegion { name, opt_in_status }| {
            let enabled = opt_in_status != "not-opted-in";
            let wanted = asked.is_empty() || asked.contains(name);
            let why_not = match (enabled, wanted) {
                (false, _) => Some(Gap::new(GapCode::RegionDisabled, "the account has not opted in")),
                (true, false) => Some(Gap::new(GapCode::OutsideScope, "not among the regions asked for")),
                (true, true) => None,
            };
            RegionScope {
                name: name.clone(),
                opt_in_status: opt_in_status.clone(),
                scanned: why_not.is_none(),
                why_not,
            }
        })
        .collect();
    for name in asked {
        if ledger.iter().any(|region| region.name == *name) {
            continue;
        }
        // Where AWS gave no list, a region that was named is scanned: the calls there will tell.
        // One of another partition cannot be the account's.
        let listed = incomplete.is_none() || partition_of(name) != partition;
        let why_not = listed.then(|| Gap::new(GapCode::RegionDisabled, unknown(name, known, partition)));
        ledger.push(RegionScope {
            name: name.clone(),
            opt_in_status: "unknown".to_owned(),
            scanned: why_not.is_none(),
            why_not,
        });
    }
    ledger.sort_by(|a, b| a.name.cmp(&b.name));
    ledger.dedup_by(|a, b| a.name == b.name);
    ledger
}

/// What is said of a region that was asked for and that AWS does not list.
fn unknown(name: &str, known: &[KnownRegion], partition: &str) -> String {
    let of = partition_of(name);
    if of != partition {
        return format!("it is a region of the partition {of}, and the account is one of {partition}");
    }
    let meant = nearest(name, known.iter().map(|region| region.name.as_str()));
    let meant = meant.map(|other| format!("; did you mean {other}?")).unwrap_or_default();
    format!("AWS lists no such region for the account{meant}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str, status: &str) -> KnownRegion {
        KnownRegion { name: name.to_owned(), opt_in_status: status.to_owned() }
    }

    #[test]
    fn every_region_is_in_the_ledger_with_its_reason() {
        let known = [
            region("us-east-1", "opt-in-not-required"),
            region("af-south-1", "not-opted-in"),
            region("eu-south-1", "opted-in"),
        ];
        let all = ledger(&known, &[], "aws", None);
        let scanned: Vec<&str> = all.iter().filter(|r| r.scanned).map(|r| r.name.as_str()).collect();
        assert_eq!(scanned, ["eu-south-1", "us-east-1"]);
        assert_eq!(all[0].why_not.as_ref().map(|gap| gap.code), Some(GapCode::RegionDisabled));

        let asked = ledger(&known, &names(&["us-east-1", "mars-1", "af-south-1"]), "aws", None);
        let reasons: Vec<_> = asked.iter().map(|r| (r.name.as_str(), r.why_not.as_ref().map(|gap| gap.code))).collect();
        assert_eq!(
            reasons,
            [
                ("af-south-1", Some(GapCode::RegionDisabled)),
                ("eu-south-1", Some(GapCode::OutsideScope)),
                ("mars-1", Some(GapCode::RegionDisabled)),
                ("us-east-1", None),
            ]
        );
    }

    #[test]
    fn no_list_of_regions_is_not_all_regions_and_not_none_asked() {
        let denied = DESCRIBE_REGIONS.gap(GapCode::AccessDenied, "");
        assert!(ledger(&[], &[], "aws", Some(&denied)).is_empty());
        let asked = ledger(&[], &names(&["us-east-1"]), "aws", Some(&denied));
        assert!(asked[0].scanned);
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_region_that_is_not_the_account_s_says_what_was_probably_meant() {
        let known = [region("us-east-1", "opt-in-not-required"), region("eu-west-1", "opt-in-not-required")];
        let said = |known: &[KnownRegion], asked: &str, partition: &str, incomplete: Option<&Gap>| {
            let all = ledger(known, &names(&[asked]), partition, incomplete);
            all.into_iter().find(|region| region.name == asked)?.why_not.map(|gap| gap.detail)
        };
        let typo = said(&known, "eu-west-11", "aws", None).expect("a reason");
        assert!(typo.ends_with("did you mean eu-west-1?"), "{typo}");
        let denied = DESCRIBE_REGIONS.gap(GapCode::AccessDenied, "");
        for incomplete in [None, Some(&denied)] {
            let other = said(&known, "us-gov-west-1", "aws", incomplete).expect("a reason");
            assert!(other.contains("aws-us-gov") && !other.contains("did you mean"), "{other}");
        }
        assert_eq!(said(&[], "eu-west-11", "aws", Some(&denied)), None, "without a list the calls there will tell");
    }
}
