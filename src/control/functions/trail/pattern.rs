//! The JSON filter patterns of `CloudWatch` Logs, parsed and evaluated.
//!
//! The grammar is that of the `CloudWatch` Logs user guide, "Filter pattern syntax": selectors
//! (`$.userIdentity.type`, `$.list[0]`, `$.['odd name']`), `=`, `!=`, `<`, `<=`, `>`, `>=`, `IS
//! NULL`, `IS TRUE`, `IS FALSE`, `EXISTS`, `NOT EXISTS`, quoted and unquoted values with `*`,
//! `%regular expressions%`, `&&` before `||`, and parentheses.

use serde_json::Value;

use super::super::globs;
use super::super::truth::Truth;

/// Longest pattern read, in bytes. `CloudWatch` takes 1,024 characters.
const LENGTH_LIMIT: usize = 8 * 1024;

/// Deepest nesting of parentheses read.
const DEPTH_LIMIT: usize = 64;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a member is tested for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// Compared with a text, in which `*` is a wildcard, or with a number spelled so.
    Compare(Comparison, String),
    /// Compared with a regular expression.
    Regex(Comparison),
    IsNull,
    IsTrue,
    IsFalse,
    Exists,
    NotExists,
}

/// A step of a selector.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Member(String),
    Item(usize),
}

/// A pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pattern {
    All(Vec<Self>),
    Any(Vec<Self>),
    Term(Vec<Step>, Test),
}

/// Parses a JSON filter pattern; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Pattern, String> {
    if text.len() > LENGTH_LIMIT {
        return Err(format!("it is longer than {LENGTH_LIMIT} bytes"));
    }
    let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let mut parser = Parser { rest: inner.ok_or("it is not a JSON pattern, { … }")? };
    let pattern = parser.any(0)?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(pattern) } else { Err(parser.expected("&& or ||")) }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn expected(&self, what: &str) -> String {
        let found: String = self.rest.chars().take(20).collect();
        format!("{what} is expected at {found:?}")
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a word in any case, where a word ends there.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let Some((head, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        if !head.eq_ignore_ascii_case(word) || rest.starts_with(|c: char| c.is_alphanumeric()) {
            return false;
        }
        self.rest = rest;
        true
    }

    fn any(&mut self, depth: usize) -> Result<Pattern, String> {
        let mut terms = vec![self.all(depth)?];
        while self.take("||") {
            terms.push(self.all(depth)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Pattern::Any(terms) })
    }

    fn all(&mut self, depth: usize) -> Result<Pattern, String> {
        let mut terms = vec![self.term(depth)?];
        while self.take("&&") {
            terms.push(self.term(depth)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Pattern::All(terms) })
    }

    fn term(&mut self, depth: usize) -> Result<Pattern, String> {
        if depth > DEPTH_LIMIT {
            return Err("parentheses are nested too deeply".to_owned());
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err(self.expected(")")) };
        }
        let selector = self.selector()?;
        Ok(Pattern::Term(selector, self.test()?))
    }

    fn selector(&mut self) -> Result<Vec<Step>, String> {
        if !self.take("$") {
            return Err(self.expected("a selector"));
        }
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('[') {
                self.rest = rest;
                steps.push(self.bracket()?);
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                if rest.starts_with('[') {
                    continue;
                }
                let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '@')));
                let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
                if name.is_empty() {
                    return Err(self.expected("the name of a member"));
                }
                steps.push(Step::Member(name.to_owned()));
                self.rest = rest;
            } else if steps.is_empty() {
                return Err(self.expected(". or ["));
            } else {
                return Ok(steps);
            }
        }
    }

    fn bracket(&mut self) -> Result<Step, String> {
        let (inner, rest) = self.rest.split_once(']').ok_or_else(|| self.expected("]"))?;
        let inner = inner.trim();
        let quoted = ['\'', '"'].iter().find_map(|&quote| inner.strip_prefix(quote)?.strip_suffix(quote));
        let step = match quoted {
            Some(name) => Step::Member(name.to_owned()),
            None => Step::Item(inner.parse().map_err(|_| self.expected("an index"))?),
        };
        self.rest = rest;
        Ok(step)
    }

    fn test(&mut self) -> Result<Test, String> {
        if self.take_word("IS") {
            for (word, test) in [("NULL", Test::IsNull), ("TRUE", Test::IsTrue), ("FALSE", Test::IsFalse)] {
                if self.take_word(word) {
                    return Ok(test);
                }
            }
            return Err(self.expected("NULL, TRUE or FALSE"));
        }
        if self.take_word("NOT") {
            return if self.take_word("EXISTS") { Ok(Test::NotExists) } else { Err(self.expected("EXISTS")) };
        }
        if self.take_word("EXISTS") {
            return Ok(Test::Exists);
        }
        let comparison = [
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("==", Comparison::Equal),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ]
        .into_iter()
        .find_map(|(token, comparison)| self.take(token).then_some(comparison));
        let comparison = comparison.ok_or_else(|| self.expected("a comparison"))?;
        self.skip_space();
        if let Some(rest) = self.rest.strip_prefix('%') {
            let (_, rest) = rest.split_once('%').ok_or_else(|| self.expected("%"))?;
            self.rest = rest;
            return match comparison {
                Comparison::Equal | Comparison::NotEqual => Ok(Test::Regex(comparison)),
                _ => Err("a regular expression is only equal or not".to_owned()),
            };
        }
        Ok(Test::Compare(comparison, self.value()?))
    }

    fn value(&mut self) -> Result<String, String> {
        if let Some(rest) = self.rest.strip_prefix('"') {
            let mut value = String::new();
            let mut characters = rest.char_indices();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        self.rest = &rest[at + 1..];
                        return Ok(value);
                    }
                    '\\' => value.push(characters.next().ok_or("a quotation does not end")?.1),
                    other => value.push(other),
                }
            }
            return Err("a quotation does not end".to_owned());
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '&' | '|' | '"' | '{' | '}'));
        let (value, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if value.is_empty() {
            return Err(self.expected("a value"));
        }
        self.rest = rest;
        Ok(value.to_owned())
    }
}

