//! JSON syntax (`.tf.json`) → [`super::syntax`]. Its own reader, for the lines.

use std::sync::Arc;

use super::comments::Directive;
use super::lower::{self, SyntaxError};
use super::syntax::{Attribute, Body, Expr, Lines, Nested};
use crate::iac::ignore::WORD;

/// Deepest nesting that is read.
const DEPTH: u32 = 100;

/// A JSON value with its lines.
#[derive(Debug)]
struct Node {
    value: Json,
    first: u32,
    last: u32,
}

#[derive(Debug)]
enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, u32, Node)>),
}

/// Parses a file in JSON syntax; the directives in its `//` members beside it.
pub(super) fn parse(text: &str, file: u32) -> Result<(Body, Vec<Directive>), SyntaxError> {
    let node = Reader { text: text.trim_start_matches('\u{feff}'), at: 0, line: 1 }.document()?;
    let mut lowering = Lowering { file, directives: Vec::new() };
    let body = lowering.top(&node)?;
    Ok((body, lowering.directives))
}

/// Parses a file of variables in JSON: names with their values.
pub(super) fn parse_values(text: &str) -> Result<Vec<(Arc<str>, Expr)>, SyntaxError> {
    let node = Reader { text: text.trim_start_matches('\u{feff}'), at: 0, line: 1 }.document()?;
    let Json::Object(members) = &node.value else {
        return Err(SyntaxError { line: node.first, message: "find an object in it".to_owned() });
    };
    Ok(members.iter().map(|(name, _, value)| (Arc::from(name.as_str()), constant(value))).collect())
}

/// A value in which texts are texts, and not templates.
fn constant(node: &Node) -> Expr {
    match &node.value {
        Json::Null => Expr::Null,
        Json::Bool(truth) => Expr::Bool(*truth),
        Json::Number(number) => Expr::Number(*number),
        Json::Text(text) => Expr::Text(Arc::from(text.as_str())),
        Json::List(items) => Expr::List(items.iter().map(constant).collect()),
        Json::Object(members) => Expr::Object(
            members.iter().map(|(key, _, value)| (Expr::Text(Arc::from(key.as_str())), constant(value))).collect(),
        ),
    }
}

struct Lowering {
    file: u32,
    directives: Vec<Directive>,
}

/// How many labels blocks of this kind have.
fn labels(kind: &str) -> usize {
    match kind {
        "resource" | "data" | "ephemeral" => 2,
        "variable" | "output" | "module" | "provider" | "check" => 1,
        _ => 0,
    }
}

impl Lowering {
    fn lines(&self, first: u32, last: u32) -> Lines {
        Lines { file: self.file, first, last }
    }

    fn top(&mut self, node: &Node) -> Result<Body, SyntaxError> {
        let mut body = Body::default();
        for node in objects(node)? {
            let Json::Object(members) = &node.value else { continue };
            for (kind, line, value) in members {
                if kind == "//" {
                    self.comment(value);
                    continue;
                }
                self.blocks(kind, &mut Vec::new(), labels(kind), value, *line, &mut body.blocks)?;
            }
        }
        Ok(body)
    }

    /// Goes down through the labels to the bodies.
    fn blocks(
        &mut self,
        kind: &str,
        found: &mut Vec<Arc<str>>,
        left: usize,
        node: &Node,
        line: u32,
        out: &mut Vec<Nested>,
    ) -> Result<(), SyntaxError> {
        for node in objects(node)? {
            let Json::Object(members) = &node.value else { continue };
            if left == 0 {
                let body = self.body(members)?;
                out.push(Nested {
                    kind: Arc::from(kind),
                    labels: found.clone(),
                    body,
                    lines: self.lines(line.min(node.first), node.last),
                });
                continue;
            }
            for (label, line, value) in members {
                if label == "//" {
                    self.comment(value);
                    continue;
                }
                found.push(Arc::from(label.as_str()));
                self.blocks(kind, found, left - 1, value, *line, out)?;
                found.pop();
            }
        }
        Ok(())
    }

    fn body(&mut self, members: &[(String, u32, Node)]) -> Result<Body, SyntaxError> {
        let mut body = Body::default();
        for (name, line, value) in members {
            match name.as_str() {
                "//" => self.comment(value),
                "dynamic" => self.dynamic(value, *line, &mut body.blocks)?,
                _ => body.attributes.push(Attribute {
                    name: Arc::from(name.as_str()),
                    value: expression(value)?,
                    lines: self.lines(*line, value.last),
                }),
            }
        }
        Ok(body)
    }

