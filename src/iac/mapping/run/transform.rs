//! What becomes of the values that a rule made: links, translations, forms.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::Value as Json;

use super::context::MappingContext;
use super::placeholder;
use super::policy;
use super::secrets;
use super::value::{RuleValue, State, unresolved};
use crate::iac::mapping::language::rule::{AsText, Change, Form};
use crate::iac::mapping::resolve::{Link, text};
use crate::iac::origin::{Origin, Position};
use crate::iac::value::{Part, Unknown, Value};

/// Largest Base64 text that is read.
const BASE64_LIMIT: usize = 256 * 1024;

/// Applies the changes of a rule.
pub(crate) fn apply(change: &Change, made: RuleValue, context: &MappingContext<'_>) -> RuleValue {
    if change.is_none() || matches!(made.state, State::Missing | State::Absent) {
        return made;
    }
    match change.form {
        Some(Form::Policy) => return policy::apply(made, context),
        Some(form @ (Form::Secrets | Form::Secret)) => return secrets::apply(made, form == Form::Secret),
        Some(Form::Base64Json | Form::Json) => return parsed(made, change.form == Some(Form::Base64Json)),
        _ => {}
    }
    let made = scalars(change, made, context);
    match change.form {
        Some(Form::List) => as_list(made),
        Some(Form::Set) => as_set(made),
        Some(Form::Zones) => zones(made),
        _ => made,
    }
}

/// Applies the changes of scalars; in a list, to each element.
fn scalars(change: &Change, made: RuleValue, context: &MappingContext<'_>) -> RuleValue {
    let is_list = matches!(made.state, State::List(_) | State::Json(Json::Array(_)) | State::Value(Value::List(_)));
    if is_list {
        let told = made.told.clone();
        let items = made.into_elements().into_iter().map(|item| scalars(change, item, context)).collect();
        return RuleValue { state: State::List(items), told };
    }
    let mut made = made;
    if let Some(targets) = change.link {
        made = link(made, targets, context);
    }
    if let State::Value(value) = &made.state
        && let Some(reference) = referring(value)
    {
        if let Some(json) = &change.assume_if_reference {
            return RuleValue::json(json.clone(), made.told);
        }
        if change.as_text.is_some() {
            made.state = State::Json(Json::from(reference));
        }
    }
    if let State::Value(Value::Unknown(unknown)) = &made.state
        && change.as_text == Some(AsText::Written)
    {
        made.state = State::Json(Json::from(unknown.placeholder()));
    }
    if let Some(form) = change.form {
        made = formed(form, made);
    }
    if let Some(values) = &change.values
        && let Some(text) = made.scalar()
    {
        let found = values.iter().find(|(from, _)| **from == *text).map(|(_, to)| to);
        if let Some(json) = found.or(change.otherwise.as_ref()) {
            return RuleValue::json(json.clone(), made.told);
        }
    }
    made
}

/// The reference that stands for a value, where the value is there once other blocks are.
fn referring(value: &Value) -> Option<String> {
    let is_reference = |unknown: &Unknown| unknown.references.iter().any(|reference| reference.whole);
    match value {
        Value::Unknown(unknown) if is_reference(unknown) => Some(unknown.placeholder()),
        Value::Template(parts) => {
            let text = |part: &Part| match part {
                Part::Text(text) => text.to_string(),
                Part::Unknown(unknown) => unknown.placeholder(),
            };
            let there = parts.iter().any(|part| match part {
                Part::Text(text) => !text.is_empty(),
                Part::Unknown(unknown) => is_reference(unknown),
            });
            there.then(|| parts.iter().map(text).collect())
        }
        _ => None,
    }
}

fn link(made: RuleValue, targets: usize, context: &MappingContext<'_>) -> RuleValue {
    let State::Value(value) = &made.state else { return made };
    let Some(from) = made.told.first().map(|at| at.block) else { return made };
    match context.targets(targets).links(value, from, &context.blocks, &[]).as_slice() {
        [Link::To(block)] => RuleValue::json(Json::from(context.name(*block)), made.told),
        [Link::Among(_, gap)] => RuleValue::unknown(gap.clone(), made.told),
        _ => made,
    }
}

/// The size that a range has at most which is that of a VPC or of a subnet: /16 of IPv4, /44 of IPv6
/// (Amazon VPC User Guide, "VPC CIDR blocks"). No other resource of `CloudFormation` has an attribute of
/// that name.
fn range(made: RuleValue) -> RuleValue {
    const OF_NETWORKS: [&str; 4] = ["aws_vpc", "aws_default_vpc", "aws_subnet", "aws_default_subnet"];
    let State::Value(Value::Unknown(unknown)) = &made.state else { return made };
    let length = unknown.references.iter().filter(|reference| reference.whole).find_map(|reference| {
        let kind = reference.address.rsplit('.').nth(1).unwrap_or_default();
        match reference.attribute.as_str() {
            "CidrBlock" => Some(16),
            "cidr_block" if OF_NETWORKS.contains(&kind) => Some(16),
            "ipv6_cidr_block" if OF_NETWORKS.contains(&kind) => Some(44),
            _ => None,
        }
    });
    let Some(length) = length else { return made };
    let parts = [Part::Unknown(Arc::clone(unknown)), Part::Text(Arc::from(format!("/{length}")))];
    RuleValue::unknown(placeholder::partial(&parts, unknown.gap()), made.told)
}

