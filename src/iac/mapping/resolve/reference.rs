//! What a value refers to: by reference, by equal text, by equal expression.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::blocks::{Blocks, Picked};
use super::walk::{Found, walk};
use crate::iac::deployment::Block;
use crate::iac::mapping::language::path::Path;
use crate::iac::mapping::language::rule::Targets;
use crate::iac::origin::Origin;
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::{Gap, GapCode};

/// How many references are followed one after the other.
const CHAIN_LIMIT: usize = 4;

/// Most blocks that one value is said to be open among.
const AMONG_LIMIT: usize = 64;

/// What one value refers to, among targets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Link {
    /// This block.
    To(usize),
    /// One of these blocks, or none; it is not known which.
    Among(Vec<usize>, Gap),
    /// It may be any of them.
    Open(Gap),
    /// None of them.
    Elsewhere,
}

/// Targets in a scenario, by what names them.
pub(crate) struct Index {
    kinds: Vec<Arc<str>>,
    members: HashSet<usize>,
    by_text: HashMap<Arc<str>, Vec<usize>>,
    by_shape: HashMap<Vec<Piece>, Vec<usize>>,
    /// Those whose name is written and not known.
    unsettled: Vec<(usize, Value)>,
    /// Whether some are things that come with another: a default network ACL, a default group.
    come_with_others: bool,
}

impl Index {
    pub(crate) fn of(targets: &Targets, blocks: &Blocks<'_>) -> Self {
        let mut index = Self {
            kinds: targets.kinds.clone(),
            members: HashSet::new(),
            by_text: HashMap::new(),
            by_shape: HashMap::new(),
            unsettled: Vec::new(),
            come_with_others: targets.kinds.iter().any(|kind| kind.starts_with("aws_default_")),
        };
        for &at in targets.kinds.iter().flat_map(|kind| blocks.of_kind(kind)) {
            if index.members.insert(at) {
                for path in &targets.names {
                    index.add(at, &blocks.all[at], path);
                }
            }
        }
        index
    }

