//! What a policy accepts: exceptions by waivers, and gaps.
//!
//! An accepted gap changes no verdict. The item stays not evaluated and says which acceptance covers it. A
//! waiver covers a gap as well: at worst the item fails, and that is accepted.

use chrono::{DateTime, NaiveDate, Utc};

use super::engine::like;
use crate::model::gap::{Gap, GapCode};
use crate::model::policy::{Acceptance, Policy, Waiver};
use crate::model::verdict::{AcceptedGap, ItemVerdict, Verdict};

/// Account, id and name of an item.
type Place<'a> = (&'a str, &'a str, &'a str);

/// Whether a waiver covers an item of a control on a day. An expired one covers nothing.
pub(super) fn covers(waiver: &Waiver, control: &str, (account, id, name): Place<'_>, today: NaiveDate) -> bool {
    waiver.control == control
        && waiver.account.as_ref().is_none_or(|only| only == account)
        && (like(&waiver.resource, id) || like(&waiver.resource, name))
        && day(&waiver.start).is_some_and(|start| start <= today)
        && day(&waiver.until).is_some_and(|until| today <= until)
}

/// Whether an acceptance has ended by a day.
#[must_use]
pub fn has_expired(acceptance: &Acceptance, today: NaiveDate) -> bool {
    day(&acceptance.until).is_none_or(|until| until < today)
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

impl From<&Acceptance> for AcceptedGap {
    fn from(acceptance: &Acceptance) -> Self {
        Self { reason: acceptance.reason.clone(), until: acceptance.until.clone() }
    }
}

/// Says of each item that is not evaluated whether the policy accepts that.
pub fn accept(verdicts: &mut [ItemVerdict], policy: &Policy, now: DateTime<Utc>) {
    let today = now.date_naive();
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.verdict == Verdict::NotEvaluated) {
        let place = (verdict.account.as_str(), verdict.id.as_str(), verdict.name.as_str());
        let by_waiver = policy.waivers.iter().find(|waiver| covers(waiver, &verdict.control, place, today));
        verdict.accepted = by_waiver
            .map(|waiver| AcceptedGap { reason: waiver.reason.clone(), until: waiver.until.clone() })
            .or_else(|| {
                let gap = verdict.reason.as_ref()?;
                acceptance(policy, &verdict.account, &verdict.region, gap, today).map(AcceptedGap::from)
            });
    }
}

/// The acceptance that covers a gap in a region, where one does.
#[must_use]
pub fn acceptance<'a>(
    policy: &'a Policy,
    account: &str,
    region: &str,
    gap: &Gap,
    today: NaiveDate,
) -> Option<&'a Acceptance> {
    if !is_of_the_world(gap) {
        return None;
    }
    policy.accept.iter().find(|acceptance| {
        let here = |region: &str| acceptance.regions.is_empty() || acceptance.regions.contains(region);
        let action = gap.action.as_deref();
        !has_expired(acceptance, today)
            && acceptance.account.as_ref().is_none_or(|only| only == account)
            && if gap.regions().is_empty() { here(region) } else { gap.regions().iter().all(|region| here(region)) }
            && (acceptance.actions.is_empty()
                || action.is_some_and(|action| acceptance.actions.iter().any(|pattern| like(pattern, action))))
    })
}

/// Whether a gap is of what can be read, and not of how a control judges it: a fault of a control is never
/// accepted by region.
fn is_of_the_world(gap: &Gap) -> bool {
    !matches!(gap.code, GapCode::ExpressionError | GapCode::FuelExhausted | GapCode::AttributeAbsent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "2026-03-14";

    fn policy(accept: &str) -> Policy {
        let text = format!(
            "{{\"id\": \"p\", \"title\": \"p\", \"gate\": \"nightly\", \"fail_on\": \"low\", \"accept\": {accept}}}"
        );
        serde_json::from_str(&text).expect("a policy")
    }

    fn is_accepted(accept: &str, region: &str, gap: &Gap) -> bool {
        acceptance(&policy(accept), "1", region, gap, day(DAY).expect("a day")).is_some()
    }

    #[test]
    fn a_gap_is_accepted_by_region_and_action_until_a_day() {
        let denied = Gap::new(GapCode::AccessDenied, "").at("ec2:DescribeVpcs", "ec2:DescribeVpcs");
        for (accept, region, expected) in [
            (r#"[{"regions": ["eu-west-1"], "reason": "r", "until": "2026-03-14"}]"#, "eu-west-1", true),
            (r#"[{"regions": ["eu-west-1"], "reason": "r", "until": "2026-03-13"}]"#, "eu-west-1", false),
            (r#"[{"regions": ["eu-west-1"], "reason": "r", "until": "2026-04-01"}]"#, "us-east-1", false),
            (r#"[{"actions": ["ec2:Describe*"], "reason": "r", "until": "2026-04-01"}]"#, "us-east-1", true),
            (r#"[{"actions": ["s3:*"], "reason": "r", "until": "2026-04-01"}]"#, "us-east-1", false),
            (
                r#"[{"regions": ["eu-west-1"], "actions": ["s3:*"], "reason": "r", "until": "2026-04-01"}]"#,
                "eu-west-1",
                false,
            ),
            (
                r#"[{"regions": ["eu-west-1"], "account": "2", "reason": "r", "until": "2026-04-01"}]"#,
                "eu-west-1",
                false,
            ),
        ] {
            assert_eq!(is_accepted(accept, region, &denied), expected, "{accept} {region}");
        }
    }

    #[test]
    fn what_hangs_on_several_regions_is_accepted_where_each_is() {
        let accept = r#"[{"regions": ["eu-west-1"], "reason": "r", "until": "2026-04-01"}]"#;
        let denied = |regions: &[&str]| Gap::new(GapCode::AccessDenied, "").in_regions(regions.iter().copied());
        assert!(is_accepted(accept, "global", &denied(&["eu-west-1"])));
        assert!(!is_accepted(accept, "global", &denied(&["eu-west-1", "eu-west-2"])));
        assert!(!is_accepted(accept, "eu-west-1", &Gap::new(GapCode::ExpressionError, "")));
    }
}
