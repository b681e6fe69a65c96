//! JSON → tree with spans.

use super::Refusal;
use super::tree::{DEPTH_LIMIT, Member, Node, Shape, Style};

/// Reads a JSON text.
pub(super) fn read(text: &str) -> Result<Node, Refusal> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.space();
    let root = reader.value();
    reader.space();
    match root {
        Some(root) if reader.at == text.len() => Ok(root),
        _ => Err(Refusal::new("its file is not JSON as it should be")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes a byte that must be there.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn value(&mut self) -> Option<Node> {
        let start = self.at;
        let (style, shape) = match self.peek()? {
            b'{' => (Style::Enclosed, self.nested(Self::object)?),
            b'[' => (Style::Enclosed, self.nested(Self::array)?),
            b'"' => (Style::Enclosed, Shape::Scalar(self.string()?)),
            _ => {
                let rest = &self.text[start..];
                let length = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                let word = &rest[..length];
                serde_json::from_str::<serde_json::Value>(word).ok()?;
                self.at += length;
                (Style::Plain, Shape::Scalar(word.to_owned()))
            }
        };
        Some(Node { span: start..self.at, style, tag: None, anchored: false, shape })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Shape>) -> Option<Shape> {
        if self.depth >= DEPTH_LIMIT {
            return None;
        }
        self.depth += 1;
        self.at += 1;
        let shape = read(self);
        self.depth -= 1;
        shape
    }

    fn object(&mut self) -> Option<Shape> {
        let mut members = Vec::new();
        self.space();
        if self.take(b'}').is_some() {
            return Some(Shape::Map(members));
        }
        loop {
            self.space();
            let start = self.at;
            let key = self.string()?;
            let key_span = start..self.at;
            self.space();
            self.take(b':')?;
            self.space();
            let value = self.value()?;
            members.push(Member { key, key_span, value });
            if self.closed(b'}')? {
                return Some(Shape::Map(members));
            }
        }
    }

    fn array(&mut self) -> Option<Shape> {
        let mut items = Vec::new();
        self.space();
        if self.take(b']').is_some() {
            return Some(Shape::List(items));
        }
        loop {
            self.space();
            items.push(self.value()?);
            if self.closed(b']')? {
                return Some(Shape::List(items));
            }
        }
    }

    /// Whether the collection ends here; if not, a comma was read.
    fn closed(&mut self, close: u8) -> Option<bool> {
        self.space();
        if self.take(close).is_some() {
            return Some(true);
        }
        self.take(b',').map(|()| false)
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.take(b'"')?;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }
}
