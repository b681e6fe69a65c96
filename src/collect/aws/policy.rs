//! Policy documents as AWS answers them: read strictly, and a gap where they cannot be.

use serde_json::Value;

use crate::collect::exchange::operation::Operation;
use crate::collect::inventory::known;
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::iam_policy::PolicyDocument;

/// A policy document that an operation gave, as an attribute.
pub(crate) fn document(operation: &Operation, text: Option<&str>) -> State<Value> {
    match parsed(operation, text) {
        State::Known(document) => known(document),
        State::Absent => State::Absent,
        State::Unknown(gap) => State::Unknown(gap),
    }
}

/// The typed form of a document that an operation gave. One that is missing or cannot be read is
/// unknown: taking it for "no policy" could turn a grant into silence.
pub(crate) fn parsed(operation: &Operation, text: Option<&str>) -> State<PolicyDocument> {
    let Some(text) = text else {
        return State::Unknown(operation.gap(GapCode::MalformedResponse, "the answer has no policy"));
    };
    match PolicyDocument::parse(text) {
        Ok(document) => State::Known(document),
        Err(error) => State::Unknown(operation.gap(GapCode::MalformedResponse, format!("could not {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::exchange::operation::{Api, Rate};

    static SAMPLE: Operation = Api::new("s3", Rate::per_second("s3", 1.0)).operation("GetBucketPolicy").no_secrets();

    #[test]
    fn what_cannot_be_read_is_a_gap_and_never_no_policy() {
        for text in [None, Some(""), Some("{"), Some(r#"{"Statement":7}"#)] {
            let State::Unknown(gap) = parsed(&SAMPLE, text) else { panic!("{text:?} is unknown") };
            assert_eq!(gap.code, GapCode::MalformedResponse);
            assert_eq!(gap.operation.as_deref(), Some("s3:GetBucketPolicy"));
        }
        let State::Known(read) = parsed(
            &SAMPLE,
            Some(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
            ),
        ) else {
            panic!("a policy is known")
        };
        assert_eq!(read.statements.len(), 1);
    }
}
