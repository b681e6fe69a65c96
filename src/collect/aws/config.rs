//! AWS Config: the recorder of each region, and how its recording and deliveries go.

use aws_sdk_config::operation::describe_configuration_recorder_status::DescribeConfigurationRecorderStatusOutput;
use aws_sdk_config::operation::describe_configuration_recorders::DescribeConfigurationRecordersOutput;
use aws_sdk_config::types as sdk;
use futures::future::{BoxFuture, FutureExt as _};

use super::time::rfc3339;
use crate::collect::call::{Answer, Listing, Site};
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::config::{
    ConfigurationRecorder, Delivery, DeliveryChannel, RecorderStatus, RecordingGroup,
};
use crate::model::resource::{Place, Resource, TypedResource};

static DESCRIBE_RECORDERS: Operation =
    Operation::new("config", "DescribeConfigurationRecorders", "config:DescribeConfigurationRecorders")
        .answers("ConfigurationRecorders");
static DESCRIBE_RECORDER_STATUS: Operation =
    Operation::new("config", "DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorderStatus")
        .answers("ConfigurationRecordersStatus");
static DESCRIBE_CHANNEL_STATUS: Operation =
    Operation::new("config", "DescribeDeliveryChannelStatus", "config:DescribeDeliveryChannelStatus")
        .answers("DeliveryChannelsStatus");

static PROVIDES: &[Provided] = &[
    Provided { r#type: ConfigurationRecorder::TYPE, attribute: None, operations: &[&DESCRIBE_RECORDERS] },
    Provided {
        r#type: ConfigurationRecorder::TYPE,
        attribute: Some("status"),
        operations: &[&DESCRIBE_RECORDER_STATUS],
    },
    Provided {
        r#type: ConfigurationRecorder::TYPE,
        attribute: Some("delivery_channels"),
        operations: &[&DESCRIBE_CHANNEL_STATUS],
    },
];

/// Collects the configuration recorder of each region. The three calls do not need each other's
/// answers and are made at once.
pub struct Config;

impl Collector for Config {
    fn service(&self) -> &'static str {
        "config"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        recorders(site).boxed()
    }
}

async fn recorders(site: Site<'_>) -> Collected {
    let wants = |attribute| site.needs.wants(ConfigurationRecorder::TYPE, attribute);
    let client = super::client!(site, aws_sdk_config, "config", site.region);
    let listing = site.call(&DESCRIBE_RECORDERS, client.describe_configuration_recorders().send());
    let status = async {
        if !wants("status") {
            return None;
        }
        Some(site.call(&DESCRIBE_RECORDER_STATUS, client.describe_configuration_recorder_status().send()).await)
    };
    let channels = async {
        if !wants("delivery_channels") {
            return None;
        }
        Some(site.call(&DESCRIBE_CHANNEL_STATUS, client.describe_delivery_channel_status().send()).await)
    };
    let (listing, status, channels) = futures::join!(listing, status, channels);
    let status = status.map(Answer::into_attr);
    let channels = channels.map(|answer| {
        answer.into_attr().map(|output| output.delivery_channels_status().iter().map(channel).collect::<Vec<_>>())
    });
    let listing: Listing<DescribeConfigurationRecordersOutput> = listing.into_listing();
    let resources: Vec<Resource> = listing
        .pages
        .iter()
        .flat_map(DescribeConfigurationRecordersOutput::configuration_recorders)
        .map(|entry| {
            let mut typed = recorder(entry);
            if let Some(status) = &status {
                typed.status = status_of(entry.name(), status.clone());
            }
            if let Some(channels) = &channels {
                typed.delivery_channels = channels.clone();
            }
            let name = entry.name().unwrap_or("default");
            let id = entry.arn().unwrap_or(name);
            let place = Place { id, name, account: site.account, region: site.region };
            Resource::new(place, &typed, &listing.captures)
        })
        .collect();
    listing.collected(&site, ConfigurationRecorder::TYPE, resources.into_iter().map(Ok))
}

