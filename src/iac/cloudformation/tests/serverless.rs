use super::*;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Timeout: 5
    Environment: {Variables: {A: global, B: global}}
    Layers: [one]
  Api:
    TracingEnabled: true
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      CodeUri: src/
      Timeout: 9
      Tracing: Active
      Environment: {Variables: {B: own}}
      Layers: [two]
      Tags: {team: a}
      Policies:
        - AmazonS3ReadOnlyAccess
        - Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Action: '*'
              Resource: '*'
        - S3ReadPolicy: {BucketName: x}
      FunctionUrlConfig:
        AuthType: NONE
      Events:
        Get: {Type: Api, Properties: {Path: /, Method: get}}
        Queue: {Type: SQS, Properties: {Queue: x}}
  OwnRole:
    Type: AWS::Serverless::Function
    Properties:
      Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/x'
      FunctionUrlConfig: {AuthType: AWS_IAM}
  Web:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      AccessLogSetting:
        DestinationArn: !GetAtt Logs.Arn
      MethodSettings:
        - {LoggingLevel: INFO, HttpMethod: '*', ResourcePath: '/*'}
      EndpointConfiguration: {Type: REGIONAL}
  Logs: {Type: AWS::Logs::LogGroup}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      AccessLogSettings: {DestinationArn: x}
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties:
      SSESpecification: {SSEEnabled: true}
      PrimaryKey: {Name: key, Type: Number}
  Nested: {Type: AWS::Serverless::Application, Properties: {Location: x}}
";

fn kinds(blocks: &[Block]) -> Vec<(String, String)> {
    blocks.iter().map(|block| (block.address.clone(), block.kind.to_string())).collect()
}

#[test]
fn serverless_resources_become_what_the_transform_makes() {
    let deployment = deployment(TEMPLATE);
    let blocks = &deployment.scenarios[0].blocks;
    let expected: Vec<(String, String)> = [
        ("Hello", "AWS::Lambda::Function"),
        ("HelloRole", "AWS::IAM::Role"),
        ("HelloUrl", "AWS::Lambda::Url"),
        ("HelloUrlPublicPermissions", "AWS::Lambda::Permission"),
        ("HelloGetPermission", "AWS::Lambda::Permission"),
        ("OwnRole", "AWS::Lambda::Function"),
        ("OwnRoleUrl", "AWS::Lambda::Url"),
        ("Web", "AWS::ApiGateway::RestApi"),
        ("Webv1Stage", "AWS::ApiGateway::Stage"),
        ("Logs", "AWS::Logs::LogGroup"),
        ("Http", "AWS::ApiGatewayV2::Api"),
        ("HttpApiGatewayDefaultStage", "AWS::ApiGatewayV2::Stage"),
        ("Table", "AWS::DynamoDB::Table"),
        ("ServerlessRestApi", "AWS::ApiGateway::RestApi"),
        ("ServerlessRestApiProdStage", "AWS::ApiGateway::Stage"),
    ]
    .map(|(address, kind)| (address.to_owned(), kind.to_owned()))
    .into();
    assert_eq!(kinds(blocks), expected);
    assert_eq!(deployment.missing.len(), 1);
    assert!(deployment.missing[0].shown.contains("AWS::Serverless::Application Nested"));
    let hello = block(blocks, "Hello");
    assert!(blocks.iter().filter(|block| block.address.starts_with("Hello")).all(|block| block.place == hello.place));
    assert_eq!(block(blocks, "ServerlessRestApi").place, hello.place);
}

#[test]
fn globals_are_merged_into_functions_and_implicit_apis() {
    let deployment = deployment(TEMPLATE);
    let blocks = &deployment.scenarios[0].blocks;
    let hello = block(blocks, "Hello");
    assert_eq!(at(hello, "Runtime"), Value::text("python3.12"));
    assert_eq!(hello.spans["Runtime"], (5, 5));
    assert_eq!(at(hello, "Timeout"), Value::Number(9.0));
    assert_eq!(at(hello, "Environment/Variables/A"), Value::text("global"));
    assert_eq!(at(hello, "Environment/Variables/B"), Value::text("own"));
    assert_eq!(at(hello, "Layers"), Value::list(vec![Value::text("one"), Value::text("two")]));
    assert_eq!(at(hello, "TracingConfig/Mode"), Value::text("Active"));
    assert_eq!(at(hello, "Tags/0/Key"), Value::text("team"));
    let stage = block(blocks, "ServerlessRestApiProdStage");
    assert_eq!(at(stage, "TracingEnabled"), Value::Bool(true));
    assert_eq!(at(stage, "StageName"), Value::text("Prod"));
}

