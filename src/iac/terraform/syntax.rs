//! The expressions of Terraform's language, without whitespace, comments and places: what native
//! syntax and JSON syntax both come to.

use std::fmt::Write as _;
use std::sync::Arc;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Null,
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    Template(Vec<Piece>),
    List(Vec<Self>),
    Object(Vec<(Self, Self)>),
    Variable(Arc<str>),
    Traverse(Box<Self>, Vec<Step>),
    If(Box<[Self; 3]>),
    Call(Box<Call>),
    Not(Box<Self>),
    Negate(Box<Self>),
    Binary(Operator, Box<(Self, Self)>),
    For(Box<For>),
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// With its namespace: `provider::aws::arn_parse`.
    pub(super) name: Arc<str>,
    pub(super) arguments: Vec<Expr>,
    /// Whether the last argument is a list whose elements are the last arguments (`f(list...)`).
    pub(super) expand: bool,
}

/// A `for` expression; a map if `key` is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct For {
    pub(super) key_name: Option<Arc<str>>,
    pub(super) value_name: Arc<str>,
    pub(super) collection: Expr,
    pub(super) key: Option<Expr>,
    pub(super) value: Expr,
    pub(super) condition: Option<Expr>,
    pub(super) grouping: bool,
}

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Attribute(Arc<str>),
    Index(Expr),
    /// `.*`: the attributes that follow are those of each element.
    AttributeSplat,
    /// `[*]`: all steps that follow are those of each element.
    FullSplat,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(Arc<str>),
    Value(Expr),
    If(Box<(Expr, Vec<Self>, Vec<Self>)>),
    For(Box<ForPiece>),
}

/// A `%{ for }` directive.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ForPiece {
    pub(super) key_name: Option<Arc<str>>,
    pub(super) value_name: Arc<str>,
    pub(super) collection: Expr,
    pub(super) body: Vec<Piece>,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
}

impl Operator {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::And => "&&",
            Self::Or => "||",
        }
    }
}

/// A body: arguments and nested blocks in the order they are written.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Nested>,
}

/// An argument.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: Arc<str>,
    pub(super) value: Expr,
    pub(super) lines: Lines,
}

/// A nested block, or a block of a file.
#[derive(Debug, Clone)]
pub(super) struct Nested {
    pub(super) kind: Arc<str>,
    pub(super) labels: Vec<Arc<str>>,
    pub(super) body: Body,
    pub(super) lines: Lines,
}

/// First and last line in a file of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lines {
    /// Which file of the module.
    pub(super) file: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Body {
    /// The argument of this name.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    /// The value of the argument of this name.
    pub(super) fn value(&self, name: &str) -> Option<&Expr> {
        self.attribute(name).map(|attribute| &attribute.value)
    }

    /// Whether the argument of this name is the word `true`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Expr::Bool(truth) => Some(*truth),
            Expr::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Longest text a rendered expression grows to; [`super::super::value::Unknown`] cuts again.
const RENDER_LIMIT: usize = 240;

/// The expression for a reader: as written, but texts inside it are not shown, for they can be
/// secret, and what is long is cut short.
pub(super) fn render(expression: &Expr) -> String {
    let mut out = String::new();
    write_expression(expression, &mut out);
    out
}

fn write_list(items: &[Expr], out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if out.len() > RENDER_LIMIT {
            out.push('…');
            return;
        }
        write_expression(item, out);
    }
}

fn write_expression(expression: &Expr, out: &mut String) {
    if out.len() > RENDER_LIMIT {
        out.push('…');
        return;
    }
    match expression {
        Expr::Null => out.push_str("null"),
        Expr::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Expr::Number(number) => out.push_str(&super::functions::number_text(*number)),
        Expr::Text(_) => out.push_str("\"…\""),
        Expr::Template(pieces) => {
            out.push('"');
            for piece in pieces {
                write_piece(piece, out);
            }
            out.push('"');
        }
        Expr::List(items) => {
            out.push('[');
            write_list(items, out);
            out.push(']');
        }
        Expr::Object(items) => {
            out.push_str(if items.is_empty() { "{}" } else { "{…}" });
        }
        Expr::Variable(name) => out.push_str(name),
        Expr::Traverse(root, steps) => {
            write_expression(root, out);
            for step in steps {
                match step {
                    Step::Attribute(name) => {
                        out.push('.');
                        out.push_str(name);
                    }
                    Step::Index(Expr::Text(key)) => {
                        // The key of an instance or a member is a name, and says which is meant.
                        write!(out, "[{key:?}]").expect("writing to a string");
                    }
                    Step::Index(index) => {
                        out.push('[');
                        write_expression(index, out);
                        out.push(']');
                    }
                    Step::AttributeSplat => out.push_str(".*"),
                    Step::FullSplat => out.push_str("[*]"),
                }
            }
        }
        Expr::If(parts) => {
            write_expression(&parts[0], out);
            out.push_str(" ? ");
            write_expression(&parts[1], out);
            out.push_str(" : ");
            write_expression(&parts[2], out);
        }
        Expr::Call(call) => {
            out.push_str(&call.name);
            out.push('(');
            write_list(&call.arguments, out);
            out.push_str(if call.expand { "...)" } else { ")" });
        }
        Expr::Not(operand) => {
            out.push('!');
            write_expression(operand, out);
        }
        Expr::Negate(operand) => {
            out.push('-');
            write_expression(operand, out);
        }
        Expr::Binary(operator, operands) => {
            write_expression(&operands.0, out);
            write!(out, " {} ", operator.sign()).expect("writing to a string");
            write_expression(&operands.1, out);
        }
        Expr::For(expression) => {
            out.push_str(if expression.key.is_some() { "{for … in " } else { "[for … in " });
            write_expression(&expression.collection, out);
            out.push_str(if expression.key.is_some() { " : …}" } else { " : …]" });
        }
    }
}

fn write_piece(piece: &Piece, out: &mut String) {
    match piece {
        Piece::Text(_) => out.push('…'),
        Piece::Value(value) => {
            out.push_str("${");
            write_expression(value, out);
            out.push('}');
        }
        Piece::If(parts) => {
            out.push_str("%{if ");
            write_expression(&parts.0, out);
            out.push('}');
        }
        Piece::For(directive) => {
            out.push_str("%{for … in ");
            write_expression(&directive.collection, out);
            out.push('}');
        }
    }
}
