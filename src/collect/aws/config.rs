//! AWS Config: the recorder of each region, and how its recording and deliveries go.

use futures::future::FutureExt as _;
use serde_json::Value;

use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::answer::Answer;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{Collected, Count, Item, Own, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::config::{
    ConfigurationRecorder, Delivery, DeliveryChannel, RecorderStatus, RecordingGroup,
};

const API: Api = Api::new("config", Rate::per_second("config", 10.0));
static DESCRIBE_RECORDERS: Operation =
    API.operation("DescribeConfigurationRecorders").no_secrets().must(&["ConfigurationRecorders"]);
static DESCRIBE_RECORDER_STATUS: Operation =
    API.operation("DescribeConfigurationRecorderStatus").no_secrets().must(&["ConfigurationRecordersStatus"]);
static DESCRIBE_CHANNEL_STATUS: Operation =
    API.operation("DescribeDeliveryChannelStatus").no_secrets().must(&["DeliveryChannelsStatus"]);

/// The configuration recorder of each region. The three calls do not need each other's answers and
/// are made at once.
pub static SERVICE: Service = Service {
    name: "config",
    scope: ServiceScope::Regional,
    tables: &[Table::Own(Own {
        types: &[OwnType {
            r#type: ConfigurationRecorder::TYPE,
            listed_by: &[&DESCRIBE_RECORDERS],
            tells: &[
                tells("status", &[&DESCRIBE_RECORDER_STATUS]),
                tells("delivery_channels", &[&DESCRIBE_CHANNEL_STATUS]),
            ],
        }],
        collect: |site| recorders(site).boxed(),
    })],
};

async fn recorders(site: Site<'_>) -> Collected {
    let wants = |attribute| site.needs.requires(ConfigurationRecorder::TYPE, attribute);
    let status = async {
        if !wants("status") {
            return None;
        }
        Some(site.ask(&DESCRIBE_RECORDER_STATUS, Value::Null).await)
    };
    let channels = async {
        if !wants("delivery_channels") {
            return None;
        }
        Some(site.ask(&DESCRIBE_CHANNEL_STATUS, Value::Null).await)
    };
    let listing = site.ask(&DESCRIBE_RECORDERS, Value::Null);
    let (listing, status, channels) = futures::join!(listing, status, channels);
    let status = status.map(Answer::into_attr);
    let channels = channels.map(|answer| {
        answer.into_attr().map(|output| output.root().list("DeliveryChannelsStatus").map(channel).collect::<Vec<_>>())
    });
    let listing = listing.into_listing();
    let mut count = Count::of(&site, ConfigurationRecorder::TYPE, &listing);
    for entry in listing.items("ConfigurationRecorders") {
        let mut typed = recorder(entry);
        if let Some(status) = &status {
            typed.status = status_of(entry.str_of("name"), status.clone());
        }
        if let Some(channels) = &channels {
            typed.delivery_channels = channels.clone();
        }
        let name = entry.str_of("name").unwrap_or("default");
        count.add(Item::new(entry.str_of("arn").or(Some(name)), Some(name), &typed), &[]);
    }
    count.done()
}

fn recorder(recorder: Node<'_>) -> ConfigurationRecorder {
    // AWS leaves the two flags of a group out where they are off.
    let group = |group: Node<'_>| RecordingGroup {
        all_supported: Some(group.flag("allSupported").unwrap_or_default()),
        include_global_resource_types: Some(group.flag("includeGlobalResourceTypes").unwrap_or_default()),
        resource_types: group.texts("resourceTypes"),
        excluded_resource_types: group.get("exclusionByResourceTypes").texts("resourceTypes"),
        recording_strategy: group.get("recordingStrategy").text("useOnly"),
    };
    ConfigurationRecorder {
        role_arn: recorder.text("roleARN"),
        recording_group: recorder.get("recordingGroup").some().map(group),
        ..ConfigurationRecorder::default()
    }
}

/// The status of one recorder out of those of the region.
fn status_of(name: Option<&str>, told: Attr<Document>) -> Attr<RecorderStatus> {
    told.and_then(|output| {
        let status = output.root().list("ConfigurationRecordersStatus").find(|status| status.str_of("name") == name);
        match status {
            Some(status) => State::Known(RecorderStatus {
                recording: Some(status.flag("recording").unwrap_or_default()),
                last_status: status.text("lastStatus"),
                last_error_code: status.text("lastErrorCode"),
                last_status_change_time: status.text("lastStatusChangeTime"),
            }),
            None => State::Unknown(
                DESCRIBE_RECORDER_STATUS.gap(GapCode::MalformedResponse, "the answer does not name the recorder"),
            ),
        }
    })
}

fn channel(channel: Node<'_>) -> DeliveryChannel {
    let export = |info: Node<'_>| Delivery {
        last_status: info.text("lastStatus"),
        last_error_code: info.text("lastErrorCode"),
        last_attempt_time: info.text("lastAttemptTime"),
    };
    let stream = |info: Node<'_>| Delivery {
        last_status: info.text("lastStatus"),
        last_error_code: info.text("lastErrorCode"),
        last_attempt_time: info.text("lastStatusChangeTime"),
    };
    DeliveryChannel {
        name: channel.text("name"),
        history: channel.get("configHistoryDeliveryInfo").some().map(export),
        snapshot: channel.get("configSnapshotDeliveryInfo").some().map(export),
        stream: channel.get("configStreamDeliveryInfo").some().map(stream),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::exchange::operation::NoValue;

    #[test]
    fn a_status_is_found_by_the_recorder_s_name_and_its_lack_is_no_answer() {
        let status = json!({"name": "default", "recording": true, "lastStatus": "Success"});
        let output = Document::of(
            "config",
            "DescribeConfigurationRecorderStatus",
            json!({"ConfigurationRecordersStatus": [status]}),
        );
        let found = status_of(Some("default"), Attr::known(output.clone()));
        assert_eq!(found.value().and_then(|status| status.last_status.as_deref()), Some("Success"));
        let missing = status_of(Some("other"), Attr::known(output));
        assert!(matches!(missing.state, State::Unknown(gap) if gap.code == GapCode::MalformedResponse));
    }

    #[test]
    fn what_a_recorder_leaves_out_is_kept() {
        let told = json!({"name": "default", "recordingGroup": {
            "allSupported": false,
            "exclusionByResourceTypes": {"resourceTypes": ["AWS::IAM::User"]},
            "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
        }});
        let told = json!({"ConfigurationRecorders": [told]});
        let told = Document::of("config", "DescribeConfigurationRecorders", told);
        let told = told.root().list("ConfigurationRecorders").next().expect("one");
        let group = recorder(told).recording_group.expect("a recording group");
        assert_eq!(group.excluded_resource_types, ["AWS::IAM::User"]);
        assert_eq!(group.recording_strategy.as_deref(), Some("EXCLUSION_BY_RESOURCE_TYPES"));
    }

    #[test]
    fn no_error_is_an_empty_list() {
        for operation in [&DESCRIBE_RECORDERS, &DESCRIBE_RECORDER_STATUS, &DESCRIBE_CHANNEL_STATUS] {
            for code in ["AccessDeniedException", "NoSuchConfigurationRecorderException", "ValidationException"] {
                assert!(matches!(operation.classify_error(Some(code), Some(400), ""), NoValue::Gap(_)), "{code}");
            }
        }
    }
}
