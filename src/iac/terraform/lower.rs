//! Native syntax → [`super::syntax`], with the white space of templates that `~` and `<<-` take away.

use std::collections::VecDeque;
use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::Structure;
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};

use super::duplicate;
use super::syntax::{Attribute, Body, Call, Expr, For, ForPiece, Lines, Nested, Operator, Piece, Step};

/// Most members written in one object. The parser compares each with all before it.
const OBJECT_LIMIT: u32 = 20_000;

/// Why a text could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// The line to blame.
    pub(super) line: u32,
    /// What is wrong; fits after "could not".
    pub(super) message: String,
}

/// Offsets of line ends, to make lines of offsets.
#[derive(Debug)]
pub(super) struct LineIndex(Vec<usize>);

impl LineIndex {
    /// The index of a text.
    pub(super) fn new(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset).collect())
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|end| *end < offset)).map_or(u32::MAX, |line| line.saturating_add(1))
    }
}

/// Parses a file in native syntax. `file` is its number in the module.
pub(super) fn parse(text: &str, file: u32) -> Result<Body, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    bound(text)?;
    let (body, text) = duplicate::parse(text, hcl_edit::parser::parse_body).map_err(|error| describe(&error))?;
    let lines = LineIndex::new(&text);
    Ok(lower_body(&body, &Context { lines: &lines, file, source: &text }))
}

/// Parses one expression.
pub(super) fn parse_expression(text: &str) -> Result<Expr, SyntaxError> {
    bound(text)?;
    let (expression, text) = duplicate::parse(text, hcl_edit::parser::parse_expr).map_err(|error| describe(&error))?;
    Ok(lower_expression(&expression, &text))
}

/// Parses a template, as `templatefile` and the strings of JSON syntax have it.
pub(super) fn parse_template(text: &str) -> Result<Vec<Piece>, SyntaxError> {
    if !text.contains("${") && !text.contains("%{") {
        return Ok(vec![Piece::Text(Arc::from(text))]);
    }
    bound(text)?;
    let (template, text) =
        duplicate::parse(text, hcl_edit::parser::parse_template).map_err(|error| describe(&error))?;
    Ok(lower_template(&template, &text, false))
}

/// The value of a text of JSON syntax: a template, or the value of its one interpolation.
pub(super) fn template_expression(text: &str) -> Result<Expr, SyntaxError> {
    Ok(wrap(parse_template(text)?, false))
}

fn describe(error: &hcl_edit::parser::Error) -> SyntaxError {
    let line = u32::try_from(error.location().line()).unwrap_or(u32::MAX);
    SyntaxError { line, message: format!("parse it: {}", error.message()) }
}

/// Refuses a text in which an object has so many members that parsing it would take minutes. Lines
/// and commas between braces are counted, whatever they stand in: too many only in what nobody writes.
fn bound(text: &str) -> Result<(), SyntaxError> {
    if text.len() < OBJECT_LIMIT as usize {
        return Ok(());
    }
    // Each open bracket with the number of members so far; only braces are counted.
    let mut open: Vec<(u8, u32)> = Vec::new();
    let mut line = 1_u32;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => open.push((byte, 0)),
            b'}' | b']' | b')' => {
                let opener = if byte == b')' { b'(' } else { byte - 2 };
                if open.last().is_some_and(|(last, _)| *last == opener) {
                    open.pop();
                }
            }
            b'\n' | b',' => {
                line = line.saturating_add(u32::from(byte == b'\n'));
                if let Some((b'{', count)) = open.last_mut() {
                    *count += 1;
                    if *count > OBJECT_LIMIT {
                        let message = format!("take an object of more than {OBJECT_LIMIT} members");
                        return Err(SyntaxError { line, message });
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

struct Context<'a> {
    lines: &'a LineIndex,
    file: u32,
    source: &'a str,
}

impl Context<'_> {
    fn lines(&self, span: Option<std::ops::Range<usize>>) -> Lines {
        let span = span.unwrap_or(0..0);
        let first = self.lines.line(span.start);
        Lines { file: self.file, first, last: self.lines.line(span.end.saturating_sub(1)).max(first) }
    }
}

fn lower_body(body: &hcl_edit::structure::Body, context: &Context<'_>) -> Body {
    let mut lowered = Body::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => lowered.attributes.push(Attribute {
                name: Arc::from(attribute.key.as_str()),
                value: lower_expression(&attribute.value, context.source),
                // In a block of one line only the key and the value have their places.
                lines: context.lines(attribute.span().or_else(|| {
                    let start = attribute.key.span()?.start;
                    Some(start..attribute.value.span().map_or(start + 1, |span| span.end))
                })),
            }),
            Structure::Block(block) => lowered.blocks.push(Nested {
                kind: Arc::from(block.ident.as_str()),
                labels: block.labels.iter().map(|label| Arc::from(label.as_str())).collect(),
                body: lower_body(&block.body, context),
                lines: context.lines(block.span()),
            }),
        }
    }
    lowered
}

