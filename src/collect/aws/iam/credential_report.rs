//! The credential report of IAM: CSV with one row per user, the root user's first.
//!
//! The format is described in the IAM User Guide, "Generate credential reports for your AWS
//! account". Columns are found by their names, for AWS adds some now and then. A row that cannot be
//! read leaves its own user unknown, and nobody else.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use csv::StringRecord;

use super::report_row::{ROOT, holders, is_arn_of};
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::account::RootUser;
use crate::model::resource::iam::{AccessKey, Password};

/// The cells that say that there is no time: nothing to have one, never used, or not used since
/// AWS keeps track.
const NO_TIME: [&str; 2] = ["N/A", "no_information"];

/// The cell that says that the column does not apply: the root user's password in some partitions.
const NOT_SUPPORTED: &str = "not_supported";

/// The columns that AWS fills with `true` or `false`.
const TRUTHS: [&str; 4] = ["password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active"];

/// The columns that AWS fills with times.
const TIMES: [&str; 7] = [
    "user_creation_time",
    "password_last_used",
    "password_last_changed",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
];

/// Why a report could not be read. The message fits after "could not".
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// It is not CSV.
    #[error("read the credential report as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A column that is needed is not there.
    #[error("read the credential report: it has no column `{0}`")]
    Column(&'static str),
}

/// A report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The root user, where there is a row of it; unknown where that cannot be read.
    pub(crate) root: Option<State<RootUser>>,
    /// The users' rows by ARN.
    pub(crate) users: BTreeMap<String, Row>,
    /// How many rows there are of which it cannot be told whose they are.
    pub(crate) unattributed: usize,
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

impl Row {
    /// The row of a user, of which nothing else could be read.
    fn unreadable(name: String, gap: &Gap, captures: &[CaptureId]) -> Self {
        Self {
            name,
            created: None,
            password: unknown(gap, captures),
            mfa_active: unknown(gap, captures),
            access_keys: unknown(gap, captures),
        }
    }
}

/// An attribute that these captures leave unknown.
pub(super) fn unknown<T>(gap: &Gap, captures: &[CaptureId]) -> Attr<T> {
    Attr::unknown(gap.clone()).from_captures(captures)
}

impl Report {
    /// Reads a report.
    pub(crate) fn parse(bytes: &[u8], captures: &[CaptureId]) -> Result<Self, ReportError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let columns = Columns::of(&StringRecord::from_byte_record_lossy(reader.byte_headers()?.clone()))?;
        let mut report = Self::default();
        for record in reader.byte_records() {
            // A byte that is no text makes its own cell unreadable.
            let record = StringRecord::from_byte_record_lossy(record?);
            let cells: Vec<&str> = record.iter().collect();
            match columns.fitted(&cells, captures) {
                Some(row) => report.add(&Cells { columns: &columns, row: &row, captures }),
                None => report.add_unreadable(&columns, &cells, captures),
            }
        }
        Ok(report)
    }

    fn add(&mut self, cells: &Cells<'_>) {
        if cells.text("user") == ROOT {
            self.put_root(State::Known(cells.root_user()));
        } else {
            self.put(cells.text("arn").to_owned(), cells.user(), cells.captures);
        }
    }

    /// A row with too many cells, or too few, or with an ARN that is not of its name.
    fn add_unreadable(&mut self, columns: &Columns, cells: &[&str], captures: &[CaptureId]) {
        let why = "the cells of the user's row in the credential report do not fit its columns";
        if columns.is_of_root(cells) {
            return self.put_root(State::Unknown(malformed(why)));
        }
        let mut holders = if columns.begin_with_user_and_arn() { holders(cells) } else { Vec::new() };
        match (holders.pop(), holders.is_empty()) {
            (Some(holder), true) => {
                self.put(holder.arn, Row::unreadable(holder.name, &malformed(why), captures), captures);
            }
            _ => self.unattributed += 1,
        }
    }

    fn put_root(&mut self, root: State<RootUser>) {
        let twice = self.root.is_some();
        let two = || State::Unknown(malformed("the credential report has two rows of the root user"));
        self.root = Some(if twice { two() } else { root });
    }

    /// Of two rows of one user neither counts: they may say different things.
    fn put(&mut self, arn: String, row: Row, captures: &[CaptureId]) {
        match self.users.entry(arn) {
            Entry::Vacant(entry) => {
                entry.insert(row);
            }
            Entry::Occupied(mut entry) => {
                let gap = malformed("the credential report has two rows of the user");
                entry.insert(Row::unreadable(row.name, &gap, captures));
            }
        }
    }
}

