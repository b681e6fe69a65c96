//! Changes of Terraform's native syntax, by the spans of the parser.

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use serde_json::Value;

use super::hcl_new::{New, NewBody, Referred, literal};
use super::{Fine, Refusal, Splice, Step, Wanted, indentation, line_end, line_start, newline, shown};

/// A block that is changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `resource "KIND" "NAME"`.
    Resource {
        /// Its type.
        kind: String,
        /// Its name.
        name: String,
    },
    /// `module "NAME"`.
    Module {
        /// Its name.
        name: String,
    },
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resource { kind, name } => write!(f, "{kind}.{name}"),
            Self::Module { name } => write!(f, "module.{name}"),
        }
    }
}

impl Target {
    fn is(&self, block: &Block) -> bool {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        match self {
            Self::Resource { kind, name } => block.has_ident("resource") && labels == [kind, name],
            Self::Module { name } => block.has_ident("module") && labels == [name],
        }
    }
}

/// A companion that is made.
#[derive(Debug, Clone)]
pub struct NewCompanion<'a> {
    /// Its resource type.
    pub kind: &'a str,
    /// Its arguments that name the block, each with the attribute.
    pub refer: &'a [(String, String)],
    /// What is set.
    pub set: &'a [(Vec<Step>, Value)],
}

/// A file that was parsed.
pub(super) struct File<'t> {
    /// The text without a byte order mark.
    pub(super) text: &'t str,
    /// How long the mark is.
    offset: usize,
    body: Body,
}

/// Sets a value in a block. No splice: it is set already, or there is nothing to set it in (`name[*]`).
///
/// # Errors
///
/// The reason for which it is not set.
pub fn set(text: &str, target: &Target, path: &[Step], value: &Wanted) -> Result<Vec<Splice>, Refusal> {
    let file = File::parse(text)?;
    let block = file.find(target)?;
    let mut splices = Vec::new();
    file.set(block, path, value, &mut splices)?;
    Ok(file.finish(splices))
}

/// The companion of a type that names a block in one of its arguments.
///
/// # Errors
///
/// If the text cannot be parsed.
pub fn companion(text: &str, kind: &str, arguments: &[&str], of: &Target) -> Result<Option<Target>, Refusal> {
    let Target::Resource { kind: of_kind, name: of_name } = of else { return Ok(None) };
    if !text.contains(kind) {
        return Ok(None);
    }
    let file = File::parse(text)?;
    let address = format!("{of_kind}.{of_name}");
    let names = |block: &Block, argument: &str| {
        let written = |name: &str| {
            let attribute = attributes(&block.body).find(|attribute| attribute.key.as_str() == name)?;
            file.text.get(attribute.value.span()?)
        };
        let Some(value) = written(argument) else { return false };
        mentions(value, &address)
            || (value.contains("each.") && written("for_each").is_some_and(|each| mentions(each, &address)))
    };
    Ok(blocks(&file.body)
        .filter(|block| block.has_ident("resource") && block.labels.first().is_some_and(|label| label.as_str() == kind))
        .find(|block| arguments.iter().any(|argument| names(block, argument)))
        .and_then(|block| block.labels.get(1))
        .map(|name| Target::Resource { kind: kind.to_owned(), name: name.as_str().to_owned() }))
}

/// Whether a text has a resource of this type and name.
///
/// # Errors
///
/// If it cannot be parsed.
pub fn has(text: &str, target: &Target) -> Result<bool, Refusal> {
    let file = File::parse(text)?;
    Ok(blocks(&file.body).any(|block| target.is(block)))
}

