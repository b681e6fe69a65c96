//! Every enforced control on every item of its population, in one account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::accept::covers;
use super::effective::Enforced;
use super::inventory::Inventory;
use crate::control::cases::scope_tree;
use crate::control::judge::{Item, Judgement};
use crate::model::attr::CaptureId;
use crate::model::control::ItemScope;
use crate::model::gap::{Gap, GapCode};
use crate::model::policy::Waiver;
use crate::model::resource::{Identity, Resource, escape, type_info};
use crate::model::scan::Population;
use crate::model::tree::Tree;
use crate::model::verdict::{ItemKind, ItemVerdict, Read, Verdict, Waived};

/// Runs the enforced controls over one account. The verdicts come sorted by their key.
#[must_use]
pub fn evaluate(
    enforced: &[Enforced<'_>],
    waivers: &[Waiver],
    inventory: &Inventory,
    now: DateTime<Utc>,
) -> Vec<ItemVerdict> {
    let run = Run { inventory, trees: listed(enforced, inventory), waivers, now };
    let mut verdicts: Vec<Vec<ItemVerdict>> = run.each_resource(enforced);
    for (control, found) in enforced.iter().zip(&mut verdicts) {
        run.whole_control(control, found);
    }
    let mut verdicts: Vec<ItemVerdict> = verdicts.into_iter().flatten().collect();
    verdicts.sort_by(|a, b| a.key().cmp(&b.key()));
    verdicts
}

/// The trees of the types whose lists the scoped controls look at. Of other types, each tree is made
/// when its resource is judged.
fn listed<'a>(enforced: &[Enforced<'_>], inventory: &'a Inventory) -> BTreeMap<&'a str, Vec<Tree>> {
    let scoped = enforced.iter().filter(|enforced| enforced.loaded.control.scope != ItemScope::Resource);
    let types: BTreeSet<&str> =
        scoped.flat_map(|enforced| &enforced.loaded.reads).map(|(name, _)| name.as_str()).collect();
    let of = |resources: &Vec<Resource>| resources.iter().map(Tree::of).collect();
    let wanted = inventory.resources.iter().filter(|(name, _)| types.contains(name.as_str()));
    wanted.map(|(name, resources)| (name.as_str(), of(resources))).collect()
}

struct Run<'a> {
    inventory: &'a Inventory,
    trees: BTreeMap<&'a str, Vec<Tree>>,
    waivers: &'a [Waiver],
    now: DateTime<Utc>,
}

