//! Trust policies that let in everybody whom an identity provider knows.
//!
//! A provider of one organisation tells its tenant by its address. A shared one has the same address
//! for all its customers and tells the tenant by a claim, so that a role has to ask for that claim
//! (IAM user guide, "Identity-provider controls for shared OIDC providers"). The providers that IAM
//! knows without an ARN (Cognito, Google, Facebook, Amazon) tell the application by a claim (IAM user
//! guide, "Available keys for AWS OIDC federation"); a SAML assertion tells for whom it was made by
//! `SAML:aud` ("Available keys for SAML-based AWS STS federation").

use std::sync::Arc;

use super::super::truth::Truth;
use super::super::{Fault, argument};
use super::condition::{Condition, Operator, demanded_keys, narrows, negated};
use super::public;
use super::view::{PART, Statement, statements};
use crate::model::gap::Gap;
use crate::model::partial_text::TextPart;
use crate::model::tree::Tree;

/// How a claim names the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its first part does: `repo:acme/app:*`, `organization:acme:project:*`.
    Subject,
    /// The claim as a whole is an id or a name.
    Whole,
    /// The part before the first `/` does: `acme/app`.
    Owner,
}

/// A provider whose address all its customers share.
struct Shared {
    /// The address without `https://`, as it stands in ARNs and in condition keys.
    address: &'static str,
    /// The claims that name a tenant.
    claims: &'static [(&'static str, Form)],
}

const SUBJECT: &[(&str, Form)] = &[("sub", Form::Subject)];
const AUDIENCE: &[(&str, Form)] = &[("aud", Form::Whole), ("sub", Form::Whole)];

/// Those of the IAM user guide, "Identity-provider controls for shared OIDC providers", and those that
/// IAM knows without an ARN.
static SHARED: &[Shared] = &[
    Shared {
        address: "token.actions.githubusercontent.com",
        // Claims beside `sub` are those that AWS takes for GitHub since January 2026.
        claims: &[
            ("sub", Form::Subject),
            ("repository", Form::Owner),
            ("repository_id", Form::Whole),
            ("repository_owner", Form::Whole),
            ("repository_owner_id", Form::Whole),
            ("job_workflow_ref", Form::Owner),
            ("enterprise", Form::Whole),
            ("enterprise_id", Form::Whole),
        ],
    },
    Shared { address: "vstoken.actions.githubusercontent.com", claims: SUBJECT },
    Shared { address: "oidc-configuration.audit-log.githubusercontent.com", claims: &[("sub", Form::Whole)] },
    Shared { address: "gitlab.com", claims: SUBJECT },
    Shared { address: "app.terraform.io", claims: SUBJECT },
    Shared { address: "agent.buildkite.com", claims: SUBJECT },
    Shared { address: "oidc.codefresh.io", claims: SUBJECT },
    Shared { address: "studio.datachain.ai/api", claims: SUBJECT },
    Shared { address: "proidc.upbound.io", claims: SUBJECT },
    Shared { address: "tokens.cloud.shisho.dev", claims: SUBJECT },
    Shared { address: "api.pulumi.com/oidc", claims: AUDIENCE },
    Shared { address: "sandboxes.cloud", claims: AUDIENCE },
    Shared { address: "scalr.io", claims: AUDIENCE },
    Shared { address: "oidc.vercel.com", claims: AUDIENCE },
    Shared { address: "cognito-identity.amazonaws.com", claims: AUDIENCE },
    Shared { address: "cognito-identity-us-gov.amazonaws.com", claims: AUDIENCE },
    Shared { address: "cognito-identity.cn-north-1.amazonaws.com.cn", claims: AUDIENCE },
    Shared {
        address: "accounts.google.com",
        claims: &[
            ("aud", Form::Whole),
            ("oaud", Form::Whole),
            ("azp", Form::Whole),
            ("sub", Form::Whole),
            ("email", Form::Whole),
        ],
    },
    Shared { address: "graph.facebook.com", claims: &[("app_id", Form::Whole), ("id", Form::Whole)] },
    Shared { address: "www.amazon.com", claims: &[("app_id", Form::Whole), ("user_id", Form::Whole)] },
];

