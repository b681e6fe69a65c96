//! One compiled CEL expression and its evaluation against an item.
//!
//! Unknown values need no rule of their own here: reading one is an error, and CEL's `&&`, `||`,
//! `all` and `exists` absorb an error only where the rest already decides. The error that
//! survives is the reason. Two things are ours: equality, `in` and `size` are rewritten so that they
//! can fail on an unknown list element, and the optional syntax is off, for it would swallow errors.

use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr, IdedExpr, operators};
use cel::common::types::{CelBool, CelInt, CelString, DYN_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::parser::{Expression as Ast, Macro};
use cel::{Context, Env, ExecutionError, Value as CelValue};

use super::direct::{self, Code};
use super::functions::{FUNCTIONS, Fault};
use super::tree::Tree;
use super::value::{Node, Scope, boxed, contained, equal, scope_of, size, tree_of};
use crate::model::gap::{Gap, GapCode};

/// Longest source of an expression, in bytes.
const SOURCE_LIMIT: usize = 4096;
/// Deepest nesting of comprehensions: each level multiplies the work.
const NESTING_LIMIT: usize = 4;

pub(super) const EQUALS: &str = "tickmark_equals";
pub(super) const DIFFERS: &str = "tickmark_differs";
pub(super) const CONTAINED: &str = "tickmark_in";
pub(super) const SIZE: &str = "tickmark_size";
pub(super) const DAYS_SINCE: &str = "tickmark_days";

/// Why an expression could not be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the source where it is, where known.
    pub offset: Option<usize>,
}

/// A compiled expression.
pub struct Expression {
    source: String,
    ast: Ast,
    /// The short way, where there is one.
    direct: Option<Code>,
}

/// What an evaluation came to, and what it read.
pub struct Evaluated {
    /// True, false, or the gap that kept it from being decided.
    pub outcome: Result<bool, Gap>,
    /// What was read, in order: JSON pointer below the variable, and the value where present.
    pub reads: Vec<(String, Option<Tree>)>,
}

/// The variables of an evaluation.
pub struct Variables<'a> {
    /// `resource`, where the item is one.
    pub resource: Option<&'a Tree>,
    /// `resources`, where the item is an account or a region: a map of lists by type.
    pub resources: Option<&'a Tree>,
    /// `parameters`.
    pub parameters: &'a Tree,
    /// `account`.
    pub account: &'a str,
    /// `region`.
    pub region: &'a str,
    /// The scan's clock, seconds since the epoch.
    pub now: i64,
}

/// The variables as the interpreter asks for them: by name, on the way, with nothing put in a map first.
struct Bound<'a> {
    resource: Option<Node>,
    resources: Option<Node>,
    parameters: Box<dyn Val + 'a>,
    account: CelString<'a>,
    region: CelString<'a>,
    now: CelInt,
}

impl VariableResolver for Bound<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        match variable {
            "resource" => self.resource.as_ref().map(|node| CowVal::Borrowed(node)),
            "resources" => self.resources.as_ref().map(|node| CowVal::Borrowed(node)),
            "parameters" => Some(CowVal::Borrowed(&*self.parameters)),
            "account" => Some(CowVal::Borrowed(&self.account)),
            "region" => Some(CowVal::Borrowed(&self.region)),
            "now" => Some(CowVal::Borrowed(&self.now)),
            _ => None,
        }
    }
}

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(environment()));

impl Expression {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// When it is not CEL, is longer than 4 KiB, or nests comprehensions deeper than four.
    pub fn compile(source: &str) -> Result<Self, ExpressionError> {
        if source.len() > SOURCE_LIMIT {
            let message = format!("the expression is {} bytes long; the limit is {SOURCE_LIMIT}", source.len());
            return Err(ExpressionError { message, offset: None });
        }
        let mut ast = ENVIRONMENT.parser().parse(source).map_err(|errors| {
            let first = errors.errors.first();
            ExpressionError {
                message: first.map_or_else(|| errors.to_string(), |error| error.msg.clone()),
                offset: first.and_then(|error| offset_of(source, error.pos.0, error.pos.1)),
            }
        })?;
        if nesting(&ast) > NESTING_LIMIT {
            let message = format!("all, exists, map and filter are nested deeper than {NESTING_LIMIT}");
            return Err(ExpressionError { message, offset: None });
        }
        rewrite(&mut ast);
        let direct = direct::translate(&ast);
        Ok(Self { source: source.to_owned(), ast, direct })
    }

