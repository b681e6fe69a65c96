//! Taking the markers of [`crate::model::attr::Attr`] apart, into a tree and its sources.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::escape;
use crate::model::attr::{CaptureId, MARKER};
use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// What an `Attr` serializes to. A map of strings from AWS (tags) never has this shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    state: Form,
    captures: Vec<CaptureId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    Known(Value),
    Absent,
    Unknown(Gap),
}

/// Builds trees of what typed resources serialize to; keeps the captures that tell a part, by pointer.
pub(super) struct Unmark<'a>(pub(super) &'a mut BTreeMap<String, Vec<CaptureId>>);

impl Unmark<'_> {
    /// The tree of an object, which stands at a pointer.
    pub(super) fn members(&mut self, members: Map<String, Value>, pointer: &mut String) -> Tree {
        let members = members.into_iter().filter_map(|(key, value)| {
            let member = self.below(&escape(&key), value, pointer)?;
            Some((Arc::from(key), member))
        });
        Tree::from(members.collect::<BTreeMap<_, _>>())
    }

    fn below(&mut self, token: &str, value: Value, pointer: &mut String) -> Option<Tree> {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(token);
        let tree = self.tree(value, pointer);
        pointer.truncate(length);
        tree
    }

    /// The tree of a value; `None` where it is absent.
    fn tree(&mut self, value: Value, pointer: &mut String) -> Option<Tree> {
        match value {
            Value::Null => None,
            Value::Object(map) => {
                if map.len() == 1
                    && let Some(marked) = map.get(MARKER).and_then(|marked| Marked::deserialize(marked).ok())
                {
                    return self.marked(marked, pointer);
                }
                Some(self.members(map, pointer))
            }
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                let tree =
                    |(index, item): (usize, _)| self.below(&index.to_string(), item, pointer).unwrap_or(Tree::Null);
                Some(Tree::List(items.map(tree).collect()))
            }
            scalar => Some(Tree::known(&scalar)),
        }
    }

    fn marked(&mut self, marked: Marked, pointer: &mut String) -> Option<Tree> {
        if !marked.captures.is_empty() {
            self.0.insert(pointer.clone(), marked.captures);
        }
        match marked.state {
            Form::Known(value) => self.tree(value, pointer),
            Form::Absent => None,
            Form::Unknown(gap) => Some(Tree::from(gap)),
        }
    }
}
