//! What is joined into buckets.

mod data_events;

use std::collections::{BTreeMap, HashMap};

use super::Join;
use crate::evaluate::inventory::Inventory;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::tree::Tree;

const BUCKET: &str = "AWS::S3::Bucket";
const ACCOUNT: &str = "AWS::::Account";
const TRAIL: &str = "AWS::CloudTrail::Trail";

/// The region of a bucket whose location AWS did not tell.
const NOWHERE: &str = "unknown";

/// The joins into buckets.
pub(super) static JOINS: &[Join] = &[
    Join {
        into: BUCKET,
        attribute: "account_public_access_block",
        needs: &[(ACCOUNT, Some("s3_public_access_block"))],
        apply: account_blocks,
    },
    Join {
        into: BUCKET,
        attribute: "is_log_target",
        needs: &[(BUCKET, Some("logging")), (BUCKET, Some("policy")), (TRAIL, None)],
        apply: log_targets,
    },
    Join {
        into: BUCKET,
        attribute: "has_data_events",
        needs: &[
            (TRAIL, None),
            (TRAIL, Some("status")),
            (TRAIL, Some("event_selectors")),
            (TRAIL, Some("advanced_event_selectors")),
        ],
        apply: data_events::apply,
    },
];

/// Gives each bucket the account's Block Public Access.
fn account_blocks(inventory: &mut Inventory) {
    let mut buckets = inventory.take(BUCKET);
    for bucket in &mut buckets {
        if says_itself(bucket, "account_public_access_block") {
            continue;
        }
        let account = inventory.of_type(ACCOUNT).iter().find(|one| one.identity.account == bucket.identity.account);
        match (account, inventory.listing_gap(ACCOUNT, None)) {
            (Some(account), _) => bucket.graft("account_public_access_block", account, "s3_public_access_block"),
            (None, Some(gap)) => bucket.set_unknown("account_public_access_block", gap),
            // The account was listed and is not there: nothing is set for it.
            (None, None) => bucket.set_absent("account_public_access_block", []),
        }
    }
    inventory.put(BUCKET, buckets);
}

/// Whether an item brings an attribute along that is otherwise joined to it, known or not. One that was left to
/// the join is unknown because it was not collected, or is told outside of where the item was, or because what
/// the item was made from never tells it.
fn says_itself(item: &Resource, attribute: &str) -> bool {
    match &item.attributes[attribute] {
        Tree::Null => false,
        Tree::Unknown(gap) => !matches!(gap.code, GapCode::NotCollected | GapCode::OutsideScope | GapCode::Unsupported),
        _ => true,
    }
}

/// Says of each bucket whether another delivers its access log there, or a trail its events.
fn log_targets(inventory: &mut Inventory) {
    let mut buckets = inventory.take(BUCKET);
    let deliveries = Deliveries::of(inventory, &buckets);
    for bucket in &mut buckets {
        match deliveries.reach(bucket) {
            Ok((answer, captures)) => bucket.set_known("is_log_target", answer, captures),
            Err(gap) => bucket.set_unknown("is_log_target", gap),
        }
    }
    inventory.put(BUCKET, buckets);
}

/// Who delivers logs where.
struct Deliveries {
    /// By the name of the target: the ids of those that deliver there, with what told it.
    targets: HashMap<String, Vec<(String, Vec<CaptureId>)>>,
    /// By region: buckets that may deliver anywhere in it, two at most, for a bucket that asks is
    /// one of them at most.
    open: BTreeMap<String, Vec<(String, Gap)>>,
    /// Why what is known of buckets and trails may not be complete.
    incomplete: Option<Gap>,
    /// Why there may be trails that were not listed.
    hidden_trails: Option<Gap>,
    /// What told that no trail delivers.
    trails: Vec<CaptureId>,
}

impl Deliveries {
    fn of(inventory: &Inventory, buckets: &[Resource]) -> Self {
        let mut targets: HashMap<String, Vec<(String, Vec<CaptureId>)>> = HashMap::new();
        let mut open: BTreeMap<String, Vec<(String, Gap)>> = BTreeMap::new();
        let mut incomplete = inventory.listing_gap(BUCKET, None);
        let hidden_trails = inventory.listing_gap(TRAIL, None);
        for bucket in buckets {
            let logging = &bucket.attributes["logging"];
            let id = bucket.identity.id.clone();
            if let Some(target) = logging["target_bucket"].as_str() {
                targets.entry(target.to_owned()).or_default().push((id, bucket.captures_for(["/logging"])));
            } else if let Some(gap) = logging.first_gap() {
                let there = open.entry(bucket.identity.region.clone()).or_default();
                if there.len() < 2 {
                    there.push((id, Gap::clone(gap)));
                }
            }
        }
        for trail in inventory.of_type(TRAIL) {
            let target = &trail.attributes["s3_bucket_name"];
            if let Some(target) = target.as_str() {
                let told = (trail.identity.id.clone(), trail.captures_for([]));
                targets.entry(target.to_owned()).or_default().push(told);
            } else {
                let unnamed = || Gap::new(GapCode::AttributeAbsent, "a trail that names no bucket");
                let gap = target.gap().map_or_else(unnamed, |gap| Gap::clone(gap));
                incomplete.get_or_insert(gap);
            }
        }
        Self { targets, open, incomplete, hidden_trails, trails: listing_captures(inventory, TRAIL) }
    }