/// The columns of a report that has all those that are read.
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, ReportError> {
        let names: Vec<String> = header.iter().map(str::to_owned).collect();
        let places: HashMap<String, usize> = names.iter().cloned().zip(0..).collect();
        let mut needed = ["user", "arn"].into_iter().chain(TRUTHS).chain(TIMES);
        match needed.find(|column| !places.contains_key(*column)) {
            Some(missing) => Err(ReportError::Column(missing)),
            None => Ok(Self { names, places }),
        }
    }

    /// The cell in a column of a row.
    fn cell<'a, T: AsRef<str>>(&self, column: &str, row: &'a [T]) -> &'a str {
        self.places.get(column).and_then(|place| row.get(*place)).map_or("", AsRef::as_ref)
    }

    fn is_of_root(&self, cells: &[&str]) -> bool {
        self.cell("user", cells) == ROOT
    }

    fn begin_with_user_and_arn(&self) -> bool {
        self.names.starts_with(&["user".to_owned(), "arn".to_owned()])
    }

    /// One cell for every column, where there is one way to have it so.
    fn fitted(&self, cells: &[&str], captures: &[CaptureId]) -> Option<Vec<String>> {
        if cells.len() == self.names.len() {
            let fits = is_arn_of(self.cell("arn", cells), self.cell("user", cells));
            return fits.then(|| cells.iter().map(|cell| (*cell).to_owned()).collect());
        }
        if !self.begin_with_user_and_arn() {
            return None;
        }
        let rows = holders(cells).into_iter().filter_map(|holder| holder.row(&self.names, cells));
        let mut rows = rows.filter(|row| Cells { columns: self, row, captures }.have_the_forms_of_their_columns());
        let row = rows.next()?;
        rows.next().is_none().then_some(row)
    }
}

/// The cells of one row.
struct Cells<'a> {
    columns: &'a Columns,
    row: &'a [String],
    captures: &'a [CaptureId],
}

impl Cells<'_> {
    fn text(&self, column: &str) -> &str {
        self.columns.cell(column, self.row)
    }

    fn attr<T>(&self, state: State<T>) -> Attr<T> {
        Attr { state, captures: self.captures.to_vec() }
    }

    fn truth(&self, column: &str) -> Attr<bool> {
        self.attr(truth(column, self.text(column)))
    }

    fn time(&self, column: &str) -> Attr<String> {
        self.attr(time(column, self.text(column)))
    }

    /// When the user was made.
    fn created(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(self.text("user_creation_time")).ok().map(|time| time.to_utc())
    }

    /// Whether no cell that is read can be a part of a name or of a path.
    fn have_the_forms_of_their_columns(&self) -> bool {
        let fits = |column: &str, unknown: bool| !unknown || self.text(column) == NOT_SUPPORTED;
        let truths = |column: &&str| fits(column, matches!(self.truth(column).state, State::Unknown(_)));
        let times = |column: &&str| fits(column, matches!(self.time(column).state, State::Unknown(_)));
        self.created().is_some() && TRUTHS.iter().all(truths) && TIMES.iter().all(times)
    }

    fn root_user(&self) -> RootUser {
        RootUser {
            password_enabled: self.text("password_enabled").to_ascii_lowercase(),
            password_last_used: self.time("password_last_used"),
            mfa_active: self.truth("mfa_active"),
            access_keys: self.access_keys(),
        }
    }

    fn user(&self) -> Row {
        Row {
            name: self.text("user").to_owned(),
            created: self.created(),
            password: self.password(),
            mfa_active: self.truth("mfa_active"),
            access_keys: self.access_keys(),
        }
    }

    fn password(&self) -> Attr<Password> {
        let password =
            Password { last_used: self.time("password_last_used"), last_changed: self.time("password_last_changed") };
        let enabled = self.truth("password_enabled");
        enabled.and_then(|enabled| if enabled { State::Known(password) } else { State::Absent })
    }

    /// A slot holds a key where the key is active, or where it was ever made: keys that were
    /// deactivated keep the time at which they were made, deleted ones do not.
    fn access_keys(&self) -> Attr<Vec<AccessKey>> {
        const SLOTS: [[&str; 3]; 2] = [
            ["access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date"],
            ["access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date"],
        ];
        let keys = SLOTS.map(|[active, last_rotated, last_used_date]| AccessKey {
            active: self.truth(active),
            last_rotated: self.time(last_rotated),
            last_used_date: self.time(last_used_date),
        });
        let is_empty =
            |key: &AccessKey| key.active.state == State::Known(false) && key.last_rotated.state == State::Absent;
        self.attr(State::Known(keys.into_iter().filter(|key| !is_empty(key)).collect()))
    }
}