impl Run<'_> {
    /// The verdicts of the controls on single resources, by control. Each resource is judged by all of
    /// its controls before the next is looked at: its tree is then at hand, in the caches of the
    /// processor too, and gone before the next is made.
    fn each_resource(&self, enforced: &[Enforced<'_>]) -> Vec<Vec<ItemVerdict>> {
        let mut by_type: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, control) in enforced.iter().enumerate() {
            if control.loaded.control.scope == ItemScope::Resource {
                by_type.entry(&control.loaded.control.resource).or_default().push(index);
            }
        }
        let mut verdicts: Vec<Vec<ItemVerdict>> = enforced.iter().map(|_| Vec::new()).collect();
        for (r#type, controls) in by_type {
            let resources = self.inventory.of_type(r#type);
            for &index in &controls {
                verdicts[index].reserve(resources.len());
            }
            let trees = self.trees.get(r#type);
            for (at, resource) in resources.iter().enumerate() {
                let made;
                let tree = if let Some(tree) = trees.and_then(|trees| trees.get(at)) {
                    tree
                } else {
                    made = Tree::of(resource);
                    &made
                };
                for &index in &controls {
                    verdicts[index].push(self.resource(&enforced[index], resource, tree));
                }
            }
        }
        verdicts
    }

    /// Adds what a control says beyond single resources: on its scopes, and on populations.
    fn whole_control(&self, enforced: &Enforced<'_>, verdicts: &mut Vec<ItemVerdict>) {
        match enforced.loaded.control.scope {
            ItemScope::Resource => self.counted(enforced, verdicts),
            ItemScope::Account => verdicts.push(self.scoped(enforced, None)),
            ItemScope::Region => {
                let regions = self.inventory.account.regions.iter().filter(|region| region.scanned);
                verdicts.extend(regions.map(|region| self.scoped(enforced, Some(&region.name))));
                if let Some(gap) = &self.inventory.account.regions_incomplete {
                    verdicts.push(self.whole(enforced, "global", Verdict::NotEvaluated, Some(gap.clone()), None, &[]));
                }
            }
        }
    }

    /// What the counts of a control's population say.
    fn counted(&self, enforced: &Enforced<'_>, verdicts: &mut Vec<ItemVerdict>) {
        let r#type = enforced.loaded.control.resource.as_str();
        let counted: Vec<&Population> = self.populations(r#type).collect();
        for population in counted.iter().filter(|population| !population.complete) {
            let why = Gap::new(GapCode::PopulationIncomplete, format!("{type} could not be listed in full"));
            let gap = population.gap.clone().unwrap_or(why);
            verdicts.push(self.whole(
                enforced,
                &population.region,
                Verdict::NotEvaluated,
                Some(gap),
                None,
                &population.captures,
            ));
        }
        if counted.is_empty() {
            let gap = Gap::new(GapCode::NotCollected, format!("{type} was not listed"));
            verdicts.push(self.whole(enforced, "global", Verdict::NotEvaluated, Some(gap), None, &[]));
        } else if verdicts.is_empty() {
            let captures: Vec<CaptureId> =
                counted.iter().flat_map(|population| population.captures.iter().copied()).collect();
            let rule = "the population is empty: AWS lists none in scope".to_owned();
            verdicts.push(self.whole(enforced, "global", Verdict::NotApplicable, None, Some(rule), &captures));
        }
        if let Some(gap) = &self.inventory.account.regions_incomplete
            && counted.iter().all(|population| population.region != "global")
        {
            verdicts.push(self.whole(enforced, "all", Verdict::NotEvaluated, Some(gap.clone()), None, &[]));
        }
    }

    fn resource(&self, enforced: &Enforced<'_>, resource: &Resource, tree: &Tree) -> ItemVerdict {
        let identity = &resource.identity;
        let item = Item {
            resource: Some(tree),
            resources: None,
            hidden: &[],
            account: &identity.account,
            region: &identity.region,
        };
        let judgement = enforced.loaded.judge(&item, &enforced.parameters, self.now.timestamp());
        let captures = resource.captures_for(judgement.read.iter().map(|read| read.attribute.as_str()));
        self.verdict(enforced, ItemKind::Resource, identity.clone(), judgement, captures)
    }

    /// The verdict on the account, or on one of its regions.
    fn scoped(&self, enforced: &Enforced<'_>, region: Option<&str>) -> ItemVerdict {
        let account = &self.inventory.account.id;
        let control = &enforced.loaded.control;
        let types: BTreeSet<&str> = enforced.loaded.reads.iter().map(|(name, _)| name.as_str()).collect();
        let mut members: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
        let mut hidden = Vec::new();
        let lists = types.iter().map(|name| {
            let (resources, trees): (Vec<&Resource>, Vec<Tree>) = self.members(name, region).unzip();
            members.insert(name, resources);
            let gap = self.list_gap(name, region).map(Arc::new);
            if let Some(gap) = &gap
                && region.is_none()
            {
                hidden.extend(self.hidden(name, gap).map(|tree| (Arc::clone(gap), tree)));
            }
            (*name, (trees, gap))
        });
        let tree = scope_tree(lists);
        let at = region.unwrap_or("global");
        let item = Item { resource: None, resources: Some(&tree), hidden: &hidden, account, region: at };
        let judgement = enforced.loaded.judge(&item, &enforced.parameters, self.now.timestamp());
        let captures = self.scoped_captures(&types, &members, region, &judgement.read);
        let (kind, id, name) = match region {
            None => (ItemKind::Account, format!("AWS::::Account:{account}"), account.clone()),
            Some(region) => (ItemKind::Region, format!("AWS::::Account:{account}/{region}"), region.to_owned()),
        };
        let identity =
            Identity { r#type: control.resource.clone(), id, name, account: account.clone(), region: at.to_owned() };
        self.verdict(enforced, kind, identity, judgement, captures)
    }

    fn members<'s>(&'s self, r#type: &str, region: Option<&'s str>) -> impl Iterator<Item = (&'s Resource, Tree)> {
        let trees = self.trees.get(r#type).map_or(&[][..], Vec::as_slice);
        self.inventory.of_type(r#type).iter().zip(trees).filter_map(move |(resource, tree)| {
            let here = &resource.identity.region;
            (region.is_none_or(|region| here == region || here == "global")).then(|| (resource, tree.clone()))
        })
    }

    fn list_gap(&self, r#type: &str, region: Option<&str>) -> Option<Gap> {
        if let Some(gap) = self.inventory.listing_gap(r#type, region) {
            return Some(gap);
        }
        let regional = self.populations(r#type).all(|population| population.region != "global");
        // A region outside the scan hides nothing of what every region lists.
        let everywhere = type_info(r#type).is_some_and(|info| !info.hidden_elsewhere.is_empty());
        if region.is_some() || !regional || everywhere {
            return None;
        }
        let account = &self.inventory.account;
        let unseen: Vec<&str> =
            account.regions.iter().filter(|region| region.is_unseen()).map(|region| region.name.as_str()).collect();
        if unseen.is_empty() {
            return account.regions_incomplete.clone();
        }
        let gap = Gap::new(GapCode::OutsideScope, format!("{type} was not listed in {}", unseen.join(", ")));
        Some(gap.in_regions(unseen))
    }

    /// What is known of the items of a type that are hidden in the regions which did not answer, where another
    /// did: all but what its type says of them is as unknown as they are.
    fn hidden(&self, r#type: &str, gap: &Arc<Gap>) -> Option<Tree> {
        let info = type_info(r#type).filter(|info| !info.hidden_elsewhere.is_empty())?;
        self.populations(r#type).find(|population| population.complete)?;
        let schema = (info.schema)();
        let attributes = schema.get("properties")?.as_object()?;
        let identity = ["type", "id", "name", "account", "region"];
        let unknown = attributes.keys().map(String::as_str).chain(identity);
        let mut members: BTreeMap<Arc<str>, Tree> =
            unknown.map(|name| (Arc::from(name), Tree::Unknown(Arc::clone(gap)))).collect();
        members.extend(info.hidden_elsewhere.iter().map(|(name, value)| (Arc::from(*name), Tree::Bool(*value))));
        Some(Tree::from(members))
    }

    fn scoped_captures(
        &self,
        types: &BTreeSet<&str>,
        members: &BTreeMap<&str, Vec<&Resource>>,
        region: Option<&str>,
        read: &[Read],
    ) -> Vec<CaptureId> {
        let mut captures = BTreeSet::new();
        for name in types {
            let counted = self.populations(name).filter(|population| {
                population.region == "global" || region.is_none_or(|region| population.region == region)
            });
            captures.extend(counted.flat_map(|population| population.captures.iter().copied()));
            let prefix = format!("/{}/", escape(name));
            for read in read {
                let Some(rest) = read.attribute.strip_prefix(&prefix) else { continue };
                let (index, below) = rest.split_once('/').unwrap_or((rest, ""));
                let resource = index.parse::<usize>().ok().and_then(|index| members.get(name)?.get(index));
                if let Some(resource) = resource {
                    let pointer = format!("/{below}");
                    captures.extend(resource.captures_for([pointer.as_str()]));
                }
            }
        }
        captures.into_iter().collect()
    }

    /// A verdict on the population itself: empty, or not listed in full.
    fn whole(
        &self,
        enforced: &Enforced<'_>,
        region: &str,
        verdict: Verdict,
        reason: Option<Gap>,
        message: Option<String>,
        captures: &[CaptureId],
    ) -> ItemVerdict {
        let account = &self.inventory.account.id;
        let r#type = &enforced.loaded.control.resource;
        let identity = Identity {
            r#type: r#type.clone(),
            id: format!("population:{account}/{region}/{type}"),
            name: format!("all {type} in {region}"),
            account: account.clone(),
            region: region.to_owned(),
        };
        let judgement = Judgement { verdict, reason, message, read: Vec::new() };
        self.verdict(enforced, ItemKind::Population, identity, judgement, captures.to_vec())
    }

    fn verdict(
        &self,
        enforced: &Enforced<'_>,
        kind: ItemKind,
        identity: Identity,
        judgement: Judgement,
        captures: Vec<CaptureId>,
    ) -> ItemVerdict {
        let control = &enforced.loaded.control;
        let waived = (judgement.verdict == Verdict::Fail).then(|| self.waiver(&control.id, &identity)).flatten();
        ItemVerdict {
            control: control.id.clone(),
            verdict: judgement.verdict,
            reason: judgement.reason,
            message: judgement.message,
            kind,
            account: identity.account,
            region: identity.region,
            r#type: identity.r#type,
            id: identity.id,
            name: identity.name,
            severity: enforced.severity,
            criteria: control.criteria.keys().cloned().collect(),
            captures,
            read: judgement.read,
            waived,
            accepted: None,
        }
    }

    /// The accepted exception that covers an item today. An expired one covers nothing.
    fn waiver(&self, control: &str, item: &Identity) -> Option<Waived> {
        let today = self.now.date_naive();
        let item = (item.account.as_str(), item.id.as_str(), item.name.as_str());
        let waiver = self.waivers.iter().find(|waiver| covers(waiver, control, item, today))?;
        Some(Waived {
            reason: waiver.reason.clone(),
            owner: waiver.owner.clone(),
            approver: waiver.approver.clone(),
            until: waiver.until.clone(),
        })
    }

    fn populations<'s>(&'s self, r#type: &'s str) -> impl Iterator<Item = &'s Population> {
        self.inventory.populations.iter().filter(move |population| population.r#type == r#type)
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for any run of characters.
#[must_use]
pub fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests;
