//! A gap: something that could not be read, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::partial_text::PartialText;

/// Longest detail kept, in bytes; AWS error messages are shorter, hostile ones need not be.
const DETAIL_LIMIT: usize = 600;

/// Why something could not be read or decided. The spelling in JSON is the `snake_case` name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapCode {
    /// The identity may not make this call (`AccessDenied`, `UnauthorizedOperation`, an SCP, …).
    AccessDenied,
    /// AWS kept refusing for rate reasons until the attempts ran out.
    Throttled,
    /// No answer within the attempt or operation time limit.
    Timeout,
    /// The connection could not be made, or broke before an answer.
    ConnectionFailed,
    /// AWS answered with a server-side error (5xx).
    ServerError,
    /// An answer came that the SDK could not parse, or that broke off.
    MalformedResponse,
    /// Credentials expired, are missing or are not valid.
    CredentialsRejected,
    /// The region is not enabled for the account.
    RegionDisabled,
    /// The region or account is outside the scope of this scan.
    OutsideScope,
    /// The service is not offered, or the operation not supported, there.
    Unsupported,
    /// AWS had not finished producing the answer within the deadline (credential report).
    NotReady,
    /// Another AWS error code that the operation's error table does not name.
    ServiceError,
    /// The answer was read but removed before storage, for it can carry secrets.
    Redacted,
    /// No selected control asked for this attribute, so it was not collected.
    NotCollected,
    /// The value is only known after `terraform apply`.
    KnownAfterApply,
    /// A variable without a value, or an expression that cannot be computed.
    Unresolved,
    /// The value is marked sensitive and is not shown or judged.
    Sensitive,
    /// The listing that makes the population broke off or was refused.
    PopulationIncomplete,
    /// The control reads an attribute that AWS did not return for this item.
    AttributeAbsent,
    /// The control's expression failed for a reason of its own.
    ExpressionError,
    /// The control's expression ran longer than allowed.
    FuelExhausted,
    /// A tape has no answer recorded for this call.
    NotRecorded,
}

impl GapCode {
    /// Every code, in declaration order.
    pub const ALL: [Self; 22] = [
        Self::AccessDenied,
        Self::Throttled,
        Self::Timeout,
        Self::ConnectionFailed,
        Self::ServerError,
        Self::MalformedResponse,
        Self::CredentialsRejected,
        Self::RegionDisabled,
        Self::OutsideScope,
        Self::Unsupported,
        Self::NotReady,
        Self::ServiceError,
        Self::Redacted,
        Self::NotCollected,
        Self::KnownAfterApply,
        Self::Unresolved,
        Self::Sensitive,
        Self::PopulationIncomplete,
        Self::AttributeAbsent,
        Self::ExpressionError,
        Self::FuelExhausted,
        Self::NotRecorded,
    ];

    /// The code as spelled in JSON and in control cases.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::ConnectionFailed => "connection_failed",
            Self::ServerError => "server_error",
            Self::MalformedResponse => "malformed_response",
            Self::CredentialsRejected => "credentials_rejected",
            Self::RegionDisabled => "region_disabled",
            Self::OutsideScope => "outside_scope",
            Self::Unsupported => "unsupported",
            Self::NotReady => "not_ready",
            Self::ServiceError => "service_error",
            Self::Redacted => "redacted",
            Self::NotCollected => "not_collected",
            Self::KnownAfterApply => "known_after_apply",
            Self::Unresolved => "unresolved",
            Self::Sensitive => "sensitive",
            Self::PopulationIncomplete => "population_incomplete",
            Self::AttributeAbsent => "attribute_absent",
            Self::ExpressionError => "expression_error",
            Self::FuelExhausted => "fuel_exhausted",
            Self::NotRecorded => "not_recorded",
        }
    }

    /// What the code means, as a sentence fragment for a reader ("could not be read: …").
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::AccessDenied => "access was denied",
            Self::Throttled => "AWS throttled the call until the attempts ran out",
            Self::Timeout => "no answer came in time",
            Self::ConnectionFailed => "the connection failed",
            Self::ServerError => "AWS answered with a server error",
            Self::MalformedResponse => "the answer could not be parsed",
            Self::CredentialsRejected => "the credentials were rejected",
            Self::RegionDisabled => "the region is not enabled",
            Self::OutsideScope => "it lies outside the scope of the scan",
            Self::Unsupported => "the operation is not supported there",
            Self::NotReady => "AWS had not finished preparing the answer",
            Self::ServiceError => "AWS answered with an error",
            Self::Redacted => "the answer was redacted before storage",
            Self::NotCollected => "it was not collected",
            Self::KnownAfterApply => "the value is known only after apply",
            Self::Unresolved => "the value could not be resolved",
            Self::Sensitive => "the value is sensitive",
            Self::PopulationIncomplete => "the population is not complete",
            Self::AttributeAbsent => "the attribute is not set",
            Self::ExpressionError => "the control's expression failed",
            Self::FuelExhausted => "the control's expression ran too long",
            Self::NotRecorded => "the tape holds no answer for this call",
        }
    }

    /// The code spelled `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// The regions that a gap of a whole account comes from, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GapRegions(Vec<String>);

