//! The evaluator: expressions to values, within bounds.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::convert;
use super::files::Loader;
use super::functions::Files;
use super::manifest::Manifest;
use super::scope::Scope;
use super::syntax::{Expr, Operator, Piece, render};
use crate::iac::deployment::{Problem, Site};
use crate::iac::origin::Origin;
use crate::iac::value::{Choice, Unknown, Value, Ways};
use crate::model::gap::GapCode;

/// Why an expression has no value: Terraform would refuse the code. Fits after a colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A template file as it was parsed, or why it could not be.
type ParsedTemplate = Rc<Result<Vec<Piece>, String>>;

/// Something that was said.
type Told = (String, u32, String);

/// What an expression comes to.
pub(super) type Outcome = Result<Value, Failure>;

/// Bounds of the work on one root module.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Steps of evaluation.
    pub steps: u64,
    /// Instances of resources, data sources and modules.
    pub instances: u64,
    /// Parts of one value.
    pub nodes: u64,
    /// Bytes of one text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 30_000_000, instances: 200_000, nodes: 1_000_000, text: 4 * 1024 * 1024 }
    }
}

/// Most expressions that wait for each other. A stack of [`super::STACK`] bytes holds as many.
const DEPTH: u32 = 1_500;

/// Deepest value.
const VALUE_DEPTH: u32 = 100;

