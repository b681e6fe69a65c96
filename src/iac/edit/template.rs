//! Changes of `CloudFormation` templates, in YAML and JSON.

use serde_json::{Map, Value};

use super::template_new::{inline, json, list, scalar, yaml};
use super::tree::{Member, Node, Shape, Style};
use super::{Fine, Refusal, Splice, Step, Wanted, indentation, line_end, line_start, newline, shown};

/// A companion that is made.
#[derive(Debug, Clone)]
pub struct NewCompanion<'a> {
    /// Its logical id.
    pub id: &'a str,
    /// Its resource type.
    pub kind: &'a str,
    /// Its properties that name the resource, each with `Ref` or the attribute of it.
    pub refer: &'a [(String, String)],
    /// What is set.
    pub set: &'a [(Vec<Step>, Value)],
}

/// A template that was read.
struct Template<'t> {
    text: &'t str,
    /// How long the byte order mark before it is.
    offset: usize,
    json: bool,
    root: Node,
}

/// Sets a property of a resource. No splice: it is set already, or there is nothing to set it in (`Name[*]`).
///
/// # Errors
///
/// The reason for which it is not set.
pub fn set(text: &str, id: &str, kind: &str, path: &[Step], value: &Wanted) -> Result<Vec<Splice>, Refusal> {
    let template = Template::read(text)?;
    let resource = template.resource(id, kind)?;
    let mut full = vec![Step::Name("Properties".to_owned())];
    full.extend_from_slice(path);
    let mut splices = Vec::new();
    template.walk("", resource, &full, value, &mut splices)?;
    Ok(template.finish(splices))
}

/// Adds an item to the list at a path of a resource's properties. `of` is the resource that `{{ block.… }}` stands
/// for.
///
/// # Errors
///
/// The reason for which it is not added.
pub fn append(text: &str, id: &str, kind: &str, path: &[Step], of: &str, item: &Value) -> Result<Vec<Splice>, Refusal> {
    let template = Template::read(text)?;
    let there = || Refusal::new(format!("`{id}` is there already: what it says has to be added to"));
    let mut node = template.resource(id, kind)?.get("Properties").ok_or_else(there)?;
    for step in path {
        template.written(id, node, None)?;
        let Step::Name(name) = step else { return Err(there()) };
        node = node.get(name).ok_or_else(there)?;
    }
    template.written(id, node, None)?;
    let Shape::List(items) = &node.shape else { return Err(there()) };
    let last = items.last().ok_or_else(there)?;
    let end = last.end().ok_or_else(there)?;
    let text = template.text;
    let item = referring(item, of);
    let line = line_start(text, last.span.start);
    let column = last.span.start - line;
    let splice = if node.style == Style::Enclosed {
        match indentation(text, last.span.start) {
            Some(indent) => Splice { range: end..end, text: format!(",\n{indent}{}", json(&item, indent, "  ")) },
            None => Splice { range: end..end, text: format!(", {}", inline(&item)) },
        }
    } else {
        let dash = text[line..last.span.start].rfind('-').ok_or_else(there)?;
        let at = line_end(text, end);
        let rest = text.get(end..at).unwrap_or_default().trim_start();
        if !(rest.is_empty() || rest.starts_with('#')) || column < dash {
            return Err(there());
        }
        let indent = " ".repeat(dash);
        Splice { range: at..at, text: format!("\n{indent}{}", list(&[item], &indent, &template.step())) }
    };
    Ok(template.finish(vec![splice]))
}

/// The logical id of a resource of a type that names another in one of its properties.
///
/// # Errors
///
/// If the template cannot be read.
pub fn companion(text: &str, kind: &str, arguments: &[&str], of: &str) -> Result<Option<String>, Refusal> {
    let template = Template::read(text)?;
    let resources = template.root.get("Resources").and_then(Node::members).unwrap_or_default();
    let names = |node: &Node| match function(node) {
        Some((function, argument)) => {
            matches!(function, "Ref" | "Fn::GetAtt")
                && (argument == Some(of) || argument.is_some_and(|argument| argument.starts_with(&format!("{of}."))))
        }
        None => false,
    };
    let is_it = |resource: &Node| {
        resource.get("Type").and_then(Node::text) == Some(kind)
            && arguments
                .iter()
                .any(|name| resource.get("Properties").and_then(|properties| properties.get(name)).is_some_and(names))
    };
    Ok(resources.iter().find(|member| is_it(&member.value)).map(|member| member.key.clone()))
}

