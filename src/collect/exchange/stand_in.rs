//! What stands in for AWS: endpoints that a flag, a variable or a profile names in place of AWS's own.
//!
//! A scan says in its header, before anything is collected, which services are asked elsewhere; it is no
//! evidence then. So each is resolved before the header, for every service and region that will be
//! asked, in the way in which its client resolves it; and what was not declared is not asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;

use crate::collect::api::client::configured;
use crate::collect::api::{endpoint, model};
use crate::model::scan::ScanHeader;

/// The endpoints that stand in for AWS in a session.
pub(super) enum StandIns {
    /// As the configuration names them; once they are declared, no others.
    Configured(Mutex<Option<BTreeMap<String, String>>>),
    /// As the header of the scan that is played names them.
    Recorded {
        /// For every service.
        endpoint: Option<String>,
        /// For some.
        endpoints: BTreeMap<String, String>,
    },
}

impl StandIns {
    pub(super) fn configured() -> Self {
        Self::Configured(Mutex::new(None))
    }

    pub(super) fn recorded(header: &ScanHeader) -> Self {
        Self::Recorded { endpoint: header.endpoint.clone(), endpoints: header.endpoints.clone() }
    }

    /// Where a service is asked in a region, where that is not the regular place.
    ///
    /// # Errors
    ///
    /// What is said in the gap, where it is neither AWS's own endpoint nor declared.
    pub(super) fn of(&self, config: &SdkConfig, service: &str, region: &str) -> Result<Option<String>, String> {
        match self {
            Self::Recorded { endpoint, endpoints } => Ok(endpoint.as_ref().or_else(|| endpoints.get(service)).cloned()),
            Self::Configured(declared) => {
                let url = named(config, service);
                if let (Some(url), Some(declared)) = (&url, &*declared.lock().unwrap_or_else(PoisonError::into_inner))
                    && !is_own(service, region, url)
                    && declared.get(service) != Some(url)
                {
                    return Err(format!("it would be asked at {url}, which the header of the scan does not name"));
                }
                Ok(url)
            }
        }
    }

    /// The services that are asked elsewhere than at AWS's own endpoint, and where; no others are
    /// from now on.
    pub(super) fn declare(
        &self,
        config: &SdkConfig,
        services: impl IntoIterator<Item = &'static str>,
        regions: &[&str],
    ) -> BTreeMap<String, String> {
        let mut elsewhere = BTreeMap::new();
        for service in services {
            let url = match self {
                Self::Configured(_) => {
                    named(config, service).filter(|url| regions.iter().any(|region| !is_own(service, region, url)))
                }
                Self::Recorded { endpoint, endpoints } => endpoint.as_ref().or_else(|| endpoints.get(service)).cloned(),
            };
            elsewhere.extend(url.map(|url| (service.to_owned(), url)));
        }
        if let Self::Configured(declared) = self {
            *declared.lock().unwrap_or_else(PoisonError::into_inner) = Some(elsewhere.clone());
        }
        elsewhere
    }
}

/// The endpoint that the configuration names for a service.
fn named(config: &SdkConfig, service: &str) -> Option<String> {
    configured(config, model::service(service)?).filter(|url| !url.is_empty())
}

fn is_own(service: &str, region: &str, url: &str) -> bool {
    model::service(service).is_some_and(|model| endpoint::is_own(&model.metadata, region, url))
}

#[cfg(test)]
mod tests {
    use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

    use super::*;

    /// A profile with a `services` section.
    #[derive(Debug)]
    struct Section(&'static [(&'static str, &'static str)]);

    impl LoadServiceConfig for Section {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let found = self.0.iter().find(|(service, _)| service.eq_ignore_ascii_case(key.service_id()));
            found.map(|(_, url)| (*url).to_owned())
        }
    }

    const EMULATOR: &str = "http://127.0.0.1:5000";

    #[test]
    fn only_what_is_asked_and_not_aws_s_own_stands_in() {
        let config = SdkConfig::builder()
            .service_config(Section(&[
                ("sts", EMULATOR),
                ("kms", "https://kms.eu-west-1.amazonaws.com"),
                ("SNS", EMULATOR),
            ]))
            .build();
        let here = StandIns::configured();
        let declared = here.declare(&config, ["sts", "ec2", "kms"], &["eu-west-1"]);
        assert_eq!(declared, BTreeMap::from([("sts".to_owned(), EMULATOR.to_owned())]));
        assert_eq!(here.of(&config, "sts", "eu-west-1"), Ok(Some(EMULATOR.to_owned())));
        assert_eq!(here.of(&config, "ec2", "eu-west-1"), Ok(None));
        assert!(here.of(&config, "kms", "eu-west-1").is_ok());
        assert!(here.of(&config, "kms", "us-east-1").is_err(), "the endpoint of another region, not declared");
        assert!(here.of(&config, "sns", "eu-west-1").is_err(), "it was not to be asked");

        let everywhere = StandIns::configured().declare(&config, ["kms"], &["eu-west-1", "us-east-1"]);
        assert_eq!(everywhere.len(), 1, "one region's endpoint stands in for another's");
    }

    #[test]
    fn one_address_for_all_stands_in_for_each_service_asked() {
        let config = SdkConfig::builder().endpoint_url(EMULATOR).build();
        let declared = StandIns::configured().declare(&config, ["sts", "ec2"], &["us-east-1"]);
        assert_eq!(declared.into_keys().collect::<Vec<_>>(), ["ec2", "sts"]);
    }
}
