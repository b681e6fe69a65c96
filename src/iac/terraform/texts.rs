//! The text of templates.

use std::sync::Arc;

use super::convert;
use super::evaluate::{Evaluator, Failure, Outcome, is_open};
use super::functions;
use super::scope::{Binding, Scope};
use super::syntax::{Expr, Piece, render};
use crate::iac::value::{Part, Value};

impl Evaluator<'_> {
    /// The text of a template.
    pub(super) fn template(&self, pieces: &[Piece], scope: &Scope<'_>) -> Outcome {
        let mut parts = Vec::with_capacity(pieces.len());
        let mut length = 0;
        self.pieces(pieces, scope, &mut parts, &mut length)?;
        Ok(convert::template(parts))
    }

    fn pieces(
        &self,
        pieces: &[Piece],
        scope: &Scope<'_>,
        parts: &mut Vec<Part>,
        length: &mut usize,
    ) -> Result<(), Failure> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.push_text(text.clone(), parts, length)?,
                Piece::Value(expression) => {
                    let value = self.part(expression, scope)?;
                    self.push_value(&value, expression, parts, length)?;
                }
                Piece::If(branches) => {
                    let condition = self.part(&branches.0, scope)?;
                    match convert::truth(&condition) {
                        Some(true) => self.pieces(&branches.1, scope, parts, length)?,
                        Some(false) => self.pieces(&branches.2, scope, parts, length)?,
                        None if is_open(&condition) => {
                            let one = self.template(&branches.1, scope)?;
                            let other = self.template(&branches.2, scope)?;
                            if convert::equal(&one, &other) == Some(true) {
                                self.push_value(&one, &branches.0, parts, length)?;
                            } else {
                                let expression = format!("%{{if {}}}", render(&branches.0));
                                let made = convert::made_by("%{if", &expression, &[&condition, &one, &other]);
                                self.push_value(&made, &branches.0, parts, length)?;
                            }
                        }
                        None => return Err(Failure::new("the condition is not a bool")),
                    }
                }
                Piece::For(directive) => {
                    let collection = self.part(&directive.collection, scope)?;
                    let Some(items) = self.items(&collection, &directive.collection, scope)? else {
                        let expression = format!("%{{for … in {}}}", render(&directive.collection));
                        let made = convert::made_of(&expression, &[&collection]);
                        self.push_value(&made, &directive.collection, parts, length)?;
                        continue;
                    };
                    for (key, value) in items {
                        if !self.spend(2) {
                            return Err(Failure::new("the code takes too many steps"));
                        }
                        if functions::is_rest(&value) {
                            self.push_value(&value, &directive.collection, parts, length)?;
                            continue;
                        }
                        let key_binding = directive.key_name.as_deref().map(|name| Binding {
                            name,
                            value: key,
                            outer: scope.binding,
                        });
                        let outer = key_binding.as_ref().or(scope.binding);
                        let binding = Binding { name: &directive.value_name, value, outer };
                        let inner = Scope { binding: Some(&binding), ..*scope };
                        self.pieces(&directive.body, &inner, parts, length)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn push_text(&self, text: Arc<str>, parts: &mut Vec<Part>, length: &mut usize) -> Result<(), Failure> {
        *length += text.len() + 8;
        if *length > self.limits.text || !self.spend(text.len() as u64 / 64) {
            return Err(Failure::new("the text is too large"));
        }
        parts.push(Part::Text(text));
        Ok(())
    }

    fn push_value(
        &self,
        value: &Value,
        expression: &Expr,
        parts: &mut Vec<Part>,
        length: &mut usize,
    ) -> Result<(), Failure> {
        match value {
            Value::Unknown(unknown) => {
                *length += 64;
                if *length > self.limits.text {
                    return Err(Failure::new("the text is too large"));
                }
                parts.push(Part::Unknown(unknown.clone()));
                Ok(())
            }
            Value::Template(inner) => {
                for part in inner.iter() {
                    match part {
                        Part::Text(text) => self.push_text(text.clone(), parts, length)?,
                        Part::Unknown(_) => {
                            *length += 64;
                            parts.push(part.clone());
                        }
                    }
                }
                Ok(())
            }
            // The same as text.
            Value::Json(_) => match functions::to_text(value) {
                Ok(text) => self.push_value(&text, expression, parts, length),
                Err(error) => Err(Failure(error.to_string())),
            },
            value => match convert::scalar_text(value) {
                Some(text) => self.push_text(text, parts, length),
                None if !self.strict.get() => {
                    let message = if value.is_null() { "it is null" } else { "it is not a text" };
                    let Value::Unknown(unknown) = convert::unresolved(&format!("{}: {message}", render(expression)))
                    else {
                        return Err(Failure::new(message));
                    };
                    parts.push(Part::Unknown(unknown));
                    Ok(())
                }
                None => Err(Failure::new("not a text")),
            },
        }
    }
}
