//! A policy document as the policy functions read it: each part known, absent or open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::truth::Truth;
use super::super::{Fault, globs};
use super::condition::Condition;
use crate::model::gap::Gap;
use crate::model::partial_text::TextPart;
use crate::model::tree::Tree;

/// A list of texts, of which a part may be unknown.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    /// What is known to be in it.
    pub(super) known: Vec<String>,
    /// What is in it of which a part is unknown.
    pub(super) partial: Vec<Partial>,
    /// The gap, where there may be more.
    pub(super) gap: Option<Arc<Gap>>,
}

/// The character on both sides of an unknown part, of a private use area: no policy means anything by
/// it.
pub(super) const PART: char = '\u{E000}';

/// A text of which a part is unknown, bounded from both sides. A larger pattern matches more, so that
/// what holds for the two bounds holds for whatever lies between them.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    /// As far as it is known, for a reader.
    pub(super) text: String,
    /// With a name for each unknown part that nothing else has but the same part elsewhere.
    pub(super) narrow: String,
    /// With a wildcard for each unknown part.
    pub(super) broad: String,
    /// Why it is not known.
    pub(super) gap: Arc<Gap>,
}

impl Partial {
    /// What is known of a text that a gap stands for; nothing where no more is known than wildcards.
    fn of(gap: &Arc<Gap>) -> Option<Self> {
        let text = gap.text.as_ref()?;
        let (mut narrow, mut broad, mut literal) = (String::new(), String::new(), false);
        for (at, part) in text.parts().iter().enumerate() {
            match part {
                TextPart::Known(known) => {
                    literal |= known.chars().any(|c| !matches!(c, '*' | ':'));
                    narrow.push_str(known);
                    broad.push_str(known);
                }
                TextPart::Unknown { identity, .. } => {
                    // One that nothing tells from others is like no other.
                    let name = identity.clone().unwrap_or_else(|| format!("{:p}.{at}", Arc::as_ptr(gap)));
                    narrow.push(PART);
                    narrow.extend(name.chars().map(|c| if matches!(c, '*' | '?' | ':' | '/' | '$') { '_' } else { c }));
                    narrow.push(PART);
                    broad.push('*');
                }
            }
        }
        literal.then(|| Self { text: text.to_string(), narrow, broad, gap: Arc::clone(gap) })
    }

    /// Open, for the reason that a part is not known.
    pub(super) fn open(&self) -> Truth {
        Truth::Open(Arc::clone(&self.gap))
    }

    /// Whether the test holds whatever the unknown parts are.
    pub(super) fn test(&self, test: impl Fn(&str) -> Truth) -> Truth {
        let narrow = test(&self.narrow);
        if self.narrow == self.broad || narrow == test(&self.broad) { narrow } else { self.open() }
    }
}

impl Texts {
    fn of(tree: Option<&Tree>, what: &str) -> Result<Self, Fault> {
        let mut texts = Self::default();
        match tree {
            None | Some(Tree::Null) => {}
            Some(Tree::Unknown(gap)) => texts.take(gap),
            Some(Tree::Str(text)) => texts.known.push(text.to_string()),
            Some(Tree::List(items)) => {
                for item in items.iter() {
                    match item {
                        Tree::Str(text) => texts.known.push(text.to_string()),
                        Tree::Unknown(gap) => texts.take(gap),
                        _ => return Err(invalid(what)),
                    }
                }
            }
            Some(_) => return Err(invalid(what)),
        }
        Ok(texts)
    }

    /// Takes in a text that is not known, or known in part.
    fn take(&mut self, gap: &Arc<Gap>) {
        match Partial::of(gap) {
            Some(partial) => self.partial.push(partial),
            None => {
                self.gap.get_or_insert_with(|| Arc::clone(gap));
            }
        }
    }

    /// A list of which nothing is known.
    fn open(gap: &Arc<Gap>) -> Self {
        Self { gap: Some(Arc::clone(gap)), ..Self::default() }
    }

    /// In lower case: actions are compared without case. What takes in every action, such as `*:*`, is
    /// `*`.
    fn lower(mut self) -> Self {
        for text in &mut self.known {
            text.make_ascii_lowercase();
            if globs::contains(text, "?*:?*") {
                "*".clone_into(text);
            }
        }
        for partial in &mut self.partial {
            partial.narrow.make_ascii_lowercase();
            partial.broad.make_ascii_lowercase();
        }
        self
    }

    /// Whether there is certainly none.
    pub(super) fn is_absent(&self) -> bool {
        self.is_uncertain() && self.gap.is_none()
    }

    /// Whether none is certainly there.
    pub(super) fn is_uncertain(&self) -> bool {
        self.known.is_empty() && self.partial.is_empty()
    }