#[test]
fn a_function_without_a_role_gets_one_with_its_policies() {
    let deployment = deployment(TEMPLATE);
    let blocks = &deployment.scenarios[0].blocks;
    let role = block(blocks, "HelloRole");
    assert_eq!(unknown(&at(block(blocks, "Hello"), "Role")).references, [reference("HelloRole", "Arn", true)]);
    assert_eq!(
        at(role, "AssumeRolePolicyDocument/Statement/0/Principal/Service/0"),
        Value::text("lambda.amazonaws.com")
    );
    let Value::List(arns) = at(role, "ManagedPolicyArns") else { panic!() };
    assert!(arns.contains(&Value::text("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")));
    assert!(arns.contains(&Value::text("arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole")));
    assert_eq!(at(role, "Policies/0/PolicyDocument/Statement/0/Action"), Value::text("*"));
    assert_eq!(role.spans["Policies/0/PolicyDocument/Statement/0/Action"], (27, 27));
    assert_eq!(at(role, "Policies/1/PolicyDocument/Statement/0/Resource/0"), Value::text("arn:aws:s3:::x"));
    assert_eq!(role.spans["Policies/1"], (29, 29));
}

#[test]
fn a_url_without_authorisation_is_open_to_everyone() {
    let deployment = deployment(TEMPLATE);
    let blocks = &deployment.scenarios[0].blocks;
    let open = block(blocks, "HelloUrlPublicPermissions");
    assert_eq!(at(open, "Principal"), Value::text("*"));
    assert_eq!(at(open, "FunctionUrlAuthType"), Value::text("NONE"));
    let url = block(blocks, "HelloUrl");
    assert_eq!(at(url, "AuthType"), Value::text("NONE"));
    assert_eq!(url.spans["AuthType"], (31, 31));
    assert_eq!(unknown(&at(url, "TargetFunctionArn")).references, [reference("Hello", "", true)]);
    assert_eq!(at(block(blocks, "OwnRoleUrl"), "AuthType"), Value::text("AWS_IAM"));
}

#[test]
fn stages_and_tables_keep_what_controls_look_at() {
    let deployment = deployment(TEMPLATE);
    let blocks = &deployment.scenarios[0].blocks;
    let stage = block(blocks, "Webv1Stage");
    assert_eq!(unknown(&at(stage, "AccessLogSetting/DestinationArn")).references, [reference("Logs", "Arn", true)]);
    assert_eq!(at(stage, "MethodSettings/0/LoggingLevel"), Value::text("INFO"));
    assert_eq!(at(stage, "TracingEnabled"), Value::Bool(true));
    assert_eq!(unknown(&at(stage, "RestApiId")).references, [reference("Web", "", true)]);
    assert!(stage.spans.contains_key("AccessLogSetting/DestinationArn"));
    assert_eq!(at(block(blocks, "Web"), "EndpointConfiguration/Types/0"), Value::text("REGIONAL"));
    assert_eq!(at(block(blocks, "HttpApiGatewayDefaultStage"), "AccessLogSettings/DestinationArn"), Value::text("x"));
    let table = block(blocks, "Table");
    assert_eq!(at(table, "SSESpecification/SSEEnabled"), Value::Bool(true));
    assert_eq!(at(table, "BillingMode"), Value::text("PAY_PER_REQUEST"));
    assert_eq!(at(table, "AttributeDefinitions/0/AttributeType"), Value::text("N"));
}

#[test]
fn what_is_not_known_of_a_serverless_resource_is_not_known_of_what_it_becomes() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: x}}
";
    let blocks = blocks(text);
    assert!(matches!(block(&blocks, "F").body, Value::Unknown(_)));
}

#[test]
fn a_macro_whose_work_is_not_known_is_missing() {
    let deployment = deployment("Transform: [MyMacro]\nResources:\n  B: {Type: AWS::S3::Bucket}\n");
    assert_eq!(deployment.missing[0].shown, "transform MyMacro");
}