/// Something that could not be read, and why. It is the reason of every `not_evaluated` verdict.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The kind of obstacle.
    pub code: GapCode,
    /// The AWS operation, as `service:Operation` (`s3:GetBucketPolicy`), where one was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The IAM action that would allow it (`s3:GetBucketPolicy`), where the operation needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The error code as AWS spelled it (`AccessDeniedException`), where AWS answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The regions that did not tell, where something of the whole account hangs on them; sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>")]
    pub regions: Option<Box<GapRegions>>,
    /// What was said, in words; bounded and free of secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// In code: the text as far as it is known, each unknown part of it as `${…}`
    /// (`arn:aws:s3:::${var.name}/*`). Other resources of the code stand in it by their addresses, which
    /// hold no wildcards: `arn:aws:iam::code:role/aws_iam_role.app` is a role of which no more than the
    /// name is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub text: Option<Box<PartialText>>,
}

impl Gap {
    /// A gap with a code and words, tied to no AWS call.
    #[must_use]
    pub fn new(code: GapCode, detail: impl Into<String>) -> Self {
        let mut detail: String = detail.into();
        if detail.len() > DETAIL_LIMIT {
            let mut end = DETAIL_LIMIT;
            while !detail.is_char_boundary(end) {
                end -= 1;
            }
            detail.truncate(end);
            detail.push('…');
        }
        Self { code, operation: None, action: None, error: None, regions: None, detail, text: None }
    }

    /// The same gap, naming the AWS operation and the IAM action behind it.
    #[must_use]
    pub fn at(mut self, operation: impl Into<String>, action: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self.action = Some(action.into());
        self
    }

    /// The same gap, with the text as far as it is known.
    #[must_use]
    pub fn text(mut self, text: impl Into<PartialText>) -> Self {
        self.text = Some(Box::new(text.into()));
        self
    }

    /// The same gap, of something of the whole account that hangs on these regions.
    #[must_use]
    pub fn in_regions<'a>(mut self, regions: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<String> = regions.into_iter().map(ToOwned::to_owned).collect();
        names.sort();
        names.dedup();
        self.regions = (!names.is_empty()).then(|| Box::new(GapRegions(names)));
        self
    }

    /// The regions that something of the whole account hangs on, where it does; sorted.
    #[must_use]
    pub fn regions(&self) -> &[String] {
        self.regions.as_ref().map(|regions| regions.0.as_slice()).unwrap_or_default()
    }

    /// The kind of policy that refused a call, where AWS said so ("Troubleshoot access denied error messages"
    /// in the IAM User Guide): of these, a service control policy and a resource control policy lie with the
    /// organisation, and no permission of the identity helps.
    #[must_use]
    pub fn refusing_policy(&self) -> Option<&'static str> {
        const KINDS: [&str; 6] = [
            "service control policy",
            "resource control policy",
            "permissions boundary",
            "session policy",
            "VPC endpoint policy",
            "resource-based policy",
        ];
        if self.code != GapCode::AccessDenied {
            return None;
        }
        KINDS.into_iter().find(|kind| self.detail.contains(kind))
    }

    /// The same gap, with the error code as AWS spelled it.
    #[must_use]
    pub fn error(mut self, error: Option<&str>) -> Self {
        self.error = error.map(ToOwned::to_owned);
        self
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(self.code.meaning())?;
        if let Some(error) = &self.error {
            write!(f, " ({error})")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelled_as_serde_spells_it() {
        for code in GapCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("a plain enum"), code.as_str());
            assert_eq!(GapCode::parse(code.as_str()), Some(code));
        }
    }

    #[test]
    fn a_denial_names_the_kind_of_policy_that_aws_named() {
        let denied = |detail: &str| Gap::new(GapCode::AccessDenied, detail).refusing_policy();
        let named = "is not authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy";
        assert_eq!(denied(named), Some("service control policy"));
        assert_eq!(
            denied("because no permissions boundary allows the s3:GetObject action"),
            Some("permissions boundary")
        );
        assert_eq!(denied("is not authorized to perform: ec2:DescribeVpcs"), None);
        assert_eq!(Gap::new(GapCode::ServiceError, named).refusing_policy(), None);
    }

    #[test]
    fn a_long_detail_is_cut_at_a_character() {
        let gap = Gap::new(GapCode::ServiceError, "é".repeat(1000));
        assert!(gap.detail.len() <= DETAIL_LIMIT + '…'.len_utf8());
        assert!(gap.detail.ends_with('…'));
    }
}
