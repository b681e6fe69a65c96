//! `net.*`: what the whole internet can reach.
//!
//! A security group rule is a map `{ip_protocol, from_port, to_port, cidr_ipv4: [..], cidr_ipv6:
//! [..], prefix_lists: [{id, entries: [..]}], referenced_groups: [..], description}`, one per
//! permission. Addresses are judged over all rules together, so that `0.0.0.0/1` and `128.0.0.0/1`
//! are the internet; "the whole internet" is every public IPv4 address or every public IPv6
//! address, private and reserved ranges left aside.
//!
//! What is open is bounded from both sides: the addresses that are certainly let in, and those that
//! may be. Where the two agree the answer is decided, however much is unknown.

pub(super) mod addresses;
mod nacl;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::addresses::Addresses;
pub(super) use self::nacl::nacl_exposes;
use super::truth::{Truth, answer_list};
use super::{Fault, argument, list_argument};
use crate::model::gap::{Gap, GapCode};
use crate::model::partial_text::TextPart;
use crate::model::tree::Tree;

/// The highest port.
const LAST_PORT: i64 = 65_535;

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tcp,
    Udp,
}

fn invalid(what: &str) -> Fault {
    Fault::Invalid(format!("{what} has not the shape of a rule"))
}

/// Whether a rule's protocol covers this one. `-1` is every protocol.
fn covers_protocol(tree: Option<&Tree>, protocol: Protocol) -> Result<Truth, Fault> {
    let text = match tree {
        Some(Tree::Str(text)) => text.to_ascii_lowercase(),
        Some(Tree::Int(number)) => number.to_string(),
        Some(Tree::Unknown(gap)) => return Ok(Truth::Open(Arc::clone(gap))),
        // Code that lacks it cannot be applied, and AWS always says it. What such a rule opens is judged by
        // its ports.
        None | Some(Tree::Null) => return Ok(Truth::Yes),
        Some(_) => return Err(invalid("the protocol")),
    };
    let (name, number) = match protocol {
        Protocol::Tcp => ("tcp", "6"),
        Protocol::Udp => ("udp", "17"),
    };
    Ok(Truth::from(text == "-1" || text == "all" || text == name || text == number))
}

/// Whether a rule is for every protocol, and hence for every port.
fn is_every_protocol(tree: Option<&Tree>) -> bool {
    match tree {
        Some(Tree::Str(text)) => &**text == "-1" || text.eq_ignore_ascii_case("all"),
        Some(Tree::Int(number)) => *number == -1,
        _ => false,
    }
}

/// A bound of a port range: a number, none (no bound), or a gap.
fn bound(tree: Option<&Tree>) -> Result<Result<Option<i64>, Arc<Gap>>, Fault> {
    match tree {
        None | Some(Tree::Null | Tree::Int(-1)) => Ok(Ok(None)),
        Some(Tree::Int(port)) => Ok(Ok(Some(*port))),
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within the range of ports is exact")]
        Some(Tree::Float(port)) if port.fract() == 0.0 && (0.0..=65_535.0).contains(port) => Ok(Ok(Some(*port as i64))),
        Some(Tree::Unknown(gap)) => Ok(Err(Arc::clone(gap))),
        Some(_) => Err(invalid("a port")),
    }
}

/// Whether the range takes the port. A missing bound is no bound.
fn in_range(from: Option<&Tree>, to: Option<&Tree>, port: i64) -> Result<Truth, Fault> {
    let (from, to) = (bound(from)?, bound(to)?);
    if let (Ok(Some(from)), Ok(Some(to))) = (&from, &to)
        && from > to
    {
        return Ok(Truth::unresolved(format!("the port range {from}-{to} runs backwards")));
    }
    let side = |bound: Result<Option<i64>, Arc<Gap>>, holds: fn(i64, i64) -> bool| match bound {
        Ok(None) => Truth::Yes,
        Ok(Some(bound)) => holds(bound, port).into(),
        Err(gap) => Truth::Open(gap),
    };
    Ok(side(from, |from, port| from <= port).and(side(to, |to, port| port <= to)))
}