pub(super) fn lower_expression(expression: &Expression, source: &str) -> Expr {
    let lower = |expression: &Expression| lower_expression(expression, source);
    match expression {
        Expression::Null(_) => Expr::Null,
        Expression::Bool(truth) => Expr::Bool(*truth.value()),
        Expression::Number(number) => Expr::Number(number.value().as_f64().unwrap_or(f64::NAN)),
        Expression::String(text) => Expr::Text(Arc::from(text.as_str())),
        Expression::Array(items) => Expr::List(items.iter().map(lower).collect()),
        Expression::Object(object) => {
            Expr::Object(object.iter().map(|(key, value)| (lower_key(key, source), lower(value.expr()))).collect())
        }
        Expression::StringTemplate(template) => wrap(lower_template(template, source, false), false),
        Expression::HeredocTemplate(heredoc) => wrap(lower_heredoc(heredoc, source), true),
        Expression::Parenthesis(inner) => lower(inner.inner()),
        Expression::Variable(name) => Expr::Variable(Arc::from(name.as_str())),
        Expression::Conditional(conditional) => Expr::If(Box::new([
            lower(&conditional.cond_expr),
            lower(&conditional.true_expr),
            lower(&conditional.false_expr),
        ])),
        Expression::FuncCall(call) => {
            let mut name = String::new();
            for scope in &call.name.namespace {
                name.push_str(scope.as_str());
                name.push_str("::");
            }
            name.push_str(call.name.name.as_str());
            Expr::Call(Box::new(Call {
                name: Arc::from(name),
                arguments: call.args.iter().map(lower).collect(),
                expand: call.args.expand_final(),
            }))
        }
        Expression::Traversal(traversal) => Expr::Traverse(
            Box::new(lower(&traversal.expr)),
            traversal.operators.iter().map(|operator| lower_step(operator.value(), source)).collect(),
        ),
        Expression::UnaryOp(operation) => {
            let operand = lower(&operation.expr);
            match (operation.operator.value(), operand) {
                (UnaryOperator::Neg, Expr::Number(number)) => Expr::Number(-number),
                (UnaryOperator::Neg, operand) => Expr::Negate(Box::new(operand)),
                (UnaryOperator::Not, operand) => Expr::Not(Box::new(operand)),
            }
        }
        Expression::BinaryOp(operation) => Expr::Binary(
            lower_operator(*operation.operator.value()),
            Box::new((lower(&operation.lhs_expr), lower(&operation.rhs_expr))),
        ),
        Expression::ForExpr(expression) => Expr::For(Box::new(For {
            key_name: expression.intro.key_var.as_ref().map(|name| Arc::from(name.as_str())),
            value_name: Arc::from(expression.intro.value_var.as_str()),
            collection: lower(&expression.intro.collection_expr),
            key: expression.key_expr.as_ref().map(lower),
            value: lower(&expression.value_expr),
            condition: expression.cond.as_ref().map(|condition| lower(&condition.expr)),
            grouping: expression.grouping,
        })),
    }
}

fn lower_key(key: &ObjectKey, source: &str) -> Expr {
    match key {
        ObjectKey::Ident(name) => Expr::Text(Arc::from(name.as_str())),
        // A number or a word as a key is the text of it.
        ObjectKey::Expression(expression) => lower_expression(expression, source),
    }
}

fn lower_step(operator: &TraversalOperator, source: &str) -> Step {
    match operator {
        TraversalOperator::AttrSplat(_) => Step::AttributeSplat,
        TraversalOperator::FullSplat(_) => Step::FullSplat,
        TraversalOperator::GetAttr(name) => Step::Attribute(Arc::from(name.as_str())),
        TraversalOperator::Index(index) => Step::Index(lower_expression(index, source)),
        #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
        TraversalOperator::LegacyIndex(index) => Step::Index(Expr::Number(*index.value() as f64)),
    }
}

fn lower_operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessEqual,
        BinaryOperator::GreaterEq => Operator::GreaterEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Remainder,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}

/// A quoted template of nothing but one interpolation is the value itself, and not its text.
fn wrap(mut pieces: Vec<Piece>, heredoc: bool) -> Expr {
    match pieces.as_mut_slice() {
        [] => Expr::Text(Arc::from("")),
        [Piece::Text(text)] => Expr::Text(text.clone()),
        [Piece::Value(value)] if !heredoc => std::mem::replace(value, Expr::Null),
        _ => Expr::Template(pieces),
    }
}

/// A part of a template in the order it is written, whatever it is nested in. Literal text is one
/// token for each line, as Terraform has it: both rules below work by lines.
enum Token {
    Literal(String),
    /// An interpolation, or one of the words of a directive; whether it takes the white space before and
    /// after it.
    Other(bool, bool),
}

