//! The walls of the house, as DESIGN.md draws them, kept by reading what the source says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms, and what each may import. What is not named here is no room.
const ROOMS: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("control", &["model"]),
    ("collect", &["model"]),
    ("iac", &["model"]),
    ("evaluate", &["model", "control"]),
    ("seal", &["model"]),
    ("store", &["model"]),
    ("report", &["model"]),
    ("export", &["model"]),
    // The use cases. None of them imports another but for `evidence`, which they have in common.
    ("evidence", &["model", "control", "evaluate", "seal", "store", "report"]),
    ("scan", &["model", "control", "collect", "evaluate", "seal", "store", "evidence"]),
    ("check", &["model", "control", "iac", "evaluate", "seal", "store", "evidence"]),
    (
        "cli",
        &[
            "model", "control", "collect", "iac", "evaluate", "seal", "store", "report", "export", "evidence", "scan",
            "check",
        ],
    ),
];

/// What only one part of the house may use.
const ONLY: [(&str, &[&str]); 15] = [
    ("aws_sdk_", &["collect/"]),
    ("aws_config", &["collect/"]),
    ("aws_smithy_", &["collect/"]),
    ("aws_runtime", &["collect/"]),
    ("roxmltree", &["collect/"]),
    ("rusqlite", &["store"]),
    ("askama", &["report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("anstream", &["cli"]),
    ("hcl_edit", &["iac/"]),
    ("quick_junit", &["export/"]),
    ("saphyr_parser", &["iac/"]),
    ("similar", &["check/edit/"]),
    // The handover package, and the saved plan, which is a zip of Terraform's.
    ("zip::", &["seal/package/", "iac/plan/"]),
];

struct File {
    /// Path under `src/`.
    name: String,
    /// The text without comments.
    code: String,
}

fn source() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    list(&root, &mut paths);
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&root).expect("under src").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("reads a source file");
        let code =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).fold(String::new(), |mut code, line| {
                code.push_str(line);
                code.push('\n');
                code
            });
        File { name, code }
    };
    let files: Vec<File> = paths.iter().map(read).collect();
    assert!(files.len() > 100, "{} files", files.len());
    files
}

fn list(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("lists a directory") {
        let path = entry.expect("lists a directory").path();
        if path.is_dir() {
            list(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push(path);
        }
    }
}

fn room(name: &str) -> Option<&str> {
    let first = name.split('/').next().unwrap_or_default();
    let first = first.strip_suffix(".rs").unwrap_or(first);
    ROOMS.iter().map(|(room, _)| *room).find(|room| *room == first)
}

/// Code that is built for tests only: whole files, and what follows `#[cfg(test)]` at the margin.
fn is_test(name: &str) -> bool {
    name.contains("tests") || name.ends_with("_tests.rs") || name.contains("/fixture")
}

fn without_tests(code: &str) -> &str {
    code.find("\n#[cfg(test)]\nmod tests {").map_or(code, |at| &code[..at])
}

/// The rooms that code names: `crate::room::…`, and in `use crate::{room::…, …}`.
fn named_rooms(code: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let named: &str = match rest.strip_prefix('{') {
            Some(list) => list.split("};").next().unwrap_or_default(),
            None => rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default(),
        };
        for (room, _) in ROOMS {
            let whole = named == room;
            let listed = rest.starts_with('{')
                && named.split(',').any(|part| part.trim().split("::").next().unwrap_or_default().trim() == room);
            if whole || listed {
                found.push(room);
            }
        }
    }
    found
}

#[test]
fn no_room_imports_a_room_it_may_not() {
    let mut wrong = Vec::new();
    for file in source() {
        let Some(own) = room(&file.name) else {
            assert!(["lib.rs", "main.rs"].contains(&file.name.as_str()), "{} is in no room", file.name);
            continue;
        };
        let allowed = ROOMS.iter().find(|(room, _)| *room == own).map_or(&[][..], |(_, allowed)| allowed);
        for named in named_rooms(without_tests(&file.code)) {
            if named != own && !allowed.contains(&named) && !is_test(&file.name) {
                wrong.push(format!("{} imports {named}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_dependency_is_used_in_its_own_room_only() {
    let mut wrong = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for file in source() {
        for (dependency, places) in ONLY {
            if is_test(&file.name) || !names(&file.code, dependency) {
                continue;
            }
            if places.iter().any(|place| file.name.starts_with(place) || file.name == format!("{place}.rs")) {
                *used.entry(dependency).or_default() += 1;
            } else {
                wrong.push(format!("{} uses {dependency}, which is for {places:?}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missing: Vec<_> = ONLY.iter().filter(|(dependency, _)| !used.contains_key(dependency)).collect();
    assert!(missing.is_empty(), "the test no longer sees {missing:?}");
}

/// How many items there are is said in one place, so that its rules hold for every service.
#[test]
fn collectors_count_by_the_kit_alone() {
    let mut wrong = Vec::new();
    for file in source().iter().filter(|file| file.name.starts_with("collect/aws/") && !is_test(&file.name)) {
        for word in ["Population {", "Resource::new(", "Resource::from_marked("] {
            let code = file.code.split("\n#[cfg(test)]\nmod tables {").next().unwrap_or_default();
            if without_tests(code).contains(word) {
                wrong.push(format!("{} has {word}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether code names a crate, not merely a word that ends alike.
fn names(code: &str, dependency: &str) -> bool {
    code.match_indices(dependency).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let bounded = before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_' || c == '"'));
        let after = code[at + dependency.len()..].chars().next();
        let path =
            dependency.ends_with(['_', ':']) || after.is_none_or(|c| c == ':' || c == ';' || c == ' ' || c == '(');
        bounded && path
    })
}

#[test]
fn only_the_command_line_prints_and_nothing_is_left_to_do() {
    let mut wrong = Vec::new();
    for file in source() {
        for word in ["println!", "print!", "eprintln!", "eprint!"] {
            let printed = file.code.match_indices(word).any(|(at, _)| {
                let before = file.code[..at].chars().next_back();
                before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_'))
            });
            if printed && room(&file.name) != Some("cli") && !is_test(&file.name) {
                wrong.push(format!("{} prints with {word}", file.name));
            }
        }
        for word in ["todo!", "unimplemented!", "unsafe ", "static mut "] {
            if file.code.contains(word) {
                wrong.push(format!("{} has {word}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn async_stays_in_collecting_and_in_what_it_serves() {
    let wrong: Vec<String> = source()
        .into_iter()
        .filter(|file| !["collect", "scan", "cli"].contains(&room(&file.name).unwrap_or_default()))
        .filter(|file| {
            file.code.contains("async fn") || file.code.contains("async move") || file.code.contains(".await")
        })
        .map(|file| file.name)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_template_lets_a_value_through_unescaped_without_a_reason() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let mut safe = Vec::new();
    for entry in std::fs::read_dir(dir).expect("lists") {
        let path = entry.expect("lists").path();
        if path.extension().is_none_or(|end| end != "html") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("reads");
        let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
        assert!(!text.contains("escape = \"none\"") && !text.contains("escape=\"none\""), "{name}");
        for (at, _) in text.match_indices("|safe") {
            safe.push(format!("{name}: {}", text[..at].rsplit("{{").next().unwrap_or_default().trim()));
        }
    }
    // Each of these is made by the report itself, from text it has escaped.
    insta::assert_snapshot!("safe", safe.join("\n"));
}