/// Puts a companion after a block: as many of it as there are of the block.
///
/// # Errors
///
/// The reason for which it is not made.
pub fn add_companion(text: &str, of: &Target, name: &str, new: &NewCompanion<'_>) -> Result<Vec<Splice>, Refusal> {
    let Target::Resource { kind, name: of_name } = of else {
        return Err(Refusal::new("a companion of a module call is not made"));
    };
    let file = File::parse(text)?;
    let block = file.find(of)?;
    let address = format!("{kind}.{of_name}");
    let mut body = NewBody::default();
    let mut meta = Vec::new();
    let expression = |text: String| New::Expression(text);
    let one = if attribute_of(block, "count").is_some() {
        meta.push(("count".to_owned(), expression(format!("length({address})"))));
        format!("{address}[count.index]")
    } else if attribute_of(block, "for_each").is_some() {
        meta.push(("for_each".to_owned(), expression(address.clone())));
        "each.value".to_owned()
    } else {
        address
    };
    for carried in ["provider", "region"] {
        if let Some(written) = attribute_of(block, carried).and_then(|attribute| file.text.get(attribute.value.span()?))
        {
            meta.push((carried.to_owned(), expression(written.to_owned())));
        }
    }
    body.arguments.push(meta);
    let refer = |(argument, attribute): &(String, String)| (argument.clone(), expression(format!("{one}.{attribute}")));
    body.arguments.push(new.refer.iter().map(refer).collect());
    body.arguments.push(Vec::new());
    for (path, value) in new.set {
        body.set(path, New::Value(value.clone()));
    }
    let indent = indentation(file.text, file.span(block)?.start).unwrap_or_default();
    let header = format!("resource \"{}\" \"{name}\"", new.kind);
    let written = format!("\n{}", body.block(&header, indent, Referred(Some(&one))));
    let end = file.span(block)?.end;
    let at = line_end(file.text, end);
    if !is_blank(&file.text[end..at]) {
        return Err(Refusal::new("something else stands behind the block in its line"));
    }
    // The line end after the block is kept: what is new begins with one of its own.
    let text = format!("\n{}", written.strip_suffix('\n').unwrap_or(&written));
    Ok(file.finish(vec![Splice { range: at..at, text }]))
}

/// Whether nothing stands there but white space and a comment.
pub(super) fn is_blank(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with('#') || rest.starts_with("//")
}

