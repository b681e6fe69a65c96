//! What tells an expression from others: itself, and what the names in it mean where it stands.

use super::convert;
use super::evaluate::Evaluator;
use super::functions;
use super::scope::{Repetition, Scope};
use super::syntax::{Expr, Piece, Step, render};
use crate::iac::origin::{Digester, Origin};
use crate::iac::value::Value;

impl Evaluator<'_> {
    /// The origin of what an expression comes to. Of two that are written alike it is the same where all
    /// names in them mean the same.
    pub(super) fn origin(&self, expression: &Expr, scope: &Scope<'_>) -> Origin {
        let mut walk = Walk { digester: Digester::new("expression"), scope, bound: Vec::new() };
        walk.expression(expression);
        self.spend(walk.digester.spent() / 4);
        walk.digester.finish()
    }

    /// What an expression comes to that cannot be evaluated, made of these values among others.
    pub(super) fn made(&self, expression: &Expr, scope: &Scope<'_>, values: &[&Value]) -> Value {
        convert::made_from(&render(expression), self.origin(expression, scope), values)
    }
}

struct Walk<'e> {
    digester: Digester,
    scope: &'e Scope<'e>,
    /// The names that the expression itself binds, innermost last.
    bound: Vec<&'e str>,
}

impl<'e> Walk<'e> {
    fn expression(&mut self, expression: &'e Expr) {
        if self.digester.is_open() {
            return;
        }
        match expression {
            Expr::Null => self.digester.mark(100),
            Expr::Bool(truth) => self.digester.mark(if *truth { 102 } else { 101 }),
            Expr::Number(number) => {
                self.digester.mark(103);
                self.digester.number(number.to_bits());
            }
            Expr::Text(text) => {
                self.digester.mark(104);
                self.digester.text(text);
            }
            Expr::Template(pieces) => {
                self.digester.mark(105);
                self.pieces(pieces);
            }
            Expr::List(items) => {
                self.digester.mark(106);
                self.expressions(items);
            }
            Expr::Object(items) => {
                self.digester.mark(107);
                self.digester.number(items.len() as u64);
                for (key, value) in items {
                    self.expression(key);
                    self.expression(value);
                }
            }
            Expr::Variable(name) => self.name(name, &[]),
            Expr::Traverse(root, steps) => {
                self.digester.mark(108);
                match &**root {
                    Expr::Variable(name) => self.name(name, steps),
                    root => self.expression(root),
                }
                self.steps(steps);
            }
            Expr::If(parts) => {
                self.digester.mark(109);
                self.expressions(&parts[..]);
            }
            Expr::Call(call) => {
                if functions::is_fresh(&call.name) {
                    self.digester.give_up();
                }
                self.digester.mark(if call.expand { 111 } else { 110 });
                self.digester.text(&call.name);
                self.expressions(&call.arguments);
            }
            Expr::Not(operand) => {
                self.digester.mark(112);
                self.expression(operand);
            }
            Expr::Negate(operand) => {
                self.digester.mark(113);
                self.expression(operand);
            }
            Expr::Binary(operator, operands) => {
                self.digester.mark(114);
                self.digester.text(operator.sign());
                self.expression(&operands.0);
                self.expression(&operands.1);
            }
            Expr::For(parts) => {
                self.digester.mark(if parts.grouping { 116 } else { 115 });
                self.expression(&parts.collection);
                let outer = self.bound.len();
                self.bind(parts.key_name.as_deref(), &parts.value_name);
                for inner in [parts.key.as_ref(), parts.condition.as_ref(), Some(&parts.value)] {
                    match inner {
                        Some(inner) => self.expression(inner),
                        None => self.digester.mark(117),
                    }
                }
                self.bound.truncate(outer);
            }
        }
    }

    fn expressions(&mut self, expressions: &'e [Expr]) {
        self.digester.number(expressions.len() as u64);
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn bind(&mut self, key: Option<&'e str>, value: &'e str) {
        for name in key.into_iter().chain([value]) {
            self.digester.text(name);
            self.bound.push(name);
        }
    }

    fn steps(&mut self, steps: &'e [Step]) {
        self.digester.number(steps.len() as u64);
        for step in steps {
            match step {
                Step::Attribute(name) => {
                    self.digester.mark(120);
                    self.digester.text(name);
                }
                Step::Index(index) => {
                    self.digester.mark(121);
                    self.expression(index);
                }
                Step::AttributeSplat => self.digester.mark(122),
                Step::FullSplat => self.digester.mark(123),
            }
        }
    }

    fn pieces(&mut self, pieces: &'e [Piece]) {
        self.digester.number(pieces.len() as u64);
        for piece in pieces {
            if self.digester.is_open() {
                return;
            }
            match piece {
                Piece::Text(text) => {
                    self.digester.mark(130);
                    self.digester.text(text);
                }
                Piece::Value(value) => {
                    self.digester.mark(131);
                    self.expression(value);
                }
                Piece::If(parts) => {
                    self.digester.mark(132);
                    self.expression(&parts.0);
                    self.pieces(&parts.1);
                    self.pieces(&parts.2);
                }
                Piece::For(directive) => {
                    self.digester.mark(133);
                    self.expression(&directive.collection);
                    let outer = self.bound.len();
                    self.bind(directive.key_name.as_deref(), &directive.value_name);
                    self.pieces(&directive.body);
                    self.bound.truncate(outer);
                }
            }
        }
    }

    /// What a name means, of which these steps are taken.
    fn name(&mut self, name: &'e str, steps: &[Step]) {
        if self.bound.contains(&name) {
            self.digester.mark(140);
            self.digester.text(name);
        } else if let Some(value) = self.scope.bound(name) {
            self.digester.mark(141);
            self.digester.value(value);
        } else {
            match (name, self.scope.instance) {
                ("each" | "count", _) => match self.scope.repetition.and_then(|own| repeated(own, name, steps)) {
                    Some(value) => {
                        self.digester.mark(142);
                        self.digester.value(value);
                    }
                    None => self.digester.give_up(),
                },
                ("self" | "ephemeral", _) => self.digester.give_up(),
                (name, instance) => {
                    self.digester.mark(143);
                    self.digester.text(instance.map_or("", |instance| &instance.address));
                    self.digester.text(name);
                }
            }
        }
    }
}

/// The value of `each.key`, `each.value` or `count.index`.
fn repeated<'r>(repetition: &'r Repetition, name: &str, steps: &[Step]) -> Option<&'r Value> {
    let Some(Step::Attribute(word)) = steps.first() else { return None };
    match (name, &**word) {
        ("each", "key") => Some(&repetition.each.as_ref()?.0),
        ("each", "value") => Some(&repetition.each.as_ref()?.1),
        ("count", "index") => repetition.index.as_ref(),
        _ => None,
    }
}