    /// The source it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The syntax tree, for checks against the resource schemas.
    pub(crate) fn ast(&self) -> &Ast {
        &self.ast
    }

    /// Evaluates it.
    #[must_use]
    pub fn evaluate(&self, variables: &Variables<'_>) -> Evaluated {
        match self.direct.as_ref().and_then(|code| direct::run(code, variables)) {
            Some((answer, reads)) => {
                #[cfg(test)]
                self.compare(answer, &reads, variables);
                Evaluated { outcome: Ok(answer), reads }
            }
            None => self.interpret(variables),
        }
    }

    /// Every test that judges anything compares the two ways.
    #[cfg(test)]
    fn compare(&self, answer: bool, reads: &[(String, Option<Tree>)], variables: &Variables<'_>) {
        let interpreted = self.interpret(variables);
        assert_eq!((Ok(answer), reads), (interpreted.outcome, &*interpreted.reads), "{}", self.source);
    }

    /// Evaluates it by CEL's interpreter.
    pub(super) fn interpret(&self, variables: &Variables<'_>) -> Evaluated {
        let scope = Arc::new(Scope::default());
        let untraced = Arc::new(Scope::default());
        let node = |tree: Option<&Tree>| tree.map(|tree| Node::new(tree.clone(), "", &scope));
        let bound = Bound {
            resource: node(variables.resource),
            resources: node(variables.resources),
            parameters: boxed(variables.parameters.clone(), "", &untraced),
            account: CelString::from(variables.account),
            region: CelString::from(variables.region),
            now: CelInt::from(variables.now),
        };
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        context.set_variable_resolver(&bound);
        let outcome = match CelValue::resolve_val(&self.ast, &context) {
            Ok(value) => value.downcast_ref::<CelBool>().map(|flag| *flag.inner()).ok_or_else(|| {
                Gap::new(GapCode::ExpressionError, format!("the result is a {}, not a bool", value.get_type().name()))
            }),
            Err(error) => Err(gap_of(&error, &scope, &untraced)),
        };
        Evaluated { outcome, reads: scope.reads() }
    }
}

fn gap_of(error: &ExecutionError, scope: &Scope, untraced: &Scope) -> Gap {
    if let Some(gap) = scope.gap_of(error).or_else(|| untraced.gap_of(error)) {
        return gap.as_ref().clone();
    }
    match error {
        ExecutionError::NoSuchKey(pointer) => Gap::new(GapCode::AttributeAbsent, pointer.to_string()),
        ExecutionError::FunctionError { function, message } if function == FAULT => {
            match message.split_once('\u{1f}') {
                Some((code, detail)) => Gap::new(GapCode::parse(code).unwrap_or(GapCode::ExpressionError), detail),
                None => Gap::new(GapCode::ExpressionError, message.clone()),
            }
        }
        other => Gap::new(GapCode::ExpressionError, other.to_string()),
    }
}

/// The name under which a function's own fault travels.
const FAULT: &str = "tickmark.fault";