/// What a cell says that AWS spells `true` or `false`.
fn truth(column: &str, cell: &str) -> State<bool> {
    if cell.eq_ignore_ascii_case("true") {
        State::Known(true)
    } else if cell.eq_ignore_ascii_case("false") {
        State::Known(false)
    } else {
        unreadable(column, cell)
    }
}

/// What a cell says that holds a time, or says that there is none.
fn time(column: &str, cell: &str) -> State<String> {
    match DateTime::parse_from_rfc3339(cell) {
        Ok(time) => State::Known(time.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)),
        Err(_) if NO_TIME.contains(&cell) => State::Absent,
        Err(_) => unreadable(column, cell),
    }
}

fn unreadable<T>(column: &str, cell: &str) -> State<T> {
    State::Unknown(if cell == NOT_SUPPORTED {
        let why = format!("the credential report does not support {column} there");
        gap(GapCode::Unsupported, why)
    } else {
        malformed(format!("the credential report has {cell:?} as {column}"))
    })
}

fn malformed(why: impl Into<String>) -> Gap {
    gap(GapCode::MalformedResponse, why)
}

fn gap(code: GapCode, why: impl Into<String>) -> Gap {
    Gap::new(code, why).at("iam:GetCredentialReport", "iam:GetCredentialReport")
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
    const ARN_OF_ANNA: &str = "arn:aws:iam::123456789012:user/anna";

    fn report_under(header: &str, rows: &[&str]) -> Result<Report, ReportError> {
        Report::parse(format!("{header}\n{}", rows.join("\n")).as_bytes(), &[9])
    }

    fn report(rows: &[&str]) -> Report {
        report_under(HEADER, rows).expect("a report")
    }

    /// The row of Anna as that of another user, whose name and path may hold commas.
    fn row_of(path: &str, name: &str) -> String {
        ANNA.replacen("anna,", &format!("{name},"), 1).replacen("user/anna,", &format!("user{path}{name},"), 1)
    }

    fn malformed_in<T: std::fmt::Debug>(attr: &Attr<T>) -> &str {
        let State::Unknown(gap) = &attr.state else { panic!("{attr:?}") };
        assert_eq!(gap.code, GapCode::MalformedResponse);
        assert_eq!(gap.operation.as_deref(), Some("iam:GetCredentialReport"));
        &gap.detail
    }

    /// Anna's row as told, and that everything in the row of the other user is unknown.
    fn only_the_other_is_unknown(report: &Report, other: &str) {
        assert_eq!(report.users[ARN_OF_ANNA].mfa_active.state, State::Known(false));
        let other = &report.users[other];
        assert!(malformed_in(&other.mfa_active).contains("do not fit"));
        assert_eq!(malformed_in(&other.password), malformed_in(&other.mfa_active));
        assert_eq!(malformed_in(&other.access_keys), malformed_in(&other.mfa_active));
        assert_eq!(other.mfa_active.captures, [9]);
        assert_eq!(report.unattributed, 0);
    }

    #[test]
    fn the_root_row_is_never_a_user() {
        let report = report(&[ROOT_ROW, ANNA]);
        assert_eq!(report.users.len(), 1);
        let Some(State::Known(root)) = report.root else { panic!("a root row") };
        assert_eq!(root.password_enabled, "not_supported");
        assert_eq!(root.password_last_used.state, State::Known("2026-05-01T10:00:00Z".to_owned()));
        assert_eq!(root.mfa_active.state, State::Known(true));
        assert_eq!(root.access_keys.value().map(Vec::len), Some(0));
    }

    #[test]
    fn never_used_is_absent_and_a_deactivated_key_is_still_a_key() {
        let report = report(&[ANNA]);
        let anna = &report.users[ARN_OF_ANNA];
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
        let report = report(&[&ANNA.replace("+00:00,true,no_information", "+00:00,FALSE,N/A")]);
        assert_eq!(report.users[ARN_OF_ANNA].password.state, State::Absent);
    }

    #[test]
    fn a_cell_that_is_neither_is_unknown_and_not_false() {
        let report = report(&[&ANNA.replace(",N/A,false,true,", ",N/A,perhaps,not_supported,")]);
        let anna = &report.users[ARN_OF_ANNA];
        assert!(malformed_in(&anna.mfa_active).contains("perhaps"));
        let State::Unknown(gap) = &anna.access_keys.value().expect("keys")[0].active.state else { panic!("known") };
        assert_eq!(gap.code, GapCode::Unsupported);
    }

    #[test]
    fn quoted_cells_and_new_columns_do_not_shift_others() {
        let text = format!("{HEADER},additional_credentials_info\n{ANNA},\"two, or\nmore\"\n");
        let report = Report::parse(text.as_bytes(), &[]).expect("a report");
        assert_eq!(report.users[ARN_OF_ANNA].mfa_active.state, State::Known(false));
    }

    #[test]
    fn a_report_that_is_cut_or_foreign_is_an_error_and_not_a_short_report() {
        for (header, missing) in [
            (HEADER.replace("mfa_active", "mfa"), "mfa_active"),
            (HEADER[..60].to_owned(), "mfa_active"),
            (HEADER.replace(",arn,", ",id,"), "arn"),
            (String::new(), "user"),
            ("<html><body>no</body></html>".to_owned(), "user"),
        ] {
            for rows in [vec![ANNA], vec![]] {
                let error = report_under(&header, &rows).expect_err("no such column");
                assert!(matches!(error, ReportError::Column(column) if column == missing), "{error}");
            }
        }
        let report = report(&[ANNA, "bert,arn:aws:iam::123456789012:user/bert,2024"]);
        only_the_other_is_unknown(&report, "arn:aws:iam::123456789012:user/bert");
    }

    #[test]
    fn commas_in_a_name_or_a_path_are_no_commas_between_cells() {
        for (path, name) in
            [("/", "smith,j"), ("/", ",,"), ("/a,b/", "bert"), ("/a,b/c/", "smith,j,jr"), ("/anna,/", "anna")]
        {
            let report = report(&[ROOT_ROW, ANNA, &row_of(path, name)]);
            let user = &report.users[&format!("arn:aws:iam::123456789012:user{path}{name}")];
            assert_eq!(user.name, name);
            assert_eq!(user.mfa_active.state, State::Known(false), "{path}{name}");
            assert_eq!(user.access_keys.value().map(Vec::len), Some(2));
            assert_eq!((report.users.len(), report.unattributed), (2, 0));
        }
    }

    #[test]
    fn a_row_with_too_few_or_too_many_cells_leaves_its_own_user_unknown() {
        let bert = row_of("/", "bert");
        let smith = row_of("/", "smith,j");
        let without_last = |row: &str| row.rsplit_once(',').expect("cells").0.to_owned();
        for (row, user) in [
            (without_last(&bert), "bert"),
            (format!("{bert},more"), "bert"),
            (format!("{bert},"), "bert"),
            (bert.replace(",true,", ",true,true,"), "bert"),
            ("bert,arn:aws:iam::123456789012:user/bert".to_owned(), "bert"),
            (without_last(&smith), "smith,j"),
            (format!("{smith},N/A"), "smith,j"),
        ] {
            let report = report(&[&row, ROOT_ROW, ANNA]);
            only_the_other_is_unknown(&report, &format!("arn:aws:iam::123456789012:user/{user}"));
            assert!(matches!(report.root, Some(State::Known(_))), "{row}");
        }
    }

    #[test]
    fn a_row_of_nobody_is_counted_and_costs_nobody_who_has_a_row() {
        for row in [
            "bert",
            "bert,arn:aws:iam::123456789012:user/anna,2024",
            &row_of("/", "bert").replacen("user/bert", "user/bart", 1),
            "smith,j,arn:aws:iam::123456789012:user/smith",
        ] {
            let report = report(&[ANNA, row]);
            assert_eq!(report.users.keys().collect::<Vec<_>>(), [ARN_OF_ANNA], "{row}");
            assert_eq!(report.users[ARN_OF_ANNA].mfa_active.state, State::Known(false));
            assert_eq!(report.unattributed, 1);
        }
    }

    #[test]
    fn a_root_row_that_does_not_fit_is_unknown_and_not_missing() {
        let cut = ROOT_ROW.rsplit_once(',').expect("cells").0;
        for rows in [vec![cut, ANNA], vec!["<root_account>", ANNA], vec![ROOT_ROW, ANNA, ROOT_ROW]] {
            let report = report(&rows);
            let Some(State::Unknown(gap)) = report.root else { panic!("{:?}", report.root) };
            assert_eq!(gap.code, GapCode::MalformedResponse);
            assert_eq!(report.users.len(), 1);
            assert_eq!(report.unattributed, 0);
        }
    }

    #[test]
    fn two_rows_of_one_user_are_none() {
        let denies = ANNA.replace(",N/A,false,true,", ",N/A,true,true,");
        for rows in [vec![ANNA, &denies], vec![ANNA, ANNA, &denies]] {
            let bert = row_of("/", "bert");
            let report = report(&[rows, vec![bert.as_str()]].concat());
            assert!(malformed_in(&report.users[ARN_OF_ANNA].mfa_active).contains("two rows"));
            assert_eq!(report.users["arn:aws:iam::123456789012:user/bert"].mfa_active.state, State::Known(false));
        }
    }

    #[test]
    fn a_path_cannot_pass_for_the_rest_of_a_row() {
        // The first cells after the forged ARN say that MFA is active; the last ones, which are true, do not.
        let forged = row_of("/", "anna").replace(",N/A,false,true,", ",N/A,true,true,");
        let forged = forged.split_once("user/anna,").expect("an ARN").1;
        let path = format!("/anna,{forged},x/");
        let header = format!("{HEADER},additional_credentials_info");
        let row = format!("{},N/A", row_of(&path, "anna"));
        let report = report_under(&header, &[&row]).expect("a report");
        assert_eq!(report.unattributed, 1);
        assert!(report.users.is_empty(), "{:?}", report.users);
    }

    #[test]
    fn the_free_text_at_the_end_may_hold_commas() {
        let header = format!("{HEADER},additional_credentials_info");
        let row = format!("{},2 more keys, use iam:ListAccessKeys, or look", row_of("/", "smith,j"));
        let report = report_under(&header, &[&row]).expect("a report");
        let smith = &report.users["arn:aws:iam::123456789012:user/smith,j"];
        assert_eq!(smith.mfa_active.state, State::Known(false));
        let unknown = report_under(&format!("{HEADER},another"), &[&row]).expect("a report");
        assert!(
            malformed_in(&unknown.users["arn:aws:iam::123456789012:user/smith,j"].mfa_active).contains("do not fit")
        );
    }

    #[test]
    fn a_byte_that_is_no_text_costs_its_cell_alone() {
        let (before, after) = ANNA.split_once("false").expect("an MFA cell");
        let text = [format!("{HEADER}\n{before}").as_bytes(), b"fals\xff", after.as_bytes()].concat();
        let report = Report::parse(&text, &[9]).expect("a report");
        let anna = &report.users[ARN_OF_ANNA];
        assert!(matches!(anna.mfa_active.state, State::Unknown(_)));
        assert!(anna.password.value().is_some());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cells in "[a-zN/A:,\"\n+0-9-]{0,200}") {
            for text in [bytes, format!("{HEADER}\n{cells}").into_bytes(), format!("{HEADER}\n{ANNA}{cells}").into_bytes()] {
                let lines = text.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count();
                if let Ok(report) = Report::parse(&text, &[]) {
                    prop_assert!(report.users.len() <= lines, "no more users than lines below the header");
                }
            }
        }

        #[test]
        fn what_a_row_says_is_read_back(
            name in "[a-zA-Z0-9+=,.@_-]{1,20}",
            path in "/([!#-~]{1,12}/){0,2}",
            mfa in any::<bool>(),
            seconds in 0_i64..4_000_000_000,
        ) {
            let time = DateTime::from_timestamp(seconds, 0).expect("in range").to_rfc3339();
            let arn = format!("arn:aws:iam::123456789012:user{path}{name}");
            let mut cells = vec![name.clone(), arn.clone(), time.clone(), "true".into(), time.clone(), time.clone()];
            cells.extend(["N/A".to_owned(), mfa.to_string()]);
            cells.extend(["false", "N/A", "N/A", "N/A", "N/A"].repeat(2).into_iter().map(str::to_owned));
            cells.extend(["false", "N/A"].repeat(2).into_iter().map(str::to_owned));
            let report = report(&[&cells.join(","), ROOT_ROW]);
            let row = &report.users[&arn];
            prop_assert_eq!(&row.name, &name);
            prop_assert_eq!(row.created.map(|time| time.timestamp()), Some(seconds));
            prop_assert_eq!(&row.mfa_active.state, &State::Known(mfa));
        }

        #[test]
        fn a_row_that_lost_cells_is_never_known(name in "[a-zA-Z0-9,]{1,8}", keep in 0_usize..21, extra in 1_usize..4) {
            let row = row_of("/", &name);
            let cells: Vec<&str> = row.split(',').collect();
            let short = cells[..keep.max(1)].join(",");
            let long = format!("{row}{}", ",N/A".repeat(extra));
            for row in [short, long] {
                let report = report(&[&row, ROOT_ROW]);
                prop_assert!(matches!(report.root, Some(State::Known(_))));
                for row in report.users.values() {
                    prop_assert!(matches!(row.mfa_active.state, State::Unknown(_)));
                    prop_assert!(matches!(row.password.state, State::Unknown(_)));
                }
            }
        }
    }
}