/// Whether a template has a resource, parameter or the like of this name.
///
/// # Errors
///
/// If it cannot be read.
pub fn has(text: &str, id: &str) -> Result<bool, Refusal> {
    let template = Template::read(text)?;
    let sections = template.root.members().unwrap_or_default();
    Ok(sections.iter().any(|section| section.value.get(id).is_some()))
}

/// Puts a companion behind a resource, on the same condition.
///
/// # Errors
///
/// The reason for which it is not made.
pub fn add_companion(text: &str, of: &str, kind: &str, new: &NewCompanion<'_>) -> Result<Vec<Splice>, Refusal> {
    let template = Template::read(text)?;
    let resource = template.resource(of, kind)?;
    let mut properties = Map::new();
    for (name, attribute) in new.refer {
        properties.insert(name.clone(), attribute_of(of, attribute));
    }
    for (path, value) in new.set {
        put(&mut properties, path, &referring(value, of));
    }
    let mut body = Map::new();
    body.insert("Type".to_owned(), Value::from(new.kind));
    if let Some(condition) = resource.get("Condition").and_then(Node::text) {
        body.insert("Condition".to_owned(), Value::from(condition));
    }
    body.insert("Properties".to_owned(), Value::Object(properties));
    let resources = template.root.get("Resources").ok_or_else(|| Refusal::new("the template has no resources"))?;
    let after = resources.members().unwrap_or_default().iter().position(|member| member.key == of);
    let mut splices = Vec::new();
    template.insert(resources, after, new.id, &Value::Object(body), &mut splices)?;
    Ok(template.finish(splices))
}

fn attribute_of(of: &str, attribute: &str) -> Value {
    let value = if attribute == "Ref" { Value::from(of) } else { Value::from(vec![of, attribute]) };
    let name = if attribute == "Ref" { "Ref" } else { "Fn::GetAtt" };
    Value::Object(std::iter::once((name.to_owned(), value)).collect())
}

/// A value with the functions that `{{ block.Arn }}` and `{$json: …}` stand for.
fn referring(value: &Value, of: &str) -> Value {
    match value {
        Value::String(text) => {
            let Some(start) = text.find("{{ block.") else { return value.clone() };
            let Some(length) = text[start..].find("}}") else { return value.clone() };
            let attribute = text[start + "{{ block.".len()..start + length].trim();
            if start == 0 && start + length + 2 == text.len() {
                return attribute_of(of, attribute);
            }
            let name = if attribute == "Ref" { of.to_owned() } else { format!("{of}.{attribute}") };
            let whole = format!("{}${{{name}}}{}", &text[..start], &text[start + length + 2..]);
            Value::Object(std::iter::once(("Fn::Sub".to_owned(), Value::from(whole))).collect())
        }
        Value::Array(items) => items.iter().map(|item| referring(item, of)).collect(),
        Value::Object(members) => match members.get("$json") {
            Some(inner) if members.len() == 1 => referring(inner, of),
            _ => Value::Object(members.iter().map(|(name, value)| (name.clone(), referring(value, of))).collect()),
        },
        other => other.clone(),
    }
}

