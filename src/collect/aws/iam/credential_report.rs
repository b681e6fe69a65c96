//! The credential report of IAM: CSV with one row per user, the root user's first.
//!
//! The format is described in the IAM User Guide, "Generate credential reports for your AWS
//! account". Columns are found by their names, for AWS adds some now and then.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::account::RootUser;
use crate::model::resource::iam::{AccessKey, Password};

/// The name that the root user's row carries in place of a user's name. No user can have it: `<`
/// is not allowed in names.
const ROOT: &str = "<root_account>";

/// The cells that say that there is no time: nothing to have one, never used, or not used since
/// AWS keeps track.
const NO_TIME: [&str; 2] = ["N/A", "no_information"];

/// Why a report could not be read. The message fits after "could not".
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// It is not CSV, or a row has more or fewer cells than the header.
    #[error("read the credential report as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A column that is needed is not there.
    #[error("read the credential report: it has no column `{0}`")]
    Column(&'static str),
    /// The same user has two rows.
    #[error("read the credential report: two rows have the ARN `{0}`")]
    Twice(String),
}

/// A report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The root user's row, where there is one.
    pub(crate) root: Option<RootUser>,
    /// The users' rows by ARN.
    pub(crate) users: BTreeMap<String, Row>,
}

/// A user's row.
#[derive(Debug)]
pub(crate) struct Row {
    /// Name of the user.
    pub(crate) name: String,
    /// When it was made, where the cell holds a time.
    pub(crate) created: Option<DateTime<Utc>>,
    /// The console password.
    pub(crate) password: Attr<Password>,
    /// Whether an MFA device is active.
    pub(crate) mfa_active: Attr<bool>,
    /// The access keys that exist.
    pub(crate) access_keys: Attr<Vec<AccessKey>>,
}

impl Report {
    /// Reads a report.
    pub(crate) fn parse(bytes: &[u8], captures: &[CaptureId]) -> Result<Self, ReportError> {
        let mut reader = csv::Reader::from_reader(bytes);
        let columns: HashMap<String, usize> =
            reader.headers()?.iter().enumerate().map(|(index, name)| (name.to_owned(), index)).collect();
        let mut report = Self::default();
        for record in reader.records() {
            let cells = Cells { columns: &columns, record: &record?, captures };
            let (name, arn) = (cells.text("user")?, cells.text("arn")?);
            if name == ROOT {
                report.root = Some(RootUser {
                    password_enabled: cells.text("password_enabled")?.to_ascii_lowercase(),
                    password_last_used: cells.time("password_last_used")?,
                    mfa_active: cells.truth("mfa_active")?,
                    access_keys: cells.access_keys()?,
                });
                continue;
            }
            let row = Row {
                name: name.to_owned(),
                created: DateTime::parse_from_rfc3339(cells.text("user_creation_time")?).ok().map(|time| time.to_utc()),
                password: cells.password()?,
                mfa_active: cells.truth("mfa_active")?,
                access_keys: cells.access_keys()?,
            };
            if report.users.insert(arn.to_owned(), row).is_some() {
                return Err(ReportError::Twice(arn.to_owned()));
            }
        }
        Ok(report)
    }
}

/// The cells of one row.
struct Cells<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a csv::StringRecord,
    captures: &'a [CaptureId],
}