impl Pattern {
    /// Whether it matches the event. Open where `CloudWatch`'s answer is not documented, or hangs on a
    /// regular expression.
    pub(super) fn matches(&self, event: &Value) -> Truth {
        match self {
            Self::All(terms) => Truth::all(terms.iter().map(|term| term.matches(event))),
            Self::Any(terms) => Truth::any(terms.iter().map(|term| term.matches(event))),
            Self::Term(steps, test) => test.holds(select(event, steps)),
        }
    }
}

fn select<'a>(event: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(event, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Item(index) => value.get(index),
    })
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> Truth {
        match self {
            Self::Exists => value.is_some().into(),
            Self::NotExists => value.is_none().into(),
            Self::IsNull => value.is_some_and(Value::is_null).into(),
            Self::IsTrue => (value == Some(&Value::Bool(true))).into(),
            Self::IsFalse => (value == Some(&Value::Bool(false))).into(),
            Self::Regex(Comparison::NotEqual) if value.is_none() => undocumented(),
            Self::Regex(_) if value.is_none() => Truth::No,
            Self::Regex(_) => Truth::unresolved("the filter pattern has a regular expression, which is not evaluated"),
            Self::Compare(comparison, wanted) => compare(*comparison, value, wanted),
        }
    }
}

fn undocumented() -> Truth {
    Truth::unresolved("whether != matches a member that is missing is not documented")
}