fn put(into: &mut Map<String, Value>, path: &[Step], value: &Value) {
    match path {
        [Step::Name(name)] => {
            into.insert(name.clone(), value.clone());
        }
        [Step::Name(name), rest @ ..] => {
            let inner = into.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
        _ => {}
    }
}

/// The value that makes the rest of a path; nothing where it goes through each of what is there.
fn nested(path: &[Step], value: &Value) -> Option<Value> {
    match path {
        [] => Some(value.clone()),
        [Step::Name(name), rest @ ..] => {
            Some(Value::Object(std::iter::once((name.clone(), nested(rest, value)?)).collect()))
        }
        [Step::Each | Step::There, ..] => None,
    }
}

/// The function that a node calls, and its argument where that is one text.
fn function(node: &Node) -> Option<(&str, Option<&str>)> {
    if let Some(tag) = &node.tag {
        let name = match tag.as_str() {
            "Ref" => "Ref",
            "GetAtt" => "Fn::GetAtt",
            "If" => "Fn::If",
            "Sub" => "Fn::Sub",
            other => other,
        };
        return Some((name, first_text(node)));
    }
    let [member] = node.members()? else { return None };
    let called = member.key == "Ref" || member.key.starts_with("Fn::");
    called.then_some((member.key.as_str(), first_text(&member.value)))
}

fn first_text(node: &Node) -> Option<&str> {
    match &node.shape {
        Shape::List(items) => items.first()?.text(),
        _ => node.text(),
    }
}

/// The value of what is written without functions and aliases.
fn literal(node: &Node) -> Option<Value> {
    if function(node).is_some() {
        return None;
    }
    match &node.shape {
        Shape::Scalar(text) => Some(Value::from(text.as_str())),
        Shape::List(items) => items.iter().map(literal).collect::<Option<Vec<_>>>().map(Value::from),
        Shape::Map(members) => {
            let member = |member: &Member| Some((member.key.clone(), literal(&member.value)?));
            members.iter().map(member).collect::<Option<Map<_, _>>>().map(Value::from)
        }
        Shape::Alias => None,
    }
}

/// A wanted value with its scalars as texts: what [`literal`] gives of the same.
fn as_texts(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(as_texts).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), as_texts(value))).collect())
        }
        other => Value::from(shown(other)),
    }
}