/// CEL's error for a function's fault. An unknown found inside an argument travels through the
/// scope of that argument, so that nothing of the gap is lost.
fn raise(args: &[CowVal<'_, '_>], fault: Fault) -> ExecutionError {
    match fault {
        Fault::Unknown(gap) => match args.iter().find_map(|arg| scope_of(arg.as_ref())) {
            Some(scope) => scope.raise(gap),
            None => ExecutionError::function_error(FAULT, format!("{}\u{1f}{}", gap.code.as_str(), gap.detail)),
        },
        Fault::Invalid(message) => ExecutionError::function_error(FAULT, message),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of a CEL function")]
fn call<'b, 'v, const INDEX: usize>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let trees = args.iter().map(|arg| tree_of(arg.as_ref())).collect::<Result<Vec<_>, _>>()?;
    match (FUNCTIONS[INDEX].call)(&trees) {
        Ok(tree) => {
            let scope = args.iter().find_map(|arg| scope_of(arg.as_ref())).cloned().unwrap_or_default();
            Ok(CowVal::Owned(boxed(tree, "", &scope)))
        }
        Err(fault) => Err(raise(&args, fault)),
    }
}

/// CEL takes plain function pointers, so each entry of the table gets one of its own.
type Pointer = cel::common::functions::Function;
macro_rules! pointers {
    ($($index:literal)*) => { [$(call::<$index>),*] };
}
const POINTERS: [Pointer; 32] =
    pointers!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

fn environment() -> Env {
    let mut env = Env::stdlib().with_optional_support(false);
    let declared = "each name is declared once";
    for (function, pointer) in FUNCTIONS.iter().zip(POINTERS) {
        let params: Vec<Type> = function.params.iter().map(|_| DYN_TYPE).collect();
        let id = format!("{}_{}", function.name, params.len());
        env.add_overload(function.name, &id, params, pointer).expect(declared);
    }
    assert!(FUNCTIONS.len() <= POINTERS.len(), "give POINTERS as many entries as FUNCTIONS has");
    env.add_overload(EQUALS, EQUALS, vec![DYN_TYPE, DYN_TYPE], |args| {
        equal(args[0].as_ref(), args[1].as_ref()).map(|same| CowVal::owned(CelBool::from(same)))
    })
    .expect(declared);
    env.add_overload(DIFFERS, DIFFERS, vec![DYN_TYPE, DYN_TYPE], |args| {
        equal(args[0].as_ref(), args[1].as_ref()).map(|same| CowVal::owned(CelBool::from(!same)))
    })
    .expect(declared);
    env.add_overload(CONTAINED, CONTAINED, vec![DYN_TYPE, DYN_TYPE], |args| {
        contained(args[0].as_ref(), args[1].as_ref()).map(|inside| CowVal::owned(CelBool::from(inside)))
    })
    .expect(declared);
    env.add_overload(SIZE, SIZE, vec![DYN_TYPE], |args| {
        size(args[0].as_ref()).map(|size| CowVal::owned(CelInt::from(size)))
    })
    .expect(declared);
    env.add_overload(DAYS_SINCE, DAYS_SINCE, vec![DYN_TYPE, DYN_TYPE], days).expect(declared);
    env.add_macro(Macro::global("days_since", 1, |helper, _target, args| {
        let Some(time) = args.pop() else { return Ok(None) };
        let now = helper.next_expr(Expr::Ident("now".to_owned()));
        Ok(Some(helper.next_expr(Expr::Call(cel::common::ast::CallExpr {
            func_name: DAYS_SINCE.to_owned(),
            target: None,
            args: vec![time, now],
        }))))
    }))
    .expect(declared);
    env
}

/// `days_since(t)`: whole days from the RFC 3339 time `t` to the scan's clock, rounded down.
#[expect(clippy::needless_pass_by_value, reason = "the signature is that of a CEL function")]
fn days<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let time = tree_of(args[0].as_ref())?;
    if let Tree::Unknown(gap) = &time {
        return Err(raise(&args, Fault::Unknown(Arc::clone(gap))));
    }
    let Some(text) = time.as_str() else {
        return Err(raise(&args, Fault::Invalid("days_since takes an RFC 3339 time".to_owned())));
    };
    let Tree::Int(now) = tree_of(args[1].as_ref())? else {
        return Err(raise(&args, Fault::Invalid("the clock is not a number".to_owned())));
    };
    match whole_days(text, now) {
        Some(days) => Ok(CowVal::owned(CelInt::from(days))),
        None => Err(raise(&args, Fault::Invalid(format!("`{text}` is not an RFC 3339 time")))),
    }
}

