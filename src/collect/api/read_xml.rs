//! Answers in XML: the query protocols in their envelope, and REST XML.
//!
//! The body is parsed as a whole first: one that ends early, that goes on after its root, or that
//! has a document type is refused there. Then elements are taken by their names in the model. An
//! element that the model does not know is left out here and stays in the capture.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

use super::model::{Kind, Member, OperationModel, Shape};
use super::read::{DEPTH, Reader, Unreadable, unreadable};

/// Format of times that name none, in bodies of these protocols.
const TIMES: &str = "iso8601";

/// An answer in the envelope `<NameResponse>`, and within it in `<NameResult>` where the service
/// has one.
pub(super) fn enveloped(
    reader: &Reader<'_>,
    name: &str,
    result: Option<&str>,
    output: &Shape,
    body: &[u8],
) -> Result<Map<String, Value>, Unreadable> {
    let text = text(body)?;
    let document = parse(text)?;
    let root = document.root_element();
    if root.tag_name().name().strip_suffix("Response") != Some(name) {
        return unreadable("the root element is another than the operation's");
    }
    let Some(result) = result else { return structure(reader, output, root, 0) };
    match only(root, result).map_err(|why| why.under(result))? {
        Some(result) => structure(reader, output, result, 0),
        None if output.members.is_empty() => Ok(Map::new()),
        None => unreadable(format!("the answer has no {result}")),
    }
}

/// An answer without an envelope: its payload, or the output itself.
pub(super) fn bare(
    reader: &Reader<'_>,
    operation: &OperationModel,
    output: &Shape,
    body: &[u8],
) -> Result<Map<String, Value>, Unreadable> {
    let Some(payload) = output.payload.as_deref() else {
        if !output.members.values().any(Reader::in_body) {
            return Ok(Map::new());
        }
        let text = text(body)?;
        let document = parse(text)?;
        let root = document.root_element();
        let root_name = root.tag_name().name();
        let named = output.location_name.as_deref().or(operation.output.as_deref());
        let is_root = match operation.roots.as_slice() {
            [] => named == Some(root_name),
            roots => roots.iter().any(|known| known == root_name),
        };
        if !is_root {
            return unreadable("the root element is another than the operation's");
        }
        if operation.unwrapped {
            return unwrapped(reader, output, root);
        }
        return structure(reader, output, root, 0);
    };
    let member = &output.members[payload];
    let shape = reader.shape(member);
    let mut read = Map::new();
    match shape.kind {
        Kind::Structure => {
            let text = text(body)?;
            let document = parse(text)?;
            let root = document.root_element();
            let expected = member.location_name.as_deref().or(shape.location_name.as_deref()).unwrap_or(&member.shape);
            if root.tag_name().name() != expected {
                return unreadable("the root element is another than the operation's");
            }
            read.insert(payload.to_owned(), Value::Object(structure(reader, shape, root, 0)?));
        }
        _ => {
            read.insert(payload.to_owned(), reader.scalar(member, text(body)?, TIMES)?);
        }
    }
    Ok(read)
}

/// An answer whose root element is its one member; an empty one is left out.
fn unwrapped(reader: &Reader<'_>, output: &Shape, root: Node<'_, '_>) -> Result<Map<String, Value>, Unreadable> {
    let mut read = Map::new();
    for (name, member) in &output.members {
        let found = value(reader, member, root, 0).map_err(|why| why.under(name))?;
        if found != Value::String(String::new()) {
            read.insert(name.clone(), found);
        }
    }
    Ok(read)
}

fn text(body: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(body).or_else(|_| unreadable("the answer is no UTF-8 text"))
}

fn parse(text: &str) -> Result<Document<'_>, Unreadable> {
    Document::parse(text).or_else(|_| unreadable("the answer is no XML document"))
}

fn children<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

fn named<'a, 'input>(node: Node<'a, 'input>, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    children(node).filter(move |child| child.tag_name().name() == name)
}

/// The one child of a name.
fn only<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Result<Option<Node<'a, 'input>>, Unreadable> {
    let mut all = named(node, name);
    match (all.next(), all.next()) {
        (found, None) => Ok(found),
        _ => unreadable("stands there twice"),
    }
}

