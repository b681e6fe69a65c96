//! Our verdicts beside those of Security Hub, item by item: the second source.
//!
//! Pure. One row for each item that at least one of the two has decided:
//!
//! | ours | theirs | agreement |
//! | --- | --- | --- |
//! | pass or fail | the same | agrees |
//! | pass or fail | the opposite | disagrees |
//! | pass or fail | no finding, or `WARNING`, or `NOT_AVAILABLE` | only ours |
//! | not evaluated, not applicable, or no such item | `PASSED` or `FAILED` | only theirs |
//! | not decided | not decided | no row: there is nothing to compare |
//!
//! So "not evaluated" never agrees with anything, and a finding on an item that we passed over
//! shows. Where Security Hub is off in a region, or its findings there could not be read, there is
//! no second source for the items of that region (see [`Corroboration`]); a
//! finding that was read all the same still counts, but the lack of one says nothing, so such an
//! item has no row.
//!
//! One of our controls may name several of theirs, each a part of the same test, and one of theirs
//! may have a finding per standard or per region on the same item: the one that decides is the
//! worst, `FAILED` before `PASSED` before undecided, and the row names it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::attr::CaptureId;
use crate::model::corroboration::Corroboration;
use crate::model::resource::{Resource, TypedResource, securityhub};
use crate::model::scan::{Agreement, Population, Reconciled};
use crate::model::verdict::{ItemKind, ItemVerdict, Verdict};

/// Compares our verdicts with the findings of Security Hub.
///
/// `controls` gives the Security Hub controls that each of ours names, by our id; ours that name
/// none, and verdicts of others, have no rows. `findings` are resources of type
/// `AWS::SecurityHub::Finding`, `populations` those of the scan, of all types: they tell where
/// Security Hub is off and where the findings are complete.
#[must_use]
pub fn reconcile(
    controls: &BTreeMap<String, Vec<String>>,
    verdicts: &[ItemVerdict],
    findings: &[Resource],
    populations: &[Population],
) -> Vec<Reconciled> {
    let places = Corroboration::of(populations);
    let theirs: Vec<Theirs<'_>> = findings.iter().filter_map(Theirs::of).collect();
    let mut by_control: HashMap<&str, Vec<&Theirs<'_>>> = HashMap::new();
    for one in &theirs {
        by_control.entry(one.security_control).or_default().push(one);
    }
    let mut ours: HashMap<&str, Vec<&ItemVerdict>> = HashMap::new();
    for verdict in verdicts.iter().filter(|verdict| verdict.kind != ItemKind::Population) {
        ours.entry(verdict.control.as_str()).or_default().push(verdict);
    }
    let mut items = Vec::new();
    for (control, named) in controls.iter().filter(|(_, named)| !named.is_empty()) {
        let theirs = named.iter().flat_map(|id| by_control.get(id.as_str()).into_iter().flatten().copied());
        let comparison = Comparison { control, named, places: &places };
        let theirs: Vec<_> = theirs.collect();
        comparison.rows(ours.get(control.as_str()).map_or(&[][..], Vec::as_slice), &theirs, &mut items);
    }
    items.sort_by(|a, b| {
        (&a.control, &a.account, &a.region, &a.id, &a.security_control).cmp(&(
            &b.control,
            &b.account,
            &b.region,
            &b.id,
            &b.security_control,
        ))
    });
    items
}

/// One of their findings, as far as it is compared.
struct Theirs<'a> {
    security_control: &'a str,
    status: Option<&'a str>,
    account: &'a str,
    region: &'a str,
    items: Vec<&'a str>,
    captures: Vec<CaptureId>,
    id: &'a str,
}

impl<'a> Theirs<'a> {
    /// `None` for what is no finding of a control, or not a current one.
    fn of(resource: &'a Resource) -> Option<Self> {
        let text = |key: &str| resource.attributes[key].as_str();
        if resource.identity.r#type != securityhub::Finding::TYPE
            || text("record_state").is_some_and(|state| state != "ACTIVE")
        {
            return None;
        }
        let items = resource.attributes["resource_ids"].as_array();
        Some(Self {
            security_control: text("security_control_id")?,
            status: text("compliance_status"),
            account: text("aws_account_id").unwrap_or(&resource.identity.account),
            region: &resource.identity.region,
            items: items.into_iter().flatten().filter_map(|id| id.as_str()).map(normal).collect(),
            captures: resource.captures_for([]),
            id: &resource.identity.id,
        })
    }

