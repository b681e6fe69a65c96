//! What an identity policy gives its holder: administration, whole services, roles to pass, and
//! ways to raise one's own privileges.

use super::super::globs;
use super::super::truth::{Truth, answer_list};
use super::super::{Fault, argument};
use super::condition::Condition;
use super::view::{Statement, is_everything, statements};
use crate::model::tree::Tree;

/// Whether a Deny of the document takes the actions away on all resources that the test calls
/// broad, without a condition.
fn denied(statements: &[Statement], actions: &str, broad: impl Fn(&str) -> bool + Copy) -> Truth {
    Truth::any(statements.iter().map(|deny| {
        let answer = deny.denies_all_callers();
        if answer == Truth::No {
            return answer;
        }
        let resources =
            if deny.resources.is_absent() { Truth::Yes } else { deny.resources.these.any(|p| broad(p).into()) };
        answer.and(deny.actions.includes(actions)).and(resources).and(deny.unconditional())
    }))
}

/// Whether the statement grants these actions, wherever and however conditioned. A statement
/// without actions grants none.
fn grants(statement: &Statement, actions: &str) -> Truth {
    if statement.actions.is_absent() {
        return Truth::No;
    }
    statement.allow.clone().and(statement.actions.includes(actions))
}

/// `policy.allows_admin(policy)`.
pub(in crate::control::functions) fn allows_admin(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let granted = Truth::any(statements.iter().map(|statement| {
        let everything = statement.resources.these.any(|pattern| is_everything(pattern).into());
        grants(statement, "*").and(everything).and(statement.unconditional())
    }));
    granted.and(denied(&statements, "*", is_everything).negate()).answer()
}

/// Whether an action pattern takes in a whole service.
fn is_service_wildcard(pattern: &str) -> bool {
    pattern == "*"
        || pattern.split_once(':').is_some_and(|(_, name)| !name.is_empty() && name.bytes().all(|c| c == b'*'))
}

/// `policy.service_wildcards(policy)`.
///
/// The rule knows no excuse by condition: within its conditions, the grant is a whole service.
pub(in crate::control::functions) fn service_wildcards(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let mut entries = Vec::new();
    for statement in statements.iter() {
        let granted = statement.allow.clone().and(statement.resources.broad(is_everything));
        for pattern in statement.actions.these.known.iter().filter(|pattern| is_service_wildcard(pattern)) {
            let denied = denied(&statements, pattern, is_everything);
            entries.push((Tree::Str(pattern.as_str().into()), granted.clone().and(denied.negate())));
        }
        for partial in &statement.actions.these.partial {
            let whole = partial.test(|pattern| is_service_wildcard(pattern).into());
            let denied = denied(&statements, &partial.narrow, is_everything);
            entries.push((Tree::Str(partial.text.as_str().into()), granted.clone().and(whole).and(denied.negate())));
        }
        let all_but = &statement.actions.all_but;
        if !all_but.is_uncertain() {
            let entry = format!("all but {}", all_but.listed().join(", "));
            let denied = denied(&statements, "*", is_everything);
            entries.push((Tree::Str(entry.into()), granted.clone().and(denied.negate())));
        }
        for gap in [&statement.actions.these.gap, &all_but.gap].into_iter().flatten() {
            entries.push((Tree::Null, granted.clone().and(Truth::Open(gap.clone()))));
        }
    }
    answer_list(entries)
}

/// Whether a resource pattern means every role of an account, or more.
fn is_every_role(pattern: &str) -> bool {
    is_everything(pattern) || is_every_of_type(pattern, "role/*")
}

/// Whether the pattern is an ARN whose resource part takes in all of `resources`.
fn is_every_of_type(pattern: &str, resources: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    match parts[..] {
        [_, _, service, _, _, resource] => globs::matches(service, "iam") && globs::contains(resource, resources),
        _ => is_whole_service(pattern, "iam"),
    }
}