impl<'t> File<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, Refusal> {
        let (text, offset) = text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, '\u{feff}'.len_utf8()));
        let body = hcl_edit::parser::parse_body(text).map_err(|_| {
            Refusal::new("its file is read only with a repair, such as of an argument that is there twice")
        })?;
        Ok(Self { text, offset, body })
    }

    pub(super) fn find(&self, target: &Target) -> Result<&Block, Refusal> {
        blocks(&self.body)
            .find(|block| target.is(block))
            .ok_or_else(|| Refusal::new("its block is not found in the file"))
    }

    pub(super) fn finish(&self, splices: Vec<Splice>) -> Vec<Splice> {
        let newline = newline(self.text);
        let moved = |splice: Splice| Splice {
            range: splice.range.start + self.offset..splice.range.end + self.offset,
            text: splice.text.replace("\r\n", "\n").replace('\n', newline),
        };
        splices.into_iter().map(moved).collect()
    }

    fn span(&self, block: &Block) -> Result<Range<usize>, Refusal> {
        block
            .span()
            .filter(|span| self.text.as_bytes().get(span.end.wrapping_sub(1)) == Some(&b'}'))
            .ok_or_else(|| Refusal::new("the parser does not tell where its block ends"))
    }

    fn set(&self, block: &Block, path: &[Step], value: &Wanted, out: &mut Vec<Splice>) -> Result<(), Refusal> {
        let (name, rest) = match path {
            [Step::Name(name), rest @ ..] => (name.as_str(), rest),
            _ => return Err(Refusal::new("the path begins with no name")),
        };
        let written = attribute_of(block, name);
        let (each, rest) = match rest {
            [Step::Each | Step::There, rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        if rest.is_empty() && !each {
            if blocks(&block.body).any(|nested| nested.has_ident(name)) {
                return Err(Refusal::new(format!("`{name}` is a nested block there, and not an argument")));
            }
            not_dynamic(block, name)?;
            return match written {
                Some(attribute) => self.replace(attribute, value, out),
                None => self.insert_argument(block, name, &value.value, out),
            };
        }
        not_dynamic(block, name)?;
        if let Some(attribute) = written {
            let what = described(&attribute.value, self.text);
            return Err(Refusal::new(format!("`{name}` is {what}, and not a nested block")));
        }
        let nested: Vec<&Block> = blocks(&block.body).filter(|nested| nested.has_ident(name)).collect();
        if !nested.is_empty() {
            return nested.into_iter().try_for_each(|nested| self.set(nested, rest, value, out));
        }
        if each {
            return Ok(());
        }
        self.insert_block(block, name, rest, &value.value, out)
    }

    fn replace(&self, attribute: &Attribute, wanted: &Wanted, out: &mut Vec<Splice>) -> Result<(), Refusal> {
        let name = attribute.key.as_str();
        let value = &wanted.value;
        if wanted.fine == Fine::Anything {
            return Ok(());
        }
        match literal_of(&attribute.value) {
            Some(written) if wanted.is_met_by(&written) => Ok(()),
            Some(_) => {
                let span =
                    attribute.value.span().ok_or_else(|| Refusal::new("the parser does not tell where it is"))?;
                let start = attribute.key.span().map_or(span.start, |key| key.start);
                let indent = indentation(self.text, start).unwrap_or_default();
                let text = literal(value, indent, Referred(None));
                out.push(Splice { range: span, text });
                Ok(())
            }
            None => {
                let what = described(&attribute.value, self.text);
                Err(Refusal::new(if is_named_value(&attribute.value) {
                    format!("`{name}` is {what}: set that to {}", shown(value))
                } else {
                    format!("`{name}` is {what}, and not a literal")
                }))
            }
        }
    }

    /// The offsets behind `{` and of `}`.
    fn inside(&self, block: &Block) -> Result<Range<usize>, Refusal> {
        let close = self.span(block)?.end - 1;
        let header = block.labels.last().and_then(Span::span).or_else(|| block.ident.span());
        let from = header.map(|span| span.end).ok_or_else(|| Refusal::new("the parser does not tell where it is"))?;
        let open = self.text[from..close].find('{').map(|at| from + at);
        open.map(|open| open + 1..close).ok_or_else(|| Refusal::new("the parser does not tell where its block begins"))
    }

    /// How what stands in a block is indented.
    fn inner_indentation(&self, block: &Block) -> Result<String, Refusal> {
        let first = block.body.iter().find_map(start);
        if let Some(indent) = first.and_then(|at| indentation(self.text, at)) {
            return Ok(indent.to_owned());
        }
        Ok(format!("{}  ", self.outer_indentation(block)?))
    }

    fn outer_indentation(&self, block: &Block) -> Result<&'t str, Refusal> {
        Ok(indentation(self.text, self.span(block)?.start).unwrap_or_default())
    }

    fn insert_argument(&self, block: &Block, name: &str, value: &Value, out: &mut Vec<Splice>) -> Result<(), Refusal> {
        let inside = self.inside(block)?;
        let indent = self.inner_indentation(block)?;
        let written = literal(value, &indent, Referred(None));
        if !self.text[inside.clone()].contains('\n') {
            let line = format!("{indent}{name} = {written}\n");
            return self.open_up(block, inside, &indent, &line, out);
        }
        // After the last argument before the first nested block.
        let leading = block.body.iter().map_while(Structure::as_attribute).last();
        let Some(before) = leading else {
            let at = line_end(self.text, inside.start);
            if !is_blank(&self.text[inside.start..at]) {
                return Err(Refusal::new("something stands behind `{` in its line"));
            }
            let gap = if block.body.is_empty() { "" } else { "\n" };
            out.push(Splice { range: at..at, text: format!("\n{indent}{name} = {written}{gap}") });
            return Ok(());
        };
        let (key, span) = key_and_value(before)?;
        let end = if self.text[..span.end].ends_with('\n') { span.end - 1 } else { span.end };
        let at = line_end(self.text, end);
        if !is_blank(&self.text[end..at]) || at > inside.end {
            return Err(Refusal::new("something stands behind the last argument in its line"));
        }
        // The sign stands below that of the line before, as `terraform fmt` has it.
        let single = !self.text[key.start..span.end].contains('\n') && !written.contains('\n');
        let sign = self.text[key.end..span.start].find('=').map(|at| key.end + at);
        let width = sign.filter(|_| single).map(|sign| sign - key.start);
        let text = match width {
            Some(width) if name.len() < width => format!("\n{indent}{name:<width$}= {written}"),
            Some(_) if !self.stands_alone(block, before) => format!("\n\n{indent}{name} = {written}"),
            Some(width) => {
                // The one line before is moved with it.
                let sign = key.start + width;
                out.push(Splice { range: key.end..sign, text: " ".repeat(name.len() + 1 - key.len()) });
                format!("\n{indent}{name} = {written}")
            }
            None => format!("\n{indent}{name} = {written}"),
        };
        out.push(Splice { range: at..at, text });
        Ok(())
    }

    /// Whether the line of an argument has no neighbour that its sign is aligned with.
    fn stands_alone(&self, block: &Block, attribute: &Attribute) -> bool {
        let Ok((key, _)) = key_and_value(attribute) else { return false };
        let line = line_start(self.text, key.start);
        let above = line.checked_sub(1).map_or("", |end| &self.text[line_start(self.text, end)..end]);
        let first =
            self.inside(block).is_ok_and(|inside| line_start(self.text, inside.start) + above.len() + 1 >= line);
        above.trim().is_empty() || (first && above.trim_end().ends_with('{'))
    }

    /// Writes a block of one line as one of several.
    fn open_up(
        &self,
        block: &Block,
        inside: Range<usize>,
        indent: &str,
        line: &str,
        out: &mut Vec<Splice>,
    ) -> Result<(), Refusal> {
        let outer = self.outer_indentation(block)?;
        let mut written = String::from("\n");
        let mut rest = self.text[inside.clone()].to_owned();
        for structure in &block.body {
            let Some(attribute) = structure.as_attribute() else {
                return Err(Refusal::new("its block is one line with a block in it"));
            };
            let (key, value) = key_and_value(attribute)?;
            let own = &self.text[key.start..value.end];
            rest = rest.replacen(own, "", 1);
            written.push_str(&format!("{indent}{own}\n"));
        }
        if !rest.trim().is_empty() {
            return Err(Refusal::new("its block is one line with a comment in it"));
        }
        written.push_str(line);
        written.push_str(outer);
        out.push(Splice { range: inside, text: written });
        Ok(())
    }

    fn insert_block(
        &self,
        block: &Block,
        name: &str,
        path: &[Step],
        value: &Value,
        out: &mut Vec<Splice>,
    ) -> Result<(), Refusal> {
        let mut body = NewBody::default();
        body.set(path, New::Value(value.clone()));
        if body.is_empty() {
            return Ok(());
        }
        let inside = self.inside(block)?;
        let indent = self.inner_indentation(block)?;
        let written = body.block(name, &indent, Referred(None));
        if !self.text[inside.clone()].contains('\n') {
            let gap = if block.body.is_empty() { "" } else { "\n" };
            return self.open_up(block, inside, &indent, &format!("{gap}{written}"), out);
        }
        let at = line_start(self.text, inside.end);
        if !self.text[at..inside.end].trim().is_empty() {
            return Err(Refusal::new("something stands before `}` in its line"));
        }
        let before = self.text[..at].trim_end_matches(['\n', '\r', ' ', '\t']);
        let gap = if before.ends_with('{') { "" } else { "\n" };
        out.push(Splice { range: at..at, text: format!("{gap}{written}") });
        Ok(())
    }
}

