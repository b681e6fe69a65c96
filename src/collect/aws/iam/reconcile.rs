//! Users as the listing has them and as the credential report has them, put together.
//!
//! The listing is of now, the report up to four hours old. A user that the report has and a whole
//! listing has not was deleted since, and is gone, unless it was made during the scan; one that the
//! listing has and the report has not stays, with what the report would tell unknown.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use super::credential_report::unknown;
use super::report_call::{GET_CREDENTIAL_REPORT, ReportAnswer};
use crate::collect::inventory::{AttributeValue, Item};
use crate::model::attr::{Attr, CaptureId};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::iam::User;

/// What the listing alone tells of a user.
const OF_THE_LISTING: [&str; 8] = [
    "path",
    "user_id",
    "create_date",
    "groups",
    "inline_policies",
    "attached_policies",
    "permissions_boundary",
    "tags",
];

/// A user of the listing.
pub(super) struct Listed<'a> {
    pub(super) arn: &'a str,
    pub(super) name: &'a str,
    /// When it was made, in seconds since the epoch.
    pub(super) created: Option<i64>,
    pub(super) user: User,
}

/// A user of either.
#[derive(Debug)]
pub(super) struct Found {
    arn: String,
    name: String,
    user: User,
    /// Why what the listing tells is unknown, where it is.
    unlisted: Option<Gap>,
}

impl Found {
    pub(super) fn into_item(self) -> Item {
        let mut item = Item::new(Some(self.arn), Some(self.name), &self.user);
        if let Some(gap) = self.unlisted {
            for attribute in OF_THE_LISTING {
                item.set(&AttributeValue { attribute, value: Attr::unknown(gap.clone()) });
            }
        }
        item
    }
}

/// What the listing and the report come to together.
#[derive(Debug, Default)]
pub(super) struct Reconciled {
    pub(super) found: Vec<Found>,
    /// ARNs of those that were deleted after the report was made.
    pub(super) gone: Vec<String>,
}

/// Puts the listing (with the gap that broke it, where one did) and the report together. Without a
/// report, what it would tell stays not collected. `now` is the scan's clock.
pub(super) fn users(
    listed: Vec<Listed<'_>>,
    broken: Option<&Gap>,
    report: Option<&ReportAnswer>,
    now: DateTime<Utc>,
) -> Reconciled {
    let mut seen = BTreeSet::new();
    let Reconciled { mut found, mut gone } = Reconciled::default();
    for mut listed in listed {
        if let Some(answer) = report {
            told_by_report(&mut listed, answer);
        }
        seen.insert(listed.arn);
        found.push(Found {
            arn: listed.arn.to_owned(),
            name: listed.name.to_owned(),
            user: listed.user,
            unlisted: None,
        });
    }
    let Some(answer) = report else { return Reconciled { found, gone } };
    let Ok((report, time)) = &answer.result else { return Reconciled { found, gone } };
    let time_said = said(time.as_deref());
    for (arn, row) in report.users.iter().filter(|(arn, _)| !seen.contains(arn.as_str())) {
        if broken.is_none() && row.created.is_some_and(|created| created < now) {
            gone.push(arn.clone());
            continue;
        }
        let mut user = User { credential_report_time: answer.time(), ..User::default() };
        let unlisted = if let Some(gap) = broken {
            // The listing broke before it came to this user: the report still tells of it.
            user.password = row.password.clone();
            user.mfa_active = row.mfa_active.clone();
            user.access_keys = row.access_keys.clone();
            gap.clone()
        } else {
            let why = format!(
                "the user is in the credential report {time_said}, is not listed, and was made as the scan ran"
            );
            let gap = GET_ACCOUNT_AUTHORIZATION_DETAILS.gap(GapCode::ServiceError, why);
            in_doubt(&mut user, &gap, &answer.captures);
            gap
        };
        found.push(Found { arn: arn.clone(), name: row.name.clone(), user, unlisted: Some(unlisted) });
    }
    Reconciled { found, gone }
}

fn told_by_report(listed: &mut Listed<'_>, answer: &ReportAnswer) {
    let user = &mut listed.user;
    user.credential_report_time = answer.time();
    let (report, time) = match &answer.result {
        Ok((report, time)) => (report, said(time.as_deref())),
        Err(gap) => return in_doubt(user, gap, &answer.captures),
    };
    let not_yet = |why: String| GET_CREDENTIAL_REPORT.gap(GapCode::NotReady, why);
    match report.users.get(listed.arn) {
        None if report.unattributed > 0 => {
            let rows = report.unattributed;
            let why = format!("the credential report {time} has no row of the user, and {rows} that could be anyone's");
            in_doubt(user, &GET_CREDENTIAL_REPORT.gap(GapCode::MalformedResponse, why), &answer.captures);
        }
        None => {
            let gap = not_yet(format!("the credential report {time} does not have the user yet"));
            in_doubt(user, &gap, &answer.captures);
        }
        Some(row) if differ(row.created.map(|time| time.timestamp()), listed.created) => {
            let gap = not_yet(format!("the credential report {time} has an earlier user of the same name"));
            in_doubt(user, &gap, &answer.captures);
        }
        Some(row) => {
            user.password = row.password.clone();
            user.mfa_active = row.mfa_active.clone();
            user.access_keys = row.access_keys.clone();
        }
    }
}

