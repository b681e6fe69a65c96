//! The crate `cel` over the same trees: what the evaluator is compared to in tests.
//!
//! In every unit test of this crate, [`super::Expression::evaluate`] asks both. The crate's equality,
//! `in` and `size` are total; they are rewritten here so that they can fail on an unknown element.

mod value;

use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr, IdedExpr, operators};
use cel::common::types::{CelBool, CelInt, CelString, DYN_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::parser::{Expression as Ast, Macro};
use cel::{Context, Env, ExecutionError, Value as CelValue};

use self::value::{Node, Scope, boxed, contained, equal, scope_of, size, tree_of};
use super::{Evaluated, Variables, whole_days};
use crate::control::functions::{FUNCTIONS, Fault};
use crate::model::gap::{Gap, GapCode};
use crate::model::tree::Tree;

const EQUALS: &str = "tickmark_equals";
const DIFFERS: &str = "tickmark_differs";
const CONTAINED: &str = "tickmark_in";
const SIZE: &str = "tickmark_size";
const DAYS_SINCE: &str = "tickmark_days";

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

/// Reads an expression; the error is the first that the crate tells.
pub(super) fn parse(source: &str) -> Result<Ast, String> {
    let mut ast = ENVIRONMENT.parser().parse(source).map_err(|errors| errors.to_string())?;
    rewrite(&mut ast);
    Ok(ast)
}

/// Compares what the evaluator came to with what the crate comes to.
///
/// Where nothing is unknown, the two come to the same and read the same; only the words of an
/// expression's own error differ. Where something is, the crate knows less and more than it should: it
/// fails with an unknown element of a list that it goes over, where what is known decides, and takes it
/// for an element that is there, where it may stand for none. There, what both decide is the same; that
/// what the evaluator decides holds whatever the unknown parts are, is shown by `property`.
pub(super) fn compare(source: &str, ast: &Ast, ours: &Evaluated, variables: &Variables<'_>) {
    let theirs = interpret(ast, variables);
    let is_partial = [variables.resource, variables.resources, Some(variables.parameters)]
        .into_iter()
        .flatten()
        .any(|tree| tree.first_gap().is_some());
    if is_partial {
        if let (Ok(ours), Ok(theirs)) = (&ours.outcome, &theirs.outcome) {
            assert_eq!(ours, theirs, "{source}");
        }
        return;
    }
    let is = |outcome: &Result<bool, Gap>, code: GapCode| outcome.as_ref().is_err_and(|gap| gap.code == code);
    if is(&ours.outcome, GapCode::FuelExhausted) {
        return;
    }
    if is(&theirs.outcome, GapCode::ExpressionError) || is(&ours.outcome, GapCode::ExpressionError) {
        assert!(
            ours.outcome.is_err() && theirs.outcome.is_err(),
            "{source}: {:?}, and the crate: {:?}",
            ours.outcome,
            theirs.outcome
        );
    } else {
        assert_eq!(ours.outcome, theirs.outcome, "{source}");
    }
    assert_eq!(ours.reads, theirs.reads, "{source}");
}

fn interpret(ast: &Ast, variables: &Variables<'_>) -> Evaluated {
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
    let outcome = match CelValue::resolve_val(ast, &context) {
        Ok(value) => value.downcast_ref::<CelBool>().map(|flag| *flag.inner()).ok_or_else(|| {
            Gap::new(GapCode::ExpressionError, format!("the result is a {}, not a bool", value.get_type().name()))
        }),
        Err(error) => Err(gap_of(&error, &scope, &untraced)),
    };
    Evaluated { outcome, reads: scope.reads() }
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
