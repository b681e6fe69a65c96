//! Items that are added to a list inside of `jsonencode(…)`: statements of a policy.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use serde_json::Value;

use super::hcl::{File, Target, attribute_of, is_blank};
use super::hcl_new::{Referred, literal};
use super::{Refusal, Splice, Step, indentation, line_end, line_start};

/// Adds an item to the list at a path, whose first name is an argument of the block. What `{{ block.… }}` stands
/// for is named by the first of `arguments` that is there.
///
/// # Errors
///
/// The reason for which it is not added.
pub fn append(
    text: &str,
    target: &Target,
    arguments: &[&str],
    at: &[Step],
    item: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let file = File::parse(text)?;
    let block = file.find(target)?;
    let there = || Refusal::new(format!("`{target}` is there already: what it says has to be added to"));
    let [Step::Name(argument), rest @ ..] = at else { return Err(there()) };
    let attribute = attribute_of(block, argument).ok_or_else(there)?;
    let Expression::FuncCall(call) = &attribute.value else { return Err(there()) };
    if call.name.name.as_str() != "jsonencode" {
        return Err(there());
    }
    let mut value = call.args.iter().next().ok_or_else(there)?;
    for step in rest {
        let (Step::Name(name), Expression::Object(object)) = (step, value) else { return Err(there()) };
        value = member(object, name).ok_or_else(there)?;
    }
    let Expression::Array(items) = value else { return Err(there()) };
    let (Some(last), Some(whole)) = (items.iter().last().and_then(Span::span), items.span()) else {
        return Err(there());
    };
    // The other block is named as the companion names it: one instance for each of its own.
    let named = arguments.iter().find_map(|name| file.text.get(attribute_of(block, name)?.value.span()?));
    let (one, _) = named.and_then(|named| named.trim().rsplit_once('.')).ok_or_else(there)?;
    let referred = Referred(Some(one));
    let line = line_start(file.text, last.start);
    let indent: String = file.text[line..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let behind = &file.text[last.end..whole.end];
    let comma = behind.find(|c: char| !c.is_whitespace()).filter(|at| behind[*at..].starts_with(','));
    let written = literal(item, &indent, referred);
    let (at, text) = match (comma, indentation(file.text, last.start)) {
        (Some(comma), Some(_)) => {
            // A comment behind it stays where it is.
            let behind = last.end + comma + 1;
            let end = line_end(file.text, behind);
            let at = if is_blank(&file.text[behind..end]) { end } else { behind };
            (at, format!("\n{indent}{written},"))
        }
        (Some(comma), None) => (last.end + comma + 1, format!(" {written},")),
        (None, Some(_)) => (last.end, format!(",\n{indent}{written}")),
        (None, None) => (last.end, format!(", {written}")),
    };
    Ok(file.finish(vec![Splice { range: at..at, text }]))
}

fn member<'o>(object: &'o Object, name: &str) -> Option<&'o Expression> {
    let is_it = |key: &ObjectKey| match key {
        ObjectKey::Ident(own) => own.as_str() == name,
        ObjectKey::Expression(expression) => expression.as_str() == Some(name),
    };
    object.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value.expr())
}
