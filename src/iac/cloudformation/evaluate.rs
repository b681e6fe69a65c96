//! Evaluates the nodes of a template under the assumptions of a scenario.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::node::{Kind, Member, Node};
use super::scenario::{Assumptions, Undecided};
use super::template::Template;
use super::text::{Text, derived};
use crate::iac::value::{Unknown, Value};
use crate::model::gap::GapCode;

/// How deep evaluation may go: the nesting of the template, and conditions that name conditions.
const DEPTH_LIMIT: u32 = 150;

/// How many steps the evaluation of a template in one scenario may take: about one a node, more for long
/// texts and wide maps.
const STEP_LIMIT: u64 = 4_000_000;

/// The answer to a condition, or why there is none.
pub(super) type Truth = Result<bool, Arc<Unknown>>;

/// Evaluates a template in one scenario.
pub(super) struct Evaluator<'t> {
    pub(super) template: &'t Template,
    pub(super) scenario: &'t Assumptions,
    /// The variables of the loops that are under way, and their values.
    pub(super) bindings: Vec<(Arc<str>, Arc<str>)>,
    /// The answers to conditions found so far.
    pub(super) settled: HashMap<Arc<str>, Truth>,
    /// Conditions that are being answered, innermost last.
    pub(super) asked: Vec<Arc<str>>,
    /// Whether conditions were found that depend on themselves.
    pub(super) circled: bool,
    /// The conditions that loops make, once one was asked for.
    pub(super) looped_conditions: Option<HashMap<Arc<str>, Entry>>,
    /// What would have to be assumed to know more.
    pub(super) undecided: Vec<Undecided>,
    /// Parameters with a list of allowed values that the expression at hand depends on.
    pub(super) touched: Vec<Arc<str>>,
    pub(super) steps: u64,
    depth: u32,
    trail: Option<Trail>,
}

/// The path in a body, and the lines by path.
#[derive(Debug, Default)]
struct Trail {
    path: String,
    spans: BTreeMap<String, (u32, u32)>,
}

