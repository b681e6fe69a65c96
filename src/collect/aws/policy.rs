//! Policy documents as AWS answers them: read strictly, and a gap where they cannot be.

use crate::collect::operation::Operation;
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::iam_policy::PolicyDocument;

/// The typed form of a document that an operation gave. One that is missing or cannot be read is
/// unknown: taking it for "no policy" could turn a grant into silence.
pub(crate) fn document(operation: &Operation, text: Option<&str>) -> State<PolicyDocument> {
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

    static SAMPLE: Operation = Operation::new("s3", "GetBucketPolicy", "s3:GetBucketPolicy");

    #[test]
    fn what_cannot_be_read_is_a_gap_and_never_no_policy() {
        for text in [None, Some(""), Some("{"), Some(r#"{"Statement":7}"#)] {
            let State::Unknown(gap) = document(&SAMPLE, text) else { panic!("{text:?} is unknown") };
            assert_eq!(gap.code, GapCode::MalformedResponse);
            assert_eq!(gap.operation.as_deref(), Some("s3:GetBucketPolicy"));
        }
        let State::Known(read) = document(
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
