//! Whether `CloudTrail` records what is done with a bucket's objects.
//!
//! A bucket counts as covered where trails that are logging record every read and every write of
//! every object in it, one trail or several together. From "Logging data events" in the `CloudTrail`
//! User Guide: a classic selector names object ARNs by their beginnings; an advanced selector is
//! met where all its field selectors are, and any that narrows to some events or some objects does
//! not cover the bucket.

use serde::Deserialize;

use super::{BUCKET, TRAIL, listing_captures};
use crate::evaluate::inventory::Inventory;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::tree::Tree;

const OBJECT: &str = "AWS::S3::Object";
const TOLD_BY: [&str; 3] = ["/status", "/event_selectors", "/advanced_event_selectors"];

/// Says of each bucket whether trails record its data events.
pub(super) fn apply(inventory: &mut Inventory) {
    let mut buckets = inventory.take(BUCKET);
    let watch = Watch::of(inventory);
    for bucket in &mut buckets {
        match watch.covers(&bucket.identity.id, &bucket.identity.name, &bucket.identity.region) {
            Ok(covered) => bucket.set_known("has_data_events", covered, watch.captures.clone()),
            Err(gap) => bucket.set_unknown("has_data_events", gap),
        }
    }
    inventory.put(BUCKET, buckets);
}

/// What all trails together record of S3 objects.
struct Watch {
    trails: Vec<Watcher>,
    /// Why there may be more than is seen, and in which region; `None` where in any.
    open: Vec<(Option<String>, Gap)>,
    /// What told all of it.
    captures: Vec<CaptureId>,
}

/// What one trail that is logging records of S3 objects.
struct Watcher {
    /// The one region that it records; `None` for all.
    region: Option<String>,
    selectors: Vec<Selector>,
}

/// A part of a trail's selectors that records S3 objects.
struct Selector {
    reads: bool,
    writes: bool,
    /// Beginnings of ARNs of which one must fit; empty means all objects.
    prefixes: Vec<String>,
    /// Beginnings of ARNs that are left out.
    left_out: Vec<String>,
}

impl Watch {
    fn of(inventory: &Inventory) -> Self {
        let mut open = unlisted(inventory);
        let mut captures = listing_captures(inventory, TRAIL);
        let mut trails = Vec::new();
        for trail in inventory.of_type(TRAIL) {
            captures.extend(trail.captures_for(TOLD_BY));
            match watcher(trail) {
                Ok(Some(watcher)) => trails.push(watcher),
                Ok(None) => {}
                Err(gap) => open.push((only_region(trail), gap)),
            }
        }
        captures.sort_unstable();
        captures.dedup();
        Self { trails, open, captures }
    }

    fn covers(&self, id: &str, name: &str, region: &str) -> Result<bool, Gap> {
        // The partition is in the bucket's ARN; in code a bucket's id may be none.
        let arn = if id.starts_with("arn:") { format!("{id}/") } else { format!("arn:aws:s3:::{name}/") };
        let near = self.trails.iter().filter(|trail| trail.region.as_deref().is_none_or(|only| only == region));
        let (mut reads, mut writes) = (false, false);
        for selector in near.flat_map(|trail| &trail.selectors).filter(|selector| selector.takes_in(&arn)) {
            reads |= selector.reads;
            writes |= selector.writes;
        }
        let mut open = self.open.iter().filter(|(of, _)| of.as_deref().is_none_or(|of| of == region));
        match open.next() {
            Some((_, gap)) if !(reads && writes) => Err(gap.clone()),
            _ => Ok(reads && writes),
        }
    }
}

impl Selector {
    /// Whether every object of the bucket with this ARN (and a slash) is among those recorded.
    fn takes_in(&self, bucket: &str) -> bool {
        let fits = self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| covers_all_of(prefix, bucket));
        fits && !self.left_out.iter().any(|out| bucket.starts_with(out.as_str()) || out.starts_with(bucket))
    }
}

/// Whether a value names every object of a bucket. `arn:aws:s3` and `arn:aws:s3:::` name all
/// buckets; a name without its slash is taken for nothing, for it is the beginning of other names.
fn covers_all_of(prefix: &str, bucket: &str) -> bool {
    prefix == bucket || prefix.strip_suffix(":::").unwrap_or(prefix) == bucket.split(":::").next().unwrap_or_default()
}