/// What a subject of these providers can begin with, so that its first part names a tenant. Other parts
/// are names that everybody can give: an environment is `prod` anywhere.
const TENANTS: [&str; 13] = [
    "repo",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "enterprise",
    "enterprise_id",
    "organization",
    "project_path",
    "project_id",
    "namespace_id",
    "account",
];

impl Form {
    /// Whether every value that the pattern takes is of one tenant.
    fn is_fixed(self, value: &str, literal: bool) -> bool {
        if value.contains("${") {
            return false;
        }
        let end = if literal { None } else { value.find(['*', '?']) };
        let known = &value[..end.unwrap_or(value.len())];
        let named = |text: &str, delimiters: &[char]| match text.find(delimiters) {
            Some(at) => at > 0,
            None => end.is_none() && !text.is_empty(),
        };
        match self {
            Self::Whole => end.is_none() && !value.is_empty(),
            Self::Owner => named(known, &['/']),
            Self::Subject => match known.split_once(':') {
                Some((kind, tenant)) if TENANTS.contains(&kind) => named(tenant, &['/', ':']),
                // Upbound, Codefresh and others have words of their own.
                Some((kind, _)) => kind != "environment" && kind != "ref" && end.is_none(),
                None => end.is_none() && !value.is_empty(),
            },
        }
    }
}

/// A provider, as a trust policy names it.
enum Provider {
    Shared(&'static Shared),
    Saml,
    /// One that tells its tenant by its address.
    Private,
}

impl Provider {
    fn of(principal: &str) -> Self {
        let address = match principal.split_once(":oidc-provider/") {
            Some((_, address)) => address,
            None if principal.contains(":saml-provider/") => return Self::Saml,
            None => principal,
        };
        let address = address.strip_prefix("https://").unwrap_or(address).trim_end_matches('/');
        match SHARED.iter().find(|shared| shared.address.eq_ignore_ascii_case(address)) {
            Some(shared) => Self::Shared(shared),
            None => Self::Private,
        }
    }

    /// Whether the condition, with this base operator, leaves one tenant of the provider.
    fn names_tenant(&self, condition: &Condition, base: &str) -> Truth {
        let literal = match base {
            "stringequals" | "stringequalsignorecase" => true,
            "stringlike" => false,
            _ => return Truth::No,
        };
        let some = Truth::from(!condition.values.is_absent());
        let key = match &condition.key {
            Ok(key) => key,
            // Of a key that is not known, the values may say enough.
            Err(gap) => return Truth::Open(gap.clone()),
        };
        match self {
            Self::Private => Truth::Yes,
            Self::Saml => {
                let is_any = |value: &str| !literal && value.chars().all(|c| matches!(c, '*' | '?'));
                if key.starts_with("saml:") {
                    some.and(condition.values.all(|value| (!is_any(value)).into()))
                } else {
                    Truth::No
                }
            }
            Self::Shared(shared) => {
                let Some(claim) = key.strip_prefix(shared.address).and_then(|rest| rest.strip_prefix(':')) else {
                    return Truth::No;
                };
                let Some((_, form)) = shared.claims.iter().find(|(name, _)| *name == claim) else { return Truth::No };
                let fixed = |value: &str| Truth::from(form.is_fixed(value, literal));
                // Whatever a value turns out to be, to a literal operator it is one value.
                some.and(if literal { condition.values.all_known(fixed) } else { condition.values.all(fixed) })
            }
        }
    }

