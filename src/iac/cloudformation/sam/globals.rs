//! `Globals`: what a template says for all serverless resources of a kind.

use std::collections::HashMap;
use std::sync::Arc;

use crate::iac::cloudformation::node::{Kind, Member, Node};

/// The serverless resource with what `Globals` says for its kind merged in: maps member by member,
/// lists one after the other, anything else as the resource has it.
pub(in crate::iac::cloudformation) fn with_globals(member: &Member, globals: &Node) -> Member {
    let mut made = member.clone();
    if member.key.starts_with("Fn::ForEach::") {
        if let Some([variable, collection, template]) = member.value.items()
            && let Some(members) = template.members()
        {
            let members = members.iter().map(|member| with_globals(member, globals)).collect();
            let template = Node { kind: Kind::Map(Arc::new(members)), ..template.clone() };
            made.value.kind = Kind::List(Arc::new(vec![variable.clone(), collection.clone(), template]));
        }
        return made;
    }
    let section = member.value.get("Type").and_then(Node::text).and_then(|kind| kind.strip_prefix("AWS::Serverless::"));
    let Some(common) = section.and_then(|section| globals.get(section)) else { return made };
    let Some(members) = member.value.members() else { return made };
    let mut members = members.to_vec();
    match members.iter_mut().find(|member| &*member.key == "Properties") {
        Some(properties) => properties.value = merged(common, &properties.value),
        None => members.push(Member {
            key: Arc::from("Properties"),
            line: common.line,
            end_line: common.end_line,
            value: common.clone(),
        }),
    }
    made.value.kind = Kind::Map(Arc::new(members));
    made
}

fn merged(common: &Node, own: &Node) -> Node {
    if common.call().is_some() || own.call().is_some() {
        return own.clone();
    }
    let kind = match (&common.kind, &own.kind) {
        (Kind::List(common), Kind::List(own)) => {
            Kind::List(Arc::new(common.iter().chain(own.iter()).cloned().collect()))
        }
        (Kind::Map(common), Kind::Map(own)) => {
            let mut members = own.to_vec();
            let known: HashMap<&str, usize> =
                own.iter().enumerate().map(|(index, member)| (&*member.key, index)).collect();
            for member in common.iter() {
                match known.get(&*member.key) {
                    Some(index) => members[*index].value = merged(&member.value, &members[*index].value),
                    None => members.push(member.clone()),
                }
            }
            Kind::Map(Arc::new(members))
        }
        (_, own) => own.clone(),
    };
    Node { kind, ..own.clone() }
}