/// A member of a map once loops are unrolled.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Arc<str>,
    pub(super) line: u32,
    pub(super) end_line: u32,
    pub(super) node: Node,
    pub(super) bindings: Vec<(Arc<str>, Arc<str>)>,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(template: &'t Template, scenario: &'t Assumptions) -> Self {
        Self {
            template,
            scenario,
            bindings: Vec::new(),
            settled: HashMap::new(),
            asked: Vec::new(),
            circled: false,
            looped_conditions: None,
            undecided: Vec::new(),
            touched: Vec::new(),
            steps: 0,
            depth: 0,
            trail: None,
        }
    }

    /// Whether the evaluation was given up for its length.
    pub(super) fn exhausted(&self) -> bool {
        self.steps > STEP_LIMIT
    }

    /// Counts work; false when there was too much of it.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        self.steps = self.steps.saturating_add(steps as u64);
        !self.exhausted()
    }

    /// Goes one level down; false when that is too deep. Each is followed by [`Self::leave`].
    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        self.depth <= DEPTH_LIMIT && self.spend(1)
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// What stands for what was not evaluated.
    pub(super) fn too_much() -> Value {
        Value::unknown(GapCode::Unresolved, "an expression that takes too long to evaluate")
    }

    /// Evaluates the body of a resource, and tells where each part is written.
    pub(super) fn body(&mut self, node: &Node) -> (Value, BTreeMap<String, (u32, u32)>) {
        self.trail = Some(Trail::default());
        let value = self.value(node);
        (value, self.trail.take().unwrap_or_default().spans)
    }

    /// Evaluates what is not itself a part of a body.
    pub(super) fn quiet(&mut self, node: &Node) -> Value {
        let trail = self.trail.take();
        let value = self.value(node);
        self.trail = trail;
        value
    }

    pub(super) fn value(&mut self, node: &Node) -> Value {
        let value = if self.enter() { self.any(node) } else { Self::too_much() };
        self.leave();
        value
    }

    fn any(&mut self, node: &Node) -> Value {
        match &node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(truth) => Value::Bool(*truth),
            Kind::Number(number) => Value::Number(*number),
            Kind::Text(text) => self.literal(text),
            Kind::List(items) => self.list(items),
            Kind::Map(members) => match node.call() {
                Some((name, argument)) => self.call(name, argument),
                None => self.map(members),
            },
        }
    }

    /// A text as written: with the variables of loops, and dynamic references.
    pub(super) fn literal(&mut self, text: &Arc<str>) -> Value {
        if self.bindings.is_empty() && !text.contains("{{resolve:") {
            return Value::Text(Arc::clone(text));
        }
        let mut made = Text::default();
        made.push(&self.bound(text));
        self.spend(made.len() / 16);
        made.value()
    }

    /// The text with the variables of loops put in: `${Name}` as it is, `&{Name}` with nothing but its
    /// letters and digits.
    pub(super) fn bound(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, value) in self.bindings.iter().rev() {
            if out.contains('{') && out.len() < super::text::TEXT_LIMIT {
                out = out.replace(&format!("${{{name}}}"), value);
                let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
                out = out.replace(&format!("&{{{name}}}"), &plain);
            }
        }
        out
    }

    fn list(&mut self, items: &[Node]) -> Value {
        let mut out = Vec::with_capacity(items.len().min(1024));
        for item in items {
            let mark = self.step_in(&out.len().to_string(), item.line, item.end_line);
            let value = self.value(item);
            // `AWS::NoValue` takes the item out of the list.
            if value.is_null() {
                self.forget_here();
            } else {
                out.push(value);
            }
            self.step_out(mark);
        }
        Value::list(out)
    }

    fn map(&mut self, members: &[Member]) -> Value {
        // A transform adds to what is beside it what is not known here.
        if let Some(strange) =
            members.iter().find(|member| member.key.starts_with("Fn::") && !member.key.starts_with("Fn::ForEach::"))
        {
            return Value::unknown(GapCode::Unresolved, &strange.key);
        }
        let mut entries = Vec::new();
        if let Err(unknown) = self.entries(members, &mut entries) {
            return Value::Unknown(unknown);
        }
        let mut out = BTreeMap::new();
        for entry in entries {
            let mark = self.step_in(&entry.key, entry.line, entry.end_line);
            let bindings = std::mem::replace(&mut self.bindings, entry.bindings);
            let value = self.value(&entry.node);
            self.bindings = bindings;
            self.step_out(mark);
            if !value.is_null() {
                out.insert(entry.key, value);
            }
        }
        Value::map(out)
    }

    /// The members of a map with its loops unrolled. An error says which loop cannot be.
    pub(super) fn entries(&mut self, members: &[Member], out: &mut Vec<Entry>) -> Result<(), Arc<Unknown>> {
        for member in members {
            if !self.spend(1) {
                return Err(Arc::new(Unknown::new(GapCode::Unresolved, "a map that takes too long to evaluate")));
            }
            if member.key.starts_with("Fn::ForEach::") {
                let done =
                    if self.enter() { self.unroll(member, out) } else { Err(unrollable(member, "nested too deep")) };
                self.leave();
                done?;
                continue;
            }
            let key = if self.bindings.is_empty() {
                Arc::clone(&member.key)
            } else {
                Arc::from(self.bound(&member.key).as_str())
            };
            out.push(Entry {
                key,
                line: member.line,
                end_line: member.end_line,
                node: member.value.clone(),
                bindings: self.bindings.clone(),
            });
        }
        Ok(())
    }

    /// `Fn::ForEach::Name: [Variable, [collection], {key: value}]`.
    fn unroll(&mut self, member: &Member, out: &mut Vec<Entry>) -> Result<(), Arc<Unknown>> {
        let Some([variable, collection, template]) = member.value.items() else {
            return Err(unrollable(member, "that is not a list of three"));
        };
        let (Some(variable), Some(members)) = (variable.scalar(), template.members()) else {
            return Err(unrollable(member, "without variable or template"));
        };
        let items = match self.quiet(collection) {
            Value::List(items) => items,
            value => return Err(Arc::new(derived(&member.key, &[&value]))),
        };
        for item in items.iter() {
            let mut text = Text::default();
            text.push_value(item);
            let Value::Text(text) = text.value() else {
                return Err(Arc::new(derived(&member.key, &[item])));
            };
            self.spend(text.len() / 16);
            self.bindings.push((Arc::clone(&variable), text));
            let done = self.entries(members, out);
            self.bindings.pop();
            done?;
        }
        Ok(())
    }

    /// Goes into a member of the body; gives what [`Self::step_out`] needs to come back.
    fn step_in(&mut self, key: &str, line: u32, end_line: u32) -> usize {
        let Some(trail) = &mut self.trail else { return 0 };
        let mark = trail.path.len();
        if mark > 0 {
            trail.path.push('/');
        }
        trail.path.push_str(key);
        trail.spans.insert(trail.path.clone(), (line, end_line.max(line)));
        mark
    }

    fn step_out(&mut self, mark: usize) {
        if let Some(trail) = &mut self.trail {
            trail.path.truncate(mark);
        }
    }

    /// Takes back the lines of the member at hand, and of all inside it.
    fn forget_here(&mut self) {
        self.forget_inside();
        if let Some(trail) = &mut self.trail {
            trail.spans.remove(&trail.path);
        }
    }

    /// Takes back the lines of all inside the member at hand.
    pub(super) fn forget_inside(&mut self) {
        let Some(trail) = &mut self.trail else { return };
        let prefix = if trail.path.is_empty() { String::new() } else { format!("{}/", trail.path) };
        let inside: Vec<String> = trail
            .spans
            .range(prefix.clone()..)
            .take_while(|(path, _)| path.starts_with(&prefix))
            .map(|(path, _)| path.clone())
            .collect();
        for path in inside {
            trail.spans.remove(&path);
        }
    }
}

fn unrollable(member: &Member, why: &str) -> Arc<Unknown> {
    Arc::new(Unknown::new(GapCode::Unresolved, &format!("{} {why}", member.key)))
}
