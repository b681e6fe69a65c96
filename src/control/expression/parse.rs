//! The parser of the control language: the part of CEL that controls use.
//!
//! Left out, and refused where they are met: the optional syntax (`a.?b`), which would take what is
//! unknown for absent; messages, bytes and unsigned numbers, of which resources have none.

use super::ExpressionError;
use super::syntax::{Ask, Binary, Each, Kind, Literal, Logic, Syntax};
use super::token::{Placed, Token, tokens};

/// Deepest nesting of an expression. Whatever walks over one calls itself once a level.
const DEPTH_LIMIT: usize = 100;

/// Words that CEL keeps for itself. They can name members, and no variables.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

type Parsed<T> = Result<T, ExpressionError>;

/// Reads an expression.
pub(super) fn parse(source: &str) -> Parsed<Syntax> {
    let mut parser = Parser { tokens: tokens(source)?, next: 0, depth: 0, end: source.len() };
    let parsed = parser.expression()?;
    match parser.peek() {
        None => Ok(parsed),
        Some(_) => Err(parser.unexpected("an operator or the end")),
    }
}

/// What an operator between two operands is.
#[derive(Clone, Copy)]
enum Operator {
    Logic(Logic),
    Binary(Binary),
}

/// The operator that a token is, and how strongly it binds.
fn operator(token: &Token<'_>) -> Option<(Operator, u8)> {
    let binary = |binary, power| Some((Operator::Binary(binary), power));
    match token {
        Token::Name("in") => binary(Binary::In, 3),
        Token::Sign(sign) => match *sign {
            "||" => Some((Operator::Logic(Logic::Or), 1)),
            "&&" => Some((Operator::Logic(Logic::And), 2)),
            "==" => binary(Binary::Equal, 3),
            "!=" => binary(Binary::Differ, 3),
            "<" => binary(Binary::Less, 3),
            "<=" => binary(Binary::LessOrEqual, 3),
            ">" => binary(Binary::Greater, 3),
            ">=" => binary(Binary::GreaterOrEqual, 3),
            "+" => binary(Binary::Add, 4),
            "-" => binary(Binary::Subtract, 4),
            "*" => binary(Binary::Multiply, 5),
            "/" => binary(Binary::Divide, 5),
            "%" => binary(Binary::Remainder, 5),
            _ => None,
        },
        _ => None,
    }
}