fn recorder(recorder: &sdk::ConfigurationRecorder) -> ConfigurationRecorder {
    let names = |types: &[sdk::ResourceType]| types.iter().map(|name| name.as_str().to_owned()).collect();
    let group = |group: &sdk::RecordingGroup| RecordingGroup {
        all_supported: Some(group.all_supported()),
        include_global_resource_types: Some(group.include_global_resource_types()),
        resource_types: names(group.resource_types()),
        excluded_resource_types: group
            .exclusion_by_resource_types()
            .map(|excluded| names(excluded.resource_types()))
            .unwrap_or_default(),
        recording_strategy: group
            .recording_strategy()
            .and_then(|strategy| strategy.use_only())
            .map(|strategy| strategy.as_str().to_owned()),
    };
    ConfigurationRecorder {
        role_arn: recorder.role_arn().map(ToOwned::to_owned),
        recording_group: recorder.recording_group().map(group),
        ..ConfigurationRecorder::default()
    }
}

/// The status of one recorder out of those of the region.
fn status_of(name: Option<&str>, told: Attr<DescribeConfigurationRecorderStatusOutput>) -> Attr<RecorderStatus> {
    told.and_then(|output| {
        let statuses = output.configuration_recorders_status();
        match statuses.iter().find(|status| status.name() == name) {
            Some(status) => State::Known(RecorderStatus {
                recording: Some(status.recording()),
                last_status: status.last_status().map(|status| status.as_str().to_owned()),
                last_error_code: status.last_error_code().map(ToOwned::to_owned),
                last_status_change_time: status.last_status_change_time().and_then(rfc3339),
            }),
            None => State::Unknown(
                DESCRIBE_RECORDER_STATUS.gap(GapCode::MalformedResponse, "the answer does not name the recorder"),
            ),
        }
    })
}

fn channel(channel: &sdk::DeliveryChannelStatus) -> DeliveryChannel {
    let export = |info: &sdk::ConfigExportDeliveryInfo| Delivery {
        last_status: info.last_status().map(|status| status.as_str().to_owned()),
        last_error_code: info.last_error_code().map(ToOwned::to_owned),
        last_attempt_time: info.last_attempt_time().and_then(rfc3339),
    };
    let stream = |info: &sdk::ConfigStreamDeliveryInfo| Delivery {
        last_status: info.last_status().map(|status| status.as_str().to_owned()),
        last_error_code: info.last_error_code().map(ToOwned::to_owned),
        last_attempt_time: info.last_status_change_time().and_then(rfc3339),
    };
    DeliveryChannel {
        name: channel.name().map(ToOwned::to_owned),
        history: channel.config_history_delivery_info().map(export),
        snapshot: channel.config_snapshot_delivery_info().map(export),
        stream: channel.config_stream_delivery_info().map(stream),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn a_status_is_found_by_the_recorder_s_name_and_its_lack_is_no_answer() {
        let output = DescribeConfigurationRecorderStatusOutput::builder()
            .configuration_recorders_status(
                sdk::ConfigurationRecorderStatus::builder()
                    .name("default")
                    .recording(true)
                    .last_status(sdk::RecorderStatus::Success)
                    .build(),
            )
            .build();
        let found = status_of(Some("default"), Attr::known(output.clone()));
        assert_eq!(found.value().and_then(|status| status.last_status.as_deref()), Some("Success"));
        let missing = status_of(Some("other"), Attr::known(output));
        assert!(matches!(missing.state, State::Unknown(gap) if gap.code == GapCode::MalformedResponse));
    }

    #[test]
    fn what_a_recorder_leaves_out_is_kept() {
        let told = sdk::ConfigurationRecorder::builder()
            .name("default")
            .recording_group(
                sdk::RecordingGroup::builder()
                    .all_supported(false)
                    .exclusion_by_resource_types(
                        sdk::ExclusionByResourceTypes::builder().resource_types(sdk::ResourceType::User).build(),
                    )
                    .recording_strategy(
                        sdk::RecordingStrategy::builder()
                            .use_only(sdk::RecordingStrategyType::ExclusionByResourceTypes)
                            .build(),
                    )
                    .build(),
            )
            .build();
        let group = recorder(&told).recording_group.expect("a recording group");
        assert_eq!(group.excluded_resource_types, ["AWS::IAM::User"]);
        assert_eq!(group.recording_strategy.as_deref(), Some("EXCLUSION_BY_RESOURCE_TYPES"));
    }

    #[test]
    fn no_error_is_an_empty_list() {
        for operation in [&DESCRIBE_RECORDERS, &DESCRIBE_RECORDER_STATUS, &DESCRIBE_CHANNEL_STATUS] {
            for code in ["AccessDeniedException", "NoSuchConfigurationRecorderException", "ValidationException"] {
                assert!(matches!(operation.judge(Some(code), Some(400), ""), Miss::Gap(_)), "{code}");
            }
        }
    }
}
