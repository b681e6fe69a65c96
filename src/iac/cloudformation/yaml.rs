//! YAML with lines and tags, from the parser's events: no recursion, no copies of what an alias names.
//!
//! Scalars are read as YAML 1.1 has them, which is the version that `CloudFormation` names: plain
//! `yes`, `no`, `on` and `off` are truth values. Dates and numbers that do not print as they are
//! written (`012345678901`, `8.0`) stay text. Aliases and merge keys are read, for `aws
//! cloudformation package` and SAM resolve them before AWS sees the template.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::indent;
use super::node::{DEPTH_LIMIT, Fault, Kind, Member, Node, number, unique};

/// How many nodes aliases may stand for, all together.
const ALIAS_LIMIT: usize = 200_000;

/// Reads the first document of a YAML text. The faults beside the tree did not keep it from being read.
pub(super) fn read(text: &str) -> Result<(Node, Vec<Fault>), Fault> {
    indent::parse(text, build).unwrap_or_else(|error| Err(scan_fault(&error)))
}

/// The tree; the outer error is the parser's.
fn build(text: &str) -> Result<Result<(Node, Vec<Fault>), Fault>, ScanError> {
    let mut builder = Builder { lines: text.lines().collect(), ..Builder::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event?;
        if matches!(event, Event::DocumentStart(_)) && builder.root.is_some() {
            let message = "read more than the first document of the file: a template is one document";
            builder.faults.push(Fault::at(line(span.start.line()), message));
            break;
        }
        if let Err(fault) = builder.event(event, span) {
            return Ok(Err(fault));
        }
    }
    let empty = || Fault { line: None, message: "parse the YAML: it is empty".to_owned() };
    Ok(builder.root.ok_or_else(empty).map(|root| (root.node, builder.faults)))
}

fn scan_fault(error: &ScanError) -> Fault {
    Fault::at(line(error.marker().line()), format!("parse the YAML: {}", error.info()))
}

fn line(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

/// A node with how many nodes it stands for once its aliases are followed, and how high it is.
#[derive(Clone)]
struct Built {
    node: Node,
    weight: usize,
    height: usize,
}

/// A collection that is not closed yet.
struct Frame {
    map: bool,
    start: u32,
    tag: Option<String>,
    anchor: usize,
    items: Vec<Node>,
    members: Vec<Member>,
    key: Option<(Arc<str>, u32)>,
    merged: Vec<Node>,
    weight: usize,
    height: usize,
    end: u32,
}

#[derive(Default)]
struct Builder<'t> {
    lines: Vec<&'t str>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Built>,
    aliased: usize,
    root: Option<Built>,
    faults: Vec<Fault>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let start = line(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // A key is the text that is written, whatever it would mean as a value.
                let key = self.frames.last().is_some_and(|frame| frame.map && frame.key.is_none());
                let kind = if key { Kind::Text(Arc::from(&*text)) } else { scalar(&text, style, tag.as_deref()) };
                let node = Node { line: start, end_line: scalar_end(span, &self.lines), kind };
                let (node, height) = named(node, tag.as_deref().and_then(function), 1);
                self.finish(Built { node, weight: 1, height }, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.open(false, start, anchor, tag.as_deref()),
            Event::MappingStart(anchor, tag) => self.open(true, start, anchor, tag.as_deref()),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                let Some(mut built) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::at(start, "parse the YAML: an alias inside of what it names"));
                };
                self.aliased = self.aliased.saturating_add(built.weight);
                if self.aliased > ALIAS_LIMIT {
                    return Err(Fault::at(start, format!("read aliases that stand for more than {ALIAS_LIMIT} nodes")));
                }
                self.deep(built.height, start)?;
                built.node.line = start;
                built.node.end_line = start;
                self.finish(built, 0)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn deep(&self, more: usize, line: u32) -> Result<(), Fault> {
        if self.frames.len() + more > DEPTH_LIMIT {
            return Err(Fault::at(line, format!("parse the YAML: nested deeper than {DEPTH_LIMIT} levels")));
        }
        Ok(())
    }

    fn open(&mut self, map: bool, start: u32, anchor: usize, tag: Option<&Tag>) -> Result<(), Fault> {
        self.deep(1, start)?;
        self.frames.push(Frame {
            map,
            start,
            tag: tag.and_then(function),
            anchor,
            items: Vec::new(),
            members: Vec::new(),
            key: None,
            merged: Vec::new(),
            weight: 1,
            height: 0,
            end: start,
        });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        // The end of a collection in brackets is the bracket; that of an indented one is wherever the
        // next thing begins.
        let end = if span.is_empty() { frame.end } else { frame.end.max(line(span.end.line())) };
        let kind = if frame.map {
            let mut members = unique(frame.members, &mut self.faults);
            merge(&mut members, &frame.merged);
            Kind::Map(Arc::new(members))
        } else {
            Kind::List(Arc::new(frame.items))
        };
        let node = Node { line: frame.start, end_line: end, kind };
        let (node, height) = named(node, frame.tag, frame.height + 1);
        self.finish(Built { node, weight: frame.weight, height }, frame.anchor)
    }

    /// Puts a node where it belongs: into the collection that is open, as key or value.
    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), Fault> {
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(built);
            return Ok(());
        };
        let Built { node, weight, height } = built;
        frame.weight = frame.weight.saturating_add(weight);
        frame.height = frame.height.max(height);
        frame.end = frame.end.max(node.end_line);
        if !frame.map {
            frame.items.push(node);
            return Ok(());
        }
        match frame.key.take() {
            None => {
                let Some(key) = node.scalar() else {
                    return Err(Fault::at(node.line, "parse the YAML: a key that is not a text"));
                };
                frame.key = Some((key, node.line));
            }
            Some((key, _)) if &*key == "<<" => match &node.kind {
                Kind::List(items) => frame.merged.extend(items.iter().cloned()),
                _ => frame.merged.push(node),
            },
            Some((key, line)) => {
                let end_line = node.end_line.max(line);
                frame.members.push(Member { key, line, end_line, value: node });
            }
        }
        Ok(())
    }
}

