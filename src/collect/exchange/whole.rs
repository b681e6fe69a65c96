//! Whether an answer that a generated crate reads is whole.
//!
//! The crates of S3 and STS read XML leniently: the end of the body ends every element that is still
//! open, what follows the root is not looked at, and not every answer's root is. A body that was cut
//! off would be a shorter answer. The answers of all other services are read strictly where they are
//! read.

use super::operation::Operation;

/// The root elements of the answers, from the API References of S3, S3 Control and STS; second, what
/// an emulator has in its place. The answer of `s3:GetBucketPolicy` is a policy, which is read whole
/// or not at all.
const ROOTS: &[(&str, &str, &[&str])] = &[
    ("s3", "GetBucketAcl", &["AccessControlPolicy"]),
    ("s3", "GetBucketEncryption", &["ServerSideEncryptionConfiguration"]),
    ("s3", "GetBucketLifecycleConfiguration", &["LifecycleConfiguration"]),
    ("s3", "GetBucketLocation", &["LocationConstraint"]),
    ("s3", "GetBucketLogging", &["BucketLoggingStatus"]),
    ("s3", "GetBucketOwnershipControls", &["OwnershipControls"]),
    ("s3", "GetBucketVersioning", &["VersioningConfiguration", "GetBucketVersioningResponse"]),
    ("s3", "GetPublicAccessBlock", &["PublicAccessBlockConfiguration"]),
    ("s3", "ListBuckets", &["ListAllMyBucketsResult"]),
    ("s3control", "GetPublicAccessBlock", &["PublicAccessBlockConfiguration"]),
    ("sts", "GetCallerIdentity", &["GetCallerIdentityResponse"]),
];

/// Why the body of a successful answer cannot be trusted, where it cannot.
pub(super) fn flaw(operation: &Operation, body: &[u8]) -> Option<&'static str> {
    let (_, _, roots) =
        ROOTS.iter().find(|(service, name, _)| (*service, *name) == (operation.service, operation.name))?;
    let Ok(text) = std::str::from_utf8(body) else { return Some("the XML answer is no UTF-8 text") };
    match roxmltree::Document::parse(text.trim()) {
        Err(_) => Some("the XML answer is not a whole document"),
        Ok(document) if roots.contains(&document.root_element().tag_name().name()) => None,
        Ok(_) => Some("the root element of the XML answer is another than the operation's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::exchange::operation::{Api, Rate};

    /// What AWS sends, as the API References show it.
    const ANSWERS: &[(&str, &str, &str)] = &[
        (
            "s3",
            "GetBucketAcl",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Owner><ID>75aa57f0</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>\
             <Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>75aa57f0</ID></Grantee>\
             <Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>",
        ),
        (
            "s3",
            "GetBucketEncryption",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ServerSideEncryptionConfiguration \
             xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled>\
             </Rule></ServerSideEncryptionConfiguration>",
        ),
        (
            "s3",
            "GetBucketLifecycleConfiguration",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Rule><ID>old</ID><Filter><Prefix/></Filter><Status>Enabled</Status><Expiration><Days>400</Days></Expiration></Rule>\
             </LifecycleConfiguration>",
        ),
        (
            "s3",
            "GetBucketLocation",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             eu-west-1</LocationConstraint>",
        ),
        (
            "s3",
            "GetBucketLogging",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<BucketLoggingStatus xmlns=\"http://doc.s3.amazonaws.com/2006-03-01\">\
             <LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix/></LoggingEnabled></BucketLoggingStatus>",
        ),
        (
            "s3",
            "GetBucketOwnershipControls",
            "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule><ObjectOwnership>BucketOwnerEnforced\
             </ObjectOwnership></Rule></OwnershipControls>",
        ),
        (
            "s3",
            "GetBucketVersioning",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>",
        ),
        (
            "s3",
            "GetPublicAccessBlock",
            "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true\
             </RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        ),
        (
            "s3",
            "ListBuckets",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Owner><ID>75aa57f0</ID></Owner><Buckets><Bucket><Name>one</Name><CreationDate>2026-11-20T07:51:17.000Z</CreationDate>\
             <BucketRegion>us-east-1</BucketRegion></Bucket><Bucket><Name>two</Name><CreationDate>2026-11-20T07:51:18.000Z\
             </CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>",
        ),
        (
            "s3control",
            "GetPublicAccessBlock",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PublicAccessBlockConfiguration \
             xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>false\
             </IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets>\
             </PublicAccessBlockConfiguration>",
        ),
        (
            "sts",
            "GetCallerIdentity",
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::123456789012:user/ada</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>",
        ),
    ];

    /// Each row of the table, with the answer that AWS sends.
    fn rows() -> impl Iterator<Item = (Operation, &'static str, &'static [&'static str])> {
        ROOTS.iter().map(|(service, name, roots)| {
            let answer = ANSWERS.iter().find(|(of, operation, _)| (of, operation) == (service, name));
            let (.., body) = answer.unwrap_or_else(|| panic!("no answer of {service}:{name}"));
            (Api::new(service, Rate::per_second("test", 1.0)).operation(name).no_secrets(), *body, *roots)
        })
    }

    #[test]
    fn an_answer_of_a_generated_crate_is_trusted_whole_and_cut_off_nowhere() {
        for (operation, body, _) in rows() {
            let label = operation.label();
            assert_eq!(flaw(&operation, body.as_bytes()), None, "{label}");
            assert_eq!(flaw(&operation, format!("{body}\n").as_bytes()), None, "{label}");
            for cut in 0..body.len() {
                assert!(flaw(&operation, &body.as_bytes()[..cut]).is_some(), "{label}, cut at {cut}");
            }
            for more in [body, "x", "\0", "<a/>", "</a>", "{}"] {
                assert!(flaw(&operation, format!("{body}{more}").as_bytes()).is_some(), "{label} with {more:?}");
            }
        }
    }

    #[test]
    fn what_is_another_document_is_not_trusted() {
        let html = "<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>";
        for (operation, body, roots) in rows() {
            let label = operation.label();
            for foreign in
                [html, "<html/>", "<Response/>", "<Error><Code>SlowDown</Code></Error>", "{}", "[]", "null", ""]
            {
                assert!(flaw(&operation, foreign.as_bytes()).is_some(), "{label}: {foreign}");
            }
            let other =
                body.replace(&format!("<{}", roots[0]), "<Other").replace(&format!("</{}", roots[0]), "</Other");
            assert_ne!(other, body, "{label}");
            assert!(flaw(&operation, other.as_bytes()).is_some(), "{label} with another root");
            assert!(flaw(&operation, b"<a>\xff</a>").is_some(), "{label}");
        }
    }

    #[test]
    fn no_operation_that_a_crate_reads_is_missing() {
        let declared = crate::collect::aws::SERVICES.iter().flat_map(|service| service.provides());
        let operations = declared.flat_map(|provided| provided.operations.iter().copied());
        let all: Vec<&Operation> = operations.chain([&crate::collect::scope::GET_CALLER_IDENTITY]).collect();
        let read = |operation: &&&Operation| crate::collect::api::model::service(operation.service).is_none();
        for operation in all.iter().filter(read) {
            let known = ROOTS.iter().any(|(service, name, _)| (*service, *name) == (operation.service, operation.name));
            // Its answer is a policy, in JSON.
            let policy = operation.label() == "s3:GetBucketPolicy";
            assert!(known != policy, "{}", operation.label());
        }
        assert!(all.iter().filter(read).count() > ROOTS.len());
    }
}
