//! The intrinsic functions.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use ipnet::IpNet;

use super::evaluate::Evaluator;
use super::node::Node;
use super::scenario::{Known, Undecided};
use super::template::{PSEUDO, Parameter};
use super::text::{Piece, Text, derived, pieces};
use crate::iac::origin::{Origin, PARAMETERS, Position};
use crate::iac::value::{Choice, Reference, Unknown, Value, Ways};
use crate::model::gap::GapCode;

/// The pseudo parameter that is the region of the stack.
const REGION: &str = "AWS::Region";

/// The longest expression that names a region, in bytes.
const REGION_LIMIT: usize = 200;

/// The most rows of a mapping that are looked at one by one, where it is not known which one is meant.
const ROWS_LIMIT: usize = 8;

/// A value that is not known because of how the template is written.
fn unresolved(expression: &str) -> Value {
    Value::unknown(GapCode::Unresolved, expression)
}

/// The origin of the zones of the region that this names; nothing is the stack's own.
fn zones(region: &Node) -> Origin {
    let own = region.text() == Some("") || matches!(region.call(), Some(("Ref", name)) if name.text() == Some(REGION));
    let named = if own { REGION.to_owned() } else { region.canonical(REGION_LIMIT) };
    if named.len() > REGION_LIMIT { Origin::Unidentified } else { Origin::Zones(Arc::from(named)) }
}

