//! New members of templates, as YAML by indentation and as JSON.

use serde_json::{Map, Value};

/// A value as JSON; lines after the first are indented by `indent`.
pub(super) fn json(value: &Value, indent: &str, unit: &str) -> String {
    let inner = format!("{indent}{unit}");
    let lines = |items: Vec<String>, open: char, close: char| {
        if items.is_empty() {
            return format!("{open}{close}");
        }
        format!("{open}\n{inner}{}\n{indent}{close}", items.join(&format!(",\n{inner}")))
    };
    match value {
        Value::Array(items) => lines(items.iter().map(|item| json(item, &inner, unit)).collect(), '[', ']'),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), json(value, &inner, unit))
            };
            lines(members.iter().map(member).collect(), '{', '}')
        }
        scalar => scalar.to_string(),
    }
}

/// A value as JSON in one line, which is YAML in brackets, too.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{}: {}", Value::from(name.as_str()), inline(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A member as indented YAML, without a line end at the end. The first line is not indented.
pub(super) fn yaml(name: &str, value: &Value, indent: &str, step: &str) -> String {
    let inner = format!("{indent}{step}");
    let name = scalar(&Value::from(name));
    match value {
        Value::Object(members) if !members.is_empty() => {
            format!("{name}:\n{inner}{}", members_of(members, &inner, step))
        }
        Value::Array(items) if !items.is_empty() => format!("{name}:\n{inner}{}", list(items, &inner, step)),
        other => format!("{name}: {}", scalar(other)),
    }
}

fn members_of(members: &Map<String, Value>, indent: &str, step: &str) -> String {
    let lines: Vec<String> = members.iter().map(|(name, value)| yaml(name, value, indent, step)).collect();
    lines.join(&format!("\n{indent}"))
}

/// A list as indented YAML. The first line is not indented.
pub(super) fn list(items: &[Value], indent: &str, step: &str) -> String {
    let inner = format!("{indent}  ");
    let item = |value: &Value| match value {
        Value::Object(members) if !members.is_empty() => format!("- {}", members_of(members, &inner, step)),
        Value::Array(_) => format!("- {}", inline(value)),
        other => format!("- {}", scalar(other)),
    };
    items.iter().map(item).collect::<Vec<_>>().join(&format!("\n{indent}"))
}

/// A scalar as YAML: plain where it means nothing else.
pub(super) fn scalar(value: &Value) -> String {
    let Value::String(text) = value else { return inline(value) };
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:".contains(c))
        && !text.ends_with(':')
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.clone() } else { value.to_string() }
}