/// Whether a pattern that has not all the parts of an ARN takes in all resources of a service, for a
/// wildcard reaches over colons: `arn:aws:iam::*`.
fn is_whole_service(pattern: &str, service: &str) -> bool {
    ["aws", "aws-cn", "aws-us-gov"]
        .iter()
        .any(|partition| globs::contains(pattern, &format!("arn:{partition}:{service}::*")))
}

/// `policy.allows_passrole_wildcard(policy)`.
pub(in crate::control::functions) fn allows_passrole_wildcard(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let granted = Truth::any(
        statements
            .iter()
            .map(|statement| grants(statement, "iam:passrole").and(statement.resources.broad(is_every_role))),
    );
    granted.and(denied(&statements, "iam:passrole", is_every_role).negate()).answer()
}

/// A published way to raise one's own privileges: the actions it takes, and the service that a role
/// is passed to, where one is.
struct Escalation {
    actions: &'static [&'static str],
    passes_to: Option<&'static str>,
}

const fn by(actions: &'static [&'static str]) -> Escalation {
    Escalation { actions, passes_to: None }
}

const fn passing(service: &'static str, actions: &'static [&'static str]) -> Escalation {
    Escalation { actions, passes_to: Some(service) }
}

/// The methods published by Rhino Security Labs ("AWS IAM privilege escalation", 2018 to 2021) and
/// gathered since by others under the same names of actions.
static ESCALATIONS: &[Escalation] = &[
    by(&["iam:CreatePolicyVersion"]),
    by(&["iam:SetDefaultPolicyVersion"]),
    by(&["iam:CreateAccessKey"]),
    by(&["iam:CreateLoginProfile"]),
    by(&["iam:UpdateLoginProfile"]),
    by(&["iam:AttachUserPolicy"]),
    by(&["iam:AttachGroupPolicy"]),
    by(&["iam:AttachRolePolicy"]),
    by(&["iam:PutUserPolicy"]),
    by(&["iam:PutGroupPolicy"]),
    by(&["iam:PutRolePolicy"]),
    by(&["iam:AddUserToGroup"]),
    by(&["iam:DeleteUserPermissionsBoundary"]),
    by(&["iam:DeleteRolePermissionsBoundary"]),
    by(&["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"]),
    passing("ec2.amazonaws.com", &["iam:PassRole", "ec2:RunInstances"]),
    passing("lambda.amazonaws.com", &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]),
    passing("lambda.amazonaws.com", &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"]),
    passing("lambda.amazonaws.com", &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"]),
    by(&["lambda:UpdateFunctionCode"]),
    by(&["lambda:UpdateFunctionConfiguration"]),
    passing("glue.amazonaws.com", &["iam:PassRole", "glue:CreateDevEndpoint"]),
    by(&["glue:UpdateDevEndpoint"]),
    passing("glue.amazonaws.com", &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"]),
    passing("glue.amazonaws.com", &["iam:PassRole", "glue:CreateJob", "glue:CreateTrigger"]),
    passing("glue.amazonaws.com", &["iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"]),
    passing("cloudformation.amazonaws.com", &["iam:PassRole", "cloudformation:CreateStack"]),
    passing(
        "datapipeline.amazonaws.com",
        &[
            "iam:PassRole",
            "datapipeline:CreatePipeline",
            "datapipeline:PutPipelineDefinition",
            "datapipeline:ActivatePipeline",
        ],
    ),
    passing("codestar.amazonaws.com", &["iam:PassRole", "codestar:CreateProject"]),
    by(&["codestar:CreateProject", "codestar:AssociateTeamMember"]),
    passing(
        "sagemaker.amazonaws.com",
        &["iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    ),
    by(&["sagemaker:CreatePresignedNotebookInstanceUrl"]),
    passing("sagemaker.amazonaws.com", &["iam:PassRole", "sagemaker:CreateTrainingJob"]),
    passing("sagemaker.amazonaws.com", &["iam:PassRole", "sagemaker:CreateProcessingJob"]),
    passing("codebuild.amazonaws.com", &["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"]),
    passing("ecs-tasks.amazonaws.com", &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    passing("states.amazonaws.com", &["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"]),
    by(&["ssm:SendCommand"]),
    by(&["ssm:StartSession"]),
    by(&["ec2-instance-connect:SendSSHPublicKey"]),
];

/// What an action acts on: the services in the ARNs of its resources, and the kind of resource, where
/// the service has several (service authorization reference, "Resource types").
fn acts_on(action: &str) -> (Vec<&str>, Option<&'static str>) {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    match service {
        "sts" => (vec!["iam"], Some("role/*")),
        "ssm" => (vec!["ssm", "ec2"], None),
        "ec2-instance-connect" => (vec!["ec2"], None),
        "iam" if name.contains("policyversion") => (vec!["iam"], Some("policy/*")),
        "iam" if name.contains("group") => (vec!["iam"], Some("group/*")),
        "iam" if name.contains("role") => (vec!["iam"], Some("role/*")),
        "iam" => (vec!["iam"], Some("user/*")),
        service => (vec![service], None),
    }
}

/// Whether a resource pattern takes in everything, or all that the action acts on of a kind:
/// `arn:aws:iam::*:user/*` for a user's access keys. All objects of one bucket are no such thing.
fn is_broad(pattern: &str, action: &str) -> bool {
    if is_everything(pattern) {
        return true;
    }
    let (services, kind) = acts_on(action);
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [_, _, service, _, _, resource] = parts[..] else {
        return services.iter().any(|service| is_whole_service(pattern, service));
    };
    if !services.iter().any(|own| globs::matches(service, own)) {
        return false;
    }
    if let Some(kind) = kind {
        return globs::contains(resource, kind);
    }
    let name = resource.split_once(['/', ':']).map_or(resource, |(_, name)| name);
    !name.is_empty() && name.bytes().all(|c| c == b'*')
}

/// Whether the condition limits what may be done, so that the action no longer serves to escalate:
/// which policy, which boundary, which tagged resource, which service a role goes to. Conditions
/// on who, when and from where do not.
fn limits(condition: &Condition, passes_to: Option<&str>) -> Truth {
    let key = match &condition.key {
        Ok(key) => key.as_str(),
        Err(gap) => return Truth::Open(gap.clone()),
    };
    let is_positive = match &condition.operator {
        Ok(operator) => ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"]
            .contains(&operator.base.as_str()),
        Err(gap) => return Truth::Open(gap.clone()),
    };
    if !is_positive {
        return Truth::No;
    }
    if key == "iam:passedtoservice" {
        return passes_to
            .map_or(Truth::No, |service| condition.values.any(|value| globs::matches(value, service).into()).negate());
    }
    let says_what = key.starts_with("iam:") || key.contains(":resourcetag/") || key.starts_with("aws:requesttag/");
    if !says_what {
        return Truth::No;
    }
    condition.values.all(|value| (!value.bytes().all(|c| c == b'*')).into())
}

fn allowed(statements: &[Statement], action: &str, passes_to: Option<&str>) -> Truth {
    let granted = Truth::any(statements.iter().map(|statement| {
        let answer = grants(statement, action);
        if answer == Truth::No {
            return answer;
        }
        answer
            .and(statement.resources.broad(|pattern| is_broad(pattern, action)))
            .and(statement.any_condition(|condition| limits(condition, passes_to)).negate())
    }));
    granted.and(denied(statements, action, |pattern| is_broad(pattern, action)).negate())
}

/// `policy.escalations(policy)`.
pub(in crate::control::functions) fn escalations(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    answer_list(ESCALATIONS.iter().map(|escalation| {
        let answer = Truth::all(escalation.actions.iter().map(|action| {
            let passes_to = escalation.passes_to.filter(|_| *action == "iam:PassRole");
            allowed(&statements, &action.to_ascii_lowercase(), passes_to)
        }));
        (Tree::Str(escalation.actions.join(" + ").into()), answer)
    }))
}