    fn dynamic(&mut self, node: &Node, line: u32, out: &mut Vec<Nested>) -> Result<(), SyntaxError> {
        let start = out.len();
        self.blocks("dynamic", &mut Vec::new(), 1, node, line, out)?;
        // The content is a body, too.
        for node in objects(node)? {
            let Json::Object(members) = &node.value else { continue };
            let mut at = start;
            for (_, _, dynamics) in members.iter().filter(|(label, ..)| label != "//") {
                for dynamic in objects(dynamics)? {
                    let Json::Object(parts) = &dynamic.value else { continue };
                    let content = parts.iter().find(|(name, ..)| name == "content");
                    if let (Some((_, line, content)), Some(block)) = (content, out.get_mut(at)) {
                        block.body.attributes.retain(|attribute| &*attribute.name != "content");
                        let mut bodies = Vec::new();
                        self.blocks("content", &mut Vec::new(), 0, content, *line, &mut bodies)?;
                        block.body.blocks.extend(bodies);
                    }
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn comment(&mut self, node: &Node) {
        match &node.value {
            Json::Text(text) => {
                if let Some(rest) = text.trim_start().strip_prefix(WORD) {
                    self.directives.push(Directive { line: node.first, above: None, text: rest.trim_end().to_owned() });
                }
            }
            Json::List(items) => items.iter().for_each(|item| self.comment(item)),
            _ => {}
        }
    }
}

/// The objects of an object or a list of objects.
fn objects(node: &Node) -> Result<Vec<&Node>, SyntaxError> {
    match &node.value {
        Json::Object(_) => Ok(vec![node]),
        Json::List(items) => {
            let mut found = Vec::new();
            for item in items {
                match &item.value {
                    Json::Object(_) => found.push(item),
                    Json::Null => {}
                    _ => return Err(SyntaxError { line: item.first, message: "find an object here".to_owned() }),
                }
            }
            Ok(found)
        }
        Json::Null => Ok(Vec::new()),
        _ => Err(SyntaxError { line: node.first, message: "find an object here".to_owned() }),
    }
}

/// A value whose texts are templates.
fn expression(node: &Node) -> Result<Expr, SyntaxError> {
    Ok(match &node.value {
        Json::Null => Expr::Null,
        Json::Bool(truth) => Expr::Bool(*truth),
        Json::Number(number) => Expr::Number(*number),
        Json::Text(text) => lower::template_expression(text)
            .map_err(|error| SyntaxError { line: node.first.saturating_add(error.line - 1), ..error })?,
        Json::List(items) => Expr::List(items.iter().map(expression).collect::<Result<_, _>>()?),
        Json::Object(members) => {
            let mut lowered = Vec::with_capacity(members.len());
            for (key, _, value) in members.iter().filter(|(key, ..)| key != "//") {
                lowered.push((lower::template_expression(key)?, expression(value)?));
            }
            Expr::Object(lowered)
        }
    })
}

/// Reads JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn document(mut self) -> Result<Node, SyntaxError> {
        let node = self.node(0)?;
        self.space();
        if self.at < self.text.len() { Err(self.wrong("find the end of the file here")) } else { Ok(node) }
    }

    fn wrong(&self, message: &str) -> SyntaxError {
        SyntaxError { line: self.line, message: format!("parse it as JSON: could not {message}") }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line = self.line.saturating_add(u32::from(byte == b'\n'));
            self.at += 1;
        }
    }

    fn node(&mut self, depth: u32) -> Result<Node, SyntaxError> {
        if depth > DEPTH {
            return Err(self.wrong("go so deep"));
        }
        self.space();
        let first = self.line;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Json::Text(self.string()?),
            Some(b't') => self.word("true", Json::Bool(true))?,
            Some(b'f') => self.word("false", Json::Bool(false))?,
            Some(b'n') => self.word("null", Json::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.wrong("find a value here")),
        };
        Ok(Node { value, first, last: self.line })
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, SyntaxError> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.wrong("find a value here"))
    }

    fn number(&mut self) -> Result<Json, SyntaxError> {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.text[start..self.at].parse().map(Json::Number).map_err(|_| self.wrong("read the number"))
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(b'\n') | None => return Err(self.wrong("find the end of the text")),
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        // Both ends are quotes, so the range is one of characters.
        serde_json::from_str(&self.text[start..self.at]).map_err(|_| self.wrong("read the text"))
    }

    fn list(&mut self, depth: u32) -> Result<Json, SyntaxError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.node(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::List(items));
                }
                _ => return Err(self.wrong("find `,` or `]` here")),
            }
        }
    }

    fn object(&mut self, depth: u32) -> Result<Json, SyntaxError> {
        self.at += 1;
        let mut members = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("find a name here"));
            }
            let line = self.line;
            let name = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("find `:` here"));
            }
            self.at += 1;
            members.push((name, line, self.node(depth + 1)?));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return Err(self.wrong("find `,` or `}` here")),
            }
        }
    }
}
