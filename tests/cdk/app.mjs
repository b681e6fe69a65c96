// Stacks as teams write them with the CDK's own constructs: one that holds to the controls, one that
// does not, one that hangs on a condition. `node app.mjs` writes cdk.out.
import { App, CfnCondition, CfnParameter, Duration, Fn, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import * as cloudtrail from "aws-cdk-lib/aws-cloudtrail";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as rds from "aws-cdk-lib/aws-rds";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as sns from "aws-cdk-lib/aws-sns";
import * as sqs from "aws-cdk-lib/aws-sqs";

const app = new App({ outdir: process.argv[2] ?? "cdk.out", analyticsReporting: false });

class Kept extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const key = new kms.Key(this, "Key", { enableKeyRotation: true });
    const access = new s3.Bucket(this, "AccessLogs", {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ expiration: Duration.days(400) }],
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
    });
    new s3.Bucket(this, "Data", {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: access,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90) }],
    });
    const vpc = new ec2.Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: "data", subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { all: { trafficType: ec2.FlowLogTrafficType.ALL } },
    });
    new ec2.SecurityGroup(this, "Inside", { vpc }).addIngressRule(ec2.Peer.ipv4("10.0.0.0/8"), ec2.Port.tcp(22));
    new rds.DatabaseInstance(this, "Database", {
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }),
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      storageEncrypted: true,
      multiAz: true,
      deletionProtection: true,
      backupRetention: Duration.days(14),
      cloudwatchLogsExports: ["postgresql"],
      iamAuthentication: true,
    });
    new sqs.Queue(this, "Queue", { encryption: sqs.QueueEncryption.KMS_MANAGED, enforceSSL: true });
    new sns.Topic(this, "Topic", { masterKey: key });
    new dynamodb.Table(this, "Table", {
      partitionKey: { name: "id", type: dynamodb.AttributeType.STRING },
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
    new logs.LogGroup(this, "Audit", { retention: logs.RetentionDays.TWO_YEARS, encryptionKey: key });
    new cloudtrail.Trail(this, "Trail", { encryptionKey: key, sendToCloudWatchLogs: true });
    const role = new iam.Role(this, "Reader", { assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com") });
    role.addToPolicy(new iam.PolicyStatement({ actions: ["s3:GetObject"], resources: [access.arnForObjects("*")] }));
  }
}

class Broken extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const open = new s3.Bucket(this, "Open", { removalPolicy: RemovalPolicy.DESTROY });
    open.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ["s3:GetObject"],
        resources: [open.arnForObjects("*")],
      }),
    );
    const vpc = new ec2.Vpc(this, "Vpc", { maxAzs: 1, natGateways: 0 });
    const group = new ec2.SecurityGroup(this, "World", { vpc, allowAllOutbound: true });
    group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22), "ssh from everywhere");
    group.addIngressRule(ec2.Peer.anyIpv6(), ec2.Port.tcpRange(3000, 4000));
    new kms.Key(this, "Key", { enableKeyRotation: false });
    new iam.Role(this, "Anyone", { assumedBy: new iam.AnyPrincipal() });
    new iam.ManagedPolicy(this, "Everything", {
      statements: [new iam.PolicyStatement({ actions: ["*"], resources: ["*"] })],
    });
    new lambda.Function(this, "Handler", {
      runtime: lambda.Runtime.NODEJS_14_X,
      handler: "index.handler",
      code: lambda.Code.fromInline("exports.handler = async () => 1"),
    }).addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
    new logs.LogGroup(this, "Week", { retention: logs.RetentionDays.ONE_WEEK });
  }
}

class Conditional extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const environment = new CfnParameter(this, "Environment", { allowedValues: ["dev", "prod"] });
    const prod = new CfnCondition(this, "IsProd", { expression: Fn.conditionEquals(environment.valueAsString, "prod") });
    const bucket = new s3.CfnBucket(this, "Versioned");
    bucket.addPropertyOverride("VersioningConfiguration.Status", Fn.conditionIf("IsProd", "Enabled", "Suspended"));
    Tags.of(this).add("team", "platform");
    new sqs.CfnQueue(this, "OnlyProd", { sqsManagedSseEnabled: false }).cfnOptions.condition = prod;
  }
}

new Kept(app, "Kept");
new Broken(app, "Broken");
new Conditional(app, "Conditional");
app.synth();