fn differ(one: Option<i64>, other: Option<i64>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

fn in_doubt(user: &mut User, gap: &Gap, captures: &[CaptureId]) {
    user.password = unknown(gap, captures);
    user.mfa_active = unknown(gap, captures);
    user.access_keys = unknown(gap, captures);
}

fn said(time: Option<&str>) -> String {
    time.map_or_else(|| "of an unknown time".to_owned(), |time| format!("of {time}"))
}

#[cfg(test)]
mod tests {
    use super::super::credential_report::{Report, Row};
    use super::*;
    use crate::model::attr::State;

    fn listed(arn: &str, created: i64) -> Listed<'_> {
        let user = User { groups: vec!["g".to_owned()], ..User::default() };
        Listed { arn, name: arn, created: Some(created), user }
    }

    fn report(rows: &[(&str, i64)]) -> ReportAnswer {
        let users = rows.iter().map(|(arn, created)| {
            let row = Row {
                name: (*arn).to_owned(),
                created: chrono::DateTime::from_timestamp(*created, 0),
                password: Attr::absent(),
                mfa_active: Attr::known(true),
                access_keys: Attr::known(vec![]),
            };
            ((*arn).to_owned(), row)
        });
        let report = Report { users: users.collect(), ..Report::default() };
        ReportAnswer { result: Ok((report, Some("2026-06-01T00:00:00Z".to_owned()))), captures: vec![4] }
    }

    /// The scan's clock, long after the times of users here.
    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000, 0).expect("a time")
    }

    fn users(listed: Vec<Listed<'_>>, broken: Option<&Gap>, report: Option<&ReportAnswer>) -> Vec<Found> {
        super::users(listed, broken, report, now()).found
    }

    fn code<T>(attr: &Attr<T>) -> Option<GapCode> {
        match &attr.state {
            State::Unknown(gap) => Some(gap.code),
            State::Known(_) | State::Absent => None,
        }
    }

    #[test]
    fn a_user_of_both_has_what_both_tell() {
        let found = users(vec![listed("a", 5)], None, Some(&report(&[("a", 5)])));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].user.mfa_active.state, State::Known(true));
        assert_eq!(found[0].user.password.state, State::Absent);
        assert_eq!(found[0].user.groups, ["g"]);
        assert!(found[0].unlisted.is_none());
    }

    #[test]
    fn a_user_that_the_report_does_not_have_yet_is_unknown_and_not_without_mfa() {
        let found = users(vec![listed("a", 5), listed("new", 9)], None, Some(&report(&[("a", 5)])));
        assert_eq!(code(&found[1].user.mfa_active), Some(GapCode::NotReady));
        assert_eq!(code(&found[1].user.password), Some(GapCode::NotReady));
        assert_eq!(code(&found[1].user.access_keys), Some(GapCode::NotReady));
    }

    #[test]
    fn where_a_row_could_be_anyones_a_user_without_one_is_not_told_to_be_new() {
        let mut answer = report(&[("a", 5)]);
        answer.result.as_mut().expect("a report").0.unattributed = 1;
        let found = users(vec![listed("a", 5), listed("b", 9)], None, Some(&answer));
        assert_eq!(found[0].user.mfa_active.state, State::Known(true));
        for attr in [code(&found[1].user.mfa_active), code(&found[1].user.password), code(&found[1].user.access_keys)] {
            assert_eq!(attr, Some(GapCode::MalformedResponse));
        }
    }

    #[test]
    fn a_user_made_anew_does_not_inherit_the_row_of_its_namesake() {
        let found = users(vec![listed("a", 6)], None, Some(&report(&[("a", 5)])));
        assert_eq!(found.len(), 1);
        assert_eq!(code(&found[0].user.mfa_active), Some(GapCode::NotReady));
    }

    #[test]
    fn a_user_of_the_report_alone_was_deleted_since_and_is_gone() {
        let reconciled = super::users(vec![listed("a", 5)], None, Some(&report(&[("a", 5), ("gone", 5)])), now());
        assert_eq!(reconciled.found.len(), 1);
        assert_eq!(reconciled.gone, ["gone"]);
    }

    #[test]
    fn a_user_of_the_report_alone_that_was_made_as_the_scan_ran_stays_with_everything_unknown() {
        let reconciled = super::users(vec![], None, Some(&report(&[("new", 2_000_000)])), now());
        assert!(reconciled.gone.is_empty());
        assert_eq!(code(&reconciled.found[0].user.mfa_active), Some(GapCode::ServiceError));
        assert!(reconciled.found[0].unlisted.is_some());
    }

    #[test]
    fn where_the_listing_broke_the_report_still_tells_of_the_rest() {
        let denied = GET_ACCOUNT_AUTHORIZATION_DETAILS.gap(GapCode::AccessDenied, "");
        let found = users(vec![], Some(&denied), Some(&report(&[("a", 5)])));
        assert_eq!(found[0].user.mfa_active.state, State::Known(true));
        assert_eq!(found[0].unlisted.as_ref().map(|gap| gap.code), Some(GapCode::AccessDenied));
    }

    #[test]
    fn without_a_report_its_reason_stands_and_without_asking_nothing_was_collected() {
        let gap = GET_CREDENTIAL_REPORT.gap(GapCode::AccessDenied, "");
        let denied = ReportAnswer { result: Err(gap), captures: vec![4] };
        let found = users(vec![listed("a", 5)], None, Some(&denied));
        assert_eq!(code(&found[0].user.mfa_active), Some(GapCode::AccessDenied));
        let found = users(vec![listed("a", 5)], None, None);
        assert_eq!(code(&found[0].user.mfa_active), Some(GapCode::NotCollected));
    }
}
