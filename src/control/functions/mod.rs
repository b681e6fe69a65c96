//! The functions that control expressions may call beyond those of CEL.
//!
//! They are three-valued. A function answers whenever the known part of its arguments already
//! decides the answer; otherwise it fails with [`Fault::Unknown`] and the gap that stood in the
//! way. A function that returns a list returns what is certain: where at least one entry is
//! certain, the list holds the certain ones; where none is and some are open, it is unknown. An
//! empty list therefore always means that there is none.

pub mod globs;
pub mod net;
pub mod policy;
pub mod text;
pub mod trail;
pub mod truth;

use std::sync::Arc;

use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// Why a function gave no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The answer hangs on something that could not be read.
    Unknown(Arc<Gap>),
    /// The arguments are not of the kind that the function takes. The text is a message for the
    /// author of the control.
    Invalid(String),
}

/// A function of the control language.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name, with its namespace: `policy.allows_public`. A name may appear more than once, with
    /// different numbers of parameters.
    pub name: &'static str,
    /// The names of its parameters, in order.
    pub params: &'static [&'static str],
    /// The type of its answer: `bool`, `string` or `list`.
    pub returns: &'static str,
    /// What it answers, for the reference page.
    pub doc: &'static str,
    /// The function. It is called with as many arguments as it has parameters.
    pub call: fn(&[Tree]) -> Result<Tree, Fault>,
}

/// Functions that say something else of the same answers since a revision of the collectors
/// (`collect::REVISION`): a scan that an earlier one made, performed again, is not comparable where
/// a rule asks them.
pub const CHANGED: &[(&str, u32)] = &[
    ("policy.allows_admin", 3),
    ("policy.allows_passrole_wildcard", 3),
    ("policy.allows_public", 3),
    ("policy.escalations", 3),
    ("policy.public_statements", 3),
    ("policy.service_wildcards", 3),
    ("policy.trusts_public", 3),
];

/// Every function, by namespace.
pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "policy.allows_public",
        params: &["policy"],
        returns: "bool",
        doc: "Whether the policy lets everyone in: an Allow for a wildcard principal, or for everyone but some, with \
              no condition that narrows the callers to a known set and no Deny that takes it back.",
        call: policy::allows_public,
    },
    Function {
        name: "policy.public_statements",
        params: &["policy"],
        returns: "list",
        doc: "The statements that let everyone in, each by its Sid, or by its place counted from 0 (`#0`).",
        call: policy::public_statements,
    },
    Function {
        name: "policy.denies_insecure_transport",
        params: &["policy"],
        returns: "bool",
        doc: "Whether a bucket policy refuses every request made without TLS: a Deny for everyone, on every S3 action, \
              on the bucket and on its objects, under no other condition than aws:SecureTransport false. A bound on \
              s3:TlsVersion alone does not count.",
        call: policy::denies_insecure_transport,
    },
    Function {
        name: "policy.denies_insecure_transport",
        params: &["policy", "bucket"],
        returns: "bool",
        doc: "The same, for the bucket of that name: statements on other buckets do not count.",
        call: policy::denies_insecure_transport,
    },
    Function {
        name: "policy.allows_admin",
        params: &["policy"],
        returns: "bool",
        doc: "Whether the policy allows every action on every resource, or all but a little that leaves the giving of \
              permissions in, without a condition and without a Deny that leaves only what it names.",
        call: policy::allows_admin,
    },
    Function {
        name: "policy.service_wildcards",
        params: &["policy"],
        returns: "list",
        doc: "The action patterns that allow a whole service (`s3:*`, `*`, or an Allow with NotAction, shown as \
              `all but …`) on every resource. A condition does not excuse one.",
        call: policy::service_wildcards,
    },
    Function {
        name: "policy.allows_passrole_wildcard",
        params: &["policy"],
        returns: "bool",
        doc: "Whether iam:PassRole is allowed on every role, however the action is written. Every role of one account \
              counts, for a role can only be passed in its own account; iam:PassedToService does not excuse it.",
        call: policy::allows_passrole_wildcard,
    },
    Function {
        name: "policy.escalations",
        params: &["policy"],
        returns: "list",
        doc: "The published ways to raise one's own privileges that the statements together allow on broad resources, \
              less what they deny, each as its actions: `iam:PassRole + ec2:RunInstances`.",
        call: policy::escalations,
    },
    Function {
        name: "policy.trusts_public",
        params: &["trust"],
        returns: "bool",
        doc: "Whether a role's trust policy lets everyone in: a wildcard principal without a narrowing condition, or an \
              identity provider that many share (GitHub, GitLab.com, Terraform Cloud, Cognito, Google, …) without a \
              condition on the claim that names the tenant, or any SAML assertion. An external id does not narrow: it \
              is no secret.",
        call: policy::trusts_public,
    },
    Function {
        name: "policy.external_trusts_without_id",
        params: &["trust", "account", "trusted_accounts"],
        returns: "list",
        doc: "The accounts, other than `account` and the trusted ones, that may assume the role with neither an \
              external id nor MFA nor membership of an organisation; `*` for everyone.",
        call: policy::external_trusts_without_id,
    },
    Function {
        name: "policy.requires_mfa",
        params: &["policies"],
        returns: "bool",
        doc: "Whether the policies together give nothing without MFA: one denies all but MFA self-service when it is \
              absent (which takes BoolIfExists: Bool alone lets access keys through), or every Allow asks for it.",
        call: policy::requires_mfa,
    },
    Function {
        name: "policy.account_of",
        params: &["arn"],
        returns: "string",
        doc: "The account in an ARN, or the account id itself; empty where there is none.",
        call: policy::account_of,
    },
    Function {
        name: "net.exposes",
        params: &["rules", "port"],
        returns: "bool",
        doc: "Whether the ingress rules of a security group let the whole IPv4 or IPv6 internet reach the TCP port, \
              all rules and prefix lists taken together.",
        call: net::exposes,
    },
    Function {
        name: "net.exposed_ports",
        params: &["rules", "ports"],
        returns: "list",
        doc: "Those of the TCP ports that the whole internet can reach.",
        call: net::exposed_ports,
    },
    Function {
        name: "net.exposes_all_ports",
        params: &["rules"],
        returns: "bool",
        doc: "Whether every TCP port or every UDP port from 1 up is open to the whole internet.",
        call: net::exposes_all_ports,
    },
    Function {
        name: "net.nacl_exposes",
        params: &["entries", "port"],
        returns: "bool",
        doc: "Whether, in rule order, a network ACL lets an allow from the whole internet reach the TCP port. An \
              earlier deny saves it only where it covers all that the allow gives.",
        call: net::nacl_exposes,
    },
    Function {
        name: "net.covers_internet",
        params: &["ranges"],
        returns: "bool",
        doc: "Whether the address ranges, taken together, are every public IPv4 address or every public IPv6 address.",
        call: net::covers_internet,
    },
    Function {
        name: "trail.watches",
        params: &["patterns", "topic"],
        returns: "bool",
        doc: "Whether a CloudWatch Logs filter pattern, or a list of them together, matches every CloudTrail event of \
              the topic, without matching routine events as well.",
        call: trail::watches,
    },
    Function {
        name: "trail.raises_alarm",
        params: &["filter"],
        returns: "bool",
        doc: "Whether a match of the metric filter, as it is joined into a trail, can set off an alarm that acts: its \
              actions are carried out and there is one, the value that the filter counts reaches the threshold, the \
              alarm is not off while nothing matches, and it does not take more than an hour of matches. How many \
              matches a sum takes is not judged.",
        call: trail::raises_alarm,
    },
    Function {
        name: "text.lower",
        params: &["text"],
        returns: "string",
        doc: "The text in lower case.",
        call: text::lower,
    },
    Function {
        name: "text.matches_glob",
        params: &["text", "pattern"],
        returns: "bool",
        doc: "Whether the pattern, in which `*` is any run of characters and `?` any one, takes the whole text.",
        call: text::matches_glob,
    },
];

