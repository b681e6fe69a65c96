//! Having the credential report made, waiting for it, and fetching it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::credential_report::Report;
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{NoValue, Operation};
use crate::collect::site::Site;
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::account::RootUser;

pub(super) static GENERATE_CREDENTIAL_REPORT: Operation =
    super::API.operation("GenerateCredentialReport").no_secrets().must(&["State"]);
pub(super) static GET_CREDENTIAL_REPORT: Operation =
    super::API.operation("GetCredentialReport").no_secrets().must(&["Content"]);

/// The codes by which `GetCredentialReport` says that there is no report to be had yet, from its
/// page in the IAM API Reference. They are no answer on anyone's credentials.
const NOT_READY: [&str; 3] = ["ReportInProgress", "ReportNotPresent", "ReportExpired"];

/// Seconds to wait before asking again, two minutes in all. A fixed list rather than a clock, so
/// that playing a tape asks as often as the recording did.
const WAITS: [u64; 17] = [1, 1, 2, 2, 4, 5, 5, 5, 5, 10, 10, 10, 10, 10, 10, 15, 15];

/// The report, or why there is none.
#[derive(Debug)]
pub(super) struct ReportAnswer {
    /// The report, and when AWS made it.
    pub(super) result: Result<(Report, Option<String>), Gap>,
    /// Captures of the calls, sorted.
    pub(super) captures: Vec<CaptureId>,
}

impl ReportAnswer {
    /// The root user, as the report has it.
    pub(super) fn root(&self) -> Attr<RootUser> {
        let state = match &self.result {
            Ok((report, _)) => report.root.clone().unwrap_or_else(|| State::Unknown(no_root())),
            Err(gap) => State::Unknown(gap.clone()),
        };
        Attr { state, captures: self.captures.clone() }
    }

    /// When the report was made.
    pub(super) fn time(&self) -> Attr<String> {
        let state = match &self.result {
            Ok((_, Some(time))) => State::Known(time.clone()),
            Ok((_, None)) => State::Unknown(
                GET_CREDENTIAL_REPORT.gap(GapCode::MalformedResponse, "the report came without its time"),
            ),
            Err(gap) => State::Unknown(gap.clone()),
        };
        Attr { state, captures: self.captures.clone() }
    }
}

fn no_root() -> Gap {
    GET_CREDENTIAL_REPORT.gap(GapCode::MalformedResponse, "the credential report has no row of the root user")
}

/// Has the report made, waits for it, and fetches it.
///
/// An identity that may not have a report made may still fetch one: AWS hands out none that is
/// older than four hours, so what comes is as fresh as any.
pub(super) async fn credential_report(site: Site<'_>) -> ReportAnswer {
    let mut captures = Vec::new();
    let mut not_ready = None;
    for wait in std::iter::once(0).chain(WAITS) {
        if wait > 0 && !site.session.replays() {
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
        let made = site.ask(&GENERATE_CREDENTIAL_REPORT, Value::Null).await;
        captures.extend(made.captures);
        let refused = match made.result {
            Ok(document) if document.root().str_of("State") == Some("COMPLETE") => None,
            Ok(_) => continue,
            Err(NoValue::Gap(gap)) => Some(gap),
            Err(NoValue::Absent | NoValue::Gone) => Some(GENERATE_CREDENTIAL_REPORT.gap(GapCode::ServiceError, "")),
        };
        let got = site.ask(&GET_CREDENTIAL_REPORT, Value::Null).await;
        captures.extend(&got.captures);
        let gap = match got.result {
            Ok(document) => return answer(read(document.root(), &got.captures), captures),
            Err(NoValue::Gap(gap)) => gap,
            Err(NoValue::Absent | NoValue::Gone) => GET_CREDENTIAL_REPORT.gap(GapCode::ServiceError, ""),
        };
        if !gap.error.as_deref().is_some_and(|code| NOT_READY.contains(&code)) {
            return answer(Err(gap), captures);
        }
        if let Some(refused) = refused {
            return answer(Err(refused), captures);
        }
        not_ready = Some(Gap { code: GapCode::NotReady, ..gap });
    }
    let waited: u64 = WAITS.iter().sum();
    let why = format!("AWS was still making the credential report after {waited} seconds");
    answer(Err(not_ready.unwrap_or_else(|| GENERATE_CREDENTIAL_REPORT.gap(GapCode::NotReady, why))), captures)
}

/// The report that an answer carries, and when AWS made it.
fn read(answer: Node<'_>, captures: &[CaptureId]) -> Result<(Report, Option<String>), Gap> {
    let malformed = |why: String| GET_CREDENTIAL_REPORT.gap(GapCode::MalformedResponse, why);
    let content = BASE64.decode(answer.str_of("Content").unwrap_or_default());
    let content = content.map_err(|error| malformed(format!("could not read the credential report: {error}")))?;
    let report = Report::parse(&content, captures).map_err(|error| malformed(format!("could not {error}")))?;
    Ok((report, answer.text("GeneratedTime")))
}

fn answer(result: Result<(Report, Option<String>), Gap>, mut captures: Vec<CaptureId>) -> ReportAnswer {
    captures.sort_unstable();
    captures.dedup();
    ReportAnswer { result, captures }
}