struct Parser<'s> {
    tokens: Vec<Placed<'s>>,
    next: usize,
    /// Expressions that are being read, one within the other.
    depth: usize,
    /// Length of the source.
    end: usize,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.next).map(|placed| &placed.token)
    }

    /// Where the next token begins.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |placed| placed.at)
    }

    /// Takes the next token where it is this sign.
    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> ExpressionError {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Int(_) | Token::Float(_)) => "a number".to_owned(),
            Some(Token::Text(_)) => "a text".to_owned(),
            Some(Token::Name(name)) => format!("`{name}`"),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
        };
        ExpressionError::at(self.at(), format!("expected {wanted}, found {found}"))
    }

    fn refuse_optional(&self) -> Parsed<()> {
        match self.peek() {
            Some(Token::Sign("?")) => Err(ExpressionError::at(
                self.at(),
                "the optional syntax is off: it would take what is unknown for absent",
            )),
            _ => Ok(()),
        }
    }

    fn made(at: usize, kind: Kind) -> Parsed<Syntax> {
        let made = Syntax::new(at, kind);
        if made.depth > DEPTH_LIMIT { Err(too_deep(at)) } else { Ok(made) }
    }

    fn expression(&mut self) -> Parsed<Syntax> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(too_deep(self.at()));
        }
        let condition = self.operators(0)?;
        let at = self.at();
        let parsed = if self.takes("?") {
            let yes = self.operators(0)?;
            self.expect(":")?;
            let no = self.expression()?;
            Self::made(at, Kind::Choose(Box::new([condition, yes, no])))?
        } else {
            condition
        };
        self.depth -= 1;
        Ok(parsed)
    }

    /// Operands with operators between them that bind more strongly than `least`.
    fn operators(&mut self, least: u8) -> Parsed<Syntax> {
        let mut left = self.unary()?;
        while let Some((operator, power)) = self.peek().and_then(operator).filter(|(_, power)| *power > least) {
            let at = self.at();
            self.next += 1;
            let right = self.operators(power)?;
            let kind = match (operator, left) {
                (Operator::Logic(logic), Syntax { kind: Kind::Chain(of, mut parts), .. }) if of == logic => {
                    parts.push(right);
                    Kind::Chain(logic, parts)
                }
                (Operator::Logic(logic), left) => Kind::Chain(logic, vec![left, right]),
                (Operator::Binary(binary), left) => Kind::Binary(binary, Box::new(left), Box::new(right)),
            };
            left = Self::made(at, kind)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Syntax> {
        let at = self.at();
        let sign = match self.peek() {
            Some(Token::Sign(sign @ ("!" | "-"))) => *sign,
            _ => return self.member(),
        };
        let mut times = 0;
        while self.takes(sign) {
            times += 1;
        }
        if sign == "-" && matches!(self.peek(), Some(Token::Int(_) | Token::Float(_))) {
            // The last one belongs to the number.
            self.next -= 1;
            times -= 1;
        }
        let mut of = self.member()?;
        for _ in 0..times {
            of = Self::made(at, if sign == "!" { Kind::Not(Box::new(of)) } else { Kind::Negate(Box::new(of)) })?;
        }
        Ok(of)
    }

    /// Something, with its members, indices and methods.
    fn member(&mut self) -> Parsed<Syntax> {
        let mut of = self.primary()?;
        loop {
            let at = self.at();
            if self.takes(".") {
                self.refuse_optional()?;
                let Some(Token::Name(name)) = self.peek() else { return Err(self.unexpected("a name")) };
                let name = (*name).to_owned();
                if matches!(&*name, "true" | "false" | "null" | "in") {
                    return Err(self.unexpected("a name"));
                }
                let at = self.at();
                self.next += 1;
                of = if self.takes("(") {
                    let args = self.args()?;
                    call(at, Some(of), name, args)?
                } else {
                    Self::made(at, Kind::Member(Box::new(of), name))?
                };
            } else if self.takes("[") {
                self.refuse_optional()?;
                let index = self.expression()?;
                self.expect("]")?;
                of = Self::made(at, Kind::Index(Box::new(of), Box::new(index)))?;
            } else {
                return Ok(of);
            }
        }
    }

    fn primary(&mut self) -> Parsed<Syntax> {
        let at = self.at();
        let number =
            matches!(self.tokens.get(self.next + 1), Some(Placed { token: Token::Int(_) | Token::Float(_), .. }));
        let negative = number && self.takes("-");
        let Some(placed) = self.tokens.get(self.next) else { return Err(self.unexpected("a value")) };
        let token = placed.token.clone();
        self.next += 1;
        let literal = |literal| Ok(Syntax::new(at, Kind::Literal(literal)));
        match token {
            Token::Int(size) => {
                let value = if negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
                let value = value.ok_or_else(|| ExpressionError::at(at, "the number is too large"))?;
                literal(Literal::Int(value))
            }
            Token::Float(size) => literal(Literal::Float(if negative { -size } else { size })),
            Token::Text(text) => literal(Literal::Text(text)),
            Token::Name("true") => literal(Literal::Bool(true)),
            Token::Name("false") => literal(Literal::Bool(false)),
            Token::Name("null") => literal(Literal::Null),
            Token::Name(name) if RESERVED.contains(&name) => {
                Err(ExpressionError::at(at, format!("`{name}` is a word of the language, and no variable")))
            }
            Token::Name(name) if self.takes("(") => {
                let args = self.args()?;
                call(at, None, name.to_owned(), args)
            }
            Token::Name(name) => {
                if self.peek() == Some(&Token::Sign("{")) {
                    return Err(ExpressionError::at(at, "messages are not part of the language"));
                }
                Ok(Syntax::new(at, Kind::Name(name.to_owned())))
            }
            Token::Sign("(") => {
                let parsed = self.expression()?;
                self.expect(")")?;
                Ok(parsed)
            }
            Token::Sign("[") => {
                let parts = self.separated("]", |parser| {
                    parser.refuse_optional()?;
                    parser.expression()
                })?;
                Self::made(at, Kind::List(parts))
            }
            Token::Sign("{") => {
                let entries = self.separated("}", |parser| {
                    parser.refuse_optional()?;
                    let key = parser.expression()?;
                    parser.expect(":")?;
                    Ok((key, parser.expression()?))
                })?;
                Self::made(at, Kind::Map(entries))
            }
            Token::Sign(_) => {
                self.next -= 1;
                Err(self.unexpected("a value"))
            }
        }
    }

    /// Things with commas between them, up to the closing sign; a comma may stand before it.
    fn separated<T>(&mut self, close: &str, mut one: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut all = Vec::new();
        loop {
            if self.takes(close) {
                return Ok(all);
            }
            all.push(one(self)?);
            if !self.takes(",") {
                self.expect(close)?;
                return Ok(all);
            }
        }
    }

    /// The arguments of a call, whose opening parenthesis has been taken.
    fn args(&mut self) -> Parsed<Vec<Syntax>> {
        let mut args = Vec::new();
        if self.takes(")") {
            return Ok(args);
        }
        loop {
            args.push(self.expression()?);
            if !self.takes(",") {
                self.expect(")")?;
                return Ok(args);
            }
        }
    }
}

fn too_deep(at: usize) -> ExpressionError {
    ExpressionError::at(at, format!("the expression is nested deeper than {DEPTH_LIMIT}"))
}

/// A call; of `has`, `all` and their like, what they stand for.
fn call(at: usize, target: Option<Syntax>, name: String, mut args: Vec<Syntax>) -> Parsed<Syntax> {
    let Some(over) = target else {
        if name != "has" {
            return Parser::made(at, Kind::Call { target: None, name, args });
        }
        return match (args.pop(), args.is_empty()) {
            (Some(Syntax { kind: Kind::Member(of, member), .. }), true) => Parser::made(at, Kind::Has(of, member)),
            _ => Err(ExpressionError::at(at, "`has` takes one attribute: has(resource.name)")),
        };
    };
    let ask = match &*name {
        "all" => Ask::All,
        "exists" => Ask::Exists,
        "exists_one" | "existsOne" => Ask::One,
        "filter" => Ask::Filter,
        "map" => Ask::Map,
        _ => return Parser::made(at, Kind::Call { target: Some(Box::new(over)), name, args }),
    };
    let takes = || ExpressionError::at(at, format!("`{name}` takes a name for the element and what is asked of it"));
    let body = args.pop().ok_or_else(takes)?;
    let only = if ask == Ask::Map && args.len() == 2 { args.pop() } else { None };
    let (Some(Syntax { kind: Kind::Name(variable), .. }), true) = (args.pop(), args.is_empty()) else {
        return Err(takes());
    };
    Parser::made(at, Kind::Each(Box::new(Each { ask, over, variable, only, body })))
}