    fn add(&mut self, at: usize, block: &Block, path: &Path) {
        let hits = match walk(path, &block.body, "") {
            Found::Absent => return,
            Found::One(hit) => vec![hit],
            Found::Many(hits) => hits,
        };
        for hit in hits {
            match &hit.value {
                Value::Text(text) => self.by_text.entry(Arc::clone(text)).or_default().push(at),
                value @ (Value::Unknown(_) | Value::Template(_)) => {
                    if let Some(shape) = shape(value) {
                        self.by_shape.entry(shape).or_default().push(at);
                    }
                    if is_unresolved(value) {
                        self.unsettled.push((at, hit.value));
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether a reference to what is not in the code is to the ARN of something else all the same.
    fn is_of_another_kind(&self, reference: &Reference) -> bool {
        let kind = reference.address.rsplit('.').nth(1).unwrap_or_default();
        reference.attribute == "arn" && kind.starts_with("aws_") && !self.kinds.iter().any(|own| **own == *kind)
    }

    /// Whether a reference to what is not in the code is to a block of this kind: one of another address is
    /// another block.
    fn is_of_this_kind(&self, reference: &Reference) -> bool {
        let mut steps = reference.address.rsplit('.');
        let (_, kind, before) = (steps.next(), steps.next().unwrap_or_default(), steps.next());
        before != Some("data") && self.kinds.iter().any(|own| **own == *kind)
    }

    /// Whether it is an attribute of something of this kind that a data source looks up by its name.
    fn is_looked_up(&self, unknown: &Unknown) -> bool {
        let of_this_kind = |reference: &Reference| {
            let mut steps = reference.address.rsplit('.');
            let (_, kind, before) = (steps.next(), steps.next().unwrap_or_default(), steps.next());
            before == Some("data") && self.kinds.iter().any(|own| **own == *kind)
        };
        unknown.looked_up.is_some() && unknown.references.first().is_some_and(of_this_kind)
    }

    /// Whether the block is one of the targets.
    pub(crate) fn holds(&self, block: usize) -> bool {
        self.members.contains(&block)
    }

    /// What a value in the block `from` refers to; for a list, what each element does. `on` is where
    /// blocks of the same kind keep such values, so that a reference to one of them leads on.
    pub(crate) fn links(&self, value: &Value, from: usize, blocks: &Blocks<'_>, on: &[Path]) -> Vec<Link> {
        match value {
            Value::Null => Vec::new(),
            Value::List(items) => items.iter().flat_map(|item| self.links(item, from, blocks, on)).collect(),
            Value::Json(inner) => self.links(inner, from, blocks, on),
            value => vec![self.link(value, from, blocks, on, 0)],
        }
    }

    fn link(&self, value: &Value, from: usize, blocks: &Blocks<'_>, on: &[Path], depth: usize) -> Link {
        match value {
            Value::Text(text) => self.named(text, from, blocks),
            Value::Unknown(unknown) if self.is_looked_up(unknown) => {
                let Some(name) = &unknown.looked_up else { return Link::Elsewhere };
                match self.named(name, from, blocks) {
                    // In another network there is a group of the same name.
                    Link::To(one) if &*blocks.all[one].kind == "aws_security_group" => {
                        Link::Among(vec![one], may_refer(&unknown.shown))
                    }
                    Link::Among(among, _) => Link::Among(among, may_refer(&unknown.shown)),
                    Link::Open(_) => Link::Open(may_refer(&unknown.shown)),
                    link => link,
                }
            }
            Value::Unknown(unknown) => {
                let near = if unknown.references.iter().any(|reference| reference.whole) {
                    let whole = unknown.references.iter().filter(|reference| reference.whole);
                    self.referred(whole, from, blocks, on, depth)
                } else {
                    self.referred(unknown.references.iter(), from, blocks, on, depth)
                };
                self.or_same_shape(near, value, from, blocks, unknown)
            }
            Value::Template(parts) => {
                let unknown = parts.iter().find_map(|part| match part {
                    Part::Unknown(unknown) => Some(unknown),
                    Part::Text(_) => None,
                });
                let Some(unknown) = unknown else { return Link::Elsewhere };
                let near = if is_name_in_arn(parts) {
                    self.referred(unknown.references.iter(), from, blocks, on, depth)
                } else {
                    Referred::Open
                };
                self.or_same_shape(near, value, from, blocks, unknown)
            }
            _ => Link::Elsewhere,
        }
    }

    /// The target that a known text names.
    fn named(&self, text: &Arc<str>, from: usize, blocks: &Blocks<'_>) -> Link {
        let mut found = self.by_text.get(text);
        if found.is_none() && text.starts_with("arn:") {
            let name = text.splitn(6, ':').nth(5).unwrap_or_default();
            let last = name.rsplit(['/', ':']).next().unwrap_or_default();
            found = self.by_text.get(name).or_else(|| self.by_text.get(last));
        }
        if let Some(found) = found {
            let found = self.near(from, &each_once(found), text.starts_with("arn:"), blocks);
            return match blocks.pick(from, &found) {
                Picked::One(one) => Link::To(one),
                Picked::None => Link::Elsewhere,
                Picked::Several => Link::Among(found, may_refer(text)),
            };
        }
        let mut among: Vec<usize> = Vec::new();
        for (at, name) in &self.unsettled {
            if could_be(name, text) && !among.contains(at) {
                among.push(*at);
                if among.len() > AMONG_LIMIT {
                    return Link::Open(may_refer(text));
                }
            }
        }
        if among.is_empty() { Link::Elsewhere } else { Link::Among(among, may_refer(text)) }
    }

    /// Which of the targets of a name it can be in the block `from`. A bucket has its name for itself
    /// everywhere; an ARN leads anywhere.
    fn near(&self, from: usize, found: &[usize], is_arn: bool, blocks: &Blocks<'_>) -> Vec<usize> {
        const EVERYWHERE: [&str; 4] = ["aws_s3_", "aws_iam_", "aws_cloudfront_", "aws_route53_"];
        if self.kinds.iter().any(|kind| EVERYWHERE.iter().any(|start| kind.starts_with(start))) {
            return found.to_vec();
        }
        let beside = blocks.beside(from, found);
        if beside.is_empty() && is_arn { found.to_vec() } else { beside }
    }

    fn or_same_shape(
        &self,
        near: Referred,
        value: &Value,
        from: usize,
        blocks: &Blocks<'_>,
        unknown: &Unknown,
    ) -> Link {
        let gap = || may_refer(&unknown.shown);
        let near = match near {
            Referred::Link(link @ Link::To(_)) => return link,
            near => near,
        };
        if let Some(shape) = shape(value)
            && let Some(found) = self.by_shape.get(&shape)
        {
            let found = self.near(from, &each_once(found), false, blocks);
            return match blocks.pick(from, &found) {
                Picked::One(one) if is_certain(&shape) => Link::To(one),
                Picked::None => Link::Elsewhere,
                _ => Link::Among(found, gap()),
            };
        }
        match near {
            Referred::Link(link) => link,
            Referred::Open => Link::Open(gap()),
            Referred::Among(among) => Link::Among(among, gap()),
            Referred::Elsewhere => Link::Elsewhere,
        }
    }

    /// What references lead to.
    fn referred<'r>(
        &self,
        references: impl Iterator<Item = &'r Reference>,
        from: usize,
        blocks: &Blocks<'_>,
        on: &[Path],
        depth: usize,
    ) -> Referred {
        let mut among: Vec<usize> = Vec::new();
        let (mut open, mut any) = (false, false);
        let mut further = None;
        for reference in references {
            any = true;
            let found = blocks.at(reference);
            let members: Vec<usize> = found.iter().copied().filter(|at| self.holds(*at)).collect();
            if found.is_empty() {
                open |= !self.is_of_another_kind(reference) && !self.is_of_this_kind(reference);
            } else if !members.is_empty() {
                match blocks.pick(from, &members) {
                    Picked::One(one) => among.push(one),
                    _ => among.extend(members),
                }
            } else if self.come_with_others && names_a_default(reference) {
                open = true;
            } else if depth < CHAIN_LIMIT
                && let Some(value) = blocks.one_at(reference, from).and_then(|at| told(&blocks.all[at], reference, on))
            {
                // Another block passes on what it was given itself: the id of a bucket policy is the
                // bucket's name.
                let at = blocks.one_at(reference, from).unwrap_or(from);
                further = Some(self.link(&value, at, blocks, on, depth + 1));
            }
        }
        let among = each_once(&among);
        match (among.as_slice(), further) {
            ([one], _) => Referred::Link(Link::To(*one)),
            ([], Some(further)) => Referred::Link(further),
            ([], None) if open || !any => Referred::Open,
            ([], None) => Referred::Elsewhere,
            _ => Referred::Among(among),
        }
    }
}

enum Referred {
    Link(Link),
    Among(Vec<usize>),
    Open,
    Elsewhere,
}

/// Whether a reference may be to what comes with the block, and not to the block
/// (`aws_vpc.a.default_security_group_id`).
fn names_a_default(reference: &Reference) -> bool {
    reference.attribute.is_empty() || reference.attribute.contains("default")
}

fn each_once(list: &[usize]) -> Vec<usize> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list.dedup();
    list
}

fn may_refer(expression: &str) -> Gap {
    Gap::new(GapCode::Unresolved, format!("{expression} may refer to it"))
}

/// What a block that is no target itself was given in the place of the attribute that is asked for.
fn told(block: &Block, reference: &Reference, on: &[Path]) -> Option<Value> {
    let written = block.body.get(&reference.attribute).filter(|value| !value.is_null());
    if let Some(value) = written {
        return Some(value.clone());
    }
    // A group that was given a name is that group, and nothing that its name could be that of.
    if !matches!(reference.attribute.as_str(), "id" | "") || &*block.kind == "AWS::EC2::SecurityGroup" {
        return None;
    }
    on.iter().find_map(|path| match walk(path, &block.body, "") {
        Found::One(hit) => Some(hit.value),
        Found::Absent | Found::Many(_) => None,
    })
}

/// Whether a text is one unknown part, with at most what an ARN has around a name.
fn is_name_in_arn(parts: &[Part]) -> bool {
    let text = |part: &Part| match part {
        Part::Text(text) => Some(text.to_string()),
        Part::Unknown(_) => None,
    };
    let mut unknown = parts.iter().enumerate().filter(|(_, part)| matches!(part, Part::Unknown(_)));
    // Account and region may be unknown, too; the name is the last.
    let Some((at, _)) = unknown.next_back() else { return false };
    let referring = |part: &Part| matches!(part, Part::Unknown(why) if !why.references.is_empty());
    if parts[..at].iter().filter(|part| referring(part)).count() > 0 {
        return false;
    }
    let before: String = parts[..at].iter().filter_map(text).collect();
    let after: String = parts[at + 1..].iter().filter_map(text).collect();
    (before.is_empty() || (before.starts_with("arn:") && before.ends_with([':', '/'])))
        && (after.is_empty() || after.starts_with(['/', ':']))
}

/// Whether the code, and not AWS, would have to tell the value.
fn is_unresolved(value: &Value) -> bool {
    let unresolved = |unknown: &Unknown| unknown.code != GapCode::KnownAfterApply;
    match value {
        Value::Unknown(unknown) => unresolved(unknown),
        Value::Template(parts) => parts.iter().all(|part| match part {
            Part::Text(_) => true,
            Part::Unknown(unknown) => unresolved(unknown),
        }),
        _ => false,
    }
}

/// Whether a value of which a part is unknown may be this text.
fn could_be(value: &Value, text: &str) -> bool {
    let Value::Template(parts) = value else { return true };
    let starts = match parts.first() {
        Some(Part::Text(start)) => text.starts_with(&**start),
        _ => true,
    };
    let ends = match parts.last() {
        Some(Part::Text(end)) => text.ends_with(&**end),
        _ => true,
    };
    starts && ends
}

/// What tells values apart that are not known: their known parts, and the origins of the others.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Piece {
    Known(Arc<str>),
    Unknown(Origin),
}

/// What two values have in common that are not known and are the same all the same; nothing where a part does
/// not say where it comes from.
fn shape(value: &Value) -> Option<Vec<Piece>> {
    let of_unknown = |unknown: &Unknown| {
        let alone = unknown.origin.is_identified() && !matches!(unknown.origin, Origin::Rest(_));
        alone.then(|| Piece::Unknown(unknown.origin.clone()))
    };
    match value {
        Value::Unknown(unknown) => Some(vec![of_unknown(unknown)?]),
        Value::Template(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some(Piece::Known(Arc::clone(text))),
                Part::Unknown(unknown) => of_unknown(unknown),
            })
            .collect(),
        _ => None,
    }
}

/// What is the same for two values that are certainly the same; nothing where that cannot be told.
pub(crate) fn sameness(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(format!("text {text}")),
        value => shape(value).filter(|shape| is_certain(shape)).map(|shape| format!("{shape:?}")),
    }
}

/// Whether two values of this shape are certainly the same.
fn is_certain(shape: &[Piece]) -> bool {
    !shape.iter().any(|piece| matches!(piece, Piece::Unknown(Origin::Listed(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_an_arn_is_told_from_a_name_made_of_another() {
        let part = |text: &str| Part::Text(Arc::from(text));
        let name = || Part::Unknown(Arc::new(Unknown::new(GapCode::KnownAfterApply, "aws_s3_bucket.a.id")));
        assert!(is_name_in_arn(&[part("arn:aws:s3:::"), name()]));
        assert!(is_name_in_arn(&[name(), part("/*")]));
        assert!(!is_name_in_arn(&[name(), part("-logs")]));
        assert!(!is_name_in_arn(&[part("logs-"), name()]));
    }
}
