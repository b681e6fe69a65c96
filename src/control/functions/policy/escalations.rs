//! The published ways to raise one's own privileges, as data: the actions that each takes, where it
//! was published, and the services that a role is passed to.
//!
//! A set that holds another one in full is left out, for the smaller one decides: creating an access
//! key raises privileges whether or not an old key can be deleted first.

/// One published way.
pub(super) struct Escalation {
    /// The actions that it takes, all of them.
    pub(super) actions: &'static [&'static str],
    /// The service principals of which one receives the role, where the way passes one.
    pub(super) passes_to: &'static [&'static str],
    /// Where it was published.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers, and for the test that each way has one"))]
    pub(super) source: &'static str,
}

/// S. Gietzen, "AWS IAM Privilege Escalation: Methods and Mitigation", 2018 and 2021.
const RHINO: &str = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/";
/// The second part of the same, 2020.
const RHINO_2: &str = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation-part-2/";
/// G. Moran, "IAM Vulnerable", Bishop Fox 2021, with the ways found by others that it gathers.
const BISHOP_FOX: &str = "https://bishopfox.com/blog/privilege-escalation-in-aws";
/// Reversec Labs, "Another ECS privilege escalation path", 2025.
const REVERSEC: &str = "https://labs.reversec.com/posts/2025/08/another-ecs-privilege-escalation-path";
/// `BeyondTrust`, on the roles of Bedrock `AgentCore`.
const BEYOND_TRUST: &str = "https://www.beyondtrust.com/blog/entry/aws-agentcore-privilege-escalation";
/// The list that Prowler judges by, for ways that it alone gathers.
const PROWLER: &str = "https://github.com/prowler-cloud/prowler/blob/master/prowler/providers/aws/services/iam/lib/privilege_escalation.py";

/// The page of a path in the library of Datadog.
macro_rules! pathfinding {
    ($id:literal) => {
        concat!("https://pathfinding.cloud/paths/", $id)
    };
}

const fn by(actions: &'static [&'static str], source: &'static str) -> Escalation {
    Escalation { actions, passes_to: &[], source }
}

const fn passing(
    passes_to: &'static [&'static str],
    actions: &'static [&'static str],
    source: &'static str,
) -> Escalation {
    Escalation { actions, passes_to, source }
}

