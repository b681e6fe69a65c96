//! Directives of suppression: `Metadata: {tickmark: {ignore: …}}`, at a resource or at the template.

use std::sync::Arc;

use super::node::{Kind, Member, Node};
use crate::iac::deployment::{Ignore, Place};
use crate::iac::ignore::{WORD, from_parts, parse};

/// Most directives read at one place.
const LIMIT: usize = 1000;

/// The longest name shown, in characters.
const SHOWN_LIMIT: usize = 60;

/// The directives in this `Metadata`. Three spellings are read: a list of maps with `control`, `reason`
/// and `until`; one such map; and a map from the control to its `reason` and `until`. In the place of a map
/// with `control` may stand the text that Terraform has after the word of the directive.
pub(super) fn ignores(metadata: Option<&Node>, file: &Arc<str>, at: &str) -> Vec<Ignore> {
    let Some(ours) = metadata.and_then(|metadata| metadata.get("tickmark")) else { return Vec::new() };
    let place = |line: u32, end_line: u32| Place { file: Arc::clone(file), line, end_line: end_line.max(line) };
    let mut out = Vec::new();
    let Some(members) = ours.members() else {
        out.extend(wrong("", place(ours.line, ours.end_line), at, "tickmark is not a map with the key ignore"));
        return out;
    };
    for member in members.iter().take(LIMIT) {
        if &*member.key != "ignore" {
            let message = format!("it has an unknown key `{}`; known is ignore", shown(&member.key));
            out.extend(wrong("", place(member.line, member.end_line), at, &message));
            continue;
        }
        match &member.value.kind {
            Kind::List(items) => {
                for item in items.iter().take(LIMIT) {
                    out.extend(directive(None, item, place(item.line, item.end_line), at));
                }
            }
            Kind::Map(members)
                if member
                    .value
                    .get("control")
                    .is_some_and(|node| node.scalar().is_some() || node.items().is_some()) =>
            {
                let line = members.first().map_or(member.line, |first| first.line);
                out.extend(directive(None, &member.value, place(line, member.end_line), at));
            }
            Kind::Map(members) => {
                for member in members.iter().take(LIMIT) {
                    let place = place(member.line, member.end_line);
                    out.extend(directive(Some(&member.key), &member.value, place, at));
                }
            }
            Kind::Text(_) => {
                let place = place(member.value.line, member.value.end_line);
                out.extend(directive(None, &member.value, place, at));
            }
            _ => {
                let message = "ignore is neither a list nor a map of directives";
                out.extend(wrong("", place(member.line, member.end_line), at, message));
            }
        }
    }
    out
}

fn malformed(ignores: &mut [Ignore], message: &str) {
    for ignore in ignores {
        ignore.malformed = Some(message.to_owned());
    }
}

fn wrong(control: &str, place: Place, at: &str, message: &str) -> Vec<Ignore> {
    let mut wrong = from_parts(control, None, None, place, at);
    malformed(&mut wrong, message);
    wrong
}

fn directive(control: Option<&str>, node: &Node, place: Place, at: &str) -> Vec<Ignore> {
    let Some(members) = node.members() else {
        if let (None, Some(text)) = (control, node.text().filter(|text| text.trim().contains(char::is_whitespace))) {
            return parse(&format!(" {}", text.trim()), place, at);
        }
        let control = control.map_or_else(|| node.scalar().unwrap_or_default(), Arc::from);
        return wrong(&control, place, at, "it has no reason and no until");
    };
    // The controls may stand in a list, too.
    let list = |node: &Node| {
        let items: Option<Vec<_>> = node.items()?.iter().map(Node::scalar).collect();
        Some(items?.join(","))
    };
    let part = |key: &str| {
        let member = members.iter().find(|member| &*member.key == key)?;
        let listed = || list(&member.value).filter(|_| key == "control");
        member.value.scalar().map(|text| text.to_string()).or_else(listed)
    };
    let named = control.map_or_else(|| part("control").unwrap_or_default(), str::to_owned);
    let mut ignores = from_parts(&named, part("reason"), part("until"), place, at);
    let known = |member: &&Member| {
        matches!(&*member.key, "reason" | "until") || (control.is_none() && &*member.key == "control")
    };
    if let Some(strange) = members.iter().find(|member| !known(member)) {
        let message = format!("it has an unknown key `{}`; known are control, reason and until", shown(&strange.key));
        malformed(&mut ignores, &message);
    } else if let Some(strange) = members.iter().find(|member| part(&member.key).is_none()) {
        let message = format!("its {} is not a text", strange.key);
        malformed(&mut ignores, &message);
    }
    ignores
}

/// Directives in comments of YAML, which Terraform has: here they suppress nothing, and that is said.
pub(super) fn in_comments(text: &str, file: &Arc<str>) -> Vec<Ignore> {
    if !text.contains(WORD) {
        return Vec::new();
    }
    let comment =
        |line: &str| line.trim_start().strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with(WORD));
    let lines = text.lines().enumerate().filter(|(_, line)| comment(line)).take(LIMIT);
    let ignore = |(number, _)| {
        let line = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let message = "in a template it stands in the resource's Metadata, under tickmark.ignore";
        wrong("", Place { file: Arc::clone(file), line, end_line: line }, "", message)
    };
    lines.flat_map(ignore).collect()
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_LIMIT).collect()
}