/// Whole days from an RFC 3339 time to the clock, rounded down; `None` where it is not such a time.
pub(super) fn whole_days(time: &str, now: i64) -> Option<i64> {
    let then = chrono::DateTime::parse_from_rfc3339(time).ok()?;
    Some((now - then.timestamp()).div_euclid(86_400))
}

/// Puts the fallible forms of `==`, `!=`, `in` and `size` in place of CEL's own.
fn rewrite(ast: &mut IdedExpr) {
    if let Expr::Call(call) = &mut ast.expr {
        if call.func_name == "size" {
            SIZE.clone_into(&mut call.func_name);
            if let Some(target) = call.target.take() {
                call.args.insert(0, *target);
            }
        }
        match call.func_name.as_str() {
            operators::EQUALS => EQUALS.clone_into(&mut call.func_name),
            operators::NOT_EQUALS => DIFFERS.clone_into(&mut call.func_name),
            operators::IN => CONTAINED.clone_into(&mut call.func_name),
            _ => {}
        }
    }
    for child in children_mut(ast) {
        rewrite(child);
    }
}

fn children_mut(ast: &mut IdedExpr) -> Vec<&mut IdedExpr> {
    match &mut ast.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).collect(),
        Expr::Comprehension(c) => {
            vec![&mut c.iter_range, &mut c.accu_init, &mut c.loop_cond, &mut c.loop_step, &mut c.result]
        }
        Expr::List(list) => list.elements.iter_mut().collect(),
        Expr::Select(select) => vec![&mut select.operand],
        Expr::Map(map) => map.entries.iter_mut().flat_map(|entry| entry_children_mut(&mut entry.expr)).collect(),
        Expr::Struct(record) => {
            record.entries.iter_mut().flat_map(|entry| entry_children_mut(&mut entry.expr)).collect()
        }
    }
}

fn entry_children_mut(entry: &mut EntryExpr) -> Vec<&mut IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&mut field.value],
        EntryExpr::MapEntry(entry) => vec![&mut entry.key, &mut entry.value],
    }
}

/// The sub-expressions of an expression.
pub(crate) fn children(ast: &IdedExpr) -> Vec<&IdedExpr> {
    fn entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
        match entry {
            EntryExpr::StructField(field) => vec![&field.value],
            EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        }
    }
    match &ast.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(c) => vec![&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map.entries.iter().flat_map(|member| entry(&member.expr)).collect(),
        Expr::Struct(record) => record.entries.iter().flat_map(|member| entry(&member.expr)).collect(),
    }
}

fn nesting(ast: &IdedExpr) -> usize {
    let below = children(ast).into_iter().map(nesting).max().unwrap_or(0);
    below + usize::from(matches!(ast.expr, Expr::Comprehension(_)))
}

