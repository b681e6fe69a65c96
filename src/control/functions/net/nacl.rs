//! Network ACLs: rules are tried in the order of their numbers, and the first that matches decides.

use std::sync::Arc;

use super::super::truth::Truth;
use super::super::{Fault, argument, list_argument};
use super::addresses::Addresses;
use super::{Bounds, Protocol, covers_protocol, in_range, invalid, is_every_protocol, port_of};
use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// An ingress entry that applies, or may apply, to the port.
struct Entry {
    number: i64,
    applies: Truth,
    allow: Truth,
    addresses: Bounds,
}

/// What the order and the effect of an entry are, or the gap that hides it altogether.
fn read(tree: &Tree, port: i64) -> Result<Result<Option<Entry>, Arc<Gap>>, Fault> {
    if let Tree::Unknown(gap) = tree {
        return Ok(Err(Arc::clone(gap)));
    }
    let ingress = match tree.get("egress") {
        Some(Tree::Bool(egress)) => Truth::from(!egress),
        Some(Tree::Unknown(gap)) => Truth::Open(Arc::clone(gap)),
        None | Some(Tree::Null) => Truth::Yes,
        Some(_) => return Err(invalid("the direction of an entry")),
    };
    let protocol = tree.get("protocol");
    let ports = match tree.get("port_range") {
        _ if is_every_protocol(protocol) => Truth::Yes,
        None | Some(Tree::Null) => Truth::Yes,
        Some(Tree::Unknown(gap)) => Truth::Open(Arc::clone(gap)),
        Some(range) => in_range(range.get("from"), range.get("to"), port)?,
    };
    let applies = ingress.and(covers_protocol(protocol, Protocol::Tcp)?).and(ports);
    if applies == Truth::No {
        return Ok(Ok(None));
    }
    let number = match tree.get("rule_number") {
        Some(Tree::Int(number)) => *number,
        Some(Tree::Unknown(gap)) => return Ok(Err(Arc::clone(gap))),
        // Code that lacks it cannot be applied. What such an entry allows is judged as if it came last.
        None | Some(Tree::Null) => i64::MAX,
        _ => return Err(invalid("the number of an entry")),
    };
    let allow = match tree.get("rule_action") {
        Some(Tree::Str(action)) if action.eq_ignore_ascii_case("allow") => Truth::Yes,
        Some(Tree::Str(action)) if action.eq_ignore_ascii_case("deny") => Truth::No,
        Some(Tree::Unknown(gap)) => Truth::Open(Arc::clone(gap)),
        _ => return Err(invalid("the action of an entry")),
    };
    let mut addresses = Bounds::default();
    for key in ["cidr_block", "ipv6_cidr_block"] {
        // A range of known size allows no more than its size says; what it denies may be anything.
        if allow == Truth::No { addresses.take(tree.get(key))? } else { addresses.let_in(tree.get(key))? }
    }
    Ok(Ok(Some(Entry { number, applies, allow, addresses })))
}

/// The addresses of which the allows are in force, given for each entry, in rule order, the addresses it
/// certainly or possibly allows and denies.
///
/// An allow counts with all its addresses as soon as one of them gets past the earlier denies:
/// carving a range out of the internet leaves the port open to the rest of it.
fn in_force(entries: impl Iterator<Item = (Addresses, Addresses)>) -> Addresses {
    let mut denied = Addresses::default();
    let mut allowed = Addresses::default();
    for (allows, denies) in entries {
        for family in allows.by_family() {
            if family.without(&denied).meets_the_internet() {
                allowed.add(&family);
            }
        }
        denied.add(&denies);
    }
    allowed
}

/// `net.nacl_exposes(entries, port)`.
///
/// An entry is a map `{rule_number, protocol, rule_action, egress, cidr_block, ipv6_cidr_block,
/// port_range: {from, to}}`.
pub(in crate::control::functions) fn nacl_exposes(arguments: &[Tree]) -> Result<Tree, Fault> {
    let trees = list_argument(arguments, 0)?;
    let port = port_of(argument(arguments, 1)?)?;
    let mut entries = Vec::new();
    let mut hidden = None;
    for tree in trees {
        match read(tree, port)? {
            Ok(entry) => entries.extend(entry),
            Err(gap) => {
                hidden.get_or_insert(gap);
            }
        }
    }
    entries.sort_by_key(|entry| entry.number);
    let nothing = Addresses::default;
    // At least: an open entry that would help to expose is left out, one that would deny is in.
    let least = in_force(entries.iter().map(|entry| {
        let allows = entry.applies == Truth::Yes && entry.allow == Truth::Yes;
        let denies = entry.allow != Truth::Yes;
        (
            if allows { entry.addresses.least.clone() } else { nothing() },
            if denies { entry.addresses.most.clone() } else { nothing() },
        )
    }))
    .covers_the_internet();
    let most = in_force(entries.iter().map(|entry| {
        let denies = entry.applies == Truth::Yes && entry.allow == Truth::No;
        (
            if entry.allow == Truth::No { nothing() } else { entry.addresses.most.clone() },
            if denies { entry.addresses.least.clone() } else { nothing() },
        )
    }));
    let beside = [0, 1]
        .map(|family| entries.iter().fold(0_u128, |all, entry| all.saturating_add(entry.addresses.beside[family])));
    let most = most.covers_the_internet() || most.missing().iter().zip(beside).any(|(missing, more)| *missing <= more);
    // An entry whose place is not known may come first and decide anything.
    let open = hidden.or_else(|| {
        entries.iter().find_map(|entry| {
            [&entry.applies, &entry.allow]
                .into_iter()
                .find_map(|truth| if let Truth::Open(gap) = truth { Some(Arc::clone(gap)) } else { None })
                .or_else(|| entry.addresses.gap.clone().or_else(|| entry.addresses.beside_gap.clone()))
        })
    });
    let hidden = trees.iter().any(|tree| matches!(tree, Tree::Unknown(_)))
        || trees.iter().any(|tree| matches!(tree.get("rule_number"), Some(Tree::Unknown(_))));
    match open {
        Some(gap) if hidden || least != most => Truth::Open(gap).answer(),
        _ => Truth::from(least).answer(),
    }
}
