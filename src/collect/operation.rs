//! An AWS operation, the IAM action it needs, and its error table: which codes mean that there is
//! none, which that the item went away, which a gap.

use crate::model::gap::{Gap, GapCode};

/// One AWS operation as a collector uses it. The table says what each error code means; a code
/// that no table names is a gap.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// IAM prefix of the service, `s3`.
    pub service: &'static str,
    /// Operation name, `GetBucketPolicy`.
    pub name: &'static str,
    /// The IAM action it needs, `s3:GetBucketPolicy`; not always named as the operation.
    pub action: &'static str,
    /// Error codes by which AWS says that there is none.
    pub absent: &'static [&'static str],
    /// Error codes by which AWS says that the item itself is gone.
    pub gone: &'static [&'static str],
    /// Error codes that mean the operation cannot be had there (region, partition, account type).
    pub unsupported: &'static [&'static str],
    /// A member that every answer in JSON has that is no error. The SDK takes an answer without it
    /// (an empty body, the object of some proxy) for an empty list or `false`.
    pub answers: Option<&'static str>,
}

impl Operation {
    /// An operation whose every error is a gap.
    #[must_use]
    pub const fn new(service: &'static str, name: &'static str, action: &'static str) -> Self {
        Self { service, name, action, absent: &[], gone: &[], unsupported: &[], answers: None }
    }

    /// The same, with the codes that mean there is none.
    #[must_use]
    pub const fn absent(mut self, codes: &'static [&'static str]) -> Self {
        self.absent = codes;
        self
    }

    /// The same, with the codes that mean the item is gone.
    #[must_use]
    pub const fn gone(mut self, codes: &'static [&'static str]) -> Self {
        self.gone = codes;
        self
    }

    /// The same, with a member that every answer in JSON has that is no error, from the service's API
    /// Reference.
    #[must_use]
    pub const fn answers(mut self, member: &'static str) -> Self {
        self.answers = Some(member);
        self
    }

    /// The same, with the codes that mean it cannot be had there.
    #[must_use]
    pub const fn unsupported(mut self, codes: &'static [&'static str]) -> Self {
        self.unsupported = codes;
        self
    }

    /// `service:Operation`, as gaps and populations name it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// A gap of this operation.
    #[must_use]
    pub fn gap(&self, code: GapCode, detail: impl Into<String>) -> Gap {
        Gap::new(code, detail).at(self.label(), self.action)
    }

    /// What an error answer of AWS means here.
    #[must_use]
    pub fn judge(&self, code: Option<&str>, status: Option<u16>, message: &str) -> Miss {
        if let Some(code) = code {
            if self.absent.contains(&code) {
                return Miss::Absent;
            }
            if self.gone.contains(&code) {
                return Miss::Gone;
            }
            if self.unsupported.contains(&code) {
                return Miss::Gap(self.gap(GapCode::Unsupported, message).error(Some(code)));
            }
        }
        Miss::Gap(self.gap(classify(code, status), message).error(code))
    }
}

/// Why a call gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// AWS says that there is none.
    Absent,
    /// The item went away while we looked.
    Gone,
    /// It could not be read.
    Gap(Gap),
}

/// The codes by which AWS services refuse an identity. From the common errors page of the service
/// references and the EC2 error-code list.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedFault",
    "AuthorizationError",
    "AuthorizationErrorException",
    "AllAccessDisabled",
    "Client.UnauthorizedOperation",
    "InsufficientPrivilegesException",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

/// The codes by which AWS services throttle: the list the SDKs retry on, and the services' own.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// The codes by which AWS rejects credentials as such.
const CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// The codes by which AWS says that a region or service is not switched on for the account.
const NOT_ENABLED: &[&str] =
    &["OptInRequired", "SubscriptionRequiredException", "RegionDisabledException", "InvalidRegion", "NotSignedUp"];

/// The codes by which an endpoint says that it does not know the operation.
const UNSUPPORTED: &[&str] = &[
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "UnknownOperationException",
    "UnsupportedOperation",
    "UnsupportedOperationException",
];

fn classify(code: Option<&str>, status: Option<u16>) -> GapCode {
    let listed = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    match (code, status) {
        _ if listed(DENIED) => GapCode::AccessDenied,
        _ if listed(THROTTLED) => GapCode::Throttled,
        _ if listed(CREDENTIALS) => GapCode::CredentialsRejected,
        _ if listed(NOT_ENABLED) => GapCode::RegionDisabled,
        _ if listed(UNSUPPORTED) => GapCode::Unsupported,
        (_, Some(429)) => GapCode::Throttled,
        (None, Some(401 | 403)) => GapCode::AccessDenied,
        (_, Some(501)) => GapCode::Unsupported,
        (_, Some(500..)) => GapCode::ServerError,
        _ => GapCode::ServiceError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Operation = Operation::new("s3", "GetBucketPolicy", "s3:GetBucketPolicy")
        .absent(&["NoSuchBucketPolicy"])
        .gone(&["NoSuchBucket"]);

    #[test]
    fn absent_gone_and_every_kind_of_gap_are_told_apart() {
        assert_eq!(SAMPLE.judge(Some("NoSuchBucketPolicy"), Some(404), ""), Miss::Absent);
        assert_eq!(SAMPLE.judge(Some("NoSuchBucket"), Some(404), ""), Miss::Gone);
        for (code, status, expected) in [
            (Some("AccessDenied"), Some(403), GapCode::AccessDenied),
            (None, Some(403), GapCode::AccessDenied),
            (Some("SlowDown"), Some(503), GapCode::Throttled),
            (None, Some(429), GapCode::Throttled),
            (Some("InternalError"), Some(500), GapCode::ServerError),
            (Some("ExpiredToken"), Some(400), GapCode::CredentialsRejected),
            (Some("OptInRequired"), Some(401), GapCode::RegionDisabled),
            (Some("NotImplemented"), Some(501), GapCode::Unsupported),
            (Some("NobodyKnows"), Some(400), GapCode::ServiceError),
            (None, None, GapCode::ServiceError),
        ] {
            let Miss::Gap(gap) = SAMPLE.judge(code, status, "said") else { panic!("{code:?} is a gap") };
            assert_eq!(gap.code, expected, "{code:?} {status:?}");
            assert_eq!(gap.operation.as_deref(), Some("s3:GetBucketPolicy"));
            assert_eq!(gap.error.as_deref(), code);
        }
    }
}