    /// Whether everybody whom the provider knows gets in by the Allow.
    fn is_open(&self, statements: &[Statement], allow: &Statement, principal: &str) -> Truth {
        if matches!(self, Self::Private) {
            return Truth::No;
        }
        let demanded = demanded_keys(allow);
        let asked = allow.any_condition(|condition| {
            by_operator(
                condition,
                |operator| {
                    let demands = operator.demands_key()
                        || condition.key.as_ref().is_ok_and(|key| demanded.contains(key.as_str()));
                    demands.then_some(operator.base.as_str())
                },
                |base| self.names_tenant(condition, base),
            )
        });
        let refused = Truth::any(statements.iter().map(|deny| {
            let who = match &deny.principal {
                Some(who) => who.everyone().or(who.federated.any(|other| (other == principal).into())),
                None => Truth::No,
            };
            let answer = deny.allow.clone().negate().and(who).and(allow.actions.within(&deny.actions));
            if answer == Truth::No {
                return answer;
            }
            answer.and(deny.every_condition(|condition| {
                by_operator(
                    condition,
                    |operator| {
                        if operator.is_for_any_value() { None } else { negated(&operator.base) }
                    },
                    |base| self.names_tenant(condition, base),
                )
            }))
        }));
        asked.or(narrows(allow)).or(refused).negate()
    }
}

fn by_operator<'c>(
    condition: &'c Condition,
    base: impl FnOnce(&'c Operator) -> Option<&'c str>,
    test: impl FnOnce(&str) -> Truth,
) -> Truth {
    match &condition.operator {
        Ok(operator) => base(operator).map_or(Truth::No, test),
        Err(gap) => Truth::Open(gap.clone()),
    }
}

/// The calls by which a federated caller takes a role.
const CALLS: [&str; 2] = ["sts:assumerolewithwebidentity", "sts:assumerolewithsaml"];

/// Whether the statement lets in all whom a provider knows that is not told. Its conditions tell which
/// one it is: a key of another provider is in no request, so that a condition on it never holds.
fn of_unknown(statements: &[Statement], allow: &Statement, gap: &Arc<Gap>) -> Truth {
    let told = allow.conditions.iter().filter_map(|condition| condition.key.as_ref().ok()).find_map(|key| {
        let (address, _) = key.rsplit_once(':')?;
        match address {
            "saml" => Some(Provider::Saml),
            _ if address.contains('.') => Some(Provider::of(address)),
            _ => None,
        }
    });
    if let Some(provider) = told {
        return provider.is_open(statements, allow, "");
    }
    // The key of a subject, at an address that is not known: of a cluster, or with one tenant whatever
    // provider it is.
    let one_subject =
        allow.conditions.iter().any(|condition| {
            let is_subject =
                condition.key.as_ref().err().and_then(|gap| gap.text.as_ref()).is_some_and(
                    |text| matches!(text.parts().last(), Some(TextPart::Known(end)) if end.ends_with(":sub")),
                );
            let literal = match &condition.operator {
                Ok(operator) if operator.demands_key() && operator.base == "stringequals" => true,
                Ok(operator) if operator.demands_key() && operator.base == "stringlike" => false,
                _ => return false,
            };
            let is_fixed = |value: &str| {
                Truth::from(value.starts_with("system:serviceaccount:") || Form::Subject.is_fixed(value, literal))
            };
            is_subject && !condition.values.is_absent() && condition.values.all(is_fixed) == Truth::Yes
        });
    if one_subject { Truth::No } else { Truth::Open(Arc::clone(gap)).and(narrows(allow).negate()) }
}

/// Whether the statement lets in everybody whom one of its providers knows.
fn lets_in_all(statements: &[Statement], allow: &Statement) -> Truth {
    let answer = allow.allow.clone().and(Truth::any(CALLS.iter().map(|call| allow.actions.touches(call))));
    let Some(who) = allow.principal.as_ref().filter(|_| answer != Truth::No) else { return Truth::No };
    let known = who.federated.known.iter().map(|text| Provider::of(text).is_open(statements, allow, text));
    let partial = who.federated.partial.iter().map(|partial| {
        let text = &partial.narrow;
        let is_told = [":oidc-provider/", ":saml-provider/"].iter().any(|kind| {
            text.split_once(kind).is_some_and(|(_, address)| *kind == ":saml-provider/" || !address.contains(PART))
        });
        if is_told {
            Provider::of(text).is_open(statements, allow, text)
        } else {
            of_unknown(statements, allow, &partial.gap)
        }
    });
    let rest = who.federated.gap.iter().map(|gap| of_unknown(statements, allow, gap));
    answer.and(Truth::any(known.chain(partial).chain(rest)))
}

/// `policy.trusts_public(trust)`.
pub(in crate::control::functions) fn trusts_public(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let everyone = Truth::any((0..statements.len()).map(|index| public::is_public(&statements, index)));
    everyone.or(Truth::any(statements.iter().map(|allow| lets_in_all(&statements, allow)))).answer()
}
