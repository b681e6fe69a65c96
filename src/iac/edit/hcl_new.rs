//! New blocks of HCL, formatted as `terraform fmt` does.

use serde_json::Value;

use super::Step;

/// The value of a new argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum New {
    /// A value.
    Value(Value),
    /// An expression as it is written.
    Expression(String),
}

/// A body in the making.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct NewBody {
    /// Arguments in groups, with an empty line between groups.
    pub(super) arguments: Vec<Vec<(String, New)>>,
    blocks: Vec<(String, Self)>,
}

/// What `{{ block.… }}` in a text stands for: the expression of the block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Referred<'a>(pub(super) Option<&'a str>);

impl NewBody {
    /// Sets a value. Nothing is made of a path that goes through each of what is there.
    pub(super) fn set(&mut self, path: &[Step], value: New) {
        match path {
            [Step::Name(name)] => {
                if self.arguments.is_empty() {
                    self.arguments.push(Vec::new());
                }
                if let Some(group) = self.arguments.last_mut() {
                    group.push((name.clone(), value));
                }
            }
            [Step::Name(_), Step::Each | Step::There, ..] | [Step::Each | Step::There, ..] | [] => {}
            [Step::Name(name), rest @ ..] => {
                let at = self.blocks.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                    self.blocks.push((name.clone(), Self::default()));
                    self.blocks.len() - 1
                });
                self.blocks[at].1.set(rest, value);
            }
        }
    }

    /// Whether nothing was set.
    pub(super) fn is_empty(&self) -> bool {
        self.arguments.iter().all(Vec::is_empty) && self.blocks.is_empty()
    }

    /// Writes a block with this body. Lines end in `\n`; the first one is indented, too.
    pub(super) fn block(&self, header: &str, indent: &str, referred: Referred<'_>) -> String {
        format!("{indent}{header} {{\n{}{indent}}}\n", self.lines(&format!("{indent}  "), referred))
    }

    fn lines(&self, indent: &str, referred: Referred<'_>) -> String {
        let mut parts: Vec<String> = Vec::new();
        for group in self.arguments.iter().filter(|group| !group.is_empty()) {
            let written: Vec<_> =
                group.iter().map(|(name, value)| (name.clone(), argument(value, indent, referred))).collect();
            parts.push(aligned(&written, indent));
        }
        parts.extend(self.blocks.iter().map(|(name, body)| body.block(name, indent, referred)));
        parts.join("\n")
    }
}

/// Arguments, a line each. Lines that follow each other are aligned; a value of several lines stands alone.
fn aligned(arguments: &[(String, String)], indent: &str) -> String {
    let single = |value: &str| !value.contains('\n');
    let mut out = String::new();
    let mut rest = arguments;
    while let Some((_, first)) = rest.first() {
        let run = if single(first) { rest.iter().take_while(|(_, value)| single(value)).count() } else { 1 };
        let (lines, behind) = rest.split_at(run);
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in lines {
            out.push_str(&format!("{indent}{name:<width$} = {value}\n"));
        }
        rest = behind;
    }
    out
}

fn argument(value: &New, indent: &str, referred: Referred<'_>) -> String {
    match value {
        New::Expression(text) => text.clone(),
        New::Value(value) => literal(value, indent, referred),
    }
}

/// A value as it is written; the lines after the first are indented by `indent`.
pub(super) fn literal(value: &Value, indent: &str, referred: Referred<'_>) -> String {
    let inner = format!("{indent}  ");
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text, referred),
        Value::Array(items) => {
            let plain = items.iter().all(|item| !item.is_object() && !item.is_array());
            let written: Vec<String> = items.iter().map(|item| literal(item, &inner, referred)).collect();
            if plain {
                return format!("[{}]", written.join(", "));
            }
            format!("[\n{inner}{},\n{indent}]", written.join(&format!(",\n{inner}")))
        }
        Value::Object(members) => {
            if let (Some(value), 1) = (members.get("$json"), members.len()) {
                return format!("jsonencode({})", literal(value, indent, referred));
            }
            if members.is_empty() {
                return "{}".to_owned();
            }
            let key = |key: &str| if is_identifier(key) { key.to_owned() } else { quoted(key, Referred(None)) };
            let written: Vec<_> =
                members.iter().map(|(name, value)| (key(name), literal(value, &inner, referred))).collect();
            let lines = aligned(&written, &inner);
            format!("{{\n{lines}{indent}}}")
        }
    }
}

/// Whether a text is an identifier of HCL.
fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// A text in quotes, in which `{{ block.arn }}` is put in.
fn quoted(text: &str, referred: Referred<'_>) -> String {
    let place =
        |inside: &str| -> Option<String> { Some(format!("{}.{}", referred.0?, inside.trim().strip_prefix("block.")?)) };
    if let Some(inside) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"))
        && let Some(expression) = place(inside)
    {
        return expression;
    }
    let mut out = String::from("\"");
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let Some(expression) = place(&rest[start + 2..start + length]) else { break };
        escape(&rest[..start], &mut out);
        out.push_str(&format!("${{{expression}}}"));
        rest = &rest[start + length + 2..];
    }
    escape(rest, &mut out);
    out.push('"');
    out
}

fn escape(text: &str, out: &mut String) {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                out.push(letter);
                out.push(letter);
            }
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
}