/// Byte offset of a 1-based line and column, where they lie in the source.
fn offset_of(source: &str, line: isize, column: isize) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.saturating_sub(1);
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    (start + column <= source.len()).then_some(start + column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn run(source: &str, resource: &Value, unknown: &[(&str, GapCode)]) -> Evaluated {
        let unknown: BTreeMap<String, Gap> =
            unknown.iter().map(|(at, code)| ((*at).to_owned(), Gap::new(*code, "why"))).collect();
        let resource = Tree::with_unknown(resource, &unknown);
        let parameters = Tree::known(&json!({"days": 90}));
        Expression::compile(source).expect("compiles").evaluate(&Variables {
            resource: Some(&resource),
            resources: None,
            parameters: &parameters,
            account: "123456789012",
            region: "us-east-1",
            now: 1_780_272_000,
        })
    }

    fn code(evaluated: &Evaluated) -> Result<bool, GapCode> {
        evaluated.outcome.clone().map_err(|gap| gap.code)
    }

    #[test]
    fn an_unknown_is_absorbed_only_where_the_rest_decides() {
        let denied = [("/policy", GapCode::AccessDenied)];
        let resource = json!({"on": true, "off": false});
        for (source, expected) in [
            ("resource.policy.x && resource.off", Ok(false)),
            ("resource.off && resource.policy.x", Ok(false)),
            ("resource.policy.x || resource.on", Ok(true)),
            ("resource.policy.x && resource.on", Err(GapCode::AccessDenied)),
            ("resource.policy == 'x' || resource.off", Err(GapCode::AccessDenied)),
            ("has(resource.policy)", Err(GapCode::AccessDenied)),
            ("!has(resource.policy)", Err(GapCode::AccessDenied)),
            ("has(resource.nothing)", Ok(false)),
            ("resource.nothing", Err(GapCode::AttributeAbsent)),
        ] {
            assert_eq!(code(&run(source, &resource, &denied)), expected, "{source}");
        }
    }

    #[test]
    fn an_unknown_list_element_never_compares_as_different() {
        let resource = json!({"list": ["a", null, "c"], "name": "b"});
        let unknown = [("/list/1", GapCode::KnownAfterApply)];
        for (source, expected) in [
            ("resource.list.exists(x, x == 'a')", Ok(true)),
            ("resource.list.exists(x, 'a' == x)", Ok(true)),
            ("resource.list.exists(x, x == 'b')", Err(GapCode::KnownAfterApply)),
            ("resource.list.exists(x, 'b' == x)", Err(GapCode::KnownAfterApply)),
            ("resource.list.exists(x, resource.name == x)", Err(GapCode::KnownAfterApply)),
            ("resource.list.all(x, x != 'b')", Err(GapCode::KnownAfterApply)),
            ("resource.list.all(x, x != 'a')", Ok(false)),
            ("resource.list.all(x, !(x in ['b']))", Err(GapCode::KnownAfterApply)),
            ("'b' in resource.list", Err(GapCode::KnownAfterApply)),
            ("'c' in resource.list", Ok(true)),
            ("resource.list == ['a', 'b', 'c']", Err(GapCode::KnownAfterApply)),
            ("size(resource.list) > 0", Err(GapCode::KnownAfterApply)),
            ("resource.list.size() > 0", Err(GapCode::KnownAfterApply)),
            ("size(resource.name) == 1 && size(resource) == 2", Ok(true)),
        ] {
            assert_eq!(code(&run(source, &resource, &unknown)), expected, "{source}");
        }
    }

    #[test]
    fn what_was_read_is_recorded_and_nothing_else() {
        let resource = json!({"a": {"b": 1}, "c": true, "d": "unread"});
        let evaluated = run("resource.a.b == 1 && resource.c", &resource, &[]);
        let read: Vec<&str> = evaluated.reads.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(read, ["/a/b", "/c"]);
    }

    #[test]
    fn days_are_counted_from_the_scan_clock() {
        let resource = json!({"then": "2026-03-01T12:00:00+00:00", "bad": "yesterday"});
        assert_eq!(code(&run("days_since(resource.then) == 91", &resource, &[])), Ok(true));
        assert_eq!(code(&run("days_since(resource.bad) > 1", &resource, &[])), Err(GapCode::ExpressionError));
    }

    #[test]
    fn parameters_are_seen_and_not_traced() {
        let evaluated = run("parameters.days == 90", &json!({}), &[]);
        assert_eq!(code(&evaluated), Ok(true));
        assert!(evaluated.reads.is_empty());
    }

    #[test]
    fn the_optional_syntax_is_refused() {
        assert!(Expression::compile("resource.?policy.orValue(true)").is_err());
    }

    #[test]
    fn runaway_expressions_are_refused_or_stopped() {
        let nested =
            "resource.l.all(a, resource.l.all(b, resource.l.all(c, resource.l.all(d, resource.l.all(e, true)))))";
        assert!(Expression::compile(nested).is_err());
        assert!(Expression::compile(&"x".repeat(5000)).is_err());
        let list: Vec<u32> = (0..2000).collect();
        let heavy = run("resource.l.all(a, resource.l.all(b, resource.l.all(c, c >= 0)))", &json!({ "l": list }), &[]);
        assert_eq!(code(&heavy), Err(GapCode::FuelExhausted));
    }

    #[test]
    fn a_syntax_error_says_where() {
        let error = Expression::compile("resource.a &&\n  )").err().expect("not CEL");
        assert!(error.offset.is_some(), "{error:?}");
    }
}