/// Addresses bounded from both sides.
#[derive(Debug, Default)]
struct Bounds {
    /// Certainly in.
    least: Addresses,
    /// Possibly in.
    most: Addresses,
    /// Why the two differ.
    gap: Option<Arc<Gap>>,
    /// How many addresses, of IPv4 or of IPv6, may be in beside those: of ranges of which no more than
    /// the length is known, as where code says `${aws_eip.office.public_ip}/32`.
    beside: [u128; 2],
    /// Why it is not known which.
    beside_gap: Option<Arc<Gap>>,
}

/// The length of a range of which the address is not known.
fn known_length(gap: &Gap) -> Option<u8> {
    let [TextPart::Unknown { .. }, TextPart::Known(length)] = gap.text.as_ref()?.parts() else { return None };
    length.strip_prefix('/')?.parse().ok().filter(|length| (1..=128).contains(length))
}

impl Bounds {
    fn open(&mut self, gap: &Arc<Gap>) {
        self.most = Addresses::everything();
        self.gap.get_or_insert_with(|| Arc::clone(gap));
    }

    /// Takes in ranges of a rule that lets in. A range of known length and unknown address lets in no
    /// more than its length says.
    fn let_in(&mut self, tree: Option<&Tree>) -> Result<(), Fault> {
        match tree {
            Some(Tree::List(items)) => items.iter().try_for_each(|item| self.let_in(Some(item))),
            Some(Tree::Unknown(gap)) => {
                match known_length(gap) {
                    Some(length) => {
                        let v4 = if length <= 32 { 1 << (32 - u32::from(length)) } else { 0 };
                        self.beside[0] = self.beside[0].saturating_add(v4);
                        self.beside[1] = self.beside[1].saturating_add(1 << (128 - u32::from(length)));
                        self.beside_gap.get_or_insert_with(|| Arc::clone(gap));
                    }
                    None => self.open(gap),
                }
                Ok(())
            }
            other => self.take(other),
        }
    }

    /// Takes in a range, a list of ranges, or a gap in their place.
    fn take(&mut self, tree: Option<&Tree>) -> Result<(), Fault> {
        match tree {
            None | Some(Tree::Null) => {}
            Some(Tree::Unknown(gap)) => self.open(gap),
            Some(Tree::Str(text)) => match Addresses::parse(text) {
                Some((set, _)) => {
                    self.least.add(&set);
                    self.most.add(&set);
                }
                None => self.open(&Arc::new(Gap::new(GapCode::Unresolved, format!("{text:?} is no address range")))),
            },
            Some(Tree::List(items)) => {
                for item in items.iter() {
                    self.take(Some(item))?;
                }
            }
            Some(_) => return Err(invalid("an address range")),
        }
        Ok(())
    }

    /// The addresses that a rule names.
    fn of_rule(rule: &Tree) -> Result<Self, Fault> {
        let mut bounds = Self::default();
        bounds.let_in(rule.get("cidr_ipv4"))?;
        bounds.let_in(rule.get("cidr_ipv6"))?;
        match rule.get("prefix_lists") {
            None | Some(Tree::Null) => {}
            Some(Tree::Unknown(gap)) => bounds.open(gap),
            Some(Tree::List(lists)) => {
                for list in lists.iter() {
                    match list {
                        Tree::Unknown(gap) => bounds.open(gap),
                        Tree::Map(map) if map.contains_key("entries") => bounds.let_in(map.get("entries"))?,
                        // A list that is named but was not looked into lets in we do not know whom.
                        Tree::Map(_) | Tree::Str(_) => {
                            let gap = Gap::new(GapCode::NotCollected, "the entries of a prefix list are not known");
                            bounds.open(&Arc::new(gap));
                        }
                        _ => return Err(invalid("a prefix list")),
                    }
                }
            }
            Some(_) => return Err(invalid("the prefix lists")),
        }
        Ok(bounds)
    }

    /// Adds what a rule lets in, where it applies.
    fn add(&mut self, rule: &Self, applies: &Truth) {
        match applies {
            Truth::No => return,
            Truth::Yes => {
                self.least.add(&rule.least);
                if let Some(gap) = &rule.gap {
                    self.gap.get_or_insert_with(|| Arc::clone(gap));
                }
            }
            Truth::Open(gap) => {
                self.gap.get_or_insert_with(|| Arc::clone(gap));
            }
        }
        self.most.add(&rule.most);
        for (all, more) in self.beside.iter_mut().zip(rule.beside) {
            *all = all.saturating_add(more);
        }
        if let Some(gap) = &rule.beside_gap {
            self.beside_gap.get_or_insert_with(|| Arc::clone(gap));
        }
    }

