//! An AWS operation, the IAM action it needs, and its error table: which codes mean that there is
//! none, which that the item went away, which a gap.

use crate::model::gap::{Gap, GapCode};

/// How often a quota of AWS may be used. Services and operations that share a quota share a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Name of the bucket: the service, where it has its quota for itself.
    pub bucket: &'static str,
    /// Calls under way at once.
    pub concurrency: usize,
    /// Calls started per second.
    pub per_second: f64,
}

impl Rate {
    /// So many calls started per second, in a bucket of this name.
    #[must_use]
    pub const fn per_second(bucket: &'static str, per_second: f64) -> Self {
        Self {
            bucket,
            concurrency: if per_second > 100.0 {
                64
            } else if per_second > 10.0 {
                10
            } else {
                5
            },
            per_second,
        }
    }
}

/// The API of a service, of which operations are made.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// IAM prefix of the service, `kms`; also the name of its model.
    pub service: &'static str,
    /// How often it may be asked.
    pub rate: Rate,
}

impl Api {
    /// A service and its rate.
    #[must_use]
    pub const fn new(service: &'static str, rate: Rate) -> Self {
        Self { service, rate }
    }

    /// An operation whose every error is a gap, and whose IAM action is named as it is. It is one
    /// once it is said whether its answers can hold secrets.
    pub const fn operation(self, name: &'static str) -> Unvetted {
        let Self { service, rate } = self;
        Unvetted(Operation {
            service,
            name,
            rate,
            action: None,
            absent: &[],
            gone: &[],
            unsupported: &[],
            must: &[],
            may_be_empty: false,
            secrets: &[],
        })
    }
}

/// An operation of which it is not yet said whether its answers can hold secrets. Only that makes it
/// an [`Operation`], so an empty list is there on purpose.
#[derive(Debug)]
#[must_use = "say whether its answers can hold secrets"]
pub struct Unvetted(Operation);

impl Unvetted {
    /// The operation, whose answers hold no secrets: someone looked at what its members are for.
    #[must_use]
    pub const fn no_secrets(self) -> Operation {
        self.0
    }

    /// The operation, with the members of its answer that are withheld: by the names of the model,
    /// with dots between, every element of a list and every value of a map on the way. All below
    /// the last member is withheld; the keys of maps stay.
    ///
    /// # Panics
    ///
    /// When the list is empty: [`Unvetted::no_secrets`] says that.
    #[must_use]
    pub const fn secrets(mut self, members: &'static [&'static str]) -> Operation {
        assert!(!members.is_empty(), "an operation without secrets says so");
        self.0.secrets = members;
        self.0
    }
}

/// One AWS operation as a collector uses it. The table says what each error code means; a code
/// that no table names is a gap.
#[derive(Debug, PartialEq)]
pub struct Operation {
    /// IAM prefix of the service, `s3`; also the name of its model.
    pub service: &'static str,
    /// Operation name, `GetBucketPolicy`.
    pub name: &'static str,
    /// How often it may be called.
    pub rate: Rate,
    /// The IAM action it needs, where that is not named as the operation.
    action: Option<&'static str>,
    /// Error codes by which AWS says that there is none.
    pub absent: &'static [&'static str],
    /// Error codes by which AWS says that the item itself is gone.
    pub gone: &'static [&'static str],
    /// Error codes that mean the operation cannot be had there (region, partition, account type).
    pub unsupported: &'static [&'static str],
    /// Members that every answer has that is no error, from the service's API Reference. An answer
    /// without one (an empty body, the object of some proxy) is not taken for an empty list or `false`.
    pub must: &'static [&'static str],
    /// AWS may answer with nothing: it is then known that nothing is set.
    pub may_be_empty: bool,
    /// Members of its answers that are withheld before anything else sees them.
    pub secrets: &'static [&'static str],
}

impl Operation {
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

    /// The same, with the members that every answer has that is no error.
    #[must_use]
    pub const fn must(mut self, members: &'static [&'static str]) -> Self {
        self.must = members;
        self
    }

    /// The same, with no member that every answer has: AWS says nothing where nothing is set.
    #[must_use]
    pub const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    /// The same, with the codes that mean it cannot be had there.
    #[must_use]
    pub const fn unsupported(mut self, codes: &'static [&'static str]) -> Self {
        self.unsupported = codes;
        self
    }

    /// The same, with an IAM action that is not named as the operation.
    #[must_use]
    pub const fn action_named(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// The same, with a quota of its own.
    #[must_use]
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// The IAM action it needs, `s3:GetBucketPolicy`.
    #[must_use]
    pub fn action(&self) -> String {
        self.action.map_or_else(|| self.label(), str::to_owned)
    }

    /// `service:Operation`, as gaps and populations name it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// A gap of this operation.
    #[must_use]
    pub fn gap(&self, code: GapCode, detail: impl Into<String>) -> Gap {
        Gap::new(code, detail).at(self.label(), self.action())
    }

    /// What an error answer of AWS means here.
    #[must_use]
    pub fn classify_error(&self, code: Option<&str>, status: Option<u16>, message: &str) -> NoValue {
        if let Some(code) = code {
            if self.absent.contains(&code) {
                return NoValue::Absent;
            }
            if self.gone.contains(&code) {
                return NoValue::Gone;
            }
            if self.unsupported.contains(&code) {
                return NoValue::Gap(self.gap(GapCode::Unsupported, message).error(Some(code)));
            }
        }
        NoValue::Gap(self.gap(classify(code, status), message).error(code))
    }
}

/// Why a call gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoValue {
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
    "NoValueingAuthenticationToken",
    "NoValueingAuthenticationTokenException",
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

    const SAMPLE: Operation = Api::new("s3", Rate::per_second("s3", 1.0))
        .operation("GetBucketPolicy")
        .no_secrets()
        .absent(&["NoSuchBucketPolicy"])
        .gone(&["NoSuchBucket"]);

    #[test]
    fn absent_gone_and_every_kind_of_gap_are_told_apart() {
        assert_eq!(SAMPLE.classify_error(Some("NoSuchBucketPolicy"), Some(404), ""), NoValue::Absent);
        assert_eq!(SAMPLE.classify_error(Some("NoSuchBucket"), Some(404), ""), NoValue::Gone);
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
            let NoValue::Gap(gap) = SAMPLE.classify_error(code, status, "said") else { panic!("{code:?} is a gap") };
            assert_eq!(gap.code, expected, "{code:?} {status:?}");
            assert_eq!(gap.operation.as_deref(), Some("s3:GetBucketPolicy"));
            assert_eq!(gap.error.as_deref(), code);
        }
    }
}
