//! Whether the rules of a type make attributes that the type has.

use super::kind::Kind;
use super::rule::{Entry, Form, Main, Rule};

/// What is wrong with the attributes of an entry.
pub(crate) fn entry(entry: &Entry, kind: &Kind, at: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    members(&entry.attributes, kind, &format!("{at}.attributes"), &mut wrong);
    wrong
}

fn members(rules: &[(std::sync::Arc<str>, Rule)], kind: &Kind, at: &str, wrong: &mut Vec<String>) {
    let Kind::Object(members) = kind else {
        if !matches!(kind, Kind::Any | Kind::Map(_)) {
            wrong.push(format!("{at}: the attribute has no members"));
        }
        return;
    };
    for (name, inner) in rules {
        if let Some((kind, _)) = members.get(&**name) {
            rule(inner, kind, &format!("{at}.{name}"), wrong);
        } else {
            let names: Vec<&str> = members.keys().map(|name| &**name).collect();
            wrong.push(format!("{at}: there is no attribute `{name}` (there are {})", names.join(", ")));
        }
    }
}

/// A list of blocks is written as a single block where the code has a single one.
fn element(kind: &Kind) -> &Kind {
    match kind {
        Kind::List(inner) => inner,
        other => other,
    }
}

fn rule(rule: &Rule, kind: &Kind, at: &str, wrong: &mut Vec<String>) {
    if rule.change.form == Some(Form::Policy) {
        let is_policy = |kind: &Kind| match kind {
            Kind::Object(members) => members.contains_key("statements"),
            other => *other == Kind::Any,
        };
        if !is_policy(kind) && !is_policy(element(kind)) {
            wrong.push(format!("{at}: the attribute is no policy document"));
        }
        return;
    }
    main(&rule.main, kind, at, wrong);
}

fn main(main: &Main, kind: &Kind, at: &str, wrong: &mut Vec<String>) {
    match main {
        Main::Object(rules) => members(rules, element(kind), at, wrong),
        Main::Each(_, Some(inner)) => rule(inner, element(kind), at, wrong),
        Main::First(rules) | Main::Concat(rules) => {
            for (index, inner) in rules.iter().enumerate() {
                rule(inner, kind, &format!("{at}[{index}]"), wrong);
            }
        }
        Main::If(_, then, otherwise) => {
            for inner in [then, otherwise].into_iter().flatten() {
                rule(inner, kind, at, wrong);
            }
        }
        Main::Inner(inner) => rule(inner, kind, at, wrong),
        Main::Paths(_)
        | Main::Each(_, None)
        | Main::Const(_)
        | Main::Absent
        | Main::Unknown(_)
        | Main::ToldElsewhere(_)
        | Main::SelfName => {}
    }
}