impl Cells<'_> {
    fn text(&self, column: &'static str) -> Result<&str, ReportError> {
        let cell = self.columns.get(column).and_then(|index| self.record.get(*index));
        cell.ok_or(ReportError::Column(column))
    }

    fn attr<T>(&self, state: State<T>) -> Attr<T> {
        Attr { state, captures: self.captures.to_vec() }
    }

    /// A cell that AWS spells `true` or `false`.
    fn truth(&self, column: &'static str) -> Result<Attr<bool>, ReportError> {
        let cell = self.text(column)?;
        let state = if cell.eq_ignore_ascii_case("true") {
            State::Known(true)
        } else if cell.eq_ignore_ascii_case("false") {
            State::Known(false)
        } else {
            unreadable(column, cell)
        };
        Ok(self.attr(state))
    }

    /// A cell that holds a time, or says that there is none.
    fn time(&self, column: &'static str) -> Result<Attr<String>, ReportError> {
        let cell = self.text(column)?;
        let state = match DateTime::parse_from_rfc3339(cell) {
            Ok(time) => State::Known(time.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)),
            Err(_) if NO_TIME.contains(&cell) => State::Absent,
            Err(_) => unreadable(column, cell),
        };
        Ok(self.attr(state))
    }

    fn password(&self) -> Result<Attr<Password>, ReportError> {
        let enabled = self.truth("password_enabled")?;
        let password =
            Password { last_used: self.time("password_last_used")?, last_changed: self.time("password_last_changed")? };
        Ok(enabled.and_then(|enabled| if enabled { State::Known(password) } else { State::Absent }))
    }

    /// A slot holds a key where the key is active, or where it was ever made: keys that were
    /// deactivated keep the time at which they were made, deleted ones do not.
    fn access_keys(&self) -> Result<Attr<Vec<AccessKey>>, ReportError> {
        const SLOTS: [[&str; 3]; 2] = [
            ["access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date"],
            ["access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date"],
        ];
        let mut keys = Vec::new();
        for [active, last_rotated, last_used_date] in SLOTS {
            let key = AccessKey {
                active: self.truth(active)?,
                last_rotated: self.time(last_rotated)?,
                last_used_date: self.time(last_used_date)?,
            };
            let is_empty = key.active.state == State::Known(false) && key.last_rotated.state == State::Absent;
            if !is_empty {
                keys.push(key);
            }
        }
        Ok(self.attr(State::Known(keys)))
    }
}