    /// Whether something other than the bucket itself delivers to it.
    fn reach(&self, bucket: &Resource) -> Result<(bool, Vec<CaptureId>), Gap> {
        let identity = &bucket.identity;
        let sources = self.targets.get(&identity.name).map_or(&[][..], Vec::as_slice);
        if let Some((_, captures)) = sources.iter().find(|(id, _)| *id != identity.id) {
            return Ok((true, captures.clone()));
        }
        if let Some(gap) = &self.incomplete {
            return Err(gap.clone());
        }
        if let Some(gap) = self.hidden_trails.as_ref().filter(|_| takes_trails(bucket)) {
            return Err(gap.clone());
        }
        // An access log stays in the region of the bucket that it is of.
        let near = |region: &str| region == identity.region || region == NOWHERE || identity.region == NOWHERE;
        let open = self.open.iter().filter(|(region, _)| near(region)).flat_map(|(_, there)| there);
        match open.into_iter().find(|(id, _)| *id != identity.id) {
            Some((_, gap)) => Err(gap.clone()),
            None => Ok((false, self.trails.clone())),
        }
    }
}

/// Whether a trail may deliver to a bucket, as far as is known: its policy must let `CloudTrail` write. From
/// "Amazon S3 bucket policy for `CloudTrail`" in the `CloudTrail` User Guide.
fn takes_trails(bucket: &Resource) -> bool {
    let policy = &bucket.attributes["policy"];
    if policy.is_null() {
        return false;
    }
    if policy.first_gap().is_some() {
        return true;
    }
    // Whoever it names by a wildcard can be the service as well.
    let text = policy.to_json().to_string();
    text.contains("cloudtrail") || text.contains("\"*\"")
}

