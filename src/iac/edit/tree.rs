//! A template as written: a tree of nodes with their spans, of YAML and of JSON.

use std::ops::Range;

/// How deep a template may be nested.
pub(super) const DEPTH_LIMIT: usize = 100;

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// From its first byte to behind its last. For an indented collection, to the end of what is last in it.
    pub(super) span: Range<usize>,
    /// How it is written.
    pub(super) style: Style,
    /// Its tag, other than those of the core schema: `Ref` for `!Ref`.
    pub(super) tag: Option<String>,
    /// Whether an anchor names it.
    pub(super) anchored: bool,
    /// What it is.
    pub(super) shape: Shape,
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As a plain scalar, or by indentation.
    Plain,
    /// In quotes, or in brackets.
    Enclosed,
    /// As lines behind `|` or `>`.
    Lines,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Member>),
    Alias,
}

/// A member of a map.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: Node,
}

impl Node {
    /// The members of a map.
    pub(super) fn members(&self) -> Option<&[Member]> {
        match &self.shape {
            Shape::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The value of a member. Where a key is there twice, the last one holds.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.members()?.iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Behind the last thing that is written of it; `None` where that is not certain: lines behind `|`, nothing.
    pub(super) fn end(&self) -> Option<usize> {
        match (&self.shape, self.style) {
            (_, Style::Enclosed) | (Shape::Alias, _) => Some(self.span.end),
            (_, Style::Lines) => None,
            (Shape::Scalar(text), Style::Plain) => (!text.is_empty()).then_some(self.span.end),
            (Shape::List(items), Style::Plain) => items.last()?.end(),
            (Shape::Map(members), Style::Plain) => members.last()?.value.end(),
        }
    }
}