impl Evaluator<'_> {
    /// Calls an intrinsic function.
    pub(super) fn call(&mut self, name: &str, argument: &Node) -> Value {
        match name {
            "Ref" => match argument.text() {
                Some(target) => self.reference(&self.bound(target)),
                None => unresolved("Ref of what is not a name"),
            },
            "Fn::Sub" => self.substitute(argument),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::If" => self.choose(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find(argument),
            "Fn::Base64" => match self.quiet(argument) {
                Value::Text(text) => {
                    self.spend(text.len() / 16);
                    Value::text(&base64::engine::general_purpose::STANDARD.encode(text.as_bytes()))
                }
                // What is not known as a whole cannot be written in Base64. It stays the text that AWS
                // makes of it again, for user data is decoded where it is used.
                template @ Value::Template(_) => template,
                value => Value::Unknown(Arc::new(derived(name, &[&value]))),
            },
            "Fn::Length" => match self.quiet(argument) {
                Value::List(items) => u32::try_from(items.len())
                    .map_or_else(|_| unresolved(name), |length| Value::Number(f64::from(length))),
                value => Value::Unknown(Arc::new(derived(name, &[&value]))),
            },
            "Fn::ToJsonString" => Value::Json(Arc::new(self.quiet(argument))),
            "Fn::Cidr" => self.cidr(argument),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Fn::Condition" => match self.truth_of(name, argument) {
                Ok(truth) => Value::Bool(truth),
                Err(unknown) => Value::Unknown(unknown),
            },
            "Fn::ImportValue" => self.import(argument),
            "Fn::GetAZs" => Value::unknown_from(GapCode::Unresolved, name, zones(argument)),
            // What a transform makes, and functions not known here.
            _ => unresolved(name),
        }
    }

    /// What another stack exports: something, of a resource that is elsewhere.
    fn import(&mut self, argument: &Node) -> Value {
        let name = self.quiet(argument);
        let origin = Origin::made_by("Fn::ImportValue", &[&name]);
        let called = match &name {
            Value::Text(text) => text.to_string(),
            value => derived("what is called", &[value]).shown,
        };
        let shown = format!("Fn::ImportValue {called}");
        let unknown = Unknown::new(GapCode::Unresolved, &shown).from(origin).of(vec![Reference::to(&shown, "")]);
        Value::Unknown(Arc::new(unknown))
    }

    /// What `Ref` gives for this name.
    pub(super) fn reference(&mut self, name: &str) -> Value {
        if let Some((_, value)) = self.bindings.iter().rev().find(|(variable, _)| &**variable == name) {
            return Value::Text(Arc::clone(value));
        }
        match name {
            "AWS::NoValue" => return Value::Null,
            "AWS::Partition" => return Value::text("aws"),
            "AWS::URLSuffix" => return Value::text("amazonaws.com"),
            _ => {}
        }
        if name.starts_with("AWS::") {
            if let Some(Known::Is(value)) = self.scenario.parameter(name) {
                return Value::Text(Arc::clone(value));
            }
            let unknown = Unknown::new(GapCode::Unresolved, name).from(Origin::input(PSEUDO, name));
            return Value::Unknown(Arc::new(unknown.of(vec![Reference::to(name, "")])));
        }
        let Some(parameter) = self.template.parameters.get(name) else {
            return self.resource(name, "");
        };
        match parameter {
            Parameter::Known(value) => value.clone(),
            Parameter::Sensitive => {
                let origin = Origin::input(PARAMETERS, name);
                Value::unknown_from(GapCode::Sensitive, &format!("parameter {name}"), origin)
            }
            Parameter::Open { allowed, elsewhere } => {
                if let Some(Known::Is(value)) = self.scenario.parameter(name) {
                    return Value::Text(Arc::clone(value));
                }
                if !allowed.is_empty() {
                    self.touched.push(Arc::from(name));
                }
                let origin = Origin::input(PARAMETERS, name);
                let unknown = Unknown::new(GapCode::Unresolved, &format!("parameter {name}")).from(origin);
                let references = if *elsewhere { vec![Reference::to(name, "")] } else { Vec::new() };
                Value::Unknown(Arc::new(unknown.of(references)))
            }
        }
    }

    /// An attribute of a resource; of an empty name, what `Ref` gives.
    fn resource(&mut self, id: &str, attribute: &str) -> Value {
        // SAM has names such as `Function.Version` and `Api.Stage` for what it makes.
        let (address, attribute) = match id.split_once('.') {
            Some((address, made)) if attribute.is_empty() => (address, made),
            _ => (id, attribute),
        };
        let shown = if attribute.is_empty() { address.to_owned() } else { format!("{address}.{attribute}") };
        let origin = Origin::attribute(address, attribute);
        if !self.template.makes_ids && !self.template.ids.contains(address) {
            // A fragment, or a mistake: what it refers to is elsewhere, and something.
            let unknown = Unknown::new(GapCode::Unresolved, &format!("{shown}, which is not in the template"));
            return Value::Unknown(Arc::new(unknown.from(origin).of(vec![Reference::to(address, attribute)])));
        }
        let unknown = Unknown::new(GapCode::KnownAfterApply, &shown).from(origin);
        let unknown = unknown.of(vec![Reference::to(address, attribute)]);
        Value::Unknown(Arc::new(unknown))
    }

    fn attribute(&mut self, argument: &Node) -> Value {
        if let Some(text) = argument.text() {
            let text = self.bound(text);
            let (id, attribute) = text.split_once('.').unwrap_or((&text, ""));
            return self.resource(id, attribute);
        }
        let Some([id, rest @ ..]) = argument.items() else { return unresolved("Fn::GetAtt") };
        let values: Vec<Value> = std::iter::once(id).chain(rest).map(|item| self.quiet(item)).collect();
        let texts: Vec<&str> = values.iter().filter_map(Value::as_text).collect();
        if texts.len() < values.len() {
            return Value::Unknown(Arc::new(derived("Fn::GetAtt", &values.iter().collect::<Vec<_>>())));
        }
        self.resource(texts[0], &texts[1..].join("."))
    }

    fn substitute(&mut self, argument: &Node) -> Value {
        let (text, variables) = match argument.items() {
            None => (argument.scalar(), None),
            Some([text]) => (text.scalar(), None),
            Some([text, variables, ..]) => (text.scalar(), variables.members()),
            Some([]) => (None, None),
        };
        let Some(text) = text else { return unresolved("Fn::Sub of what is not a text") };
        let mut values: BTreeMap<&str, Value> = BTreeMap::new();
        for member in variables.unwrap_or_default() {
            let value = self.quiet(&member.value);
            values.insert(&member.key, value);
        }
        let mut made = Text::default();
        let bound = self.bound(&text);
        for piece in pieces(&bound) {
            if !self.spend(1) {
                return Self::too_much();
            }
            let before = made.len();
            match piece {
                Piece::Text(text) => made.push(text),
                Piece::Name(name) => {
                    let value = match values.get(name) {
                        Some(value) => value.clone(),
                        None => match name.split_once('.') {
                            Some((id, attribute)) => self.resource(id, attribute),
                            None => self.reference(name),
                        },
                    };
                    // A list of text, such as a parameter's, stands in a text with commas.
                    match &value {
                        Value::List(items) if items.iter().all(|item| item.as_text().is_some()) => {
                            let texts: Vec<&str> = items.iter().filter_map(Value::as_text).collect();
                            made.push(&texts.join(","));
                        }
                        _ => made.push_value(&value),
                    }
                }
            }
            self.spend((made.len() - before) / 16);
        }
        made.value()
    }

    fn choose(&mut self, argument: &Node) -> Value {
        let Some([condition, then, otherwise]) = argument.items() else {
            return unresolved("Fn::If that is not a list of three");
        };
        match self.truth(condition) {
            Ok(true) => self.value(then),
            Ok(false) => self.value(otherwise),
            Err(unknown) => {
                let first = self.value(then);
                let second = self.quiet(otherwise);
                if first.is_same(&second) {
                    return first;
                }
                self.forget_inside();
                let references = derived("", &[&first, &second]).references;
                let origin = Origin::made_by("Fn::If", &[&Value::Unknown(Arc::clone(&unknown)), &first, &second]);
                Value::Unknown(Arc::new(Unknown::clone(&unknown).from(origin).of(references)))
            }
        }
    }

    fn join(&mut self, argument: &Node) -> Value {
        let Some([delimiter, list]) = argument.items() else {
            return unresolved("Fn::Join that is not a list of two");
        };
        let delimiter = self.quiet(delimiter);
        let list = self.quiet(list);
        let (delimiter, items) = match (&delimiter, &list) {
            (Value::Null, Value::List(items)) => (Value::text(""), items),
            (delimiter, Value::List(items)) => (delimiter.clone(), items),
            _ => return Value::Unknown(Arc::new(derived("Fn::Join", &[&delimiter, &list]))),
        };
        let mut made = Text::default();
        for (index, item) in items.iter().enumerate() {
            let before = made.len();
            if index > 0 {
                made.push_value(&delimiter);
            }
            made.push_value(item);
            if !self.spend(1 + (made.len() - before) / 16) {
                return Self::too_much();
            }
        }
        made.value()
    }

    fn select(&mut self, argument: &Node) -> Value {
        let Some([index, list]) = argument.items() else {
            return unresolved("Fn::Select that is not a list of two");
        };
        let index = self.quiet(index);
        let list = self.quiet(list);
        let number = match &index {
            Value::Number(number) => number.to_string().parse::<usize>().ok(),
            Value::Text(text) => text.trim().parse::<usize>().ok(),
            _ => None,
        };
        match (number, &list) {
            (Some(number), Value::List(items)) => items
                .get(number)
                .cloned()
                .unwrap_or_else(|| unresolved(&format!("Fn::Select {number} of a list of {}", items.len()))),
            (Some(number), _) => {
                let origin = Origin::of(&list).element(Position::At(Arc::from(number.to_string())));
                Value::Unknown(Arc::new(derived(&format!("Fn::Select {number}"), &[&list]).from(origin)))
            }
            (None, _) => Value::Unknown(Arc::new(derived("Fn::Select", &[&index, &list]))),
        }
    }

    fn split(&mut self, argument: &Node) -> Value {
        let Some([delimiter, text]) = argument.items() else {
            return unresolved("Fn::Split that is not a list of two");
        };
        let delimiter = self.quiet(delimiter);
        let text = self.quiet(text);
        match (&delimiter, &text) {
            (Value::Text(delimiter), Value::Text(text)) if !delimiter.is_empty() => {
                if !self.spend(text.len()) {
                    return Self::too_much();
                }
                Value::list(text.split(&**delimiter).map(Value::text).collect())
            }
            _ => Value::Unknown(Arc::new(derived("Fn::Split", &[&delimiter, &text]))),
        }
    }

    fn find(&mut self, argument: &Node) -> Value {
        let Some([map, first, second, rest @ ..]) = argument.items() else {
            return unresolved("Fn::FindInMap that is not a list of three");
        };
        let touched = self.touched.len();
        let map = self.quiet(map);
        let row_of = match first.call() {
            Some(("Ref", name)) => name.text().map(Arc::from),
            _ => None,
        };
        let first = self.quiet(first);
        let second = self.quiet(second);
        self.ask_for_touched(touched);
        let default = rest.first().and_then(|options| options.get("DefaultValue"));
        let Some(name) = map.as_text() else {
            return Value::Unknown(Arc::new(derived("Fn::FindInMap", &[&map])));
        };
        let template = self.template;
        let Some(rows) = template.mappings.get(name).and_then(Node::members) else {
            return match default {
                Some(default) => self.quiet(default),
                None => unresolved(&format!("Fn::FindInMap {name}, which is not in the template")),
            };
        };
        self.spend(rows.len() / 8);
        let text = |value: &Value| {
            let mut text = Text::default();
            text.push_value(value);
            text.value()
        };
        let (first, second) = (text(&first), text(&second));
        if let (Value::Text(first), Value::Text(second)) = (&first, &second) {
            let row = rows.iter().find(|row| row.key == *first).and_then(|row| row.value.members());
            self.spend(row.map_or(0, <[_]>::len) / 8);
            let found = row.and_then(|row| row.iter().find(|cell| cell.key == *second));
            return match (found, default) {
                (Some(cell), _) => self.quiet(&cell.value),
                (None, Some(default)) => self.quiet(default),
                (None, None) => unresolved(&format!("Fn::FindInMap {name} without {first} and {second}")),
            };
        }
        // Where every row says the same, it does not matter which one is meant.
        let mut agreed: Option<Value> = None;
        for row in rows.iter().filter(|row| first.as_text().is_none_or(|first| *row.key == *first)) {
            for cell in row.value.members().unwrap_or_default() {
                if !self.spend(1) {
                    return Self::too_much();
                }
                if second.as_text().is_some_and(|second| *cell.key != *second) {
                    continue;
                }
                let value = self.quiet(&cell.value);
                if agreed.as_ref().is_some_and(|agreed| !agreed.is_same(&value)) {
                    // What the rows say may come to the same verdict.
                    if let Some(name) = row_of.filter(|_| second.as_text().is_some() && rows.len() <= ROWS_LIMIT) {
                        let values = rows.iter().map(|row| Arc::from(&*row.key)).collect();
                        self.ask(Undecided::Parameter { name, values, closed: default.is_none() });
                    }
                    let unknown = derived(&format!("Fn::FindInMap {name}"), &[&first, &second]);
                    let Some(second) = second.as_text() else { return Value::Unknown(Arc::new(unknown)) };
                    let mut cells = Vec::with_capacity(rows.len());
                    for row in rows {
                        if !self.spend(1) {
                            return Self::too_much();
                        }
                        let cell = row.value.members().and_then(|row| row.iter().find(|cell| *cell.key == *second));
                        cells.extend(cell.map(|cell| self.quiet(&cell.value)));
                    }
                    cells.extend(default.map(|default| self.quiet(default)));
                    let ways = Ways { by: Origin::of(&first), shown: name.to_owned(), choice: Choice::OneOf(cells) };
                    return Value::Unknown(Arc::new(unknown.either(ways)));
                }
                agreed = Some(value);
            }
        }
        match (agreed, default) {
            (Some(value), None) => value,
            _ => Value::Unknown(Arc::new(derived(&format!("Fn::FindInMap {name}"), &[&first, &second]))),
        }
    }

    /// `Fn::Cidr: [block, count, bits of each host part]`; the bits are 8 where they are not given.
    fn cidr(&mut self, argument: &Node) -> Value {
        let values: Vec<Value> =
            argument.items().unwrap_or_default().iter().take(3).map(|item| self.quiet(item)).collect();
        let whole = |index: usize| {
            let mut text = Text::default();
            text.push_value(values.get(index)?);
            text.value().as_text()?.parse::<u8>().ok()
        };
        let block = values.first().and_then(Value::as_text).and_then(|text| IpNet::from_str(text).ok());
        let bits = if values.len() < 3 { Some(8) } else { whole(2) };
        let subnets = block.zip(whole(1)).zip(bits).and_then(|((block, count), bits)| {
            let length = block.max_prefix_len().checked_sub(bits)?;
            let subnets: Vec<Value> =
                block.subnets(length).ok()?.take(usize::from(count)).map(|net| Value::text(&net.to_string())).collect();
            (subnets.len() == usize::from(count)).then_some(subnets)
        });
        match subnets {
            Some(subnets) => {
                self.spend(subnets.len());
                Value::list(subnets)
            }
            None => Value::Unknown(Arc::new(derived("Fn::Cidr", &values.iter().collect::<Vec<_>>()))),
        }
    }
}