fn formed(form: Form, mut made: RuleValue) -> RuleValue {
    if form == Form::Range {
        return range(made);
    }
    let Some(text) = made.scalar() else { return made };
    let json = match form {
        Form::Text => Some(Json::from(text)),
        Form::Lower => Some(Json::from(text.to_lowercase())),
        Form::Upper => Some(Json::from(text.to_uppercase())),
        Form::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Json::from(true)),
            "false" | "0" => Some(Json::from(false)),
            _ => None,
        },
        Form::Integer => text.trim().parse::<i64>().ok().map(Json::from),
        Form::Number => text.trim().parse::<f64>().ok().map(super::value::number_json),
        Form::List
        | Form::Set
        | Form::Policy
        | Form::Secrets
        | Form::Secret
        | Form::Base64Json
        | Form::Json
        | Form::Range
        | Form::Zones => return made,
    };
    made.state = match json {
        Some(json) => State::Json(json),
        None => State::Unknown(unresolved("the value is not of the kind that is expected")),
    };
    made
}

fn as_list(made: RuleValue) -> RuleValue {
    match made.state {
        State::List(_)
        | State::Json(Json::Array(_))
        | State::Value(Value::List(_) | Value::Unknown(_))
        | State::Unknown(_) => made,
        _ => {
            let told = made.told.clone();
            RuleValue { state: State::List(vec![made]), told }
        }
    }
}

fn as_set(made: RuleValue) -> RuleValue {
    let made = as_list(made);
    if made.gap().is_some() {
        return made;
    }
    let told = made.told.clone();
    let (mut known, mut rest): (Vec<(String, RuleValue)>, Vec<RuleValue>) = (Vec::new(), Vec::new());
    for item in made.into_elements() {
        match item.scalar() {
            Some(text) => known.push((text, item)),
            None => rest.push(item),
        }
    }
    known.sort_by(|a, b| a.0.cmp(&b.0));
    known.dedup_by(|a, b| a.0 == b.0);
    let items = known.into_iter().map(|(_, item)| item).chain(rest).collect();
    RuleValue { state: State::List(items), told }
}

/// Zones of which only the region, or the list that they are taken from, is not known: `${region}a` and
/// `${region}b` are not the same, nor are two elements of a list of zones. A list of all zones has several,
/// for no region has fewer than three ("AWS Global Infrastructure").
fn zones(made: RuleValue) -> RuleValue {
    if let State::Value(Value::Unknown(unknown)) = &made.state {
        return if are_zones(&unknown.origin) {
            let list = &unknown.shown;
            RuleValue::json(Json::from([format!("{list}[0]"), format!("{list}[1]")].to_vec()), made.told)
        } else {
            made
        };
    }
    if made.gap().is_some() {
        return made;
    }
    let told = made.told.clone();
    let elements = made.into_elements();
    let zones: Option<Vec<Zone<'_>>> = elements.iter().map(zone).collect();
    let texts: Option<Vec<String>> = zones
        .filter(|all| all.iter().all(|one| one.of == all[0].of))
        .map(|all| all.into_iter().map(|zone| zone.text).collect());
    let items = match texts {
        None => elements,
        Some(texts) => {
            let told = elements.into_iter().map(|element| element.told);
            texts.into_iter().zip(told).map(|(text, told)| RuleValue::json(Json::from(text), told)).collect()
        }
    };
    RuleValue { state: State::List(items), told }
}

/// A zone of which not all is known.
struct Zone<'v> {
    /// What is not known of it: the region, or the list of zones. It is told from others of the same by its
    /// text.
    of: &'v Origin,
    text: String,
}

fn zone(element: &RuleValue) -> Option<Zone<'_>> {
    match &element.state {
        State::Value(Value::Unknown(unknown)) => match &unknown.origin {
            Origin::Element { of, at: Position::At(_) } if are_zones(of) => {
                Some(Zone { of, text: unknown.placeholder() })
            }
            _ => None,
        },
        State::Value(Value::Template(parts)) => match &parts[..] {
            [Part::Unknown(region), Part::Text(letter)] if region.origin.is_identified() => {
                Some(Zone { of: &region.origin, text: format!("{}{letter}", region.placeholder()) })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether this is a list of availability zones.
fn are_zones(origin: &Origin) -> bool {
    if matches!(origin, Origin::Zones(_)) {
        return true;
    }
    origin.as_attribute().is_some_and(|(address, path)| {
        let mut steps = address.rsplit('.').skip(1);
        steps.next() == Some("aws_availability_zones")
            && steps.next() == Some("data")
            && matches!(path, "names" | "zone_ids")
    })
}

/// What a text is the JSON of.
fn parsed(made: RuleValue, base64: bool) -> RuleValue {
    let value = match &made.state {
        State::Value(value) => value.clone(),
        _ => return made,
    };
    if let Value::Unknown(_) = value {
        return made;
    }
    let source = match &value {
        Value::Text(text) if base64 => {
            let bytes = (text.len() <= BASE64_LIMIT)
                .then(|| base64::engine::general_purpose::STANDARD.decode(text.trim()).ok())
                .flatten();
            match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(text) => Value::Text(Arc::from(text)),
                None => return RuleValue::unknown(unresolved("the text is no Base64"), made.told),
            }
        }
        value => value.clone(),
    };
    if let Some(value) = text::structure(&source) {
        return RuleValue { state: State::Value(value), told: made.told };
    }
    let gap = made.gap().unwrap_or_else(|| unresolved("the text is no JSON"));
    RuleValue::unknown(gap, made.told)
}