fn unreadable<T>(column: &str, cell: &str) -> State<T> {
    let gap = if cell == "not_supported" {
        Gap::new(GapCode::Unsupported, format!("the credential report does not support {column} there"))
    } else {
        Gap::new(GapCode::MalformedResponse, format!("the credential report has {cell:?} as {column}"))
    };
    State::Unknown(gap.at("iam:GetCredentialReport", "iam:GetCredentialReport"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
    const ROOT_ROW: &str = "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,\
        2026-05-01T10:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,\
        false,N/A";
    const ANNA: &str = "anna,arn:aws:iam::123456789012:user/anna,2024-02-03T04:05:06+00:00,true,no_information,\
        2024-02-03T04:05:06+02:00,N/A,false,true,2025-01-01T00:00:00+00:00,N/A,N/A,N/A,false,2023-01-01T00:00:00+00:00,\
        2023-06-01T00:00:00+00:00,us-east-1,s3,false,N/A,false,N/A";

    fn report(rows: &[&str]) -> Result<Report, ReportError> {
        Report::parse(format!("{HEADER}\n{}", rows.join("\n")).as_bytes(), &[9])
    }

    #[test]
    fn the_root_row_is_never_a_user() {
        let report = report(&[ROOT_ROW, ANNA]).expect("a report");
        assert_eq!(report.users.len(), 1);
        let root = report.root.expect("a root row");
        assert_eq!(root.password_enabled, "not_supported");
        assert_eq!(root.password_last_used.state, State::Known("2026-05-01T10:00:00Z".to_owned()));
        assert_eq!(root.mfa_active.state, State::Known(true));
        assert_eq!(root.access_keys.value().map(Vec::len), Some(0));
    }

    #[test]
    fn never_used_is_absent_and_a_deactivated_key_is_still_a_key() {
        let report = report(&[ANNA]).expect("a report");
        let anna = &report.users["arn:aws:iam::123456789012:user/anna"];
        assert_eq!(anna.name, "anna");
        let password = anna.password.value().expect("a password");
        assert_eq!(password.last_used.state, State::Absent);
        assert_eq!(password.last_used.captures, [9]);
        assert_eq!(password.last_changed.state, State::Known("2024-02-03T02:05:06Z".to_owned()));
        let keys = anna.access_keys.value().expect("keys");
        assert_eq!(keys.len(), 2);
        assert_eq!((&keys[0].active.state, &keys[1].active.state), (&State::Known(true), &State::Known(false)));
        assert_eq!(keys[0].last_used_date.state, State::Absent);
    }

    #[test]
    fn a_user_without_a_password_has_none() {
        let report = report(&[&ANNA.replace("+00:00,true,no_information", "+00:00,FALSE,N/A")]).expect("a report");
        assert_eq!(report.users["arn:aws:iam::123456789012:user/anna"].password.state, State::Absent);
    }

    #[test]
    fn a_cell_that_is_neither_is_unknown_and_not_false() {
        let row = ANNA.replace(",N/A,false,true,", ",N/A,perhaps,not_supported,");
        let report = report(&[&row]).expect("a report");
        let anna = &report.users["arn:aws:iam::123456789012:user/anna"];
        let State::Unknown(gap) = &anna.mfa_active.state else { panic!("{:?}", anna.mfa_active) };
        assert_eq!(gap.code, GapCode::MalformedResponse);
        let State::Unknown(gap) = &anna.access_keys.value().expect("keys")[0].active.state else { panic!("known") };
        assert_eq!(gap.code, GapCode::Unsupported);
    }

    #[test]
    fn quoted_cells_and_new_columns_do_not_shift_others() {
        let text = format!("{HEADER},additional_credentials_info\n{ANNA},\"two, or\nmore\"\n");
        let report = Report::parse(text.as_bytes(), &[]).expect("a report");
        assert_eq!(report.users["arn:aws:iam::123456789012:user/anna"].mfa_active.state, State::Known(false));
    }

    #[test]
    fn a_report_that_is_cut_or_foreign_is_an_error_and_not_a_short_report() {
        assert!(matches!(report(&[ANNA, "bert,arn:aws:iam::123456789012:user/bert,2024"]), Err(ReportError::Csv(_))));
        assert!(matches!(report(&[ANNA, ANNA]), Err(ReportError::Twice(_))));
        let renamed = HEADER.replace("mfa_active", "mfa");
        let error = Report::parse(format!("{renamed}\n{ANNA}").as_bytes(), &[]).expect_err("no such column");
        assert!(matches!(error, ReportError::Column("mfa_active")), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cells in "[a-zN/A:,\"\n+0-9-]{0,200}") {
            for text in [bytes, format!("{HEADER}\n{cells}").into_bytes()] {
                let lines = text.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count();
                if let Ok(report) = Report::parse(&text, &[]) {
                    prop_assert!(report.users.len() <= lines, "no more users than lines below the header");
                }
            }
        }

        #[test]
        fn what_a_row_says_is_read_back(name in "[a-zA-Z0-9+=,.@_-]{1,20}", mfa in any::<bool>(), seconds in 0_i64..4_000_000_000) {
            let time = DateTime::from_timestamp(seconds, 0).expect("in range").to_rfc3339();
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(HEADER.split(',').map(str::trim)).expect("in memory");
            let mut cells = vec![name.clone(), format!("arn:{name}"), time.clone(), "true".into(), time.clone(), time.clone()];
            cells.extend(["N/A".to_owned(), mfa.to_string()]);
            cells.extend(["false", "N/A", "N/A", "N/A", "N/A"].repeat(2).into_iter().map(str::to_owned));
            cells.extend(["false", "N/A"].repeat(2).into_iter().map(str::to_owned));
            writer.write_record(&cells).expect("in memory");
            let report = Report::parse(&writer.into_inner().expect("in memory"), &[]).expect("a report");
            let row = &report.users[&format!("arn:{name}")];
            prop_assert_eq!(&row.name, &name);
            prop_assert_eq!(row.created.map(|time| time.timestamp()), Some(seconds));
            prop_assert_eq!(&row.mfa_active.state, &State::Known(mfa));
        }
    }
}
