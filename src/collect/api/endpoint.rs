//! Where a service is asked: `https://PREFIX[-fips].REGION.SUFFIX`, but for the exceptions in
//! `endpoints.json`.
//!
//! Nothing public tells the domain of a region's partition, but the endpoint that the crate of STS
//! gives does, and AWS keeps that up to date. The exceptions are made by `.ci/models` from rule sets
//! that AWS publishes. A service that they do not name is asked at the regular place; with FIPS or
//! dual stack it is refused, for a guess may ask another place than the user demanded.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use futures::FutureExt;
use serde::Deserialize;

use super::model::Metadata;

/// Where a service is asked, and how the requests are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Without a path.
    pub url: String,
    /// The region that the signature names; a global service has one for all.
    pub signing_region: String,
    /// The service that the signature names.
    pub signing_name: String,
}

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointRefused {
    /// Nothing says where the service has the variant.
    #[error("find the {variant} endpoint of {prefix}: it is not known, and not guessed")]
    Unknown {
        /// Prefix of the service's endpoints.
        prefix: String,
        /// `fips`, `dual_stack` or `both`.
        variant: &'static str,
    },
    /// AWS's rules say that the partition has no such endpoint.
    #[error("find the {variant} endpoint of {prefix} in {region}: AWS has none there")]
    None {
        /// Prefix of the service's endpoints.
        prefix: String,
        /// `fips`, `dual_stack` or `both`.
        variant: &'static str,
        /// As it was asked for.
        region: String,
    },
    /// The region, or its partition, has no such endpoints.
    #[error("find endpoints in region {region:?}")]
    Region {
        /// As it was asked for.
        region: String,
        /// What AWS's rules say.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// `endpoints.json`.
#[derive(Deserialize)]
struct Exceptions {
    partitions: BTreeMap<String, Partition>,
    /// By endpoint prefix, by partition or `all`, by the name of the variant.
    services: BTreeMap<String, BTreeMap<String, BTreeMap<String, Rule>>>,
}

#[derive(Deserialize)]
struct Partition {
    /// The region of its global services.
    home: String,
    /// What the names of its regions begin with; nothing for the one that has all others.
    start: String,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Rule {
    /// One for the partition.
    Place { url: String, signing_region: Option<String> },
    /// The partition has none.
    Refused {
        #[expect(dead_code, reason = "it tells this rule from the others")]
        refused: bool,
    },
    /// Some regions have one of their own, the others are regular.
    Regions { regions: BTreeMap<String, String> },
}

static EXCEPTIONS: LazyLock<Exceptions> = LazyLock::new(|| {
    serde_json::from_str(include_str!("endpoints.json")).expect("the data beside this file is tested to be read")
});

/// Which of a service's endpoints is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Variant {
    fips: bool,
    dual_stack: bool,
}

impl Variant {
    const STANDARD: Self = Self { fips: false, dual_stack: false };

    /// Its name in `endpoints.json`.
    fn name(self) -> &'static str {
        match (self.fips, self.dual_stack) {
            (false, false) => "standard",
            (true, false) => "fips",
            (false, true) => "dual_stack",
            (true, true) => "both",
        }
    }
}

/// Where a service is asked in a region: with `fips` where its cryptography is validated by FIPS 140,
/// with `dual_stack` where IPv6 reaches it as well.
pub(super) fn resolve(
    metadata: &Metadata,
    region: &str,
    fips: bool,
    dual_stack: bool,
) -> Result<Endpoint, EndpointRefused> {
    let (url, signing_region) = place(&metadata.endpoint_prefix, region, Variant { fips, dual_stack })?;
    Ok(Endpoint { url, signing_region, signing_name: metadata.signing_name.clone() })
}

/// Whether an address is one that AWS has the service at in a region, of whichever variant. The domain
/// alone does not tell: AWS's customers have hosts under it too.
pub(crate) fn is_own(metadata: &Metadata, region: &str, url: &str) -> bool {
    let asked = url.trim_end_matches('/');
    [(false, false), (true, false), (false, true), (true, true)].into_iter().any(|(fips, dual_stack)| {
        let place = place(&metadata.endpoint_prefix, region, Variant { fips, dual_stack });
        place.is_ok_and(|(own, _)| own.eq_ignore_ascii_case(asked))
    })
}

/// The URL, and the region that signatures name.
fn place(prefix: &str, region: &str, variant: Variant) -> Result<(String, String), EndpointRefused> {
    let suffix = |dual_stack| suffix(region, Variant { dual_stack, ..variant });
    let service = EXCEPTIONS.services.get(prefix);
    if service.is_none() && variant != Variant::STANDARD {
        return Err(EndpointRefused::Unknown { prefix: prefix.to_owned(), variant: variant.name() });
    }
    let (name, partition) = partition(region);
    let rule = service.and_then(|partitions| {
        [name, "all"].into_iter().find_map(|partition| partitions.get(partition)?.get(variant.name()))
    });
    let (template, signing_region) = match rule {
        Some(Rule::Place { url, signing_region }) => (Some(url), signing_region.as_deref()),
        Some(Rule::Refused { .. }) => {
            return Err(EndpointRefused::None {
                prefix: prefix.to_owned(),
                variant: variant.name(),
                region: region.to_owned(),
            });
        }
        Some(Rule::Regions { regions }) => (regions.get(region), None),
        None => (None, None),
    };
    let own = suffix(variant.dual_stack)?;
    let url = match template {
        None => format!("https://{prefix}{}.{region}.{own}", if variant.fips { "-fips" } else { "" }),
        Some(template) => {
            let mut url = template.replace("{home}", &partition.home).replace("{region}", region);
            for (mark, dual_stack) in [("{suffix}", false), ("{dual_stack_suffix}", true)] {
                if url.contains(mark) {
                    url = url.replace(mark, &suffix(dual_stack)?);
                }
            }
            url
        }
    };
    let signing_region =
        signing_region.map_or(region, |region| if region == "{home}" { &partition.home } else { region });
    Ok((url, signing_region.to_owned()))
}

/// The name of the partition that a region's name is of (`aws-us-gov`).
#[must_use]
pub(crate) fn partition_of(region: &str) -> &'static str {
    partition(region).0
}