/// Every way. Where a way is in several places, the first is named.
pub(super) static ESCALATIONS: &[Escalation] = &[
    by(&["iam:CreatePolicyVersion"], RHINO),
    by(&["iam:SetDefaultPolicyVersion"], RHINO),
    by(&["iam:CreateAccessKey"], RHINO),
    by(&["iam:CreateLoginProfile"], RHINO),
    by(&["iam:UpdateLoginProfile"], RHINO),
    by(&["iam:AttachUserPolicy"], RHINO),
    by(&["iam:AttachGroupPolicy"], RHINO),
    by(&["iam:AttachRolePolicy"], RHINO),
    by(&["iam:PutUserPolicy"], RHINO),
    by(&["iam:PutGroupPolicy"], RHINO),
    by(&["iam:PutRolePolicy"], RHINO),
    by(&["iam:AddUserToGroup"], RHINO),
    // A trust policy that names a principal of the same account is enough by itself (IAM user guide,
    // "Policy evaluation logic"): no sts:AssumeRole has to be granted beside it.
    by(&["iam:UpdateAssumeRolePolicy"], RHINO),
    by(&["iam:DeleteUserPermissionsBoundary"], pathfinding!("iam-022")),
    by(&["iam:DeleteRolePermissionsBoundary"], pathfinding!("iam-023")),
    passing(&["ec2.amazonaws.com"], &["iam:PassRole", "ec2:RunInstances"], RHINO),
    passing(&["ec2.amazonaws.com"], &["iam:PassRole", "ec2:RequestSpotInstances"], pathfinding!("ec2-003")),
    by(&["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"], pathfinding!("ec2-002")),
    by(&["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"], pathfinding!("ec2-004")),
    passing(
        &["ec2.amazonaws.com"],
        &["iam:PassRole", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"],
        BISHOP_FOX,
    ),
    passing(
        &["ec2.amazonaws.com"],
        &["iam:PassRole", "autoscaling:CreateLaunchConfiguration", "autoscaling:UpdateAutoScalingGroup"],
        BISHOP_FOX,
    ),
    by(&["ec2-instance-connect:SendSSHPublicKey"], BISHOP_FOX),
    passing(&["lambda.amazonaws.com"], &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], RHINO),
    passing(&["lambda.amazonaws.com"], &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"], BISHOP_FOX),
    passing(
        &["lambda.amazonaws.com"],
        &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
        RHINO,
    ),
    by(&["lambda:UpdateFunctionCode"], RHINO),
    by(&["lambda:UpdateFunctionConfiguration"], RHINO),
    passing(&["glue.amazonaws.com"], &["iam:PassRole", "glue:CreateDevEndpoint"], RHINO),
    by(&["glue:UpdateDevEndpoint"], RHINO),
    passing(&["glue.amazonaws.com"], &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"], BISHOP_FOX),
    passing(&["glue.amazonaws.com"], &["iam:PassRole", "glue:CreateJob", "glue:CreateTrigger"], BISHOP_FOX),
    passing(&["glue.amazonaws.com"], &["iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"], BISHOP_FOX),
    passing(&["glue.amazonaws.com"], &["iam:PassRole", "glue:UpdateJob", "glue:CreateTrigger"], BISHOP_FOX),
    passing(
        &["glue.amazonaws.com"],
        &["iam:PassRole", "glue:CreateSession", "glue:RunStatement"],
        pathfinding!("glue-007"),
    ),
    passing(&["cloudformation.amazonaws.com"], &["iam:PassRole", "cloudformation:CreateStack"], RHINO),
    by(&["cloudformation:UpdateStack"], pathfinding!("cloudformation-002")),
    passing(
        &["cloudformation.amazonaws.com"],
        &["iam:PassRole", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
        pathfinding!("cloudformation-003"),
    ),
    passing(
        &["cloudformation.amazonaws.com"],
        &["iam:PassRole", "cloudformation:UpdateStackSet"],
        pathfinding!("cloudformation-004"),
    ),
    by(&["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"], pathfinding!("cloudformation-005")),
    passing(
        &["datapipeline.amazonaws.com", "ec2.amazonaws.com"],
        &[
            "iam:PassRole",
            "datapipeline:CreatePipeline",
            "datapipeline:PutPipelineDefinition",
            "datapipeline:ActivatePipeline",
        ],
        RHINO,
    ),
    passing(&["codestar.amazonaws.com"], &["iam:PassRole", "codestar:CreateProject"], RHINO_2),
    by(&["codestar:CreateProject", "codestar:AssociateTeamMember"], RHINO_2),
    by(&["codebuild:StartBuild"], pathfinding!("codebuild-002")),
    by(&["codebuild:StartBuildBatch"], pathfinding!("codebuild-003")),
    by(
        &["codedeploy:CreateDeployment", "codedeploy:RegisterApplicationRevision", "codedeploy:GetDeploymentConfig"],
        pathfinding!("codedeploy-001"),
    ),
    passing(&["ecs-tasks.amazonaws.com"], &["iam:PassRole", "ecs:RunTask"], PROWLER),
    passing(
        &["ecs-tasks.amazonaws.com"],
        &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"],
        pathfinding!("ecs-003"),
    ),
    passing(&["ecs-tasks.amazonaws.com"], &["iam:PassRole", "ecs:StartTask"], REVERSEC),
    by(&["ecs:ExecuteCommand", "ecs:DescribeTasks"], PROWLER),
    passing(&["sagemaker.amazonaws.com"], &["iam:PassRole", "sagemaker:CreateNotebookInstance"], RHINO_2),
    passing(&["sagemaker.amazonaws.com"], &["iam:PassRole", "sagemaker:CreateTrainingJob"], RHINO_2),
    passing(&["sagemaker.amazonaws.com"], &["iam:PassRole", "sagemaker:CreateProcessingJob"], BISHOP_FOX),
    by(&["sagemaker:CreatePresignedNotebookInstanceUrl"], RHINO_2),
    by(
        &[
            "sagemaker:CreateNotebookInstanceLifecycleConfig",
            "sagemaker:StopNotebookInstance",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:StartNotebookInstance",
        ],
        pathfinding!("sagemaker-005"),
    ),
    by(&["ssm:SendCommand"], BISHOP_FOX),
    by(&["ssm:StartSession"], BISHOP_FOX),
    passing(
        &["ssm.amazonaws.com"],
        &["iam:PassRole", "ssm:CreateDocument", "ssm:StartAutomationExecution"],
        pathfinding!("ssm-003"),
    ),
    passing(
        &["tasks.apprunner.amazonaws.com"],
        &["iam:PassRole", "apprunner:CreateService"],
        pathfinding!("apprunner-001"),
    ),
    by(&["apprunner:UpdateService"], pathfinding!("apprunner-002")),
    // The ways that create an interpreter, a runtime, a harness or a browser of their own end in these.
    by(
        &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"],
        pathfinding!("bedrock-002"),
    ),
    by(&["bedrock-agentcore:InvokeAgentRuntimeCommand"], BEYOND_TRUST),
    by(&["bedrock-agentcore:StartBrowserSession", "bedrock-agentcore:ConnectBrowserAutomationStream"], BEYOND_TRUST),
    by(&["batch:SubmitJob"], pathfinding!("batch-002")),
    passing(&["braket.amazonaws.com"], &["iam:PassRole", "braket:CreateJob"], pathfinding!("braket-001")),
    passing(
        &["cognito-identity.amazonaws.com"],
        &["iam:PassRole", "cognito-identity:SetIdentityPoolRoles"],
        pathfinding!("cognitoidentity-001"),
    ),
    passing(
        &["elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"],
        &["iam:PassRole", "elasticmapreduce:RunJobFlow"],
        pathfinding!("emr-001"),
    ),
    passing(
        &["emr-serverless.amazonaws.com"],
        &["iam:PassRole", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"],
        pathfinding!("emrserverless-001"),
    ),
    passing(
        &["gamelift.amazonaws.com"],
        &["iam:PassRole", "gamelift:CreateBuild", "gamelift:CreateFleet", "gamelift:RequestUploadCredentials"],
        pathfinding!("gamelift-001"),
    ),
    passing(
        &["ec2.amazonaws.com", "imagebuilder.amazonaws.com"],
        &[
            "iam:PassRole",
            "imagebuilder:CreateComponent",
            "imagebuilder:CreateImageRecipe",
            "imagebuilder:CreateInfrastructureConfiguration",
            "imagebuilder:CreateImage",
        ],
        pathfinding!("imagebuilder-001"),
    ),
    passing(
        &["kinesisanalytics.amazonaws.com"],
        &["iam:PassRole", "kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication"],
        pathfinding!("kinesisanalytics-001"),
    ),
    passing(
        &["omics.amazonaws.com"],
        &["iam:PassRole", "omics:CreateWorkflow", "omics:StartRun", "s3:GetObject"],
        pathfinding!("omics-001"),
    ),
    passing(&["scheduler.amazonaws.com"], &["iam:PassRole", "scheduler:CreateSchedule"], pathfinding!("scheduler-001")),
    passing(
        &["states.amazonaws.com"],
        &["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"],
        BISHOP_FOX,
    ),
    by(&["states:UpdateStateMachine", "states:StartExecution"], pathfinding!("stepfunctions-002")),
    by(&["sso:AttachManagedPolicyToPermissionSet"], pathfinding!("sso-002")),
    by(&["sso:PutInlinePolicyToPermissionSet"], pathfinding!("sso-003")),
];
