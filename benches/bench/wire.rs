//! An account that answers in AWS's own wire formats: 2,000 buckets, 1,000 users and 1,000 security
//! groups; every other service has been asked for nothing yet.

use std::fmt::Write as _;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use tickmark::collect::exchange::recorder::current_operation;

pub(crate) const BUCKETS: usize = 2_000;
pub(crate) const USERS: usize = 1_000;
pub(crate) const GROUPS: usize = 1_000;
/// Regions that an account has enabled when it is made.
pub(crate) const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
/// Where the security groups are, and half of the buckets.
const HOME: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";
/// Entries of `GetAccountAuthorizationDetails` on a page: what the collector asks for.
const DETAILS_PAGE: usize = 1_000;
/// Roles and managed policies beside the users.
const ROLES: usize = 60;

/// Stands in for the connection to AWS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account;

impl HttpClient for Account {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(*self)
    }
}

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = current_operation()
            .and_then(|(service, operation)| answer(service, operation, &request))
            .ok_or_else(|| ConnectorError::other("the generated account has no such operation".into(), None))
            .and_then(Answer::into_response);
        HttpConnectorFuture::ready(answer)
    }
}

struct Answer {
    status: u16,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Answer {
    fn into_response(self) -> Result<HttpResponse, ConnectorError> {
        let status = self.status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        response.headers_mut().insert("content-type", self.content_type);
        response.headers_mut().insert("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
        if self.content_type == "application/cbor" {
            response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
        }
        Ok(response)
    }
}

fn xml(body: String) -> Answer {
    Answer { status: 200, content_type: "text/xml", body: body.into_bytes() }
}

fn json(body: &str) -> Answer {
    Answer { status: 200, content_type: "application/x-amz-json-1.1", body: body.as_bytes().to_vec() }
}

/// An answer of the query protocol (IAM, RDS, STS).
fn query(operation: &str, result: &str) -> Answer {
    xml(format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"))
}

fn answer(service: &str, operation: &str, request: &HttpRequest) -> Option<Answer> {
    let uri = request.uri();
    let form = request.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    Some(match (service, operation) {
        ("sts", "GetCallerIdentity") => query(
            operation,
            &format!(
                "<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/scanner/bench</Arn><UserId>AROAEXAMPLE:bench</UserId>\
                 <Account>{ACCOUNT}</Account>"
            ),
        ),
        ("iam", _) => iam(operation, form),
        ("rds", _) => query(operation, ""),
        ("ec2", _) => ec2(operation, uri),
        ("s3", _) => s3(operation, uri),
        ("s3control", _) => xml("<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
            <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
            <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
            .to_owned()),
        // CBOR's empty map.
        ("cloudwatch", _) => Answer { status: 200, content_type: "application/cbor", body: vec![0xa0] },
        ("account", _) => error(404, "ResourceNotFoundException"),
        ("organizations", _) => error(400, "AWSOrganizationsNotInUseException"),
        ("securityhub", "DescribeHub") => error(403, "InvalidAccessException"),
        ("accessanalyzer" | "access-analyzer", _) => json(r#"{"analyzers":[]}"#),
        ("guardduty", "ListDetectors") => json(r#"{"detectorIds":[]}"#),
        ("cloudtrail", _) => json(r#"{"trailList":[]}"#),
        ("kms", _) => json(r#"{"Keys":[],"Truncated":false}"#),
        ("config" | "logs" | "secretsmanager" | "securityhub", _) => json("{}"),
        _ => return None,
    })
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"__type":"{code}","Code":"{code}","message":"generated","Message":"generated"}}"#);
    Answer { status, content_type: "application/x-amz-json-1.1", body: body.into_bytes() }
}

fn user_name(n: usize) -> String {
    format!("user-{n:04}")
}

fn iam(operation: &str, form: &str) -> Answer {
    match operation {
        "GenerateCredentialReport" => query(operation, "<State>COMPLETE</State>"),
        "GetCredentialReport" => {
            let content = base64::engine::general_purpose::STANDARD.encode(credential_report());
            let time = "2026-11-18T12:20:00Z";
            query(
                operation,
                &format!(
                    "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{time}</GeneratedTime>"
                ),
            )
        }
        "GetAccountAuthorizationDetails" => {
            let from = form
                .split('&')
                .find_map(|pair| pair.strip_prefix("Marker="))
                .and_then(|marker| marker.parse().ok())
                .unwrap_or(0);
            query(operation, &details(from))
        }
        "GetAccountSummary" => query(
            operation,
            &format!(
                "<SummaryMap><entry><key>AccountMFAEnabled</key><value>1</value></entry>\
                 <entry><key>AccountAccessKeysPresent</key><value>0</value></entry>\
                 <entry><key>Users</key><value>{USERS}</value></entry></SummaryMap>"
            ),
        ),
        "GetAccountPasswordPolicy" => query(
            operation,
            "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength><RequireSymbols>true</RequireSymbols>\
             </PasswordPolicy>",
        ),
        _ => query(operation, "<IsTruncated>false</IsTruncated>"),
    }
}

/// One page of the users, then the roles, with the policies beside them.
fn details(from: usize) -> String {
    let (mut users, mut roles) = (String::new(), String::new());
    let to = (from + DETAILS_PAGE).min(USERS + ROLES);
    for n in from..to {
        if n < USERS {
            let name = user_name(n);
            write!(
                users,
                "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDA{n:017}</UserId>\
                 <Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn><CreateDate>2023-01-01T00:00:00Z</CreateDate>\
                 <GroupList><member>staff</member></GroupList><AttachedManagedPolicies/>\
                 <Tags><member><Key>Owner</Key><Value>platform</Value></member></Tags></member>"
            )
        } else {
            let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                         %22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A\
                         %22sts%3AAssumeRole%22%7D%5D%7D";
            write!(
                roles,
                "<member><Path>/</Path><RoleName>role-{n}</RoleName><RoleId>AROA{n:017}</RoleId>\
                 <Arn>arn:aws:iam::{ACCOUNT}:role/role-{n}</Arn><CreateDate>2023-01-01T00:00:00Z</CreateDate>\
                 <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><InstanceProfileList/>\
                 <RolePolicyList/><AttachedManagedPolicies/><Tags/><RoleLastUsed/></member>"
            )
        }
        .expect("writing to a String cannot fail");
    }
    let more = if to < USERS + ROLES {
        format!("<IsTruncated>true</IsTruncated><Marker>{to}</Marker>")
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    format!(
        "{more}<UserDetailList>{users}</UserDetailList><GroupDetailList/><RoleDetailList>{roles}</RoleDetailList>\
         <Policies/>"
    )
}

fn credential_report() -> String {
    let mut csv = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                   password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                   access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                   access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                   access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
                   cert_2_active,cert_2_last_rotated\n"
        .to_owned();
    let none = "N/A,N/A,N/A,N/A";
    let mut row = |name: &str, arn: &str, password: &str, key: &str| {
        writeln!(csv, "{name},{arn},2023-01-01T00:00:00+00:00,{password},true,{key},false,{none},false,N/A,false,N/A")
            .expect("writing to a String cannot fail");
    };
    row(
        "<root_account>",
        &format!("arn:aws:iam::{ACCOUNT}:root"),
        "not_supported,2025-01-01T00:00:00+00:00,not_supported,not_supported",
        &format!("false,{none}"),
    );
    for n in 0..USERS {
        let name = user_name(n);
        row(
            &name,
            &format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            "true,2026-11-01T00:00:00+00:00,2026-10-01T00:00:00+00:00,2027-01-01T00:00:00+00:00",
            "true,2026-10-01T00:00:00+00:00,2026-11-10T00:00:00+00:00,us-east-1,s3",
        );
    }
    csv
}

fn ec2(operation: &str, uri: &str) -> Answer {
    let mut set = String::new();
    match operation {
        "DescribeRegions" => {
            set.push_str("<regionInfo>");
            for name in REGIONS {
                write!(
                    set,
                    "<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint>\
                     <optInStatus>opt-in-not-required</optInStatus></item>"
                )
                .expect("writing to a String cannot fail");
            }
            set.push_str("</regionInfo>");
        }
        "DescribeSecurityGroups" if uri.contains(HOME) => {
            set.push_str("<securityGroupInfo>");
            for n in 0..GROUPS {
                group(&mut set, n);
            }
            set.push_str("</securityGroupInfo>");
        }
        "GetEbsEncryptionByDefault" => set.push_str("<ebsEncryptionByDefault>true</ebsEncryptionByDefault>"),
        _ => {}
    }
    xml(format!("<{operation}Response><requestId>00000000</requestId>{set}</{operation}Response>"))
}

fn group(set: &mut String, n: usize) {
    let rule = |port: u16, range: &str| {
        format!(
            "<item><ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort><groups/>\
             <ipRanges><item><cidrIp>{range}</cidrIp></item></ipRanges><ipv6Ranges/><prefixListIds/></item>"
        )
    };
    let ssh = if n % 20 == 7 { "0.0.0.0/0" } else { "10.0.0.0/8" };
    write!(
        set,
        "<item><ownerId>{ACCOUNT}</ownerId><groupId>sg-{n:017x}</groupId><groupName>service-{n}</groupName>\
         <groupDescription>made by the platform team</groupDescription><vpcId>vpc-0a1b2c3d4e5f60718</vpcId>\
         <ipPermissions>{}{}{}</ipPermissions><ipPermissionsEgress/></item>",
        rule(443, "0.0.0.0/0"),
        rule(22, ssh),
        rule(5432, "10.1.0.0/16"),
    )
    .expect("writing to a String cannot fail");
}

fn bucket_name(n: usize) -> String {
    format!("company-data-{n:05}")
}

fn s3(operation: &str, uri: &str) -> Answer {
    if operation == "ListBuckets" {
        let mut buckets = String::new();
        for n in 0..BUCKETS {
            let region = if n.is_multiple_of(2) { HOME } else { "eu-west-1" };
            write!(
                buckets,
                "<Bucket><Name>{}</Name><CreationDate>2024-02-03T04:05:06.000Z</CreationDate>\
                 <BucketRegion>{region}</BucketRegion></Bucket>",
                bucket_name(n)
            )
            .expect("writing to a String cannot fail");
        }
        return xml(format!("<ListAllMyBucketsResult><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>"));
    }
    // Virtual-hosted addresses: the bucket is the first label of the host.
    let name = uri.split("://").nth(1).and_then(|rest| rest.split('.').next()).unwrap_or_default();
    let n: usize = name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let none = |code: &str| Answer {
        status: 404,
        content_type: "application/xml",
        body: format!("<Error><Code>{code}</Code><Message>generated</Message></Error>").into_bytes(),
    };
    match operation {
        "GetPublicAccessBlock" => xml("<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
            .to_owned()),
        "GetBucketPolicy" if n % 10 == 3 => none("NoSuchBucketPolicy"),
        "GetBucketPolicy" => Answer {
            status: 200,
            content_type: "application/json",
            body: format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::{name}","arn:aws:s3:::{name}/*"],"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}]}}"#
            )
            .into_bytes(),
        },
        "GetBucketAcl" => xml("<AccessControlPolicy><Owner><ID>79a59df900b949e5</ID></Owner><AccessControlList><Grant>\
             <Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">\
             <ID>79a59df900b949e5</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>\
             </AccessControlPolicy>"
            .to_owned()),
        "GetBucketOwnershipControls" => xml("<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced\
             </ObjectOwnership></Rule></OwnershipControls>"
            .to_owned()),
        "GetBucketEncryption" => xml("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
             </ServerSideEncryptionConfiguration>"
            .to_owned()),
        "GetBucketVersioning" => {
            xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_owned())
        }
        "GetBucketLogging" => xml("<BucketLoggingStatus/>".to_owned()),
        "GetBucketLifecycleConfiguration" => none("NoSuchLifecycleConfiguration"),
        _ => xml(format!("<{operation}/>")),
    }
}
