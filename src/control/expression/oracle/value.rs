//! The [`cel`] value over a [`Tree`]: answers "no such key" for what is absent, an error of its
//! own for what is unknown, and records what was read.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as ValIterator, Sizer};
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelString, LIST_TYPE, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};

use crate::control::expression::run::FUEL;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::escape;
use crate::model::tree::Tree;

/// The name under which an unknown value travels as a CEL function error.
const UNKNOWN: &str = "tickmark.unknown";

/// What one evaluation read and met. Shared by every value of that evaluation.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    reads: Mutex<Vec<(String, Option<Tree>)>>,
    gaps: Mutex<Vec<Arc<Gap>>>,
    used: AtomicU64,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scope {
    fn burn(&self, amount: u64) -> Result<(), ExecutionError> {
        if self.used.fetch_add(amount, Ordering::Relaxed) + amount > FUEL {
            return Err(self.raise(Arc::new(Gap::new(GapCode::FuelExhausted, ""))));
        }
        Ok(())
    }

    /// The error by which an unknown value travels through the expression.
    pub(crate) fn raise(&self, gap: Arc<Gap>) -> ExecutionError {
        let mut gaps = held(&self.gaps);
        gaps.push(gap);
        ExecutionError::function_error(UNKNOWN, gaps.len() - 1)
    }

    /// The gap that an error stands for, where it stands for one.
    pub(crate) fn gap_of(&self, error: &ExecutionError) -> Option<Arc<Gap>> {
        let ExecutionError::FunctionError { function, message } = error else { return None };
        if function != UNKNOWN {
            return None;
        }
        held(&self.gaps).get(message.parse::<usize>().ok()?).cloned()
    }

    /// What was read, in order, each pointer once; a pointer above another that was read is left out.
    pub(crate) fn reads(&self) -> Vec<(String, Option<Tree>)> {
        let reads = held(&self.reads);
        let mut kept: Vec<(String, Option<Tree>)> = Vec::with_capacity(reads.len());
        for (index, (pointer, value)) in reads.iter().enumerate() {
            let again = reads[..index].iter().any(|(earlier, _)| earlier == pointer);
            let stepping_stone = matches!(value, Some(Tree::Map(_)))
                && reads[index + 1..].first().is_some_and(|(next, _)| {
                    next.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.starts_with('/'))
                });
            if !again && !stepping_stone {
                kept.push((pointer.clone(), value.clone()));
            }
        }
        kept
    }

    fn record(&self, pointer: &str, value: Option<&Tree>) {
        held(&self.reads).push((pointer.to_owned(), value.cloned()));
    }
}

/// A [`Tree`] as a CEL value, with the pointer it stands at.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) tree: Tree,
    pointer: Arc<str>,
    scope: Arc<Scope>,
    /// The elements of a list, made when the node is, for CEL iterates over borrows.
    items: Arc<[Box<dyn Val>]>,
}

impl Node {
    pub(crate) fn new(tree: Tree, pointer: &str, scope: &Arc<Scope>) -> Self {
        let items: Arc<[Box<dyn Val>]> = match &tree {
            Tree::List(list) => list
                .iter()
                .enumerate()
                .map(|(index, item)| boxed(item.clone(), &format!("{pointer}/{index}"), scope))
                .collect(),
            _ => Arc::from([]),
        };
        Self { tree, pointer: Arc::from(pointer), scope: Arc::clone(scope), items }
    }
}

/// The CEL value of a tree: built-in scalars where it is one, a [`Node`] where it is not.
pub(crate) fn boxed<'v>(tree: Tree, pointer: &str, scope: &Arc<Scope>) -> Box<dyn Val + 'v> {
    match tree {
        Tree::Null => Box::new(CelNull),
        Tree::Bool(value) => Box::new(CelBool::from(value)),
        Tree::Int(value) => Box::new(CelInt::from(value)),
        Tree::Float(value) => Box::new(CelDouble::from(value)),
        Tree::Str(text) => Box::new(CelString::from(text.to_string())),
        tree @ (Tree::List(_) | Tree::Map(_) | Tree::Unknown(_)) => Box::new(Node::new(tree, pointer, scope)),
    }
}