/// The captures of the listings of a type.
fn listing_captures(inventory: &Inventory, r#type: &str) -> Vec<CaptureId> {
    let counted = inventory.populations.iter().filter(|population| population.r#type == r#type);
    let mut captures: Vec<CaptureId> = counted.flat_map(|population| population.captures.iter().copied()).collect();
    captures.sort_unstable();
    captures.dedup();
    captures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::join::tests::{account, incomplete, population};
    use crate::model::attr::Attr;
    use crate::model::resource::ResourceId;
    use crate::model::resource::account::Account;
    use crate::model::resource::cloudtrail::Trail;
    use crate::model::resource::public_access_block::PublicAccessBlock;
    use crate::model::resource::s3::{Bucket, Logging};

    fn denied() -> Gap {
        Gap::new(GapCode::AccessDenied, "no")
    }

    fn bucket(name: &str, region: &str, logging: Attr<Logging>) -> Resource {
        let typed = Bucket { logging, ..Bucket::default() };
        Resource::new(ResourceId { id: &format!("arn:aws:s3:::{name}"), name, account: "1", region }, &typed, &[1])
    }

    fn to(target: &str) -> Attr<Logging> {
        Attr::known(Logging { target_bucket: target.to_owned(), target_prefix: String::new() }).from_captures([5])
    }

    fn trail(target: Option<&str>) -> Resource {
        let typed = Trail { s3_bucket_name: target.map(ToOwned::to_owned), ..Trail::default() };
        Resource::new(ResourceId { id: "arn:t", name: "t", account: "1", region: "r" }, &typed, &[7])
    }

    fn joined(resources: Vec<Resource>, trails_complete: bool) -> BTreeMap<String, Result<bool, GapCode>> {
        let trails = if trails_complete { population(TRAIL, "r") } else { incomplete(TRAIL, "r") };
        let mut inventory = Inventory::new(account(), resources, vec![population(BUCKET, "global"), trails]);
        log_targets(&mut inventory);
        let answer = |bucket: &Resource| match bucket.unknown().get("/is_log_target") {
            Some(gap) => Err(gap.code),
            None => Ok(bucket.attributes["is_log_target"] == true),
        };
        inventory.of_type(BUCKET).iter().map(|bucket| (bucket.identity.name.clone(), answer(bucket))).collect()
    }

    #[test]
    fn a_bucket_that_others_log_to_is_a_target_and_one_that_logs_to_itself_is_not() {
        let all = joined(
            vec![bucket("a", "r", to("logs")), bucket("logs", "r", Attr::absent()), bucket("self", "r", to("self"))],
            true,
        );
        assert_eq!(all["logs"], Ok(true));
        assert_eq!(all["a"], Ok(false));
        assert_eq!(all["self"], Ok(false));
    }

    #[test]
    fn a_bucket_that_a_trail_delivers_to_is_a_target() {
        let buckets = || vec![bucket("trails", "r", Attr::absent()), bucket("a", "r", Attr::absent())];
        let all = joined([buckets(), vec![trail(Some("trails"))]].concat(), true);
        assert_eq!((all["trails"], all["a"]), (Ok(true), Ok(false)));

        let broken = joined([buckets(), vec![trail(Some("trails"))]].concat(), false);
        assert_eq!((broken["trails"], broken["a"]), (Ok(true), Err(GapCode::AccessDenied)));

        let unnamed = joined([buckets(), vec![trail(None)]].concat(), true);
        assert_eq!(unnamed["a"], Err(GapCode::AttributeAbsent));
    }

    #[test]
    fn a_denied_logging_read_leaves_only_the_others_of_its_region_open() {
        let all = joined(
            vec![
                bucket("denied", "r", Attr::unknown(denied())),
                bucket("near", "r", Attr::absent()),
                bucket("far", "s", Attr::absent()),
                bucket("a", "r", to("seen")),
                bucket("seen", "r", Attr::absent()),
            ],
            true,
        );
        assert_eq!(all["near"], Err(GapCode::AccessDenied));
        assert_eq!(all["far"], Ok(false));
        assert_eq!(all["seen"], Ok(true));
        assert_eq!(all["denied"], Ok(false), "its own setting says nothing of the others");
    }

    #[test]
    fn two_denied_reads_leave_each_other_open() {
        let unknown = || Attr::unknown(denied());
        let all =
            joined(vec![bucket("a", "r", unknown()), bucket("b", "r", unknown()), bucket("c", "r", unknown())], true);
        assert!(all.values().all(|answer| *answer == Err(GapCode::AccessDenied)), "{all:?}");
    }

    #[test]
    fn a_bucket_without_a_known_region_may_deliver_anywhere() {
        let all =
            joined(vec![bucket("lost", NOWHERE, Attr::unknown(denied())), bucket("a", "r", Attr::absent())], true);
        assert_eq!(all["a"], Err(GapCode::AccessDenied));
    }

    #[test]
    fn the_block_of_the_account_is_carried_with_its_three_states() {
        let with = |block: Option<Attr<PublicAccessBlock>>, listed: bool| {
            let mut resources = vec![bucket("a", "r", Attr::absent())];
            if let Some(s3_public_access_block) = block {
                let typed = Account { s3_public_access_block, ..Account::default() };
                let place = ResourceId { id: "AWS::::Account:1", name: "1", account: "1", region: "global" };
                resources.push(Resource::new(place, &typed, &[]));
            }
            let counted = if listed { vec![population(ACCOUNT, "global")] } else { Vec::new() };
            let mut inventory = Inventory::new(account(), resources, counted);
            account_blocks(&mut inventory);
            inventory.of_type(BUCKET)[0].clone()
        };
        let on = PublicAccessBlock { block_public_acls: Some(true), ..PublicAccessBlock::default() };
        let known = with(Some(Attr::known(on).from_captures([9])), true);
        assert_eq!(known.attributes["account_public_access_block"]["block_public_acls"], true);
        assert!(!known.unknown().contains_key("/account_public_access_block"));
        assert_eq!(known.captures_for(["/account_public_access_block"]), [1, 9]);

        let none = with(Some(Attr::absent().from_captures([9])), true);
        assert!(!none.attributes.knows("account_public_access_block"));
        assert!(!none.unknown().contains_key("/account_public_access_block"));

        let refused = with(Some(Attr::unknown(denied())), true);
        assert_eq!(refused.unknown()["/account_public_access_block"].code, GapCode::AccessDenied);

        let unlisted = with(None, false);
        assert_eq!(unlisted.unknown()["/account_public_access_block"].code, GapCode::NotCollected);
        let code = with(None, true);
        assert!(!code.unknown().contains_key("/account_public_access_block"));

        let mut written = bucket("a", "r", Attr::absent());
        let block = serde_json::json!({"block_public_acls": true});
        written.set_known("account_public_access_block", block, []);
        let mut inventory = Inventory::new(account(), vec![written], vec![population(ACCOUNT, "global")]);
        account_blocks(&mut inventory);
        assert_eq!(inventory.of_type(BUCKET)[0].attributes["account_public_access_block"]["block_public_acls"], true);
    }

    #[test]
    fn a_trail_that_was_not_listed_delivers_to_no_bucket_that_does_not_let_it() {
        let of = |policy: &str| {
            let mut bucket = bucket("b", "r", Attr::absent());
            match policy {
                "" => bucket.set_absent("policy", []),
                "?" => bucket.set_unknown("policy", denied()),
                text => {
                    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
                    bucket.set_known("policy", Tree::from(value), Vec::new());
                }
            }
            takes_trails(&bucket)
        };
        assert!(!of(""));
        assert!(of("?"));
        assert!(of(r#"{"statement": [{"principal": {"Service": ["cloudtrail.amazonaws.com"]}}]}"#));
        assert!(of(r#"{"statement": [{"principal": "*"}]}"#));
        assert!(!of(r#"{"statement": [{"principal": {"AWS": ["arn:aws:iam::1:role/app"]}}]}"#));
    }
}