fn structure(
    reader: &Reader<'_>,
    shape: &Shape,
    node: Node<'_, '_>,
    depth: usize,
) -> Result<Map<String, Value>, Unreadable> {
    if node.children().any(|child| child.is_text() && !child.text().unwrap_or_default().trim().is_empty()) {
        return unreadable("holds text where the model has members");
    }
    let mut read = Map::new();
    for (name, member) in shape.members.iter().filter(|(_, member)| Reader::in_body(member)) {
        if let Some(found) = field(reader, member, name, node, depth + 1).map_err(|why| why.under(name))? {
            read.insert(name.clone(), found);
        }
    }
    Ok(read)
}

/// A member of a structure; `None` where AWS left it out.
fn field(
    reader: &Reader<'_>,
    member: &Member,
    name: &str,
    node: Node<'_, '_>,
    depth: usize,
) -> Result<Option<Value>, Unreadable> {
    let shape = reader.shape(member);
    let tag = member.location_name.as_deref().unwrap_or(name);
    if member.xml_attribute {
        let local = tag.rsplit(':').next().unwrap_or(tag);
        let attribute = node.attributes().find(|attribute| attribute.name() == local);
        return attribute.map(|attribute| reader.scalar(member, attribute.value(), TIMES)).transpose();
    }
    if (member.flattened || shape.flattened) && matches!(shape.kind, Kind::List | Kind::Map) {
        // A flattened list's elements carry the name of the member, or one of their own.
        let of = shape.member.as_ref();
        let tag = member.location_name.as_deref().or(of.and_then(|of| of.location_name.as_deref())).unwrap_or(name);
        let mut elements = named(node, tag).peekable();
        if elements.peek().is_none() {
            return Ok(None);
        }
        return match shape.kind {
            Kind::Map => entries(reader, shape, elements, depth).map(Some),
            _ => list(reader, shape, elements, depth).map(Some),
        };
    }
    only(node, tag)?.map(|found| value(reader, member, found, depth)).transpose()
}

fn value(reader: &Reader<'_>, member: &Member, node: Node<'_, '_>, depth: usize) -> Result<Value, Unreadable> {
    if depth > DEPTH {
        return unreadable("is nested too deeply");
    }
    let shape = reader.shape(member);
    match shape.kind {
        Kind::Structure => structure(reader, shape, node, depth).map(Value::Object),
        Kind::List => {
            let tag = shape.member.as_ref().and_then(|of| of.location_name.as_deref()).unwrap_or("member");
            only_of(node, tag)?;
            list(reader, shape, named(node, tag), depth)
        }
        Kind::Map => {
            only_of(node, "entry")?;
            entries(reader, shape, named(node, "entry"), depth)
        }
        _ => {
            if children(node).next().is_some() {
                return unreadable("holds elements where the model has a single value");
            }
            let text: String = node.children().filter_map(|child| child.text()).collect();
            reader.scalar(member, &text, TIMES)
        }
    }
}

/// A list or map holds elements of one name, and nothing else.
fn only_of(node: Node<'_, '_>, tag: &str) -> Result<(), Unreadable> {
    match children(node).find(|child| child.tag_name().name() != tag) {
        None => Ok(()),
        Some(other) => unreadable(format!("holds {} where the model has {tag}", other.tag_name().name())),
    }
}

fn list<'a, 'input: 'a>(
    reader: &Reader<'_>,
    shape: &Shape,
    elements: impl Iterator<Item = Node<'a, 'input>>,
    depth: usize,
) -> Result<Value, Unreadable> {
    let Some(of) = &shape.member else { return unreadable("is a list of nothing") };
    elements.map(|element| value(reader, of, element, depth + 1)).collect()
}

fn entries<'a, 'input: 'a>(
    reader: &Reader<'_>,
    shape: &Shape,
    elements: impl Iterator<Item = Node<'a, 'input>>,
    depth: usize,
) -> Result<Value, Unreadable> {
    let (Some(key), Some(of)) = (&shape.key, &shape.value) else { return unreadable("is a map of nothing") };
    let mut read = Map::new();
    for entry in elements {
        let name = only(entry, key.location_name.as_deref().unwrap_or("key"))?;
        let found = only(entry, of.location_name.as_deref().unwrap_or("value"))?;
        let (Some(name), Some(found)) = (name, found) else { return unreadable("has an entry without key or value") };
        let name: String = name.children().filter_map(|child| child.text()).collect();
        let found = value(reader, of, found, depth + 1).map_err(|why| why.under(&name))?;
        read.insert(name, found);
    }
    Ok(Value::Object(read))
}