/// Evaluates the expressions of one root module and of the modules it calls.
pub(super) struct Evaluator<'a> {
    pub(super) loader: RefCell<&'a mut Loader>,
    pub(super) root: PathBuf,
    /// The directory in which all code lies that is looked at together.
    pub(super) code: PathBuf,
    /// The version of the AWS provider that is locked, or which versions the root module takes.
    pub(super) aws_version: Option<Arc<str>>,
    /// The same as it is shown.
    pub(super) root_path: String,
    pub(super) manifest: Manifest,
    /// The workspace that was selected here; any may be where the code is applied.
    pub(super) workspace: Option<String>,
    /// The values given to variables of the root module.
    pub(super) given: HashMap<Arc<str>, super::variables::Given>,
    pub(super) limits: Limits,
    pub(super) steps: Cell<u64>,
    pub(super) instances: Cell<u64>,
    /// Whether a bound of the work is reached, and not all was evaluated.
    pub(super) over: Cell<bool>,
    depth: Cell<u32>,
    /// Whether a failure is to be seen by a `try` or `can` around.
    pub(super) strict: Cell<bool>,
    /// Whether a map that is a whole resource was made.
    pub(super) objects: Cell<bool>,
    pub(super) problems: RefCell<Vec<Problem>>,
    pub(super) missing: RefCell<Vec<Unknown>>,
    /// What was said already: file, line, message.
    told: RefCell<HashSet<Told>>,
    pub(super) templates: RefCell<HashMap<String, ParsedTemplate>>,
    /// Where the provider configurations of the root module are for, by their names.
    pub(super) sites: RefCell<HashMap<Arc<str>, Site>>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        loader: &'a mut Loader,
        root: PathBuf,
        root_path: String,
        manifest: Manifest,
        given: HashMap<Arc<str>, super::variables::Given>,
        limits: Limits,
    ) -> Self {
        let selected = super::files::read_text(&root.join(".terraform/environment")).ok();
        let workspace = selected.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Self {
            loader: RefCell::new(loader),
            code: root.clone(),
            aws_version: None,
            root,
            workspace,
            root_path,
            manifest,
            given,
            steps: Cell::new(limits.steps),
            instances: Cell::new(limits.instances),
            limits,
            over: Cell::new(false),
            depth: Cell::new(0),
            strict: Cell::new(false),
            objects: Cell::new(false),
            problems: RefCell::default(),
            missing: RefCell::default(),
            told: RefCell::default(),
            templates: RefCell::default(),
            sites: RefCell::default(),
        }
    }

    /// Says once that something could not be read.
    pub(super) fn problem(&self, file: &str, line: Option<u32>, message: &str) {
        if self.told.borrow_mut().insert((file.to_owned(), line.unwrap_or(0), message.to_owned())) {
            self.problems.borrow_mut().push(Problem { file: file.to_owned(), line, message: message.to_owned() });
        }
    }

    /// Spends steps; whether there were enough.
    pub(super) fn spend(&self, steps: u64) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(steps));
        if left <= steps {
            self.over.set(true);
        }
        left > steps
    }

    /// The directories that functions read of.
    pub(super) fn files(&self, scope: &Scope<'_>) -> Files {
        let module = scope.instance.map_or_else(|| self.root.clone(), |instance| instance.module.directory.clone());
        Files { root: self.root.clone(), module, code: self.code.clone() }
    }

    /// The value of an expression on its own: an argument, a local value. A failure makes it unknown,
    /// and so does a value that is too large.
    pub(super) fn value(&self, expression: &Expr, scope: &Scope<'_>) -> Value {
        let strict = self.strict.replace(false);
        let outcome = self.evaluate(expression, scope);
        self.strict.set(strict);
        match outcome {
            Ok(value) => self.bounded(value, expression),
            Err(failure) => self.failed(expression, scope, &failure),
        }
    }

    /// What stands for an expression that has no value.
    fn failed(&self, expression: &Expr, scope: &Scope<'_>, failure: &Failure) -> Value {
        let shown = format!("{}: {}", render(expression), failure.0);
        Value::unknown_from(GapCode::Unresolved, &shown, self.origin(expression, scope))
    }

    /// The value of a part of an expression: a failure makes it unknown, unless `try` is to see it.
    pub(super) fn part(&self, expression: &Expr, scope: &Scope<'_>) -> Outcome {
        match self.evaluate(expression, scope) {
            Err(failure) if !self.strict.get() => Ok(self.failed(expression, scope, &failure)),
            outcome => outcome,
        }
    }

    /// Evaluates with failures seen.
    pub(super) fn attempt(&self, expression: &Expr, scope: &Scope<'_>) -> Outcome {
        let strict = self.strict.replace(true);
        let outcome = self.evaluate(expression, scope);
        self.strict.set(strict);
        outcome
    }

    /// The value, if it is within the bounds of values.
    pub(super) fn bounded(&self, value: Value, expression: &Expr) -> Value {
        let mut left = self.limits.nodes;
        if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_))
            || fits(&value, VALUE_DEPTH, &mut left, self.limits.text)
        {
            let spent = self.limits.nodes - left;
            if self.spend(spent) {
                return value;
            }
        }
        convert::unresolved(&format!("{}: too large", render(expression)))
    }

    /// How many parts a value has, up to the bound of values.
    pub(super) fn weight(&self, value: &Value) -> u64 {
        let mut left = self.limits.nodes;
        fits(value, VALUE_DEPTH, &mut left, usize::MAX);
        self.limits.nodes - left
    }

    /// What an expression comes to.
    pub(super) fn evaluate(&self, expression: &Expr, scope: &Scope<'_>) -> Outcome {
        match expression {
            Expr::Null => return Ok(Value::Null),
            Expr::Bool(truth) => return Ok(Value::Bool(*truth)),
            Expr::Number(number) => return Ok(Value::Number(*number)),
            Expr::Text(text) => return Ok(Value::Text(text.clone())),
            _ => {}
        }
        if !self.spend(1) {
            return Ok(convert::unresolved(&format!("{}: the code takes too many steps", render(expression))));
        }
        let depth = self.depth.get();
        if depth >= DEPTH {
            return Ok(convert::unresolved(&format!("{}: too deep", render(expression))));
        }
        self.depth.set(depth + 1);
        let outcome = self.evaluate_inner(expression, scope);
        self.depth.set(depth);
        outcome
    }

    fn evaluate_inner(&self, expression: &Expr, scope: &Scope<'_>) -> Outcome {
        match expression {
            Expr::Null => Ok(Value::Null),
            Expr::Bool(truth) => Ok(Value::Bool(*truth)),
            Expr::Number(number) => Ok(Value::Number(*number)),
            Expr::Text(text) => Ok(Value::Text(text.clone())),
            Expr::Template(pieces) => self.template(pieces, scope),
            Expr::List(items) => {
                Ok(Value::list(items.iter().map(|item| self.part(item, scope)).collect::<Result<_, _>>()?))
            }
            Expr::Object(items) => self.object(expression, items, scope),
            Expr::Variable(_) => self.traverse(expression, expression, &[], scope),
            Expr::Traverse(root, steps) => self.traverse(expression, root, steps, scope),
            Expr::If(parts) => self.conditional(expression, parts, scope),
            Expr::Call(call) => self.call(expression, call, scope),
            Expr::Not(operand) => {
                let value = self.evaluate(operand, scope)?;
                if is_open(&value) {
                    return Ok(convert::made_by("!", &render(expression), &[&value]));
                }
                convert::truth(&value).map(|truth| Value::Bool(!truth)).ok_or_else(|| Failure::new("not a bool"))
            }
            Expr::Negate(operand) => {
                let value = self.evaluate(operand, scope)?;
                if is_open(&value) {
                    return Ok(convert::made_by("0 -", &render(expression), &[&value]));
                }
                convert::number(&value).map(|number| Value::Number(-number)).ok_or_else(|| Failure::new("not a number"))
            }
            Expr::Binary(operator, operands) => self.binary(expression, *operator, operands, scope),
            Expr::For(parts) => self.for_expression(expression, parts, scope),
        }
    }

    fn object(&self, expression: &Expr, items: &[(Expr, Expr)], scope: &Scope<'_>) -> Outcome {
        let mut members = BTreeMap::new();
        for (key, value) in items {
            let key = self.evaluate(key, scope)?;
            let value = self.part(value, scope)?;
            match convert::scalar_text(&key) {
                Some(key) => {
                    members.insert(key, value);
                }
                None if is_open(&key) => return Ok(self.made(expression, scope, &[&key, &value])),
                None => return Err(Failure::new("a key is not a text")),
            }
        }
        Ok(Value::map(members))
    }

    fn conditional(&self, expression: &Expr, parts: &[Expr; 3], scope: &Scope<'_>) -> Outcome {
        let condition = self.evaluate(&parts[0], scope)?;
        if let Some(truth) = convert::truth(&condition) {
            return self.evaluate(&parts[if truth { 1 } else { 2 }], scope);
        }
        if !is_open(&condition) {
            return Err(Failure::new("the condition is not a bool"));
        }
        let (one, other) = (self.part(&parts[1], scope)?, self.part(&parts[2], scope)?);
        if convert::equal(&one, &other) == Some(true) {
            return Ok(one);
        }
        let made = convert::made_by("?", &render(expression), &[&condition, &one, &other]);
        let Value::Unknown(unknown) = &made else { return Ok(made) };
        let ways = Ways { by: Origin::of(&condition), shown: render(&parts[0]), choice: Choice::Either(one, other) };
        Ok(Value::Unknown(Arc::new((**unknown).clone().either(ways))))
    }

    fn binary(&self, expression: &Expr, operator: Operator, operands: &(Expr, Expr), scope: &Scope<'_>) -> Outcome {
        let one = self.evaluate(&operands.0, scope)?;
        if let (Operator::And, Some(false)) | (Operator::Or, Some(true)) = (operator, convert::truth(&one)) {
            return Ok(Value::Bool(operator == Operator::Or));
        }
        let other = self.evaluate(&operands.1, scope)?;
        let unknown = || Ok(convert::made_by(operator.sign(), &render(expression), &[&one, &other]));
        match operator {
            Operator::Equal | Operator::NotEqual if !self.spend(self.weight(&one)) => unknown(),
            Operator::Equal | Operator::NotEqual => match convert::equal(&one, &other) {
                Some(same) => Ok(Value::Bool(same == (operator == Operator::Equal))),
                None => unknown(),
            },
            Operator::And | Operator::Or => {
                let decides = operator == Operator::Or;
                match (convert::truth(&one), convert::truth(&other)) {
                    (_, Some(truth)) if truth == decides => Ok(Value::Bool(decides)),
                    (Some(_), Some(_)) => Ok(Value::Bool(!decides)),
                    _ if is_open(&one) || is_open(&other) => unknown(),
                    _ => Err(Failure::new("not a bool")),
                }
            }
            _ => {
                if is_open(&one) || is_open(&other) {
                    return unknown();
                }
                let (Some(one), Some(other)) = (convert::number(&one), convert::number(&other)) else {
                    return Err(Failure::new("not a number"));
                };
                arithmetic(operator, one, other)
            }
        }
    }
}

