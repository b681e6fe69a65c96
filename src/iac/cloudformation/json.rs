//! JSON with lines. `serde_json` has no spans, and a YAML reader takes some JSON wrongly and all of it
//! slowly; templates that CDK makes are megabytes of it.

use std::sync::Arc;

use super::node::{DEPTH_LIMIT, Fault, Kind, Member, Node, number, unique};

/// Reads a JSON text. The faults beside the tree did not keep it from being read.
pub(super) fn read(text: &str) -> Result<(Node, Vec<Fault>), Fault> {
    let mut reader = Reader { text, at: 0, line: 1, depth: 0, faults: Vec::new() };
    reader.space();
    let root = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.fault("text after its end"));
    }
    Ok((root, reader.faults))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    depth: usize,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&self, what: &str) -> Fault {
        Fault::at(self.line, format!("parse the JSON: {what}"))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => self.line = self.line.saturating_add(1),
                b' ' | b'\t' | b'\r' => {}
                _ => break,
            }
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Node, Fault> {
        let line = self.line;
        let kind = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err(self.fault("it ends too early")),
        };
        Ok(Node { line, end_line: self.line, kind })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Fault>) -> Result<Kind, Fault> {
        if self.depth >= DEPTH_LIMIT {
            return Err(self.fault(&format!("nested deeper than {DEPTH_LIMIT} levels")));
        }
        self.depth += 1;
        self.at += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn object(&mut self) -> Result<Kind, Fault> {
        let mut members = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Map(Arc::new(members)));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fault("expected a key in double quotes"));
            }
            let line = self.line;
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fault("expected `:` after a key"));
            }
            self.at += 1;
            self.space();
            let value = self.value()?;
            members.push(Member { key, line, end_line: value.end_line, value });
            if self.closed(b'}')? {
                return Ok(Kind::Map(Arc::new(unique(members, &mut self.faults))));
            }
        }
    }

    fn array(&mut self) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::List(Arc::new(items)));
        }
        loop {
            self.space();
            items.push(self.value()?);
            if self.closed(b']')? {
                return Ok(Kind::List(Arc::new(items)));
            }
        }
    }

    /// Whether the collection ends here; if not, a comma was read.
    fn closed(&mut self, close: u8) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Err(self.fault(&format!("expected `,` or `{}`", char::from(close)))),
            None => Err(self.fault("it ends too early")),
        }
    }

    fn string(&mut self) -> Result<Arc<str>, Fault> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(byte) if byte >= 0x20 => self.at += 1,
                Some(_) => return Err(self.fault("a line end or control character inside a text")),
                None => return Err(self.fault("a text that does not end")),
            }
        }
        self.at += 1;
        let quoted = &self.text[start..self.at];
        if !escaped {
            return Ok(Arc::from(&quoted[1..quoted.len() - 1]));
        }
        serde_json::from_str::<String>(quoted)
            .map(|text| Arc::from(text.as_str()))
            .map_err(|_| self.fault("an escape in a text that JSON does not have"))
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let written = &self.text[start..self.at];
        if serde_json::from_str::<serde::de::IgnoredAny>(written).is_err() {
            return Err(self.fault("a number that JSON does not have"));
        }
        Ok(number(written).map_or_else(|| Kind::Text(Arc::from(written)), Kind::Number))
    }

    fn word(&mut self) -> Result<Kind, Fault> {
        for (word, kind) in [("true", Kind::Bool(true)), ("false", Kind::Bool(false)), ("null", Kind::Null)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.fault("expected a value"))
    }
}
