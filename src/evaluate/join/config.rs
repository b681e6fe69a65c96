//! What is joined into configuration recorders: whether any region records the global types.

use super::Join;
use crate::evaluate::inventory::Inventory;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::tree::Tree;

const RECORDER: &str = "AWS::Config::ConfigurationRecorder";

/// The resource types that AWS calls global and records where a recorder is told to (AWS Config
/// Developer Guide, "Recording global resources").
const GLOBAL_TYPES: [&str; 4] = ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::Policy"];

/// The joins into recorders.
pub(super) static JOINS: &[Join] = &[Join {
    into: RECORDER,
    attribute: "global_types_recorded",
    needs: &[(RECORDER, None), (RECORDER, Some("status"))],
    apply: global_types,
}];

/// Tells every recorder of the account whether one of them records the global types. One that is
/// seen to do so decides; else everything that was not seen leaves it open.
fn global_types(inventory: &mut Inventory) {
    let mut recorders = inventory.take(RECORDER);
    let answer = recorded(inventory, &recorders);
    for recorder in &mut recorders {
        match &answer {
            Ok((answer, captures)) => recorder.set_known("global_types_recorded", *answer, captures.clone()),
            Err(gap) => recorder.set_unknown("global_types_recorded", gap.clone()),
        }
    }
    inventory.put(RECORDER, recorders);
}