/// Whether a value as a whole is not known.
pub(super) fn is_open(value: &Value) -> bool {
    matches!(value, Value::Unknown(_) | Value::Template(_))
}

fn arithmetic(operator: Operator, one: f64, other: f64) -> Outcome {
    let number = match operator {
        Operator::Less => return Ok(Value::Bool(one < other)),
        Operator::LessEqual => return Ok(Value::Bool(one <= other)),
        Operator::Greater => return Ok(Value::Bool(one > other)),
        Operator::GreaterEqual => return Ok(Value::Bool(one >= other)),
        Operator::Add => one + other,
        Operator::Subtract => one - other,
        Operator::Multiply => one * other,
        Operator::Divide => one / other,
        Operator::Remainder => one % other,
        Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => {
            return Err(Failure::new("not a number"));
        }
    };
    if number.is_finite() { Ok(Value::Number(number)) } else { Err(Failure::new("not a finite number")) }
}

/// Whether a value is within the bounds; takes its parts off what is left.
fn fits(value: &Value, depth: u32, left: &mut u64, text: usize) -> bool {
    let cost = match value {
        Value::Text(text) => 1 + text.len() as u64 / 64,
        Value::Template(parts) => parts.len() as u64,
        _ => 1,
    };
    if depth == 0 || *left <= cost {
        return false;
    }
    *left -= cost;
    match value {
        Value::Text(known) => known.len() <= text,
        Value::List(items) => items.iter().all(|item| fits(item, depth - 1, left, text)),
        Value::Map(members) => members.values().all(|member| fits(member, depth - 1, left, text)),
        Value::Json(inner) => fits(inner, depth - 1, left, text),
        _ => true,
    }
}