/// The tree behind a CEL value, for functions.
pub(crate) fn tree_of(value: &dyn Val) -> Result<Tree, ExecutionError> {
    if let Some(node) = value.downcast_ref::<Node>() {
        return Ok(node.tree.clone());
    }
    if let Some(text) = value.downcast_ref::<CelString>() {
        return Ok(Tree::Str(Arc::from(text.inner())));
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return Ok(Tree::Int(*number.inner()));
    }
    if let Some(flag) = value.downcast_ref::<CelBool>() {
        return Ok(Tree::Bool(*flag.inner()));
    }
    if let Some(number) = value.downcast_ref::<CelDouble>() {
        return Ok(Tree::Float(*number.inner()));
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return Ok(Tree::Null);
    }
    if value.downcast_ref::<CelList>().is_some()
        && let Some(list) = value.as_iterable()
    {
        let mut trees = Vec::new();
        let mut items = list.iter();
        while let Some(item) = items.next() {
            trees.push(tree_of(item)?);
        }
        return Ok(Tree::List(trees.into()));
    }
    let kind = if value.downcast_ref::<CelMap>().is_some() { "map literal" } else { value.get_type().name() };
    Err(ExecutionError::function_error("argument", format!("a {kind} cannot be passed to this function")))
}

/// `left == right` that can fail, as CEL's own equality cannot: an unknown side is an error.
///
/// # Errors
///
/// The unknown's error, where a side is unknown or has an unknown part.
pub(crate) fn equal(left: &dyn Val, right: &dyn Val) -> Result<bool, ExecutionError> {
    for side in [left, right] {
        if let Some(node) = side.downcast_ref::<Node>()
            && let Some(gap) = node.tree.first_gap()
        {
            return Err(node.scope.raise(Arc::clone(gap)));
        }
    }
    Ok(left.equals(right) || right.equals(left))
}