/// Where trails may not have been listed, and why. A trail of all regions is listed in each: one that only its
/// own region would show records that region alone.
fn unlisted(inventory: &Inventory) -> Vec<(Option<String>, Gap)> {
    let of_trails = || inventory.populations.iter().filter(|population| population.r#type == TRAIL);
    if !of_trails().any(|population| population.complete) {
        return inventory.listing_gap(TRAIL, None).map(|gap| (None, gap)).into_iter().collect();
    }
    let broken = of_trails().filter(|population| !population.complete);
    broken
        .filter_map(|population| {
            Some((Some(population.region.clone()), inventory.listing_gap(TRAIL, Some(&population.region))?))
        })
        .collect()
}

/// The one region that a trail records; `None` where it records all, or that is not known.
fn only_region(trail: &Resource) -> Option<String> {
    let told = |attribute: &str| &trail.attributes[attribute];
    (told("is_multi_region_trail").as_bool() == Some(false))
        .then(|| told("home_region").as_str().unwrap_or(&trail.identity.region).to_owned())
}

/// What a trail records; `None` where it is not logging or records no S3 objects.
fn watcher(trail: &Resource) -> Result<Option<Watcher>, Gap> {
    let told = |attribute: &str| &trail.attributes[attribute];
    let (status, classic, advanced) = (told("status"), told("event_selectors"), told("advanced_event_selectors"));
    if classic.is_null() && advanced.is_null() {
        // Neither form: management events alone.
        return Ok(None);
    }
    if status["is_logging"] == false {
        return Ok(None);
    }
    if let Some(gap) = [status, classic, advanced].into_iter().find_map(Tree::first_gap) {
        return Err(Gap::clone(gap));
    }
    if status["is_logging"] != true {
        return Err(Gap::new(GapCode::AttributeAbsent, "a trail that is not said to be logging or not"));
    }
    let mut selectors = Vec::new();
    for selector in parsed::<Classic>(classic)? {
        selectors.extend(selector.into_selector());
    }
    for selector in parsed::<Advanced>(advanced)? {
        selectors.extend(selector.into_selector());
    }
    if selectors.is_empty() {
        return Ok(None);
    }
    let everywhere = told("is_multi_region_trail");
    let region = match everywhere.as_bool() {
        Some(true) => None,
        Some(false) => only_region(trail),
        None => {
            let unsaid = || Gap::new(GapCode::AttributeAbsent, "a trail that is not said to be of all regions or not");
            return Err(everywhere.first_gap().map_or_else(unsaid, |gap| Gap::clone(gap)));
        }
    };
    Ok(Some(Watcher { region, selectors }))
}

/// Selectors in which nothing is unknown.
fn parsed<T: for<'de> Deserialize<'de>>(selectors: &Tree) -> Result<Vec<T>, Gap> {
    if selectors.is_null() {
        return Ok(Vec::new());
    }
    Vec::<T>::deserialize(selectors.to_json())
        .map_err(|error| Gap::new(GapCode::MalformedResponse, format!("event selectors: {error}")))
}

/// The parts of [`crate::model::resource::cloudtrail::EventSelector`] that matter here.
#[derive(Deserialize)]
struct Classic {
    read_write_type: Option<String>,
    #[serde(default)]
    data_resources: Vec<DataResource>,
}

#[derive(Deserialize)]
struct DataResource {
    r#type: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl Classic {
    fn into_selector(self) -> Option<Selector> {
        let prefixes: Vec<String> = self
            .data_resources
            .into_iter()
            .filter(|resource| resource.r#type.as_deref() == Some(OBJECT))
            .flat_map(|resource| resource.values)
            .collect();
        let (reads, writes) = match self.read_write_type.as_deref() {
            None | Some("All") => (true, true),
            Some("ReadOnly") => (true, false),
            Some("WriteOnly") => (false, true),
            Some(_) => (false, false),
        };
        (!prefixes.is_empty()).then_some(Selector { reads, writes, prefixes, left_out: Vec::new() })
    }
}

/// The parts of [`crate::model::resource::cloudtrail::AdvancedEventSelector`] that matter here.
#[derive(Deserialize)]
struct Advanced {
    #[serde(default)]
    field_selectors: Vec<Field>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Field {
    #[serde(rename = "field")]
    name: String,
    equals: Vec<String>,
    starts_with: Vec<String>,
    ends_with: Vec<String>,
    not_equals: Vec<String>,
    not_starts_with: Vec<String>,
    not_ends_with: Vec<String>,
}

impl Advanced {
    /// `None` where it records no S3 objects, or only some of the events on them.
    fn into_selector(self) -> Option<Selector> {
        let mut selector = Selector { reads: true, writes: true, prefixes: Vec::new(), left_out: Vec::new() };
        let (mut data, mut objects) = (false, false);
        for field in self.field_selectors {
            if !field.ends_with.is_empty() || !field.not_ends_with.is_empty() {
                return None;
            }
            let only_equals =
                field.starts_with.is_empty() && field.not_equals.is_empty() && field.not_starts_with.is_empty();
            let says = |value: &str| only_equals && field.equals.iter().any(|one| one == value);
            match field.name.as_str() {
                "eventCategory" => data |= says("Data"),
                "resources.type" => objects |= says(OBJECT),
                "readOnly" => {
                    selector.reads &= says("true");
                    selector.writes &= says("false");
                }
                "resources.ARN" => {
                    // One object by its whole ARN is never all objects.
                    if !field.equals.is_empty() {
                        return None;
                    }
                    if !selector.prefixes.is_empty() && !field.starts_with.is_empty() {
                        return None;
                    }
                    selector.prefixes.extend(field.starts_with);
                    selector.left_out.extend(field.not_equals);
                    selector.left_out.extend(field.not_starts_with);
                }
                _ => return None,
            }
        }
        (data && objects).then_some(selector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::join::tests::{account, incomplete, population};
    use crate::model::attr::Attr;
    use crate::model::resource::ResourceId;
    use crate::model::resource::cloudtrail::{
        AdvancedEventSelector, DataResource as Data, EventSelector, FieldSelector, Trail, TrailStatus,
    };
    use crate::model::resource::s3::Bucket;

    fn classic(kind: &str, values: &[&str]) -> EventSelector {
        EventSelector {
            read_write_type: Some(kind.to_owned()),
            data_resources: vec![Data {
                r#type: Some(OBJECT.to_owned()),
                values: values.iter().map(ToString::to_string).collect(),
            }],
            ..EventSelector::default()
        }
    }

    fn equals(field: &str, value: &str) -> FieldSelector {
        FieldSelector { field: field.to_owned(), equals: vec![value.to_owned()], ..FieldSelector::default() }
    }

    fn advanced(more: Vec<FieldSelector>) -> AdvancedEventSelector {
        let mut field_selectors = vec![equals("eventCategory", "Data"), equals("resources.type", OBJECT)];
        field_selectors.extend(more);
        AdvancedEventSelector { field_selectors, ..AdvancedEventSelector::default() }
    }

    fn arn(starts_with: &[&str], not_starts_with: &[&str]) -> FieldSelector {
        FieldSelector {
            field: "resources.ARN".to_owned(),
            starts_with: starts_with.iter().map(ToString::to_string).collect(),
            not_starts_with: not_starts_with.iter().map(ToString::to_string).collect(),
            ..FieldSelector::default()
        }
    }

    fn trail(logging: bool) -> Trail {
        Trail {
            is_multi_region_trail: Some(true),
            status: Attr::known(TrailStatus { is_logging: Some(logging), ..TrailStatus::default() }),
            event_selectors: Attr::absent(),
            advanced_event_selectors: Attr::absent(),
            ..Trail::default()
        }
    }

    fn by_classic(selectors: Vec<EventSelector>) -> Trail {
        Trail { event_selectors: Attr::known(selectors).from_captures([8]), ..trail(true) }
    }

    fn by_advanced(selectors: Vec<AdvancedEventSelector>) -> Trail {
        Trail { advanced_event_selectors: Attr::known(selectors), ..trail(true) }
    }

    fn covered(trails: &[Trail]) -> Result<bool, GapCode> {
        covered_in(trails, true)
    }

    fn covered_in(trails: &[Trail], complete: bool) -> Result<bool, GapCode> {
        let place = ResourceId { id: "arn:aws:s3:::b", name: "b", account: "1", region: "eu-west-1" };
        let mut resources = vec![Resource::new(place, &Bucket::default(), &[1])];
        for (number, trail) in trails.iter().enumerate() {
            let place = ResourceId { id: &format!("arn:t{number}"), name: "t", account: "1", region: "us-east-1" };
            resources.push(Resource::new(place, trail, &[7]));
        }
        let counted = if complete { population(TRAIL, "us-east-1") } else { incomplete(TRAIL, "us-east-1") };
        let mut inventory = Inventory::new(account(), resources, vec![counted]);
        apply(&mut inventory);
        let bucket = &inventory.of_type(BUCKET)[0];
        match bucket.unknown().get("/has_data_events") {
            Some(gap) => Err(gap.code),
            None => Ok(bucket.attributes["has_data_events"] == true),
        }
    }

    #[test]
    fn classic_selectors_cover_all_buckets_or_the_ones_they_name() {
        for (values, expected) in [
            (&["arn:aws:s3"][..], true),
            (&["arn:aws:s3:::"], true),
            (&["arn:aws:s3:::b/"], true),
            (&["arn:aws:s3:::a/", "arn:aws:s3:::b/"], true),
            (&["arn:aws:s3:::b/logs/"], false),
            (&["arn:aws:s3:::b"], false),
            (&["arn:aws:s3:::bb/"], false),
            (&["arn:aws-cn:s3"], false),
            (&["arn:aws:lambda"], false),
            (&[], false),
        ] {
            assert_eq!(covered(&[by_classic(vec![classic("All", values)])]), Ok(expected), "{values:?}");
        }
    }

    #[test]
    fn reads_and_writes_may_come_from_two_selectors_or_two_trails() {
        let of = |kind| classic(kind, &["arn:aws:s3"]);
        assert_eq!(covered(&[by_classic(vec![of("WriteOnly")])]), Ok(false));
        assert_eq!(covered(&[by_classic(vec![of("WriteOnly"), of("ReadOnly")])]), Ok(true));
        assert_eq!(covered(&[by_classic(vec![of("WriteOnly")]), by_classic(vec![of("ReadOnly")])]), Ok(true));
    }

    #[test]
    fn advanced_selectors_cover_unless_they_narrow() {
        let read_only = || equals("readOnly", "true");
        let write_only = || equals("readOnly", "false");
        for (selectors, expected) in [
            (vec![advanced(vec![])], true),
            (vec![advanced(vec![arn(&["arn:aws:s3:::b/"], &[])])], true),
            (vec![advanced(vec![arn(&["arn:aws:s3:::c/"], &[])])], false),
            (vec![advanced(vec![arn(&["arn:aws:s3:::b/p/"], &[])])], false),
            (vec![advanced(vec![arn(&[], &["arn:aws:s3:::c/"])])], true),
            (vec![advanced(vec![arn(&[], &["arn:aws:s3:::b/"])])], false),
            (vec![advanced(vec![arn(&[], &["arn:aws:s3:::b/tmp/"])])], false),
            (vec![advanced(vec![read_only()])], false),
            (vec![advanced(vec![read_only()]), advanced(vec![write_only()])], true),
            (vec![advanced(vec![equals("eventName", "GetObject")])], false),
            (
                vec![AdvancedEventSelector {
                    field_selectors: vec![equals("eventCategory", "Management")],
                    name: None,
                }],
                false,
            ),
            (vec![AdvancedEventSelector { field_selectors: vec![equals("eventCategory", "Data")], name: None }], false),
        ] {
            assert_eq!(covered(&[by_advanced(selectors.clone())]), Ok(expected), "{selectors:?}");
        }
    }

    #[test]
    fn a_trail_that_is_stopped_or_of_another_region_covers_nothing() {
        let all = || Attr::known(vec![classic("All", &["arn:aws:s3"])]);
        assert_eq!(covered(&[Trail { event_selectors: all(), ..trail(false) }]), Ok(false));
        let regional = |home: &str| Trail {
            event_selectors: all(),
            is_multi_region_trail: Some(false),
            home_region: Some(home.to_owned()),
            ..trail(true)
        };
        assert_eq!(covered(&[regional("us-east-1")]), Ok(false));
        assert_eq!(covered(&[regional("eu-west-1")]), Ok(true));
    }

    #[test]
    fn no_trail_and_no_data_selector_cover_nothing() {
        assert_eq!(covered(&[]), Ok(false));
        assert_eq!(covered(&[trail(true)]), Ok(false));
    }

    #[test]
    fn what_could_not_be_read_is_unknown_unless_another_trail_covers() {
        let denied = || Attr::unknown(Gap::new(GapCode::AccessDenied, ""));
        let unread = || Trail { event_selectors: denied(), ..trail(true) };
        let covering = || by_classic(vec![classic("All", &["arn:aws:s3"])]);
        assert_eq!(covered(&[unread()]), Err(GapCode::AccessDenied));
        assert_eq!(covered(&[unread(), covering()]), Ok(true));
        let no_status = Trail {
            status: Attr::unknown(Gap::new(GapCode::Timeout, "")),
            ..by_classic(vec![classic("All", &["arn:aws:s3"])])
        };
        assert_eq!(covered(&[no_status]), Err(GapCode::Timeout));
        let stopped = Trail { event_selectors: denied(), ..trail(false) };
        assert_eq!(covered(&[stopped]), Ok(false));
        assert_eq!(covered_in(&[], false), Err(GapCode::AccessDenied));
        assert_eq!(covered_in(&[covering()], false), Ok(true));
        let unsaid = Trail { is_multi_region_trail: None, ..covering() };
        assert_eq!(covered(&[unsaid]), Err(GapCode::AttributeAbsent));
    }

    #[test]
    fn a_region_that_was_denied_keeps_nothing_from_the_buckets_of_another() {
        let said = |region: &str| {
            let populations = vec![population(TRAIL, "us-east-1"), incomplete(TRAIL, "eu-west-1")];
            let watch = Watch::of(&Inventory::new(account(), Vec::new(), populations));
            watch.covers("arn:aws:s3:::b", "b", region).map_err(|gap| gap.code)
        };
        assert_eq!(said("us-east-1"), Ok(false));
        assert_eq!(said("eu-west-1"), Err(GapCode::AccessDenied), "a trail of that region alone would be hidden");
    }
}
