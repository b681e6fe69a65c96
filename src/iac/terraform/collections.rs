//! `for` expressions, and the items of collections.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert;
use super::evaluate::{Evaluator, Failure, Outcome, is_open};
use super::functions;
use super::scope::{Binding, Scope};
use super::syntax::{Expr, For, render};
use crate::iac::value::Value;

impl Evaluator<'_> {
    /// What a `for` expression comes to.
    pub(super) fn for_expression(&self, expression: &Expr, parts: &For, scope: &Scope<'_>) -> Outcome {
        let collection = self.evaluate(&parts.collection, scope)?;
        let Some(items) = self.items(&collection, &parts.collection, scope)? else {
            return Ok(self.made(expression, scope, &[&collection]));
        };
        let mut list = Vec::new();
        let mut map: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        let mut groups: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
        for (key, value) in items {
            if !self.spend(2) {
                return Ok(convert::unresolved(&format!("{}: the code takes too many steps", render(expression))));
            }
            if let (Value::Unknown(unknown), true) = (&value, functions::is_rest(&value)) {
                if parts.key.is_some() {
                    return Ok(self.made(expression, scope, &[&collection]));
                }
                list.push(functions::rest(unknown));
                continue;
            }
            let key_binding = parts.key_name.as_deref().map(|name| Binding { name, value: key, outer: scope.binding });
            let outer = key_binding.as_ref().or(scope.binding);
            let binding = Binding { name: &parts.value_name, value, outer };
            let inner = Scope { binding: Some(&binding), ..*scope };
            if let Some(condition) = &parts.condition {
                let condition = self.evaluate(condition, &inner)?;
                match convert::truth(&condition) {
                    Some(true) => {}
                    Some(false) => continue,
                    None if is_open(&condition) => {
                        return Ok(self.made(expression, scope, &[&condition, &collection]));
                    }
                    None => return Err(Failure::new("the condition is not a bool")),
                }
            }
            let value = self.part(&parts.value, &inner)?;
            let Some(key) = &parts.key else {
                list.push(value);
                continue;
            };
            let key = self.evaluate(key, &inner)?;
            let Some(name) = convert::scalar_text(&key) else {
                if is_open(&key) {
                    return Ok(self.made(expression, scope, &[&key, &value]));
                }
                return Err(Failure::new("a key is not a text"));
            };
            if parts.grouping {
                groups.entry(name).or_default().push(value);
            } else if map.insert(name, value).is_some() {
                return Err(Failure::new("two items have the same key"));
            }
        }
        Ok(if parts.key.is_none() {
            Value::list(list)
        } else if parts.grouping {
            Value::map(groups.into_iter().map(|(key, values)| (key, Value::list(values))).collect())
        } else {
            Value::map(map)
        })
    }

    /// The items of a collection with their keys; `None` if they are not known.
    pub(super) fn items(
        &self,
        collection: &Value,
        expression: &Expr,
        scope: &Scope<'_>,
    ) -> Result<Option<Vec<(Value, Value)>>, Failure> {
        match collection {
            Value::List(items) => {
                self.spend(items.len() as u64);
                let set = is_set(expression, scope, 0);
                #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
                Ok(Some(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| {
                            (if set { item.clone() } else { Value::Number(index as f64) }, item.clone())
                        })
                        .collect(),
                ))
            }
            Value::Map(members) => Ok(Some(
                members
                    .iter()
                    .filter(|(key, _)| &***key != convert::BLOCK_MEMBER)
                    .map(|(key, value)| (Value::Text(key.clone()), value.clone()))
                    .collect(),
            )),
            value if is_open(value) => Ok(None),
            _ => Err(Failure::new("not a collection")),
        }
    }
}

/// Whether an expression gives a set, whose items are their own keys. Values do not tell sets from
/// lists, but the expressions that make sets are few.
fn is_set(expression: &Expr, scope: &Scope<'_>, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    match expression {
        Expr::Call(call) => {
            matches!(&*call.name, "toset" | "setunion" | "setintersection" | "setsubtract" | "setproduct" | "fileset")
                || matches!(&*call.name, "try" | "coalesce" | "sensitive" | "nonsensitive")
                    && call.arguments.first().is_some_and(|first| is_set(first, scope, depth + 1))
        }
        Expr::If(parts) => is_set(&parts[1], scope, depth + 1) || is_set(&parts[2], scope, depth + 1),
        Expr::Traverse(root, steps) => {
            let (Expr::Variable(root), [super::syntax::Step::Attribute(name)], Some(instance)) =
                (&**root, steps.as_slice(), scope.instance)
            else {
                return false;
            };
            if scope.bound(root).is_some() {
                return false;
            }
            match &**root {
                "local" => {
                    let module = instance.module.clone();
                    module.locals.get(name).is_some_and(|local| is_set(local, &Scope::of(instance), depth + 1))
                }
                "var" => instance
                    .module
                    .variables
                    .get(name)
                    .is_some_and(|variable| matches!(variable.kind, super::types::Type::Set(_))),
                _ => false,
            }
        }
        _ => false,
    }
}
