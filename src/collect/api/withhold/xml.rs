//! Secrets in XML, by the ranges of their elements in the text.

use std::ops::Range;

use roxmltree::{Document, Node};

use super::super::model::{Kind, Member, OperationModel, Shape};
use super::super::read::DEPTH;
use super::{Edit, Hand, Unfit};

/// The edits that withhold the members of an answer.
pub(super) fn edits<'m>(
    hand: &mut Hand<'m>,
    name: &str,
    operation: &OperationModel,
    output: &Shape,
    text: &str,
    members: &[&'m str],
) -> Result<Vec<Edit>, Unfit> {
    let document = Document::parse(text).map_err(|_| Unfit)?;
    let mut root = document.root_element();
    if let Some(result) = operation.result_wrapper.as_deref() {
        if root.tag_name().name().strip_suffix("Response") != Some(name) {
            return Err(Unfit);
        }
        let mut results = named(root, result);
        root = match (results.next(), results.next()) {
            (Some(result), None) => result,
            _ => return Err(Unfit),
        };
    }
    let mut walk = Walk { hand, text, edits: Vec::new() };
    for member in members {
        walk.hand.member = member;
        let (shape, path) = walk.hand.in_body(output, member)?;
        walk.follow(root, shape, &path, 0)?;
    }
    Ok(walk.edits)
}

struct Walk<'w, 'm, 't> {
    hand: &'w mut Hand<'m>,
    text: &'t str,
    edits: Vec<Edit>,
}

impl<'m> Walk<'_, 'm, '_> {
    /// Goes to the end of the path, for every element and value on the way.
    fn follow(&mut self, node: Node<'_, '_>, shape: &Shape, path: &[&str], depth: usize) -> Result<(), Unfit> {
        let Some((name, rest)) = path.split_first() else { return self.withhold(node, Some(shape), depth) };
        if depth > DEPTH || has_other_than_elements(node) {
            return Err(Unfit);
        }
        match shape.kind {
            Kind::Structure => {
                let member = shape.members.get(*name).ok_or(Unfit)?;
                let inside = self.hand.shape(member);
                let flattened = member.flattened || inside.flattened;
                for child in named(node, tag(member, name, inside, flattened)) {
                    match inside.kind {
                        Kind::List if flattened => self.element(child, inside, rest, depth + 1)?,
                        Kind::Map if flattened => self.entry(child, inside, rest, depth + 1)?,
                        _ => self.follow(child, inside, rest, depth + 1)?,
                    }
                }
            }
            Kind::List => children(node).try_for_each(|child| self.element(child, shape, path, depth + 1))?,
            Kind::Map => children(node).try_for_each(|child| self.entry(child, shape, path, depth + 1))?,
            _ => return Err(Unfit),
        }
        Ok(())
    }

    /// An element of a list.
    fn element(&mut self, node: Node<'_, '_>, list: &Shape, path: &[&str], depth: usize) -> Result<(), Unfit> {
        let shape = self.hand.shape(list.member.as_ref().ok_or(Unfit)?);
        self.follow(node, shape, path, depth)
    }

    /// An entry of a map: all in it but its key.
    fn entry(&mut self, node: Node<'_, '_>, map: &Shape, path: &[&str], depth: usize) -> Result<(), Unfit> {
        let (key, value) = (map.key.as_ref().ok_or(Unfit)?, map.value.as_ref().ok_or(Unfit)?);
        if has_other_than_elements(node) {
            return Err(Unfit);
        }
        let shape = self.hand.shape(value);
        let key = key.location_name.as_deref().unwrap_or("key");
        for child in children(node).filter(|child| child.tag_name().name() != key) {
            self.follow(child, shape, path, depth + 1)?;
        }
        Ok(())
    }

    /// Replaces every text within an element, also of elements that the model does not know. The
    /// keys of maps stay. Attributes, comments and text beside elements are no place for a value.
    fn withhold(&mut self, node: Node<'_, '_>, shape: Option<&Shape>, depth: usize) -> Result<(), Unfit> {
        if depth > DEPTH || node.attributes().len() > 0 {
            return Err(Unfit);
        }
        if children(node).next().is_none() {
            return self.replace(node, shape);
        }
        if has_other_than_elements(node) {
            return Err(Unfit);
        }
        for child in children(node) {
            match shape {
                Some(shape) if shape.kind == Kind::List => self.element(child, shape, &[], depth + 1)?,
                Some(shape) if shape.kind == Kind::Map => self.entry(child, shape, &[], depth + 1)?,
                Some(shape) => {
                    let known = shape.members.iter().find_map(|(name, member)| self.known(child, name, member));
                    match known {
                        Some((inside, true)) if inside.kind == Kind::List => {
                            self.element(child, inside, &[], depth + 1)?;
                        }
                        Some((inside, true)) if inside.kind == Kind::Map => {
                            self.entry(child, inside, &[], depth + 1)?;
                        }
                        known => self.withhold(child, known.map(|(inside, _)| inside), depth + 1)?,
                    }
                }
                None => self.withhold(child, None, depth + 1)?,
            }
        }
        Ok(())
    }

    /// The shape of a member and whether it is flattened, where the element is of that member.
    fn known(&self, child: Node<'_, '_>, name: &str, member: &Member) -> Option<(&'m Shape, bool)> {
        let inside = self.hand.shape(member);
        let flattened = member.flattened || inside.flattened;
        (child.tag_name().name() == tag(member, name, inside, flattened)).then_some((inside, flattened))
    }

    fn replace(&mut self, node: Node<'_, '_>, shape: Option<&Shape>) -> Result<(), Unfit> {
        if node.children().any(|child| !child.is_text()) {
            return Err(Unfit);
        }
        let value: String = node.children().filter_map(|child| child.text()).collect();
        if let Some(instead) = self.hand.instead(&value, shape) {
            // A commitment holds nothing that XML escapes.
            self.edits.push((within(self.text, node.range()).ok_or(Unfit)?, instead));
        }
        Ok(())
    }
}

/// The tag of the elements of a member.
fn tag<'a>(member: &'a Member, name: &'a str, shape: &'a Shape, flattened: bool) -> &'a str {
    let of_elements = shape.member.as_ref().filter(|_| flattened).and_then(|of| of.location_name.as_deref());
    member.location_name.as_deref().or(of_elements).unwrap_or(name)
}

fn children<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

fn named<'a, 'input>(node: Node<'a, 'input>, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    children(node).filter(move |child| child.tag_name().name() == name)
}

/// Whether there is anything but elements and white space in an element.
fn has_other_than_elements(node: Node<'_, '_>) -> bool {
    node.children()
        .any(|child| !child.is_element() && !child.text().is_some_and(|text| child.is_text() && text.trim().is_empty()))
}

/// The range between the tags of an element; `None` where it has only one.
fn within(text: &str, element: Range<usize>) -> Option<Range<usize>> {
    let mut quote = None;
    for (at, byte) in text[element.clone()].bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'>') => {
                let start = element.start + at + 1;
                let end = start + text[start..element.end].rfind("</")?;
                return Some(start..end);
            }
            _ => {}
        }
    }
    None
}