/// The partition of a region. One that no partition knows is taken for a new one of `aws`, as the
/// SDK does.
fn partition(region: &str) -> (&'static str, &'static Partition) {
    let (name, partition) = EXCEPTIONS
        .partitions
        .iter()
        .filter(|(_, partition)| region.starts_with(&partition.start))
        .max_by_key(|(_, partition)| partition.start.len())
        .expect("the start of one partition is empty");
    (name, partition)
}

/// The domain under which the partition of a region has its services.
fn suffix(region: &str, variant: Variant) -> Result<String, EndpointRefused> {
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| EndpointRefused::Region {
        region: region.to_owned(),
        source,
    };
    let parameters = Params::builder()
        .region(region)
        .use_fips(variant.fips)
        .use_dual_stack(variant.dual_stack)
        .build()
        .map_err(|error| refused(error.into()))?;
    let resolver = DefaultResolver::new();
    let endpoint = resolver
        .resolve_endpoint(&parameters)
        .now_or_never()
        .ok_or_else(|| refused("the resolver of STS is waiting for something".into()))?
        .map_err(refused)?;
    let host = endpoint.url().strip_prefix("https://sts").map(|host| host.strip_prefix("-fips").unwrap_or(host));
    host.and_then(|host| host.strip_prefix(&format!(".{region}.")))
        .map(str::to_owned)
        .ok_or_else(|| refused(format!("STS has an endpoint of another form: {}", endpoint.url()).into()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const ALL: [Variant; 4] = [
        Variant { fips: false, dual_stack: false },
        Variant { fips: true, dual_stack: false },
        Variant { fips: false, dual_stack: true },
        Variant { fips: true, dual_stack: true },
    ];

    fn at(prefix: &str, region: &str, variant: Variant) -> (String, String) {
        place(prefix, region, variant).expect("an endpoint")
    }

    /// The fixture is what AWS's own rule sets answer, evaluated by an implementation that is not ours.
    #[test]
    fn every_service_is_asked_where_the_rules_of_aws_say() {
        let told: Value =
            serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/endpoints.json")))
                .expect("JSON");
        let regions = |place: &Value| match told["partitions"].get(place.as_str().expect("text")) {
            Some(regions) => regions.as_array().expect("a list").clone(),
            None => vec![place.clone()],
        };
        let mut asked = 0;
        for (prefix, service) in told["services"].as_object().expect("an object") {
            for variant in ALL {
                let mut seen = 0;
                for rule in service[variant.name()].as_array().expect("a list") {
                    for region in rule["at"].as_array().expect("a list").iter().flat_map(regions) {
                        let region = region.as_str().expect("text");
                        let named = format!("{prefix} in {region}, {}", variant.name());
                        seen += 1;
                        let Some(url) = rule["url"].as_str() else {
                            assert!(
                                matches!(place(prefix, region, variant), Err(EndpointRefused::None { .. })),
                                "{named}"
                            );
                            continue;
                        };
                        let url = url.replace("{region}", region);
                        let signing_region = rule["signing_region"].as_str().unwrap_or(region).to_owned();
                        assert_eq!(at(prefix, region, variant), (url, signing_region), "{named}");
                    }
                }
                assert!(seen >= 40, "{prefix} has {seen} regions, {}", variant.name());
                asked += seen;
            }
        }
        assert!(asked > 13_000, "{asked}");
    }

    #[test]
    fn a_service_is_asked_in_its_region_and_a_global_one_in_one_place() {
        let standard = Variant::STANDARD;
        assert_eq!(at("kms", "eu-central-1", standard).0, "https://kms.eu-central-1.amazonaws.com");
        assert_eq!(at("kms", "cn-north-1", standard).0, "https://kms.cn-north-1.amazonaws.com.cn");
        let iam = ("https://iam.amazonaws.com".to_owned(), "us-east-1".to_owned());
        assert_eq!(at("iam", "eu-central-1", standard), iam);
        let iam = ("https://iam.us-gov.amazonaws.com".to_owned(), "us-gov-west-1".to_owned());
        assert_eq!(at("iam", "us-gov-east-1", standard), iam);
    }

    #[test]
    fn fips_and_dual_stack_are_served_where_they_are_known_and_refused_elsewhere() {
        let [_, fips, dual_stack, both] = ALL;
        assert_eq!(at("kms", "us-east-1", fips).0, "https://kms-fips.us-east-1.amazonaws.com");
        assert_eq!(at("ec2", "us-gov-west-1", fips).0, "https://ec2.us-gov-west-1.amazonaws.com");
        assert_eq!(at("ec2", "us-east-1", dual_stack).0, "https://ec2.us-east-1.api.aws");
        assert_eq!(at("kafka", "us-east-1", both).0, "https://kafka-api-fips.us-east-1.api.aws");
        for variant in [fips, dual_stack, both] {
            let refused = place("newservice", "us-east-1", variant).expect_err("it is not known");
            assert!(matches!(refused, EndpointRefused::Unknown { .. }), "{refused}");
        }
        let regular = at("newservice", "us-east-1", Variant::STANDARD);
        assert_eq!(regular.0, "https://newservice.us-east-1.amazonaws.com");
    }

    #[test]
    fn an_address_is_aws_s_own_by_the_rules_and_not_by_its_domain() {
        let kms = &super::super::model::service("kms").expect("a model").metadata;
        for (url, region, own) in [
            ("https://kms.eu-central-1.amazonaws.com", "eu-central-1", true),
            ("https://KMS.eu-central-1.amazonaws.com/", "eu-central-1", true),
            ("https://kms-fips.us-east-1.amazonaws.com", "us-east-1", true),
            ("https://kms.eu-central-1.amazonaws.com", "us-east-1", false),
            ("http://kms.eu-central-1.amazonaws.com", "eu-central-1", false),
            ("https://kms.eu-central-1.amazonaws.com:444", "eu-central-1", false),
            ("https://mine.s3.amazonaws.com", "us-east-1", false),
            ("https://vpce-1.kms.us-east-1.vpce.amazonaws.com", "us-east-1", false),
            ("http://127.0.0.1:5000", "us-east-1", false),
            ("", "us-east-1", false),
        ] {
            assert_eq!(is_own(kms, region, url), own, "{url} in {region}");
        }
    }

    #[test]
    fn what_is_no_region_has_no_endpoint() {
        for region in ["", "us east", "evil.example/", "-"] {
            let refused = place("kms", region, Variant::STANDARD).expect_err(region);
            assert!(matches!(refused, EndpointRefused::Region { .. }), "{refused}");
        }
    }

    #[test]
    fn a_region_that_is_newer_than_the_table_belongs_to_the_partition_of_its_name() {
        assert_eq!(at("kms", "eu-new-9", Variant::STANDARD).0, "https://kms.eu-new-9.amazonaws.com");
        assert_eq!(at("iam", "us-gov-new-9", Variant::STANDARD).1, "us-gov-west-1");
    }
}