    /// Those that are certainly there, for a reader.
    pub(super) fn listed(&self) -> Vec<&str> {
        let partial = self.partial.iter().map(|partial| partial.text.as_str());
        self.known.iter().map(String::as_str).chain(partial).collect()
    }

    fn rest(&self) -> impl Iterator<Item = Truth> + '_ {
        self.gap.iter().map(|gap| Truth::Open(Arc::clone(gap)))
    }

    /// Whether each holds the test. It may be yes for a larger pattern where it is no for a smaller
    /// one, or the other way round, but not both.
    fn each<'t>(&'t self, test: &'t impl Fn(&str) -> Truth) -> impl Iterator<Item = Truth> + 't {
        let known = self.known.iter().map(|text| test(text));
        known.chain(self.partial.iter().map(move |partial| partial.test(test))).chain(self.rest())
    }

    /// Why not all of it is known, where it is not.
    pub(super) fn first_gap(&self) -> Option<Arc<Gap>> {
        self.gap.clone().or_else(|| self.partial.first().map(|partial| Arc::clone(&partial.gap)))
    }

    /// Whether the test holds for any of them.
    pub(super) fn any(&self, test: impl Fn(&str) -> Truth) -> Truth {
        Truth::any(self.each(&test))
    }

    /// Whether the test holds for all of them.
    pub(super) fn all(&self, test: impl Fn(&str) -> Truth) -> Truth {
        Truth::all(self.each(&test))
    }

    /// Whether the test holds for all of them that are known in full; the others do not matter.
    pub(super) fn all_known(&self, test: impl Fn(&str) -> Truth) -> Truth {
        Truth::all(self.known.iter().map(|text| test(text)))
    }

    /// Whether all of them lie within something, by whether it takes a pattern whole and whether it
    /// takes any of it.
    fn all_within(&self, whole: impl Fn(&str) -> Truth, some: impl Fn(&str) -> Truth) -> Truth {
        let partial = self.partial.iter().map(|partial| match whole(&partial.narrow) {
            // The unknown part may be the one that fits.
            Truth::No if some(&partial.broad) != Truth::No => partial.open(),
            answer => answer,
        });
        Truth::all(self.known.iter().map(|text| whole(text)).chain(partial).chain(self.rest()))
    }
}

fn invalid(what: &str) -> Fault {
    Fault::Invalid(format!("{what} of the policy has not the shape of a policy document"))
}

/// A set of actions or of resources: those that match, or all but those that match.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns {
    /// `Action` or `Resource`.
    pub(super) these: Texts,
    /// `NotAction` or `NotResource`.
    pub(super) all_but: Texts,
}

impl Patterns {
    /// Whether neither element is there.
    pub(super) fn is_absent(&self) -> bool {
        self.these.is_absent() && self.all_but.is_absent()
    }

    /// Whether everything that matches `target` is in the set. A set that is not there holds all.
    pub(super) fn includes(&self, target: &str) -> Truth {
        if self.is_absent() {
            return Truth::Yes;
        }
        let these = self.these.any(|pattern| globs::contains(pattern, target).into());
        if self.all_but.is_absent() {
            return these;
        }
        let others = self.all_but.all(|pattern| (!globs::intersects(pattern, target)).into());
        if self.these.is_absent() { others } else { these.or(others) }
    }

    /// Whether something that matches `target` is in the set.
    pub(super) fn touches(&self, target: &str) -> Truth {
        if self.is_absent() {
            return Truth::Yes;
        }
        let these = self.these.any(|pattern| globs::intersects(pattern, target).into());
        if self.all_but.is_absent() {
            return these;
        }
        let others = self.all_but.any(|pattern| globs::contains(pattern, target).into()).negate();
        if self.these.is_absent() { others } else { these.or(others) }
    }

    /// Whether everything in this set is in the other.
    pub(super) fn within(&self, other: &Self) -> Truth {
        let everything = other.includes("*");
        if everything == Truth::Yes || self.is_absent() {
            return everything;
        }
        if self.all_but.is_absent() {
            return self.these.all_within(|pattern| other.includes(pattern), |pattern| other.touches(pattern));
        }
        // All but these lies within all but those where those are among these.
        let among = if other.all_but.is_absent() {
            Truth::No
        } else {
            let among = |out: &str| self.all_but.any(|pattern| globs::contains(pattern, out).into());
            let touched = |out: &str| self.all_but.any(|pattern| globs::intersects(pattern, out).into());
            other.all_but.all_within(among, touched)
        };
        everything.or(among)
    }