impl<'t> Template<'t> {
    fn read(text: &'t str) -> Result<Self, Refusal> {
        let (text, offset) = text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, '\u{feff}'.len_utf8()));
        if text.trim_start().starts_with('{')
            && let Ok(root) = super::json::read(text)
        {
            return Ok(Self { text, offset, json: true, root });
        }
        Ok(Self { text, offset, json: false, root: super::yaml::read(text)? })
    }

    fn finish(&self, splices: Vec<Splice>) -> Vec<Splice> {
        let newline = newline(self.text);
        let moved = |splice: Splice| Splice {
            range: splice.range.start + self.offset..splice.range.end + self.offset,
            text: splice.text.replace("\r\n", "\n").replace('\n', newline),
        };
        splices.into_iter().map(moved).collect()
    }

    fn resource(&self, id: &str, kind: &str) -> Result<&Node, Refusal> {
        let resources = self.root.get("Resources").ok_or_else(|| Refusal::new("the template has no `Resources`"))?;
        let resource = resources
            .get(id)
            .ok_or_else(|| Refusal::new("its template does not write it: a macro or a transform makes it"))?;
        if resource.get("Metadata").and_then(|metadata| metadata.get("aws:cdk:path")).is_some() {
            return Err(Refusal::new("CDK generates its template: change the app that makes it"));
        }
        match resource.get("Type").and_then(Node::text) {
            Some(written) if written == kind => Ok(resource),
            Some(written) => Err(Refusal::new(format!("it is made of the {written} there"))),
            None => Err(Refusal::new("its type is not written there")),
        }
    }

    /// Whether a node is as it is written: no function, no alias, nothing that stands elsewhere, too.
    fn written(&self, name: &str, node: &Node, value: Option<&Value>) -> Result<(), Refusal> {
        if let Some((function, argument)) = function(node) {
            let is_parameter = |name: &str| self.root.get("Parameters").is_some_and(|all| all.get(name).is_some());
            let to = value.map(|value| format!(": set it to {}", shown(value))).unwrap_or_default();
            return Err(Refusal::new(match argument.filter(|_| function == "Ref") {
                Some(of) if is_parameter(of) => format!("`{name}` is the parameter `{of}`{to}"),
                Some(of) => format!("`{name}` is a reference to `{of}`"),
                None => format!("`{name}` is made by `{function}`"),
            }));
        }
        if matches!(node.shape, Shape::Alias) || node.anchored {
            return Err(Refusal::new(format!("`{name}` is shared by an anchor and its aliases")));
        }
        Ok(())
    }

    fn walk(
        &self,
        name: &str,
        node: &Node,
        path: &[Step],
        wanted: &Wanted,
        out: &mut Vec<Splice>,
    ) -> Result<(), Refusal> {
        let (last, value) = (path.is_empty(), &wanted.value);
        if last && wanted.fine == Fine::Anything {
            return Ok(());
        }
        self.written(name, node, Some(value).filter(|_| last && !value.is_object() && !value.is_array()))?;
        let (step, rest) = match path {
            [] => return self.replace(name, node, wanted, out),
            [step, rest @ ..] => (step, rest),
        };
        match (step, &node.shape) {
            (Step::Each, Shape::List(items)) => {
                items.iter().try_for_each(|item| self.walk(name, item, rest, wanted, out))
            }
            (Step::There, _) => self.walk(name, node, rest, wanted, out),
            (Step::Each, _) => Err(Refusal::new(format!("`{name}` is not a list"))),
            (Step::Name(key), Shape::Map(members)) => match members.iter().rev().find(|member| member.key == *key) {
                Some(member) => self.walk(key, &member.value, rest, wanted, out),
                None => match nested(rest, value) {
                    Some(value) => self.insert(node, None, key, &value, out),
                    None => Ok(()),
                },
            },
            (Step::Name(_), _) => Err(Refusal::new(format!("`{name}` is not a map"))),
        }
    }

    fn replace(&self, name: &str, node: &Node, wanted: &Wanted, out: &mut Vec<Splice>) -> Result<(), Refusal> {
        let value = &wanted.value;
        if literal(node).is_some_and(|written| written == as_texts(value) || wanted.is_met_by(&written)) {
            return Ok(());
        }
        let replaced = |text: String| Splice { range: node.span.clone(), text };
        let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
        match (&node.shape, value) {
            (Shape::Map(_), Value::Object(members)) => members.iter().try_for_each(|(key, value)| {
                self.walk(name, node, &[Step::Name(key.clone())], &value.clone().into(), out)
            }),
            (Shape::Scalar(text), wanted) if is_scalar(wanted) && node.style != Style::Lines => {
                if text.is_empty() && node.span.is_empty() {
                    return Err(Refusal::new(format!("nothing is written behind `{name}`")));
                }
                out.push(replaced(if self.json { wanted.to_string() } else { scalar(wanted) }));
                Ok(())
            }
            (Shape::List(items), Value::Array(wanted))
                if wanted.iter().all(is_scalar)
                    && items.iter().all(|item| literal(item).is_some_and(|v| is_scalar(&v))) =>
            {
                if node.style == Style::Enclosed {
                    out.push(replaced(inline(value)));
                    return Ok(());
                }
                let (Some(first), Some(end)) = (items.first(), node.end()) else {
                    return Err(Refusal::new(format!("`{name}` is a list that ends where is not certain")));
                };
                // From the dash of the first item.
                let line = line_start(self.text, first.span.start);
                let dash = self.text[line..first.span.start].find('-').map(|at| line + at);
                let indent = dash.and_then(|dash| indentation(self.text, dash));
                let (Some(dash), Some(indent)) = (dash, indent) else {
                    return Err(Refusal::new(format!("`{name}` is a list that begins where is not certain")));
                };
                out.push(Splice { range: dash..end, text: list(wanted, indent, "  ") });
                Ok(())
            }
            (Shape::List(_), Value::Array(_)) => Err(Refusal::new(format!("`{name}` is a list with other entries"))),
            _ => Err(Refusal::new(format!("`{name}` is written in another way"))),
        }
    }

    /// Puts a member into a map, behind the one with this number where there is a choice.
    fn insert(
        &self,
        map: &Node,
        after: Option<usize>,
        name: &str,
        value: &Value,
        out: &mut Vec<Splice>,
    ) -> Result<(), Refusal> {
        let members = map.members().unwrap_or_default();
        if map.style == Style::Enclosed {
            return self.insert_enclosed(map, members, after, name, value, out);
        }
        let Some(first) = members.first() else { return Err(Refusal::new("nothing is written there")) };
        let start = first.key_span.start;
        let before = &self.text[line_start(self.text, start)..start];
        if !before.chars().all(|c| matches!(c, ' ' | '-')) {
            return Err(Refusal::new("a map begins behind something else in its line"));
        }
        let indent = " ".repeat(before.len());
        let step = self.step();
        let written = yaml(name, value, &indent, &step);
        let whole_resource = after.is_some();
        let candidates: Vec<&Member> = match after {
            Some(at) => members.get(at).into_iter().chain(members.iter().rev()).collect(),
            None => members.iter().rev().collect(),
        };
        let place = candidates.into_iter().find_map(|member| {
            let end = member.value.end()?;
            let at = line_end(self.text, end);
            let rest = self.text.get(end..at)?;
            let comment = rest.trim_start();
            let free = comment.is_empty() || (comment.starts_with('#') && comment.len() < rest.len());
            free.then_some(at)
        });
        if let Some(at) = place {
            let apart = whole_resource && self.text[at..].trim_start_matches('\r').starts_with("\n\n");
            let apart = apart || (whole_resource && self.text[at..].starts_with("\r\n\r\n"));
            let gap = if apart { "\n" } else { "" };
            out.push(Splice { range: at..at, text: format!("\n{gap}{indent}{written}") });
            return Ok(());
        }
        // Nothing there ends where that is certain: before all of it.
        out.push(Splice { range: start..start, text: format!("{written}\n{indent}") });
        Ok(())
    }

    fn insert_enclosed(
        &self,
        map: &Node,
        members: &[Member],
        after: Option<usize>,
        name: &str,
        value: &Value,
        out: &mut Vec<Splice>,
    ) -> Result<(), Refusal> {
        let close = map.span.end.saturating_sub(1);
        let indent_of = |at: usize| {
            let line = &self.text[line_start(self.text, at)..];
            &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
        };
        let Some(last) = after.and_then(|at| members.get(at)).or(members.last()) else {
            let inside = map.span.start + 1..close;
            if !self.text[inside.clone()].trim().is_empty() {
                return Err(Refusal::new("a comment stands in empty brackets"));
            }
            let outer = indent_of(map.span.start);
            let head = &self.text[line_start(self.text, map.span.start)..map.span.start];
            let alone = self.text[map.span.end..line_end(self.text, map.span.end)].trim().is_empty();
            let key = head.trim_end();
            if !self.json && alone && key.ends_with(':') && !key.contains(['{', '[', ',', '-', '#']) {
                let inner = format!("{outer}{}", self.step());
                let range = map.span.start - (head.len() - key.len())..map.span.end;
                let text = format!("\n{inner}{}", yaml(name, value, &inner, &self.step()));
                out.push(Splice { range, text });
                return Ok(());
            }
            let unit = if outer.contains('\t') { "\t" } else { "  " };
            let text = if self.json && self.text.contains('\n') {
                let inner = format!("{outer}{unit}");
                format!("\n{inner}{}: {}\n{outer}", Value::from(name), json(value, &inner, unit))
            } else {
                format!("{}: {}", Value::from(name), inline(value))
            };
            out.push(Splice { range: inside, text });
            return Ok(());
        };
        let at = last.value.end().ok_or_else(|| Refusal::new("it is not certain where a value ends"))?;
        let key = if self.text[last.key_span.clone()].starts_with('"') {
            Value::from(name).to_string()
        } else {
            scalar(&Value::from(name))
        };
        let text = match indentation(self.text, last.key_span.start) {
            Some(indent) if self.text[map.span.clone()].contains('\n') => {
                let unit = indent.strip_prefix(indent_of(close)).filter(|unit| !unit.is_empty()).unwrap_or("  ");
                format!(",\n{indent}{key}: {}", json(value, indent, unit))
            }
            _ => format!(", {key}: {}", inline(value)),
        };
        out.push(Splice { range: at..at, text });
        Ok(())
    }

    /// By how much the template indents.
    fn step(&self) -> String {
        let column = |at: usize| at - line_start(self.text, at);
        let sections = self.root.members().unwrap_or_default();
        let resources = sections.iter().find(|member| member.key == "Resources");
        let width = resources.and_then(|section| {
            let first = section.value.members()?.first()?;
            column(first.key_span.start).checked_sub(column(section.key_span.start))
        });
        " ".repeat(width.filter(|width| (1..=8).contains(width)).unwrap_or(2))
    }
}