    /// What they decided; `None` for a warning, no data, or no status at all.
    fn decided(&self) -> Option<Verdict> {
        match self.status {
            Some("PASSED") => Some(Verdict::Pass),
            Some("FAILED") => Some(Verdict::Fail),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self.decided() {
            Some(Verdict::Fail) => 0,
            Some(_) => 1,
            None => 2,
        }
    }
}

/// An id without the `:*` that some services append to the ARN of a log group.
fn normal(id: &str) -> &str {
    id.strip_suffix(":*").unwrap_or(id)
}

/// The last part of an ARN: what a service that has no ARN for its things calls them.
fn short(id: &str) -> &str {
    id.rsplit(['/', ':']).next().unwrap_or(id)
}

/// One of our controls beside those of theirs that it names.
struct Comparison<'a> {
    control: &'a str,
    named: &'a [String],
    places: &'a Corroboration,
}

impl Comparison<'_> {
    fn rows(&self, ours: &[&ItemVerdict], theirs: &[&Theirs<'_>], rows: &mut Vec<Reconciled>) {
        let index = Index::of(theirs);
        let mut matched = BTreeSet::new();
        for verdict in ours {
            let found = index.on(verdict);
            matched.extend(found.iter().copied());
            let worst = found.iter().map(|at| theirs[*at]).min_by_key(|one| (one.rank(), self.order(one), one.id));
            rows.extend(self.row(verdict, worst));
        }
        let mut rest: BTreeMap<(&str, &str, &str), &Theirs<'_>> = BTreeMap::new();
        for (at, one) in theirs.iter().enumerate() {
            if matched.contains(&at) || one.decided().is_none() {
                continue;
            }
            let id = one.items.first().copied().unwrap_or(one.id);
            let known = rest.entry((one.account, one.region, id)).or_insert(one);
            if (one.rank(), self.order(one), one.id) < (known.rank(), self.order(known), known.id) {
                *known = one;
            }
        }
        rows.extend(rest.into_iter().map(|((account, region, id), one)| Reconciled {
            control: self.control.to_owned(),
            security_control: one.security_control.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            id: id.to_owned(),
            ours: None,
            theirs: one.status.map(ToOwned::to_owned),
            agreement: Agreement::OnlyTheirs,
            captures: one.captures.clone(),
        }));
    }

    fn order(&self, one: &Theirs<'_>) -> usize {
        self.named.iter().position(|id| id == one.security_control).unwrap_or(usize::MAX)
    }

    fn row(&self, ours: &ItemVerdict, theirs: Option<&Theirs<'_>>) -> Option<Reconciled> {
        let ours_decided = matches!(ours.verdict, Verdict::Pass | Verdict::Fail);
        let agreement = match (ours_decided, theirs.and_then(Theirs::decided)) {
            (true, Some(theirs)) if theirs == ours.verdict => Agreement::Agrees,
            (true, Some(_)) => Agreement::Disagrees,
            (true, None) if theirs.is_some() || self.places.complete(&ours.account, &ours.region) => {
                Agreement::OnlyOurs
            }
            (false, Some(_)) => Agreement::OnlyTheirs,
            (true | false, None) => return None,
        };
        Some(Reconciled {
            control: self.control.to_owned(),
            security_control: theirs
                .map(|one| one.security_control.to_owned())
                .or_else(|| self.named.first().cloned())?,
            account: ours.account.clone(),
            region: ours.region.clone(),
            id: ours.id.clone(),
            ours: Some(ours.verdict),
            theirs: theirs.and_then(|one| one.status).map(ToOwned::to_owned),
            agreement,
            captures: theirs.map(|one| one.captures.clone()).unwrap_or_default(),
        })
    }
}

/// The findings of one comparison, by what an item of ours is found by.
struct Index<'a> {
    /// By account and the item's id.
    ids: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// By account, region and the last part of the item's id, for our items that have no ARN.
    short_ids: HashMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    regions: HashMap<(&'a str, &'a str), Vec<usize>>,
    accounts: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(theirs: &[&Theirs<'a>]) -> Self {
        let mut index =
            Self { ids: HashMap::new(), short_ids: HashMap::new(), regions: HashMap::new(), accounts: HashMap::new() };
        for (at, one) in theirs.iter().enumerate() {
            index.accounts.entry(one.account).or_default().push(at);
            index.regions.entry((one.account, one.region)).or_default().push(at);
            for id in &one.items {
                index.ids.entry((one.account, id)).or_default().push(at);
                index.short_ids.entry((one.account, one.region, short(id))).or_default().push(at);
            }
        }
        index
    }

    /// The findings on an item: of the account in any region for the account itself, of the region
    /// for a region, else those that name the item.
    fn on(&self, item: &ItemVerdict) -> Vec<usize> {
        let account = item.account.as_str();
        let region = item.region.as_str();
        let found = match item.kind {
            ItemKind::Account => self.accounts.get(account),
            ItemKind::Region => self.regions.get(&(account, region)),
            ItemKind::Population => None,
            ItemKind::Resource => {
                let id = normal(&item.id);
                let by_id = self.ids.get(&(account, id));
                if by_id.is_none() && !id.starts_with("arn:") {
                    self.short_ids.get(&(account, region, id))
                } else {
                    by_id
                }
            }
        };
        found.cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
