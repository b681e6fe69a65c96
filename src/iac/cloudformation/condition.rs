//! Conditions, answered true, false or not at all; and what would have to be assumed to answer them.

use std::collections::HashMap;
use std::sync::Arc;

use super::evaluate::{Entry, Evaluator, Truth};
use super::node::{Kind, Node};
use super::scenario::{Known, Undecided};
use super::template::{CONDITIONS, Parameter};
use super::text::{Text, derived};
use crate::iac::origin::Origin;
use crate::iac::value::{Unknown, Value};
use crate::model::gap::GapCode;

/// The longest comparison that is assumed to be true or false, as text.
const COMPARISON_LIMIT: usize = 16 * 1024;

fn undecided(expression: &str) -> Truth {
    Err(Arc::new(Unknown::new(GapCode::Unresolved, expression)))
}

impl Evaluator<'_> {
    /// The answer to a condition as written: a function, or the name of a condition.
    pub(super) fn truth(&mut self, node: &Node) -> Truth {
        let truth =
            if self.enter() { self.answer(node) } else { undecided("a condition that takes too long to answer") };
        self.leave();
        truth
    }

    fn answer(&mut self, node: &Node) -> Truth {
        match &node.kind {
            Kind::Bool(truth) => return Ok(*truth),
            Kind::Text(text) if text.eq_ignore_ascii_case("true") => return Ok(true),
            Kind::Text(text) if text.eq_ignore_ascii_case("false") => return Ok(false),
            Kind::Text(name) => return self.named(&self.bound(name)),
            _ => {}
        }
        match node.members() {
            Some([member]) => self.truth_of(&member.key, &member.value),
            _ => undecided("what is not a condition"),
        }
    }

    /// The answer to a function of conditions.
    pub(super) fn truth_of(&mut self, function: &str, argument: &Node) -> Truth {
        match function {
            "Condition" | "Fn::Condition" => match argument.text() {
                Some(name) => self.named(&self.bound(name)),
                None => undecided("a condition without a name"),
            },
            "Fn::Not" => match argument.items() {
                Some([inner]) => self.truth(inner).map(|truth| !truth).map_err(|unknown| {
                    let origin = Origin::made_by(function, &[&Value::Unknown(Arc::clone(&unknown))]);
                    Arc::new(Unknown::clone(&unknown).from(origin))
                }),
                _ => undecided("Fn::Not that is not a list of one"),
            },
            "Fn::And" => self.several(argument, false),
            "Fn::Or" => self.several(argument, true),
            "Fn::Equals" => match argument.items() {
                Some([left, right]) => self.equals(left, right),
                _ => undecided("Fn::Equals that is not a list of two"),
            },
            _ => match self.call(function, argument) {
                Value::Bool(truth) => Ok(truth),
                Value::Text(text) if &*text == "true" => Ok(true),
                Value::Text(text) if &*text == "false" => Ok(false),
                Value::Unknown(unknown) => Err(unknown),
                _ => undecided(&format!("{function} in place of a condition")),
            },
        }
    }

    /// And, or: one answer of `decides` decides; else all must be known.
    fn several(&mut self, argument: &Node, decides: bool) -> Truth {
        let mut answer = Ok(!decides);
        for item in argument.items().unwrap_or_default() {
            match self.truth(item) {
                Ok(truth) if truth == decides => return Ok(decides),
                Ok(_) => {}
                Err(unknown) => {
                    // Of all that is not known here, this is one part.
                    let one = Unknown::clone(&unknown).from(Origin::Unidentified);
                    answer = answer.and(Err(Arc::new(one)));
                }
            }
        }
        answer
    }

    /// The answer to the condition of this name.
    pub(super) fn named(&mut self, name: &str) -> Truth {
        if let Some(truth) = self.settled.get(name) {
            return truth.clone();
        }
        if self.asked.iter().any(|asked| &**asked == name) {
            self.circled = true;
            return undecided(&format!("condition {name}, which depends on itself"));
        }
        let template = self.template;
        let (node, bindings) = match template.conditions.get(name) {
            Some(node) => (node.clone(), Vec::new()),
            None => match self.looped(name) {
                Some(entry) => (entry.node, entry.bindings),
                None => return undecided(&format!("condition {name}, which is not in the template")),
            },
        };
        let name: Arc<str> = Arc::from(name);
        self.asked.push(Arc::clone(&name));
        let bindings = std::mem::replace(&mut self.bindings, bindings);
        let truth = self.truth(&node).map_err(|unknown| {
            let about = Unknown::new(unknown.code, &format!("condition {name}"));
            let about = about.from(Origin::input(CONDITIONS, &name));
            Arc::new(about.of(unknown.references.clone()))
        });
        self.bindings = bindings;
        self.asked.pop();
        // An answer found inside a circle is one of the circle, and not of the condition.
        if truth.is_ok() || self.asked.is_empty() || !self.circled {
            self.settled.insert(name, truth.clone());
        }
        truth
    }

    /// A condition that a loop makes.
    fn looped(&mut self, name: &str) -> Option<Entry> {
        if self.looped_conditions.is_none() {
            let mut made = HashMap::new();
            let loops: Vec<_> = self
                .template
                .conditions
                .iter()
                .filter(|(key, _)| key.starts_with("Fn::ForEach::"))
                .map(|(key, node)| super::node::Member {
                    key: Arc::clone(key),
                    line: node.line,
                    end_line: node.end_line,
                    value: node.clone(),
                })
                .collect();
            for member in loops {
                let mut entries = Vec::new();
                // A loop that cannot be unrolled leaves its conditions undecided, which is said where
                // one is used.
                if self.entries(std::slice::from_ref(&member), &mut entries).is_ok() {
                    made.extend(entries.into_iter().map(|entry| (Arc::clone(&entry.key), entry)));
                }
            }
            self.looped_conditions = Some(made);
        }
        self.looped_conditions.as_ref()?.get(name).cloned()
    }

    fn equals(&mut self, left: &Node, right: &Node) -> Truth {
        let touched = self.touched.len();
        let first = self.quiet(left);
        let second = self.quiet(right);
        let (mut one, mut other) = (Text::default(), Text::default());
        if !matches!(first, Value::List(_) | Value::Map(_) | Value::Json(_))
            && !matches!(second, Value::List(_) | Value::Map(_) | Value::Json(_))
        {
            one.push_value(&first);
            other.push_value(&second);
            if let (Value::Text(one), Value::Text(other)) = (one.value(), other.value()) {
                self.touched.truncate(touched);
                return Ok(one == other);
            }
        } else if first.is_known() && second.is_known() {
            self.touched.truncate(touched);
            return Ok(first == second);
        }

        let unknown = Err(Arc::new(derived("Fn::Equals", &[&first, &second])));
        for (node, against) in [(left, &second), (right, &first)] {
            let Some(name) = self.open_parameter(node) else { continue };
            let mut text = Text::default();
            text.push_value(against);
            let Value::Text(text) = text.value() else { continue };
            let parameter = self.template.parameters.get(&*name);
            if text.is_empty() && matches!(parameter, Some(Parameter::Open { elsewhere: true, .. })) {
                return Ok(false);
            }
            if let Some(Parameter::Open { allowed, .. }) = parameter
                && !allowed.is_empty()
            {
                if !allowed.contains(&text) {
                    self.touched.truncate(touched);
                    return Ok(false);
                }
                break;
            }
            if let Some(Known::Not(values)) = self.scenario.parameter(&name)
                && values.contains(&text)
            {
                return Ok(false);
            }
            self.ask(Undecided::Parameter { name, values: vec![text], closed: false });
            return unknown;
        }
        if self.ask_for_touched(touched) {
            return unknown;
        }
        self.assumed(left, right).map_or(unknown, Ok)
    }

    /// What the scenario assumes of a comparison as a whole; if nothing, that is asked for.
    fn assumed(&mut self, left: &Node, right: &Node) -> Option<bool> {
        let key =
            format!("{} = {} {:?}", left.canonical(COMPARISON_LIMIT), right.canonical(COMPARISON_LIMIT), self.bindings);
        self.spend(key.len() / 16);
        if let Some(truth) = self.scenario.comparison(&key) {
            return Some(truth);
        }
        if key.len() <= COMPARISON_LIMIT {
            let asked = self.asked.last();
            let alone = asked.is_some_and(|name| {
                let node = self.template.conditions.get(name);
                node.and_then(|node| node.call()).is_some_and(|(function, _)| function == "Fn::Equals")
            });
            let label = match asked {
                Some(name) if alone => format!("condition {name}"),
                Some(name) => format!("the comparison in condition {name} (line {})", left.line),
                None => format!("the comparison on line {}", left.line),
            };
            self.ask(Undecided::Comparison { key, label });
        }
        None
    }

    /// The parameter without value, or the pseudo parameter, that a node refers to.
    fn open_parameter(&self, node: &Node) -> Option<Arc<str>> {
        let ("Ref", name) = node.call()? else { return None };
        let name = name.text()?;
        let open = match self.template.parameters.get(name) {
            Some(Parameter::Open { .. }) => true,
            Some(Parameter::Known(_) | Parameter::Sensitive) => false,
            None => name.starts_with("AWS::"),
        };
        open.then(|| Arc::from(name))
    }

    /// Asks for the parameters that were touched since, if any; whether there were.
    pub(super) fn ask_for_touched(&mut self, since: usize) -> bool {
        let touched = self.touched.split_off(since.min(self.touched.len()));
        let any = !touched.is_empty();
        for name in touched {
            if let Some(Parameter::Open { allowed, .. }) = self.template.parameters.get(&name) {
                self.ask(Undecided::Parameter { name, values: allowed.clone(), closed: true });
            }
        }
        any
    }

    pub(super) fn ask(&mut self, undecided: Undecided) {
        for known in &mut self.undecided {
            if known.joined(&undecided) {
                return;
            }
        }
        if self.undecided.len() < 1000 {
            self.undecided.push(undecided);
        }
    }
}
