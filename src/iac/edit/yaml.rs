//! YAML → tree with spans.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::Refusal;
use super::tree::{DEPTH_LIMIT, Member, Node, Shape, Style};

/// A collection that is not closed yet.
struct Frame {
    map: bool,
    start: usize,
    enclosed: bool,
    tag: Option<String>,
    anchored: bool,
    items: Vec<Node>,
    members: Vec<Member>,
    key: Option<(String, std::ops::Range<usize>)>,
}

/// Reads a YAML text of one document.
pub(super) fn read(text: &str) -> Result<Node, Refusal> {
    let unread = || Refusal::new("its file is YAML that is read only with a repair");
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |index: usize| offsets.get(index).copied().unwrap_or(text.len());
    let mut frames: Vec<Frame> = Vec::new();
    let mut root = None;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|_| unread())?;
        let (start, end) = (byte(span.start.index()), byte(span.end.index()));
        let node = match event {
            Event::DocumentStart(_) if root.is_some() => {
                return Err(Refusal::new("its file holds several documents"));
            }
            Event::Scalar(value, style, anchor, tag) => Some(Node {
                span: start..end,
                style: match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Enclosed,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Lines,
                },
                tag: tag.as_deref().and_then(name),
                anchored: anchor > 0,
                shape: Shape::Scalar(value.into_owned()),
            }),
            Event::Alias(_) => {
                Some(Node { span: start..end, style: Style::Enclosed, tag: None, anchored: false, shape: Shape::Alias })
            }
            Event::SequenceStart(anchor, ref tag) | Event::MappingStart(anchor, ref tag) => {
                if frames.len() >= DEPTH_LIMIT {
                    return Err(unread());
                }
                frames.push(Frame {
                    map: matches!(event, Event::MappingStart(..)),
                    start,
                    enclosed: text[start..end].starts_with(['{', '[']),
                    tag: tag.as_deref().and_then(name),
                    anchored: anchor > 0,
                    items: Vec::new(),
                    members: Vec::new(),
                    key: None,
                });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // Behind a tag, only the end tells the brackets.
                let bracket = text[start..end].ends_with(['}', ']']);
                frames.pop().map(|frame| {
                    let enclosed = frame.enclosed || (frame.tag.is_some() && bracket);
                    close(frame, enclosed, end)
                })
            }
            _ => None,
        };
        let Some(node) = node else { continue };
        let Some(frame) = frames.last_mut() else {
            root = Some(node);
            continue;
        };
        if !frame.map {
            frame.items.push(node);
        } else if let Some((key, key_span)) = frame.key.take() {
            frame.members.push(Member { key, key_span, value: node });
        } else {
            let key = node.text().ok_or_else(unread)?.to_owned();
            frame.key = Some((key, node.span));
        }
    }
    root.ok_or_else(unread)
}

fn close(frame: Frame, enclosed: bool, end: usize) -> Node {
    let (first, shape) = if frame.map {
        (frame.members.first().map(|member| member.key_span.start), Shape::Map(frame.members))
    } else {
        (frame.items.first().map(|item| item.span.start), Shape::List(frame.items))
    };
    let style = if enclosed { Style::Enclosed } else { Style::Plain };
    let mut node = Node { span: 0..0, style, tag: frame.tag, anchored: frame.anchored, shape };
    node.span = if enclosed {
        frame.start..end
    } else {
        let start = first.unwrap_or(frame.start);
        start..node.end().unwrap_or(start)
    };
    node
}

/// The name of a tag that is no word of YAML's own.
fn name(tag: &Tag) -> Option<String> {
    (!tag.is_yaml_core_schema()).then(|| tag.suffix.clone())
}