    /// Whether it holds a resource pattern for which the test holds. All but some is broad, unless
    /// what is left out is.
    pub(super) fn broad(&self, test: impl Fn(&str) -> bool) -> Truth {
        if self.is_absent() {
            return Truth::Yes;
        }
        let these = self.these.any(|pattern| test(pattern).into());
        if self.all_but.is_absent() {
            return these;
        }
        these.or(self.all_but.any(|pattern| test(pattern).into()).negate())
    }
}

/// The partitions that policies are written for.
pub(super) const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

/// Whether a resource pattern means every resource: everything that has the form of an ARN, in some
/// partition. Region and account are empty in some ARNs, service and resource in none.
pub(super) fn is_everything(pattern: &str) -> bool {
    PARTITIONS.iter().any(|partition| globs::contains(pattern, &format!("arn:{partition}:?*:*:*:?*")))
}

/// Whom a statement speaks of.
#[derive(Debug, Clone)]
pub(super) struct Who {
    any: Truth,
    /// Accounts, users and roles.
    pub(super) aws: Texts,
    /// Identity providers.
    pub(super) federated: Texts,
    others: Vec<Texts>,
}

impl Who {
    fn of(tree: &Tree) -> Result<Self, Fault> {
        let map = match tree {
            Tree::Unknown(gap) => {
                let aws = Texts::open(gap);
                let federated = Texts::open(gap);
                return Ok(Self { any: Truth::Open(Arc::clone(gap)), aws, federated, others: Vec::new() });
            }
            Tree::Map(map) => map,
            _ => return Err(invalid("a principal")),
        };
        let mut who = Self { any: Truth::No, aws: Texts::default(), federated: Texts::default(), others: Vec::new() };
        for (key, value) in map.iter() {
            match (&**key, value) {
                ("any", Tree::Bool(any)) => who.any = (*any).into(),
                ("any", Tree::Unknown(gap)) => who.any = Truth::Open(Arc::clone(gap)),
                ("aws", value) => who.aws = Texts::of(Some(value), "a principal")?,
                ("federated", value) => who.federated = Texts::of(Some(value), "a principal")?,
                ("service" | "canonical_user", value) => {
                    who.others.push(Texts::of(Some(value), "a principal")?);
                }
                ("other", Tree::Map(kinds)) => {
                    for list in kinds.values() {
                        who.others.push(Texts::of(Some(list), "a principal")?);
                    }
                }
                ("other", Tree::Unknown(gap)) => {
                    who.others.push(Texts::open(gap));
                }
                _ => return Err(invalid("a principal")),
            }
        }
        Ok(who)
    }

    /// Whether it is everyone, anonymous callers included.
    pub(super) fn everyone(&self) -> Truth {
        self.any.clone().or(self.aws.any(|text| (text == "*").into()))
    }

    /// Whether it has a wildcard: everyone, every account, every service or every provider.
    pub(super) fn wildcard(&self) -> Truth {
        let others = Truth::any(self.others.iter().map(|texts| texts.any(|text| (text == "*").into())));
        // What is not known yet is the ARN or the address of a provider.
        let others = others.or(self.federated.known.iter().any(|text| text == "*").into());
        // AWS takes no wildcard as a part of a principal: an unknown part is none.
        let aws = self.aws.known.iter().chain(self.aws.partial.iter().map(|partial| &partial.narrow));
        let aws = Truth::any(aws.map(|text| names_every_account(text).into()).chain(self.aws.rest()));
        self.any.clone().or(aws).or(others)
    }
}

fn names_every_account(principal: &str) -> bool {
    principal == "*" || principal.split(':').nth(4).is_some_and(globs::is_pattern)
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    /// Its Sid, or its place as `#0`.
    pub(super) name: String,
    /// Whether its effect is Allow.
    pub(super) allow: Truth,
    /// `Principal`, where there is one.
    pub(super) principal: Option<Who>,
    /// `NotPrincipal`, where there is one.
    pub(super) not_principal: Option<Who>,
    /// The actions, in lower case.
    pub(super) actions: Patterns,
    /// The resources.
    pub(super) resources: Patterns,
    /// The conditions that are known.
    pub(super) conditions: Vec<Condition>,
    /// The gap, where there may be more conditions.
    pub(super) conditions_gap: Option<Arc<Gap>>,
}

