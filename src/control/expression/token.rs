//! The tokens of an expression.

use super::ExpressionError;

/// A token and the byte offset where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<'s> {
    pub(super) at: usize,
    pub(super) token: Token<'s>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'s> {
    /// A whole number without its sign, which the parser puts to it.
    Int(u64),
    Float(f64),
    Text(String),
    /// A name or a keyword.
    Name(&'s str),
    /// An operator, or punctuation.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}", "+", "-", "*",
    "/", "%",
];

/// Takes a source apart.
pub(super) fn tokens(source: &str) -> Result<Vec<Placed<'_>>, ExpressionError> {
    let mut reader = Reader { source, at: 0 };
    let mut tokens = Vec::new();
    while let Some(placed) = reader.next()? {
        tokens.push(placed);
    }
    Ok(tokens)
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Reader<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes characters while they are of a kind.
    fn run(&mut self, is: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.find(|c| !is(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn next(&mut self) -> Result<Option<Placed<'s>>, ExpressionError> {
        loop {
            self.run(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}'));
            if !self.rest().starts_with("//") {
                break;
            }
            self.run(|c| c != '\n');
        }
        let at = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let after = self.rest()[first.len_utf8()..].chars().next();
        let token = match first {
            '0'..='9' => self.number()?,
            '.' if after.is_some_and(|c| c.is_ascii_digit()) => self.number()?,
            '"' | '\'' => Token::Text(self.text(false)?),
            'r' | 'R' if matches!(after, Some('"' | '\'')) => {
                self.at += 1;
                Token::Text(self.text(true)?)
            }
            'b' | 'B' if matches!(after, Some('"' | '\'')) => {
                return Err(ExpressionError::at(at, "byte strings are not part of the language"));
            }
            'a'..='z' | 'A'..='Z' | '_' => Token::Name(self.run(|c| c.is_ascii_alphanumeric() || c == '_')),
            _ => match SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    Token::Sign(sign)
                }
                None => return Err(ExpressionError::at(at, format!("`{first}` means nothing here"))),
            },
        };
        Ok(Some(Placed { at, token }))
    }

    fn number(&mut self) -> Result<Token<'s>, ExpressionError> {
        let at = self.at;
        let digit = |c: char| c.is_ascii_digit();
        let whole = if self.rest().starts_with("0x") && self.rest()[2..].starts_with(|c: char| c.is_ascii_hexdigit()) {
            self.at += 2;
            u64::from_str_radix(self.run(|c| c.is_ascii_hexdigit()), 16).ok()
        } else {
            self.run(digit);
            let mut fraction = false;
            if self.rest().starts_with('.') && self.rest()[1..].starts_with(digit) {
                self.at += 1;
                self.run(digit);
                fraction = true;
            }
            let exponent = self.rest().strip_prefix(['e', 'E']);
            let exponent = exponent.map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
            if let Some(digits) = exponent.filter(|rest| rest.starts_with(digit)) {
                self.at = self.source.len() - digits.len();
                self.run(digit);
                fraction = true;
            }
            let text = &self.source[at..self.at];
            if fraction {
                let value = text.parse().ok().filter(|value: &f64| value.is_finite());
                return value.map(Token::Float).ok_or_else(|| ExpressionError::at(at, "the number is too large"));
            }
            text.parse().ok()
        };
        if self.rest().starts_with(['u', 'U']) {
            return Err(ExpressionError::at(at, "unsigned numbers are not part of the language"));
        }
        whole.map(Token::Int).ok_or_else(|| ExpressionError::at(at, "the number is too large"))
    }

    /// A text in quotes, which are the next characters; in a raw one a backslash is a backslash.
    fn text(&mut self, raw: bool) -> Result<String, ExpressionError> {
        let start = self.at;
        let open = || ExpressionError::at(start, "the text has no closing quote");
        let quote = if self.rest().starts_with("\"\"\"") || self.rest().starts_with("'''") {
            &self.rest()[..3]
        } else {
            &self.rest()[..1]
        };
        self.at += quote.len();
        let mut text = String::new();
        loop {
            if self.rest().starts_with(quote) {
                self.at += quote.len();
                return Ok(text);
            }
            let c = self.peek().ok_or_else(open)?;
            if quote.len() == 1 && matches!(c, '\n' | '\r') {
                return Err(open());
            }
            self.at += c.len_utf8();
            match c {
                '\\' if !raw => text.push(self.escaped()?),
                // A line of the source ends in one way, whoever wrote it.
                '\r' => {
                    if self.rest().starts_with('\n') {
                        self.at += 1;
                    }
                    text.push('\n');
                }
                c => text.push(c),
            }
        }
    }

    /// The character that an escape stands for; the backslash has been taken.
    fn escaped(&mut self) -> Result<char, ExpressionError> {
        let at = self.at - 1;
        let wrong = || ExpressionError::at(at, "no such escape in a text; for a backslash write two");
        let c = self.peek().ok_or_else(wrong)?;
        self.at += c.len_utf8();
        let (digits, radix) = match c {
            'a' => return Ok('\u{7}'),
            'b' => return Ok('\u{8}'),
            'f' => return Ok('\u{c}'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            'v' => return Ok('\u{b}'),
            '"' | '\'' | '\\' | '?' | '`' => return Ok(c),
            'x' | 'X' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='3' => {
                self.at -= 1;
                (3, 8)
            }
            _ => return Err(wrong()),
        };
        let code =
            self.rest().get(..digits).filter(|code| code.chars().all(|c| c.is_digit(radix))).ok_or_else(wrong)?;
        self.at += digits;
        u32::from_str_radix(code, radix).ok().and_then(char::from_u32).ok_or_else(wrong)
    }
}