/// Lowers a heredoc. That of an indented one is parsed again, for the parser's own rule for it does not
/// look into directives.
fn lower_heredoc(heredoc: &HeredocTemplate, source: &str) -> Vec<Piece> {
    let text = heredoc.template.span().and_then(|span| Some((source.get(..span.start)?, source.get(span)?)));
    let literal = heredoc.template.iter().all(Element::is_literal);
    if let Some((before, text)) = text.filter(|_| !literal) {
        let opener = before.trim_end_matches(['\r', '\n']).rsplit('\n').next().unwrap_or_default();
        let indented = opener.rsplit("<<").next().is_some_and(|word| word.starts_with('-'));
        if indented && let Ok(template) = hcl_edit::parser::parse_template(text) {
            return lower_template(&template, text, true);
        }
    }
    lower_template(&heredoc.template, source, false)
}

/// Lowers a template. `flush` takes the indentation away that all lines have.
fn lower_template(template: &Template, source: &str, flush: bool) -> Vec<Piece> {
    let mut tokens = Vec::new();
    flatten(template, &mut tokens);
    strip(&mut tokens);
    if flush {
        dedent(&mut tokens);
    }
    let mut texts: VecDeque<String> = tokens
        .into_iter()
        .filter_map(|token| match token {
            Token::Literal(text) => Some(text),
            Token::Other(..) => None,
        })
        .collect();
    build(template, source, &mut texts)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n')
}

fn other(strip: Strip) -> Token {
    Token::Other(strip.strip_start(), strip.strip_end())
}

fn flatten(template: &Template, tokens: &mut Vec<Token>) {
    for element in template {
        match element {
            Element::Literal(literal) => {
                tokens.extend(lines(literal).map(|line| Token::Literal(line.to_owned())));
            }
            Element::Interpolation(interpolation) => tokens.push(other(interpolation.strip)),
            Element::Directive(directive) => match &**directive {
                Directive::If(directive) => {
                    tokens.push(other(directive.if_expr.strip));
                    flatten(&directive.if_expr.template, tokens);
                    if let Some(part) = &directive.else_expr {
                        tokens.push(other(part.strip));
                        flatten(&part.template, tokens);
                    }
                    tokens.push(other(directive.endif_expr.strip));
                }
                Directive::For(directive) => {
                    tokens.push(other(directive.for_expr.strip));
                    flatten(&directive.for_expr.template, tokens);
                    tokens.push(other(directive.endfor_expr.strip));
                }
            },
        }
    }
}

/// `~` takes the white space away of the literal beside it.
fn strip(tokens: &mut [Token]) {
    for place in 0..tokens.len() {
        let Token::Other(before, after) = tokens[place] else { continue };
        if before && let Some(Token::Literal(text)) = place.checked_sub(1).and_then(|place| tokens.get_mut(place)) {
            text.truncate(text.trim_end().len());
        }
        if after && let Some(Token::Literal(text)) = tokens.get_mut(place + 1) {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Takes away as much of what lines begin with as the line with the least has. Lines of white space
/// only do not count; a line that begins with an interpolation has none.
fn dedent(tokens: &mut [Token]) {
    let blank = |text: &str| text.ends_with('\n') && text.trim().is_empty();
    let indentation = |text: &str| text.chars().take_while(|character| character.is_whitespace()).count();
    let mut least = usize::MAX;
    let mut starts = Vec::new();
    let mut newline = true;
    for (place, token) in tokens.iter().enumerate() {
        if newline {
            match token {
                Token::Literal(text) if blank(text) => {}
                Token::Literal(text) => {
                    least = least.min(indentation(text));
                    starts.push(place);
                }
                Token::Other(..) => least = 0,
            }
        }
        newline = matches!(token, Token::Literal(text) if text.ends_with('\n'));
    }
    for place in starts {
        if let Token::Literal(text) = &mut tokens[place] {
            let kept = text.char_indices().nth(least).map_or(text.len(), |(offset, _)| offset);
            text.drain(..kept);
        }
    }
}

/// Makes the pieces; the texts are those of the literals, line by line, in their order.
fn build(template: &Template, source: &str, texts: &mut VecDeque<String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for element in template {
        match element {
            Element::Literal(literal) => {
                let text: String = lines(literal).filter_map(|_| texts.pop_front()).collect();
                if !text.is_empty() {
                    pieces.push(Piece::Text(Arc::from(text)));
                }
            }
            Element::Interpolation(interpolation) => {
                pieces.push(Piece::Value(lower_expression(&interpolation.expr, source)));
            }
            Element::Directive(directive) => pieces.push(match &**directive {
                Directive::If(directive) => {
                    let condition = lower_expression(&directive.if_expr.cond_expr, source);
                    let then = build(&directive.if_expr.template, source, texts);
                    let otherwise = directive.else_expr.as_ref().map(|part| build(&part.template, source, texts));
                    Piece::If(Box::new((condition, then, otherwise.unwrap_or_default())))
                }
                Directive::For(directive) => Piece::For(Box::new(ForPiece {
                    key_name: directive.for_expr.key_var.as_ref().map(|name| Arc::from(name.as_str())),
                    value_name: Arc::from(directive.for_expr.value_var.as_str()),
                    collection: lower_expression(&directive.for_expr.collection_expr, source),
                    body: build(&directive.for_expr.template, source, texts),
                })),
            }),
        }
    }
    pieces
}
