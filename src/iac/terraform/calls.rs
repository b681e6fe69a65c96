//! Calls of functions. Those that see failures, or evaluate, are here; the rest are pure.

use std::rc::Rc;
use std::sync::Arc;

use super::convert;
use super::evaluate::{Evaluator, Failure, Outcome, is_open};
use super::functions;
use super::lower;
use super::scope::{Binding, Scope};
use super::syntax::{Call, Expr, Piece, Step, render};
use crate::iac::value::{Part, Unknown, Value};
use crate::model::gap::GapCode;

impl Evaluator<'_> {
    /// What a call comes to.
    pub(super) fn call(&self, expression: &Expr, call: &Call, scope: &Scope<'_>) -> Outcome {
        let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
        match name {
            "try" => return self.try_call(call, scope),
            "can" => return self.can_call(expression, call, scope),
            _ if name.contains("::") => return Ok(self.made(expression, scope, &[])),
            _ => {}
        }
        // What is marked and unmarked at once is as it was.
        if let ("nonsensitive", [Expr::Call(inner)]) = (name, call.arguments.as_slice())
            && &*inner.name == "sensitive"
            && let [value] = inner.arguments.as_slice()
        {
            return self.part(value, scope);
        }
        if let ("nonsensitive", [Expr::Traverse(root, steps)]) = (name, call.arguments.as_slice())
            && matches!(&**root, Expr::Variable(root) if &**root == "var")
            && let [Step::Attribute(variable)] = steps.as_slice()
            && let Some(instance) = scope.instance
        {
            return Ok(self.unmarked_variable(instance, variable));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.part(argument, scope)?);
        }
        if call.expand {
            match arguments.pop() {
                Some(Value::List(items)) => arguments.extend(items.iter().cloned()),
                Some(value) if is_open(&value) => {
                    arguments.push(value);
                    return Ok(self.made(expression, scope, &arguments.iter().collect::<Vec<_>>()));
                }
                _ => return Err(Failure::new("what is expanded is not a list")),
            }
        }
        match (name, arguments.as_slice()) {
            ("templatefile", [path, variables]) => return self.template_file(expression, path, variables, scope),
            ("templatestring", [text, variables]) => return self.template_string(expression, text, variables),
            ("sensitive", [value]) => return Ok(convert::sensitive(value, &render(expression))),
            ("issensitive", [value]) => return Ok(Value::Bool(is_sensitive(value))),
            ("ephemeralasnull", [value]) => return Ok(if is_sensitive(value) { Value::Null } else { value.clone() }),
            ("coalesce", values) => return coalesce(expression, values),
            // Looked up without a look at the whole map, which can be asked for each of its keys.
            ("lookup", [Value::Map(members), Value::Text(key), ..]) if members.contains_key(key) => {
                return Ok(members[key].clone());
            }
            // An unknown value converted, or an element of an unknown list, is the attribute it refers to.
            ("nonsensitive", [value])
            | (
                "tostring" | "tonumber" | "tobool" | "tolist" | "toset" | "tomap" | "one" | "element" | "flatten"
                | "compact" | "distinct" | "sort" | "reverse" | "coalescelist" | "concat" | "setunion",
                [value @ Value::Unknown(_)],
            ) => return Ok(value.clone()),
            ("element", [list @ Value::Unknown(_), at]) => return super::traverse::element(list, at),
            _ => {}
        }
        if self.objects.get() && matches!(name, "keys" | "length" | "jsonencode" | "yamlencode" | "md5" | "sha256") {
            arguments = arguments.iter().map(convert::plain).collect();
        }
        // The functions look at all of their arguments.
        let weight: u64 = arguments.iter().map(|argument| self.weight(argument)).sum();
        if !self.spend(1 + weight / 4 + work(name, &arguments)) {
            return Ok(convert::unresolved(&format!("{}: the code takes too many steps", render(expression))));
        }
        match functions::call(name, &arguments, &self.files(scope)) {
            Ok(value) => Ok(self.bounded(value, expression)),
            Err(error) if arguments.iter().all(Value::is_known) => Err(Failure(error.to_string())),
            Err(_) => Ok(self.made(expression, scope, &arguments.iter().collect::<Vec<_>>())),
        }
    }

    fn try_call(&self, call: &Call, scope: &Scope<'_>) -> Outcome {
        for argument in &call.arguments {
            if let Ok(value) = self.attempt(argument, scope) {
                return Ok(value);
            }
        }
        Err(Failure::new("nothing that is tried can be evaluated"))
    }

    fn can_call(&self, expression: &Expr, call: &Call, scope: &Scope<'_>) -> Outcome {
        let Some(argument) = call.arguments.first() else { return Err(Failure::new("can takes one argument")) };
        match self.attempt(argument, scope) {
            Ok(value) if is_open(&value) => Ok(self.made(expression, scope, &[&value])),
            Ok(_) => Ok(Value::Bool(true)),
            Err(_) => Ok(Value::Bool(false)),
        }
    }

    fn template_file(&self, expression: &Expr, path: &Value, variables: &Value, scope: &Scope<'_>) -> Outcome {
        let Value::Text(path) = path else {
            return Ok(self.made(expression, scope, &[path, variables]));
        };
        let files = self.files(scope);
        let cached = format!("{}\n{path}", files.module.display());
        let known = self.templates.borrow().get(&cached).cloned();
        let pieces = if let Some(pieces) = known {
            pieces
        } else {
            if !self.spend(FILE_STEPS) {
                return Ok(convert::unresolved(&format!("{}: the code takes too many steps", render(expression))));
            }
            let pieces = match functions::call("file", &[Value::Text(path.clone())], &files) {
                Ok(Value::Text(text)) => lower::parse_template(&text)
                    .map_err(|error| format!("the template in line {}: {}", error.line, error.message)),
                // A file that cannot be read is nothing that `try` goes round: it may be there where it is run.
                Ok(_) => Err("the file cannot be read".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            let pieces = Rc::new(pieces);
            self.templates.borrow_mut().insert(cached, pieces.clone());
            pieces
        };
        match &*pieces {
            Ok(pieces) => self.render_template(expression, pieces, variables),
            Err(message) => {
                let shown = format!("templatefile: {message}");
                Ok(Value::unknown_from(GapCode::Unresolved, &shown, self.origin(expression, scope)))
            }
        }
    }

    fn template_string(&self, expression: &Expr, text: &Value, variables: &Value) -> Outcome {
        let Value::Text(text) = text else {
            return Ok(convert::made_by("templatestring", &render(expression), &[text, variables]));
        };
        // It is parsed anew every time.
        if !self.spend(100 + 2 * text.len() as u64) {
            return Ok(convert::unresolved(&format!("{}: the code takes too many steps", render(expression))));
        }
        match lower::parse_template(text) {
            Ok(pieces) => self.render_template(expression, &pieces, variables),
            Err(error) => Err(Failure(error.message)),
        }
    }

    /// A template with the variables that its caller gives it, and no others.
    pub(super) fn render_template(&self, expression: &Expr, pieces: &[Piece], variables: &Value) -> Outcome {
        let Value::Map(members) = variables else {
            return Ok(convert::made_of(&render(expression), &[variables]));
        };
        let members: Vec<(&Arc<str>, &Value)> = members.iter().collect();
        self.bind(expression, pieces, &members, None)
    }

    /// Binds the variables one after the other, each in the scope of those before it.
    fn bind(
        &self,
        expression: &Expr,
        pieces: &[Piece],
        members: &[(&Arc<str>, &Value)],
        outer: Option<&Binding<'_>>,
    ) -> Outcome {
        if members.len() > 500 {
            return Ok(convert::unresolved(&format!("{}: too many variables", render(expression))));
        }
        if let Some(((name, value), rest)) = members.split_first() {
            let binding = Binding { name, value: (*value).clone(), outer };
            return self.bind(expression, pieces, rest, Some(&binding));
        }
        let scope = Scope { binding: outer, ..Scope::EMPTY };
        self.template(pieces, &scope).map(|value| self.bounded(value, expression))
    }
}

/// The steps that reading a file counts as.
const FILE_STEPS: u64 = 3_000;

/// The steps of a call beside those of looking at its arguments once: a loop has so many of them that
/// one must not take much longer than another.
fn work(name: &str, arguments: &[Value]) -> u64 {
    let length = || arguments.iter().filter_map(Value::as_text).map(|text| text.len() as u64).sum::<u64>();
    let is_pattern = || arguments.get(1).and_then(Value::as_text).is_some_and(|wanted| wanted.starts_with('/'));
    match name {
        // The pattern is compiled anew, and each letter may be tried in every state of it.
        "regex" | "regexall" => 2_000 + 64 * length(),
        "replace" if is_pattern() => 2_000 + 64 * length(),
        "base64gzip" => length() / 8,
        "fileset" => 20_000,
        _ if name.starts_with("file") => FILE_STEPS,
        _ => 0,
    }
}

/// The first that is neither null nor an empty text.
fn coalesce(expression: &Expr, values: &[Value]) -> Outcome {
    for (place, value) in values.iter().enumerate() {
        match value {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            Value::Unknown(_) if convert::equal(value, &Value::Null) == Some(false) => return Ok(value.clone()),
            Value::Unknown(_) => {
                return Ok(convert::made_by(
                    "coalesce",
                    &render(expression),
                    &values[place..].iter().collect::<Vec<_>>(),
                ));
            }
            Value::Template(parts) if !parts.iter().any(|part| matches!(part, Part::Text(_))) => {
                return Ok(convert::made_by(
                    "coalesce",
                    &render(expression),
                    &values[place..].iter().collect::<Vec<_>>(),
                ));
            }
            value => return Ok(value.clone()),
        }
    }
    Err(Failure::new("there is nothing to choose from"))
}

fn is_sensitive(value: &Value) -> bool {
    let hidden = |unknown: &Unknown| unknown.code == GapCode::Sensitive;
    match value {
        Value::Unknown(unknown) => hidden(unknown),
        Value::Template(parts) => parts.iter().any(|part| matches!(part, Part::Unknown(unknown) if hidden(unknown))),
        Value::List(items) => items.iter().any(is_sensitive),
        Value::Map(members) => members.values().any(is_sensitive),
        Value::Json(inner) => is_sensitive(inner),
        _ => false,
    }
}
