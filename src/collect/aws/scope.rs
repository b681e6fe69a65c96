//! Who looks, and where: the identity (STS) and the regions (EC2) of an account. Made before
//! anything else is collected, for the scope is sealed first.

use aws_sdk_ec2::types::Region as Ec2Region;

use super::super::operation::{Miss, Operation};
use super::super::session::Session;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::scan::{AccountScope, RegionScope};

/// Needs no permission: an identity can always ask who it is.
pub static GET_CALLER_IDENTITY: Operation = Operation::new("sts", "GetCallerIdentity", "sts:GetCallerIdentity");
/// With `AllRegions`, so that regions that are not enabled are in the ledger too.
pub static DESCRIBE_REGIONS: Operation = Operation::new("ec2", "DescribeRegions", "ec2:DescribeRegions");

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
    let config = aws_sdk_sts::config::Builder::from(&session.config(&region))
        .interceptor(super::super::recorder::Recorder)
        .build();
    let client = aws_sdk_sts::Client::from_conf(config);
    // The account is not known yet; what is asked is kept under the name that says so.
    let answer = session.call(&GET_CALLER_IDENTITY, "unknown", &region, client.get_caller_identity().send()).await;
    let captures = answer.captures.clone();
    match answer.result {
        Ok(identity) => {
            let (Some(account), Some(arn)) = (identity.account, identity.arn) else {
                return Err(GET_CALLER_IDENTITY.gap(GapCode::MalformedResponse, "the answer names no account"));
            };
            let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
            Ok(Caller { account, partition, arn, id: identity.user_id.unwrap_or_default(), captures })
        }
        Err(Miss::Gap(gap)) => Err(gap),
        Err(Miss::Absent | Miss::Gone) => Err(GET_CALLER_IDENTITY.gap(GapCode::ServiceError, "")),
    }
}

/// The ledger of an account's regions. `asked` empty means all enabled regions; a region that was
/// asked for and is unknown or not enabled stays in the ledger with its reason.
pub async fn account_scope(session: &Session, caller: &Caller, asked: &[String]) -> AccountScope {
    let region = session.first_region().to_owned();
    let config = aws_sdk_ec2::config::Builder::from(&session.config(&region))
        .interceptor(super::super::recorder::Recorder)
        .build();
    let client = aws_sdk_ec2::Client::from_conf(config);
    let send = client.describe_regions().all_regions(true).send();
    let answer = session.call(&DESCRIBE_REGIONS, &caller.account, &region, send).await;
    let (known, incomplete) = match answer.result {
        Ok(output) => (output.regions.unwrap_or_default(), None),
        Err(Miss::Gap(gap)) => (Vec::new(), Some(gap)),
        Err(Miss::Absent | Miss::Gone) => (Vec::new(), Some(DESCRIBE_REGIONS.gap(GapCode::ServiceError, ""))),
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

fn ledger(known: &[Ec2Region], asked: &[String], incomplete: Option<&Gap>) -> Vec<RegionScope> {
    let mut ledger: Vec<RegionScope> = known
        .iter()
        .filter_map(|region| {
            let name = region.region_name.clone()?;
            let opt_in_status = region.opt_in_status.clone().unwrap_or_else(|| "opt-in-not-required".to_owned());
            let enabled = opt_in_status != "not-opted-in";
            let wanted = asked.is_empty() || asked.contains(&name);
            let why_not = match (enabled, wanted) {
                (false, _) => Some(Gap::new(GapCode::RegionDisabled, "the account has not opted in")),
                (true, false) => Some(Gap::new(GapCode::OutsideScope, "not among the regions asked for")),
                (true, true) => None,
            };
            Some(RegionScope { name, opt_in_status, scanned: why_not.is_none(), why_not })
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

    fn region(name: &str, status: &str) -> Ec2Region {
        Ec2Region::builder().region_name(name).opt_in_status(status).build()
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
