//! Who looks, and where: the identity (STS) and the regions (EC2) of an account. Made before
//! anything else is collected, for the scope is sealed first.

use serde_json::{Map, json};

use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::exchange::session::Session;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
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
    /// The capture that tells it.
    pub captures: Vec<CaptureId>,
}

/// Asks AWS who we are.
///
/// # Errors
///
/// The gap, where AWS does not say.
pub async fn caller(session: &Session) -> Result<Caller, Gap> {
    let region = session.first_region().to_owned();
    // The account is not known yet; what is asked is kept under the name that says so.
    let answer = session.ask(&GET_CALLER_IDENTITY, "unknown", &region, Map::new()).await;
    let captures = answer.captures.clone();
    match answer.result {
        Ok(identity) => {
            let told = |member| identity.root().text(member);
            let (Some(account), Some(arn)) = (told("Account"), told("Arn")) else {
                return Err(GET_CALLER_IDENTITY.gap(GapCode::MalformedResponse, "the answer names no account"));
            };
            let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
            Ok(Caller { account, partition, arn, id: told("UserId").unwrap_or_default(), captures })
        }
        Err(NoValue::Gap(gap)) => Err(gap),
        Err(NoValue::Absent | NoValue::Gone) => Err(GET_CALLER_IDENTITY.gap(GapCode::ServiceError, "")),
    }
}

/// The ledger of an account's regions. `asked` empty means all enabled regions; a region that was
/// asked for and is unknown or not enabled stays in the ledger with its reason.
pub async fn account_scope(session: &Session, caller: &Caller, asked: &[String]) -> AccountScope {
    let region = session.first_region().to_owned();
    let mut input = Map::new();
    input.insert("AllRegions".to_owned(), json!(true));
    let answer = session.ask(&DESCRIBE_REGIONS, &caller.account, &region, input).await;
    let (known, incomplete) = match answer.result {
        Ok(document) => (regions(&document), None),
        Err(NoValue::Gap(gap)) => (Vec::new(), Some(gap)),
        Err(NoValue::Absent | NoValue::Gone) => (Vec::new(), Some(DESCRIBE_REGIONS.gap(GapCode::ServiceError, ""))),
    };
    AccountScope {
        id: caller.account.clone(),
        partition: caller.partition.clone(),
        caller_arn: caller.arn.clone(),
        caller_id: caller.id.clone(),
        regions: ledger(&known, asked, incomplete.as_ref()),
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

fn ledger(known: &[KnownRegion], asked: &[String], incomplete: Option<&Gap>) -> Vec<RegionScope> {
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
        let why_not =
            incomplete.is_none().then(|| Gap::new(GapCode::RegionDisabled, "AWS lists no such region for the account"));
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
        let all = ledger(&known, &[], None);
        let scanned: Vec<&str> = all.iter().filter(|r| r.scanned).map(|r| r.name.as_str()).collect();
        assert_eq!(scanned, ["eu-south-1", "us-east-1"]);
        assert_eq!(all[0].why_not.as_ref().map(|gap| gap.code), Some(GapCode::RegionDisabled));

        let asked = ledger(&known, &["us-east-1".to_owned(), "mars-1".to_owned(), "af-south-1".to_owned()], None);
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
        assert!(ledger(&[], &[], Some(&denied)).is_empty());
        let asked = ledger(&[], &["us-east-1".to_owned()], Some(&denied));
        assert!(asked[0].scanned);
    }
}