/// Members of merged maps that are not written beside the merge; the first map that has a key wins.
fn merge(members: &mut Vec<Member>, merged: &[Node]) {
    let mut known: std::collections::HashSet<Arc<str>> =
        if merged.is_empty() { return } else { members.iter().map(|member| Arc::clone(&member.key)).collect() };
    for member in merged.iter().filter_map(Node::members).flatten() {
        if known.insert(Arc::clone(&member.key)) {
            members.push(member.clone());
        }
    }
}

/// The long name of the function that a short tag stands for.
fn function(tag: &Tag) -> Option<String> {
    if tag.handle != "!" {
        return None;
    }
    Some(match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}

/// The node as the argument of the function that its tag names.
fn named(node: Node, name: Option<String>, height: usize) -> (Node, usize) {
    let Some(name) = name else { return (node, height) };
    let (line, end_line) = (node.line, node.end_line);
    let member = Member { key: Arc::from(name.as_str()), line, end_line, value: node };
    (Node { line, end_line, kind: Kind::Map(Arc::new(vec![member])) }, height + 1)
}

/// The last line of a scalar. The mark after a block of lines is where the next thing begins.
fn scalar_end(span: Span, lines: &[&str]) -> u32 {
    let (start, mut end) = (span.start.line(), span.end.line());
    let written = |line: usize| lines.get(line - 1).copied().unwrap_or_default();
    if end > start && written(end).chars().take(span.end.col()).all(char::is_whitespace) {
        end -= 1;
        while end > start && written(end).trim().is_empty() {
            end -= 1;
        }
    }
    line(end)
}

/// A whole number to the base of eight, as YAML 1.1 writes it (`026` is 22): `CloudFormation` takes YAML 1.1.
/// One of more digits is an id that begins with a zero.
fn octal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('0').filter(|digits| (1..=6).contains(&digits.len()))?;
    u32::from_str_radix(digits, 8).ok().filter(|_| !digits.starts_with('+')).map(f64::from)
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let written = || Kind::Text(Arc::from(text));
    if let Some(tag) = tag
        && (tag.handle == "!" || (tag.is_yaml_core_schema() && tag.suffix == "str"))
    {
        return written();
    }
    if style != ScalarStyle::Plain {
        return written();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Kind::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Kind::Bool(false),
        _ => number(text).or_else(|| octal(text)).map_or_else(written, Kind::Number),
    }
}