fn recorded(inventory: &Inventory, recorders: &[Resource]) -> Result<(bool, Vec<CaptureId>), Gap> {
    let mut open: Option<Gap> = None;
    let mut captures = Vec::new();
    for recorder in recorders {
        let told = recorder.captures_for(["/status", "/recording_group"]);
        match records_global_types(recorder) {
            Ok(true) => return Ok((true, told)),
            Ok(false) => captures.extend(told),
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    if let Some(gap) = open.or_else(|| unseen(inventory)) {
        return Err(gap);
    }
    captures.sort_unstable();
    captures.dedup();
    Ok((false, captures))
}

/// Whether a recorder may lie where we did not look. Recorders in hand that nobody counted come
/// from code, which is all there is to look at.
fn unseen(inventory: &Inventory) -> Option<Gap> {
    if !inventory.populations.iter().any(|population| population.r#type == RECORDER) {
        return None;
    }
    let account = &inventory.account;
    inventory.listing_gap(RECORDER, None).or_else(|| account.regions_incomplete.clone()).or_else(|| {
        let elsewhere = account.regions.iter().find(|region| region.is_unseen())?;
        let why = format!("{} was not scanned, and its recorder may record global types", elsewhere.name);
        Some(Gap::new(GapCode::OutsideScope, why))
    })
}

fn records_global_types(recorder: &Resource) -> Result<bool, Gap> {
    let group = &recorder.attributes["recording_group"];
    let includes = match group.first_gap() {
        Some(gap) => Err(Gap::clone(gap)),
        None => Ok(includes_global_types(group)),
    };
    let status = &recorder.attributes["status"];
    let recording = match status.first_gap() {
        Some(gap) => Err(Gap::clone(gap)),
        // A recorder in code has no status: what deploys it starts it.
        None => Ok(status.is_null() || status["recording"] == true),
    };
    match (includes, recording) {
        (Ok(false), _) | (_, Ok(false)) => Ok(false),
        (Ok(true), Ok(true)) => Ok(true),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
    }
}

/// Of a recording group in which nothing is unknown.
fn includes_global_types(group: &Tree) -> bool {
    let listed =
        |key: &str| -> Vec<&str> { group[key].as_array().into_iter().flatten().filter_map(Tree::as_str).collect() };
    if group["include_global_resource_types"] == true {
        return true;
    }
    let named = match group["recording_strategy"].as_str() {
        Some("EXCLUSION_BY_RESOURCE_TYPES") => {
            let excluded = listed("excluded_resource_types");
            return GLOBAL_TYPES.iter().all(|global| !excluded.contains(global));
        }
        _ => listed("resource_types"),
    };
    GLOBAL_TYPES.iter().all(|global| named.contains(global))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attr::Attr;
    use crate::model::resource::ResourceId;
    use crate::model::resource::config::{ConfigurationRecorder, RecorderStatus, RecordingGroup};
    use crate::model::scan::{AccountScope, Population, RegionScope};

    fn recorder(region: &str, group: RecordingGroup, recording: Option<bool>) -> Resource {
        let status = match recording {
            Some(recording) => Attr::known(RecorderStatus { recording: Some(recording), ..RecorderStatus::default() }),
            None => Attr::unknown(Gap::new(GapCode::AccessDenied, "")),
        };
        let typed = ConfigurationRecorder { recording_group: Some(group), status, ..ConfigurationRecorder::default() };
        Resource::new(ResourceId { id: region, name: "default", account: "1", region }, &typed, &[1])
    }

    fn all(global: bool) -> RecordingGroup {
        RecordingGroup {
            all_supported: Some(true),
            include_global_resource_types: Some(global),
            ..RecordingGroup::default()
        }
    }

    fn joined(recorders: Vec<Resource>, gap: Option<GapCode>, third_scanned: bool) -> Result<bool, GapCode> {
        let region = |name: &str, scanned| RegionScope {
            name: name.to_owned(),
            opt_in_status: "opt-in-not-required".to_owned(),
            scanned,
            why_not: None,
        };
        let account = AccountScope {
            id: "1".to_owned(),
            partition: "aws".to_owned(),
            caller_arn: String::new(),
            caller_id: String::new(),
            regions: vec![region("a", true), region("b", true), region("c", third_scanned)],
            regions_incomplete: None,
        };
        let counted = |region: &str, gap: Option<GapCode>| Population {
            account: "1".to_owned(),
            region: region.to_owned(),
            r#type: RECORDER.to_owned(),
            count: 1,
            counted_by: String::new(),
            pages: 1,
            complete: gap.is_none(),
            gap: gap.map(|code| Gap::new(code, "")),
            gone: Vec::new(),
            captures: vec![2],
        };
        let mut inventory = Inventory::new(account, recorders, vec![counted("a", None), counted("b", gap)]);
        global_types(&mut inventory);
        let first = &inventory.of_type(RECORDER)[0];
        match first.unknown().get("/global_types_recorded") {
            Some(gap) => Err(gap.code),
            None => Ok(first.attributes["global_types_recorded"] == true),
        }
    }

    #[test]
    fn one_region_that_records_them_decides_whatever_else_is_unknown() {
        let both = || vec![recorder("a", all(false), Some(true)), recorder("b", all(true), Some(true))];
        assert_eq!(joined(both(), None, true), Ok(true));
        assert_eq!(joined(both(), Some(GapCode::AccessDenied), false), Ok(true));
    }

    #[test]
    fn none_that_records_them_is_false_only_where_everything_was_seen() {
        let one = || vec![recorder("a", all(false), Some(true))];
        assert_eq!(joined(one(), None, true), Ok(false));
        assert_eq!(joined(one(), Some(GapCode::AccessDenied), true), Err(GapCode::AccessDenied));
        assert_eq!(joined(one(), None, false), Err(GapCode::OutsideScope));
        assert_eq!(joined(vec![recorder("a", all(true), None)], None, true), Err(GapCode::AccessDenied));
        assert_eq!(joined(vec![recorder("a", all(true), Some(false))], None, true), Ok(false));
        assert_eq!(joined(vec![recorder("a", all(false), None)], None, true), Ok(false));
    }

    #[test]
    fn lists_of_types_count_by_what_they_hold() {
        let by = |strategy: &str, named: &[&str], excluded: &[&str]| {
            let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let group = RecordingGroup {
                resource_types: own(named),
                excluded_resource_types: own(excluded),
                recording_strategy: Some(strategy.to_owned()),
                ..RecordingGroup::default()
            };
            joined(vec![recorder("a", group, Some(true))], None, true)
        };
        assert_eq!(by("INCLUSION_BY_RESOURCE_TYPES", &GLOBAL_TYPES, &[]), Ok(true));
        assert_eq!(by("INCLUSION_BY_RESOURCE_TYPES", &GLOBAL_TYPES[1..], &[]), Ok(false));
        assert_eq!(by("EXCLUSION_BY_RESOURCE_TYPES", &[], &["AWS::EC2::Instance"]), Ok(true));
        assert_eq!(by("EXCLUSION_BY_RESOURCE_TYPES", &[], &["AWS::IAM::Role"]), Ok(false));
    }
}