    /// Whether the whole internet is in.
    fn whole_internet(&self) -> Truth {
        match &self.gap {
            _ if self.least.covers_the_internet() => Truth::Yes,
            Some(gap) if self.most.covers_the_internet() => Truth::Open(Arc::clone(gap)),
            _ => match &self.beside_gap {
                Some(gap)
                    if self.most.missing().iter().zip(self.beside).any(|(missing, beside)| *missing <= beside) =>
                {
                    Truth::Open(Arc::clone(gap))
                }
                _ => Truth::No,
            },
        }
    }
}

/// Whether the rules open the port of the protocol to the whole internet.
fn opens(rules: &[Tree], protocol: Protocol, port: i64) -> Result<Truth, Fault> {
    let mut open = Bounds::default();
    for rule in rules {
        match rule {
            Tree::Unknown(gap) => open.open(gap),
            Tree::Map(_) => {
                let ports = if is_every_protocol(rule.get("ip_protocol")) {
                    Truth::Yes
                } else {
                    in_range(rule.get("from_port"), rule.get("to_port"), port)?
                };
                let applies = covers_protocol(rule.get("ip_protocol"), protocol)?.and(ports);
                if applies != Truth::No {
                    open.add(&Bounds::of_rule(rule)?, &applies);
                    if open.whole_internet() == Truth::Yes {
                        return Ok(Truth::Yes);
                    }
                }
            }
            _ => return Err(invalid("an ingress rule")),
        }
    }
    Ok(open.whole_internet())
}

fn port_of(tree: &Tree) -> Result<i64, Fault> {
    match tree {
        Tree::Int(port) if (0..=LAST_PORT).contains(port) => Ok(*port),
        Tree::Unknown(gap) => Err(Fault::Unknown(Arc::clone(gap))),
        _ => Err(Fault::Invalid("a port is a whole number from 0 to 65535".to_owned())),
    }
}

/// `net.exposes(rules, port)`.
pub(super) fn exposes(arguments: &[Tree]) -> Result<Tree, Fault> {
    let rules = list_argument(arguments, 0)?;
    opens(rules, Protocol::Tcp, port_of(argument(arguments, 1)?)?)?.answer()
}

/// `net.exposed_ports(rules, ports)`.
pub(super) fn exposed_ports(arguments: &[Tree]) -> Result<Tree, Fault> {
    let rules = list_argument(arguments, 0)?;
    let mut entries = Vec::new();
    for port in list_argument(arguments, 1)? {
        let exposed = match port {
            Tree::Unknown(gap) => Truth::Open(Arc::clone(gap)),
            port => opens(rules, Protocol::Tcp, port_of(port)?)?,
        };
        entries.push((port.clone(), exposed));
    }
    answer_list(entries)
}

/// `net.exposes_all_ports(rules)`.
pub(super) fn exposes_all_ports(arguments: &[Tree]) -> Result<Tree, Fault> {
    let rules = list_argument(arguments, 0)?;
    // Between two bounds of the rules the answer does not change, so one port of each stretch
    // stands for all of it.
    let mut stretches = BTreeSet::from([1]);
    for rule in rules {
        for (key, step) in [("from_port", 0), ("to_port", 1)] {
            if let Ok(Ok(Some(port))) = bound(rule.get(key)) {
                stretches.insert(port.saturating_add(step));
            }
        }
    }
    let mut answer = Truth::No;
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let mut all = Truth::Yes;
        for &port in stretches.range(1..=LAST_PORT) {
            all = all.and(opens(rules, protocol, port)?);
            if all == Truth::No {
                break;
            }
        }
        answer = answer.or(all);
    }
    answer.answer()
}

/// `net.covers_internet(ranges)`.
pub(super) fn covers_internet(arguments: &[Tree]) -> Result<Tree, Fault> {
    list_argument(arguments, 0)?;
    let mut bounds = Bounds::default();
    bounds.take(arguments.first())?;
    bounds.whole_internet().answer()
}

#[cfg(test)]
mod tests;
