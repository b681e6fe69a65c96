//! Templates of native syntax → [`super::syntax`]: the white space that `~` and `<<-` take away.

use std::collections::VecDeque;
use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};

use super::lower::lower_expression;
use super::syntax::{ForPiece, Piece};

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
pub(super) fn lower_heredoc(heredoc: &HeredocTemplate, source: &str) -> Vec<Piece> {
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
pub(super) fn lower_template(template: &Template, source: &str, flush: bool) -> Vec<Piece> {
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