/// The argument of a block.
pub(super) fn attribute_of<'b>(block: &'b Block, name: &str) -> Option<&'b Attribute> {
    attributes(&block.body).find(|attribute| attribute.key.as_str() == name)
}

fn not_dynamic(block: &Block, name: &str) -> Result<(), Refusal> {
    let is_dynamic = |nested: &Block| {
        nested.has_ident("dynamic") && nested.labels.first().is_some_and(|label| label.as_str() == name)
    };
    match blocks(&block.body).find(|nested| is_dynamic(nested)) {
        Some(_) => Err(Refusal::new(format!("a `dynamic` block makes `{name}`"))),
        None => Ok(()),
    }
}

fn blocks(body: &Body) -> impl Iterator<Item = &Block> {
    body.iter().filter_map(Structure::as_block)
}

fn attributes(body: &Body) -> impl Iterator<Item = &Attribute> {
    body.iter().filter_map(Structure::as_attribute)
}

fn start(structure: &Structure) -> Option<usize> {
    match structure {
        Structure::Attribute(attribute) => attribute.key.span().map(|span| span.start),
        Structure::Block(block) => block.ident.span().map(|span| span.start),
    }
}

fn key_and_value(attribute: &Attribute) -> Result<(Range<usize>, Range<usize>), Refusal> {
    let spans = attribute.key.span().zip(attribute.value.span());
    spans.ok_or_else(|| Refusal::new("the parser does not tell where an argument stands"))
}