impl Statement {
    fn of(tree: &Tree, index: usize) -> Result<Self, Fault> {
        let map = match tree {
            Tree::Unknown(gap) => return Ok(Self::unknown(gap, index)),
            Tree::Map(map) => map,
            _ => return Err(invalid("a statement")),
        };
        let name = map.get("sid").and_then(Tree::as_str).filter(|sid| !sid.is_empty());
        let allow = match map.get("effect") {
            Some(Tree::Unknown(gap)) => Truth::Open(Arc::clone(gap)),
            Some(Tree::Str(effect)) if &**effect == "Allow" => Truth::Yes,
            Some(Tree::Str(effect)) if &**effect == "Deny" => Truth::No,
            _ => return Err(invalid("the effect of a statement")),
        };
        let who = |key: &str| match map.get(key) {
            None | Some(Tree::Null) => Ok(None),
            Some(tree) => Who::of(tree).map(Some),
        };
        let (conditions, conditions_gap) = Condition::list(map.get("conditions")).map_err(invalid)?;
        Ok(Self {
            name: name.map_or_else(|| format!("#{index}"), ToOwned::to_owned),
            allow,
            principal: who("principal")?,
            not_principal: who("not_principal")?,
            actions: Patterns {
                these: Texts::of(map.get("actions"), "the actions")?.lower(),
                all_but: Texts::of(map.get("not_actions"), "the actions")?.lower(),
            },
            resources: Patterns {
                these: Texts::of(map.get("resources"), "the resources")?,
                all_but: Texts::of(map.get("not_resources"), "the resources")?,
            },
            conditions,
            conditions_gap,
        })
    }

    /// A statement of which nothing is known: it may allow or deny anything.
    fn unknown(gap: &Arc<Gap>, index: usize) -> Self {
        let open = || Texts::open(gap);
        Self {
            name: format!("#{index}"),
            allow: Truth::Open(Arc::clone(gap)),
            principal: Some(Who {
                any: Truth::Open(Arc::clone(gap)),
                aws: open(),
                federated: open(),
                others: Vec::new(),
            }),
            not_principal: None,
            actions: Patterns { these: open(), all_but: Texts::default() },
            resources: Patterns { these: open(), all_but: Texts::default() },
            conditions: Vec::new(),
            conditions_gap: Some(Arc::clone(gap)),
        }
    }

    /// Whether the statement holds under all circumstances.
    pub(super) fn unconditional(&self) -> Truth {
        match &self.conditions_gap {
            _ if !self.conditions.is_empty() => Truth::No,
            Some(gap) => Truth::Open(Arc::clone(gap)),
            None => Truth::Yes,
        }
    }

    /// Whether it has the condition, so that whatever it speaks of fulfils it.
    pub(super) fn has_condition(&self, condition: &Condition) -> Truth {
        self.any_condition(|own| own.is_same(condition))
    }

    /// Whether it refuses every caller, or, in an identity policy, its holder.
    pub(super) fn denies_all_callers(&self) -> Truth {
        let who = match (&self.principal, &self.not_principal) {
            (Some(who), _) => who.everyone(),
            (None, Some(_)) => Truth::No,
            (None, None) => Truth::Yes,
        };
        self.allow.clone().negate().and(who)
    }

    /// Whether any condition holds the test. Conditions that may be there make it open.
    pub(super) fn any_condition(&self, test: impl Fn(&Condition) -> Truth) -> Truth {
        let rest = self.conditions_gap.iter().map(|gap| Truth::Open(Arc::clone(gap)));
        Truth::any(self.conditions.iter().map(test).chain(rest))
    }

    /// Whether every condition holds the test. Conditions that may be there make it open.
    pub(super) fn every_condition(&self, test: impl Fn(&Condition) -> Truth) -> Truth {
        self.any_condition(|condition| test(condition).negate()).negate()
    }
}

/// The statements of a policy, which are read once however many functions ask for them. Null is no
/// policy, and has none.
pub(super) fn statements(policy: &Tree) -> Result<Arc<[Statement]>, Fault> {
    match policy {
        Tree::Unknown(gap) => Err(Fault::Unknown(Arc::clone(gap))),
        Tree::Null => Ok(Arc::from([])),
        Tree::Map(document) => document.reading(|| read(document)),
        _ => Err(Fault::Invalid("a policy document is expected".to_owned())),
    }
}

#[cfg(test)]
thread_local! {
    /// How many documents were read on this thread.
    static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many documents were read so far on this thread.
#[cfg(test)]
pub(crate) fn documents_read() -> usize {
    READ.get()
}

fn read(document: &BTreeMap<Arc<str>, Tree>) -> Result<Arc<[Statement]>, Fault> {
    #[cfg(test)]
    READ.set(READ.get() + 1);
    match document.get("statements") {
        Some(Tree::Unknown(gap)) => Err(Fault::Unknown(Arc::clone(gap))),
        Some(Tree::List(items)) => items.iter().enumerate().map(|(index, item)| Statement::of(item, index)).collect(),
        _ => Err(Fault::Invalid("a policy document with a list `statements` is expected".to_owned())),
    }
}

/// The texts of a list inside a condition.
pub(super) fn condition_values(tree: Option<&Tree>) -> Result<Texts, Fault> {
    Texts::of(tree, "the values of a condition")
}