/// `value in list` that can fail, for the same reason as [`equal`].
///
/// # Errors
///
/// The unknown's error, where membership hangs on something unknown.
pub(crate) fn contained(value: &dyn Val, list: &dyn Val) -> Result<bool, ExecutionError> {
    if let Some(node) = value.downcast_ref::<Node>()
        && let Some(gap) = node.tree.first_gap()
    {
        return Err(node.scope.raise(Arc::clone(gap)));
    }
    let container = list.as_container().ok_or_else(|| ExecutionError::UnexpectedType {
        got: list.get_type().name().to_owned(),
        want: "list or map".to_owned(),
    })?;
    if container.contains(value)? || value.downcast_ref::<Node>().is_none() {
        return container.contains(value);
    }
    // A list that is written compares its own lists with those of its kind alone.
    let Some(elements) = list.as_iterable().filter(|_| list.downcast_ref::<CelList>().is_some()) else {
        return Ok(false);
    };
    let mut elements = elements.iter();
    while let Some(element) = elements.next() {
        if value.equals(element) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `size(value)` that can fail: a list with an unknown element may stand for a listing that broke
/// off, whose length nobody knows.
///
/// # Errors
///
/// The unknown's error, where an element is unknown; a type error for what has no size.
pub(crate) fn size(value: &dyn Val) -> Result<i64, ExecutionError> {
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    if let Some(text) = value.downcast_ref::<CelString>() {
        return Ok(length(text.inner().chars().count()));
    }
    if let Some(Node { tree: Tree::List(items), scope, .. }) = value.downcast_ref::<Node>()
        && let Some(gap) = items.iter().find_map(|item| match item {
            Tree::Unknown(gap) => Some(gap),
            _ => None,
        })
    {
        return Err(scope.raise(Arc::clone(gap)));
    }
    value.as_sizer().map(|sizer| *sizer.size().inner()).ok_or_else(|| ExecutionError::UnexpectedType {
        got: value.get_type().name().to_owned(),
        want: "list, map or string".to_owned(),
    })
}

/// The scope of a value, where it is a node.
pub(crate) fn scope_of(value: &dyn Val) -> Option<&Arc<Scope>> {
    value.downcast_ref::<Node>().map(|node| &node.scope)
}

impl Indexer for Node {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.scope.burn(1)?;
        let (token, child) = match &self.tree {
            Tree::Map(map) => {
                let Some(key) = index.downcast_ref::<CelString>() else {
                    return Err(ExecutionError::UnexpectedType {
                        got: index.get_type().name().to_owned(),
                        want: "string".to_owned(),
                    });
                };
                (escape(key.inner()), map.get(key.inner()))
            }
            Tree::List(list) => {
                let Some(at) = index.downcast_ref::<CelInt>() else {
                    return Err(ExecutionError::UnexpectedType {
                        got: index.get_type().name().to_owned(),
                        want: "int".to_owned(),
                    });
                };
                let at = *at.inner();
                (at.to_string(), usize::try_from(at).ok().and_then(|at| list.get(at)))
            }
            Tree::Unknown(gap) => return Err(self.scope.raise(Arc::clone(gap))),
            _ => return Err(ExecutionError::no_such_key("scalar")),
        };
        let pointer = format!("{}/{token}", self.pointer);
        self.scope.record(&pointer, child);
        match child {
            None => Err(ExecutionError::no_such_key(&pointer)),
            Some(Tree::Unknown(gap)) => Err(self.scope.raise(Arc::clone(gap))),
            Some(child) => {
                if let Tree::List(items) = child {
                    self.scope.burn(items.len() as u64)?;
                }
                Ok(CowVal::Owned(boxed(child.clone(), &pointer, &self.scope)))
            }
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

struct Items<'b>(std::slice::Iter<'b, Box<dyn Val>>);

impl<'b, 'v> ValIterator<'b, 'v> for Items<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|item| &**item as &(dyn Val + 'v))
    }
}

/// The keys of a map, as CEL's comprehensions over maps want them, would lose unknown members;
/// controls iterate over lists only.
impl Iterable for Node {
    fn iter<'b, 'v>(&'b self) -> Box<dyn ValIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.items.iter()))
    }
}

impl Sizer for Node {
    fn size(&self) -> CelInt {
        let size = match &self.tree {
            Tree::List(list) => list.len(),
            Tree::Map(map) => map.len(),
            _ => 0,
        };
        CelInt::from(i64::try_from(size).unwrap_or(i64::MAX))
    }
}

impl Container for Node {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        match &self.tree {
            Tree::List(list) => {
                let wanted = tree_of(value)?;
                if list.contains(&wanted) {
                    return Ok(true);
                }
                match list.iter().find_map(Tree::first_gap) {
                    Some(gap) => Err(self.scope.raise(Arc::clone(gap))),
                    None => Ok(false),
                }
            }
            Tree::Map(map) => {
                let Some(key) = value.downcast_ref::<CelString>() else { return Ok(false) };
                match map.get(key.inner()) {
                    Some(Tree::Unknown(gap)) => Err(self.scope.raise(Arc::clone(gap))),
                    Some(_) => Ok(true),
                    None => Ok(false),
                }
            }
            Tree::Unknown(gap) => Err(self.scope.raise(Arc::clone(gap))),
            _ => Ok(false),
        }
    }
}

impl Val for Node {
    fn get_type(&self) -> &Type {
        match &self.tree {
            Tree::List(_) => &LIST_TYPE,
            _ => &MAP_TYPE,
        }
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        matches!(self.tree, Tree::List(_)).then_some(self as &(dyn Iterable + 'v))
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        matches!(self.tree, Tree::List(_) | Tree::Map(_)).then_some(self as &dyn Sizer)
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        tree_of(other).is_ok_and(|theirs| theirs == self.tree)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Node {}
