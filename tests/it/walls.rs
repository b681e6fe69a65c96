//! The walls of the house: who may know whom. Read off the source, not off a description of it.

use std::path::{Path, PathBuf};

/// A room, and the rooms it may import.
const ROOMS: [(&str, &[&str]); 9] = [
    ("model", &[]),
    ("control", &["model"]),
    ("collect", &["model"]),
    ("evaluate", &["model", "control"]),
    ("seal", &["model"]),
    ("store", &["model"]),
    ("report", &["model"]),
    ("export", &["model"]),
    ("cli", &["model", "control", "collect", "evaluate", "seal", "store", "report", "export"]),
];

/// What may stand under one folder alone.
const KEPT: [(&str, &str); 4] =
    [("aws_sdk_", "collect/aws"), ("rusqlite", "store"), ("askama", "report"), ("clap", "cli")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below `src`, as its path there and its lines of code.
fn sources() -> Vec<(String, Vec<String>)> {
    let mut files = Vec::new();
    let mut dirs = vec![root()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).expect("reads a folder of the source") {
            let path = entry.expect("reads an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("reads a source file");
                let name = path.strip_prefix(root()).expect("lies below src").to_string_lossy().replace('\\', "/");
                files.push((name, text.lines().map(code).collect()));
            }
        }
    }
    files.sort();
    assert!(files.len() > 50, "the source was found");
    files
}

/// A line without its comment.
fn code(line: &str) -> String {
    let line = line.trim_start();
    if line.starts_with("//") { String::new() } else { line.to_owned() }
}

#[test]
fn no_room_imports_another_than_it_may() {
    let mut broken = Vec::new();
    for (file, lines) in sources() {
        let Some((room, may)) = ROOMS.iter().find(|(room, _)| file.starts_with(&format!("{room}/"))) else { continue };
        // Tests that tie rooms together lie beside the command line, which may know them all.
        for (other, _) in ROOMS.iter().filter(|(other, _)| other != room && !may.contains(other)) {
            let path = format!("crate::{other}::");
            let grouped = format!("crate::{{{other}");
            for (index, line) in lines.iter().enumerate() {
                if line.contains(&path) || line.contains(&grouped) || line.contains(&format!("crate::{other};")) {
                    broken.push(format!("src/{file}:{}: {room} must not know {other}", index + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_library_stays_in_the_room_that_wraps_it() {
    let mut broken = Vec::new();
    for (file, lines) in sources() {
        for (library, home) in KEPT {
            if file.starts_with(&format!("{home}/")) {
                continue;
            }
            for (index, line) in lines.iter().enumerate() {
                let used = line.contains(&format!("{library}::")) || line.contains(&format!("use {library}"));
                let sdk = library == "aws_sdk_" && line.contains("aws_sdk_") && line.contains("::");
                if used || sdk {
                    broken.push(format!("src/{file}:{}: {library} belongs under src/{home}", index + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn nothing_prints_outside_the_command_line() {
    let prints = ["println!(", "eprintln!(", "print!(", "eprint!(", "dbg!(", "io::stdout()", "process::exit("];
    let mut broken = Vec::new();
    for (file, lines) in sources().into_iter().filter(|(file, _)| !file.starts_with("cli/")) {
        let tests = file.ends_with("tests.rs") || file.contains("/tests/") || file.contains("fixture");
        let start = lines.iter().position(|line| line.starts_with("#[cfg(test)]")).unwrap_or(lines.len());
        for (index, line) in lines.iter().enumerate().take(start).filter(|_| !tests) {
            if prints.iter().any(|print| line.contains(print)) {
                broken.push(format!("src/{file}:{}: {line}", index + 1));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn asynchronous_code_stays_in_collecting_and_what_it_serves() {
    let mut broken = Vec::new();
    for (file, lines) in sources() {
        let allowed = file.starts_with("collect/") || file.starts_with("cli/");
        if !allowed && lines.iter().any(|line| line.contains("async fn") || line.contains("tokio::")) {
            broken.push(file);
        }
    }
    assert!(broken.is_empty(), "asynchronous code in {}", broken.join(", "));
}