/// The value of a literal.
fn literal_of(expression: &Expression) -> Option<Value> {
    Some(match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(truth) => Value::Bool(*truth.value()),
        Expression::Number(number) => number.value().as_f64().and_then(number_of)?,
        Expression::String(text) => Value::String(text.as_str().to_owned()),
        Expression::Array(items) => Value::Array(items.iter().map(literal_of).collect::<Option<_>>()?),
        Expression::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(Expression::String(text)) => text.as_str().to_owned(),
                        ObjectKey::Expression(_) => return None,
                    };
                    Some((key, literal_of(value.expr())?))
                })
                .collect::<Option<_>>()?,
        ),
        Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Neg => {
            let Value::Number(number) = literal_of(&operation.expr)? else { return None };
            number_of(-number.as_f64()?)?
        }
        Expression::Parenthesis(inner) => literal_of(inner.inner())?,
        _ => return None,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "only what is whole and small is made an integer")]
fn number_of(number: f64) -> Option<Value> {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Some(Value::from(number as i64));
    }
    serde_json::Number::from_f64(number).map(Value::Number)
}

/// Whether an expression is a variable or a local value, or a part of one.
fn is_named_value(expression: &Expression) -> bool {
    let Expression::Traversal(traversal) = expression else { return false };
    let is_name = |operator: &TraversalOperator| matches!(operator, TraversalOperator::GetAttr(_));
    matches!(&traversal.expr, Expression::Variable(root) if matches!(root.as_str(), "var" | "local"))
        && traversal.operators.iter().all(|operator| is_name(operator.value()))
}

/// What an expression is, in words.
fn described(expression: &Expression, text: &str) -> String {
    let named = || {
        let written = expression.span().and_then(|span| text.get(span)).unwrap_or_default();
        let line = written.lines().next().unwrap_or_default();
        let short: String = line.chars().take(60).collect();
        if short.len() == written.len() { format!("`{short}`") } else { format!("`{short}…`") }
    };
    match expression {
        Expression::Traversal(_) | Expression::Variable(_) => named(),
        Expression::FuncCall(call) => format!("made by `{}()`", call.name.name.as_str()),
        Expression::Conditional(_) => "a condition".to_owned(),
        Expression::ForExpr(_) => "a `for` expression".to_owned(),
        Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => "a template".to_owned(),
        _ => "an expression".to_owned(),
    }
}

/// Whether a written expression names a block.
fn mentions(written: &str, address: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    written.match_indices(address).any(|(at, _)| {
        let before = written[..at].chars().next_back();
        let after = written[at + address.len()..].chars().next();
        !before.is_some_and(|c| is_name(c) || c == '.') && !after.is_some_and(is_name)
    })
}