fn compare(comparison: Comparison, value: Option<&Value>, wanted: &str) -> Truth {
    let text = match value {
        None if comparison == Comparison::NotEqual => return undocumented(),
        None | Some(Value::Null | Value::Array(_) | Value::Object(_)) => {
            return (comparison == Comparison::NotEqual).into();
        }
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    // Numbers are equal however they are spelled: 1e2 is 100.
    let numbers = value.and_then(Value::as_f64).zip(wanted.parse::<f64>().ok());
    let equal = || {
        numbers.map_or_else(
            || globs::matches(&wanted.replace('?', "\u{0}"), &text.replace('?', "\u{0}")),
            |(one, other)| (one - other).abs() < f64::EPSILON,
        )
    };
    let ordered = |holds: fn(f64, f64) -> bool| numbers.is_some_and(|(one, other)| holds(one, other));
    Truth::from(match comparison {
        Comparison::Equal => equal(),
        Comparison::NotEqual => !equal(),
        Comparison::Less => ordered(|one, other| one < other),
        Comparison::LessOrEqual => ordered(|one, other| one <= other),
        Comparison::Greater => ordered(|one, other| one > other),
        Comparison::GreaterOrEqual => ordered(|one, other| one >= other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn matches(pattern: &str, event: &Value) -> Truth {
        parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(event)
    }

    #[test]
    fn every_operator_works_as_documented() {
        let event = json!({"name": "DeleteTrail", "count": 404, "flag": true, "off": false, "none": null,
            "list": [{"ip": "123.123.0.7"}], "odd name": "x", "deep": {"er": "y"}, "path": "a?b"});
        for (pattern, expected) in [
            ("{ $.name = DeleteTrail }", true),
            ("{ $.name = \"DeleteTrail\" }", true),
            ("{$.name=DeleteTrail}", true),
            ("{ $.name = Delete* }", true),
            ("{ $.name = \"*Trail\" }", true),
            ("{ $.name = deletetrail }", false),
            ("{ $.name != StopLogging }", true),
            ("{ $.count = 404 && $.count = 4.04e2 }", true),
            ("{ $.count >= 404 && $.count < 405 && $.count <= 404 && $.count > 403 }", true),
            ("{ $.count > 404 }", false),
            ("{ $.count = 4* }", true),
            ("{ $.name > 3 }", false),
            ("{ $.flag IS TRUE && $.off IS FALSE && $.none IS NULL }", true),
            ("{ $.flag IS FALSE }", false),
            ("{ $.missing IS NULL }", false),
            ("{ $.missing NOT EXISTS && $.name EXISTS }", true),
            ("{ $.missing = * }", false),
            ("{ $.list[0].ip = 123.123.* }", true),
            ("{ $.list[1].ip = 123.123.* }", false),
            ("{ $.['odd name'] = x && $.deep.er = y && $['deep']['er'] = y }", true),
            ("{ $.path = \"a?b\" }", true),
            ("{ $.name = \"Delete?rail\" }", false),
            // && binds before ||, whatever the order.
            ("{ $.name = x && $.name = y || $.name = DeleteTrail }", true),
            ("{ $.name = DeleteTrail || $.name = y && $.name = x }", true),
            ("{ ($.name = DeleteTrail || $.name = y) && $.name = x }", false),
        ] {
            assert_eq!(matches(pattern, &event), Truth::from(expected), "{pattern}");
        }
        assert!(matches!(matches("{ $.name = %Delete.*% }", &event), Truth::Open(_)));
        assert!(matches!(matches("{ $.missing != x }", &event), Truth::Open(_)));
        assert_eq!(matches("{ $.name = %x% || $.flag IS TRUE }", &event), Truth::Yes);
    }

    #[test]
    fn what_is_no_json_pattern_is_an_error() {
        for pattern in [
            "",
            "ERROR",
            "[ip, user]",
            "{",
            "{}",
            "{ $ = x }",
            "{ $.a }",
            "{ $.a = }",
            "{ $.a = x",
            "{ $.a = x || }",
            "{ ($.a = x }",
            "{ $.a = \"x }",
            "{ $.a = %x }",
            "{ $.a[x] = 1 }",
            "{ $.a IS }",
            "{ $.a = x $.b = y }",
            "{ $.a NOT x }",
            "{ $.a < %x% }",
            "{ $..a = x }",
        ] {
            assert!(parse(pattern).is_err(), "{pattern}");
        }
        assert!(parse(&format!("{{{}", "(".repeat(5000))).is_err());
        assert!(parse(&format!("{{ {}$.a = x{} }}", "(".repeat(500), ")".repeat(500))).is_err());
    }

    fn terms() -> impl Strategy<Value = (String, String, bool)> {
        ("[a-c]", "[x-z]", any::<bool>())
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,120}") {
            drop(parse(&text));
            drop(parse(&format!("{{{text}}}")));
            if let Ok(pattern) = parse(&format!("{{ $.{text} }}")) {
                drop(pattern.matches(&json!({"a": 1})));
            }
        }

        #[test]
        fn pieces_of_patterns_never_panic(
            pieces in prop::collection::vec(prop::sample::select(vec!["{", "}", "(", ")", "$", ".a", "[0]", "=", "!=",
                "IS", "TRUE", "NOT", "EXISTS", "&&", "||", "x", "\"", "%", "*", "\\", " ", "é"]), 0..20),
        ) {
            drop(parse(&format!("{{{}}}", pieces.concat())));
        }

        #[test]
        fn the_order_of_clauses_does_not_matter(list in prop::collection::vec(terms(), 1..6), seed in any::<u64>()) {
            let clause = |(name, value, equal): &(String, String, bool)| {
                format!("($.{name} {} {value})", if *equal { "=" } else { "!=" })
            };
            let event = json!({"a": "x", "b": "y", "c": "z"});
            for operator in [" && ", "||"] {
                let written: Vec<String> = list.iter().map(clause).collect();
                let mut turned = written.clone();
                let by = usize::try_from(seed % 6).expect("below six") % turned.len();
                turned.rotate_left(by);
                turned.reverse();
                let one = matches(&format!("{{{}}}", written.join(operator)), &event);
                prop_assert_eq!(one, matches(&format!("{{ {} }}", turned.join(operator)), &event));
            }
        }
    }
}