/// The argument at `index`, or the gap where it could not be read.
fn argument(arguments: &[Tree], index: usize) -> Result<&Tree, Fault> {
    match arguments.get(index) {
        Some(Tree::Unknown(gap)) => Err(Fault::Unknown(Arc::clone(gap))),
        Some(tree) => Ok(tree),
        None => Err(Fault::Invalid(format!("argument {} is missing", index + 1))),
    }
}

/// The text argument at `index`.
fn text_argument(arguments: &[Tree], index: usize) -> Result<&str, Fault> {
    let tree = argument(arguments, index)?;
    tree.as_str().ok_or_else(|| Fault::Invalid(format!("argument {} is not text", index + 1)))
}

/// The list argument at `index`.
fn list_argument(arguments: &[Tree], index: usize) -> Result<&[Tree], Fault> {
    match argument(arguments, index)? {
        Tree::List(items) => Ok(items),
        _ => Err(Fault::Invalid(format!("argument {} is not a list", index + 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gap::GapCode;

    #[test]
    fn every_function_is_named_once_per_arity_and_documented() {
        let mut seen = std::collections::BTreeSet::new();
        for function in FUNCTIONS {
            assert!(seen.insert((function.name, function.params.len())), "{} twice", function.name);
            assert!(function.name.contains('.') && function.doc.ends_with('.'), "{}", function.name);
            assert!(["bool", "string", "list"].contains(&function.returns), "{}", function.name);
        }
        assert_eq!(FUNCTIONS.len(), 21);
    }

    #[test]
    fn no_function_answers_when_all_that_it_is_given_is_unknown_or_nonsense() {
        let gap = Arc::new(Gap::new(GapCode::AccessDenied, ""));
        for function in FUNCTIONS {
            let unknown = vec![Tree::Unknown(Arc::clone(&gap)); function.params.len()];
            assert_eq!((function.call)(&unknown), Err(Fault::Unknown(Arc::clone(&gap))), "{}", function.name);
            let nonsense = vec![Tree::Bool(true); function.params.len()];
            assert!(matches!((function.call)(&nonsense), Err(Fault::Invalid(_))), "{}", function.name);
            assert!(matches!((function.call)(&[]), Err(Fault::Invalid(_))), "{}", function.name);
        }
    }
}
