//! No file under these folders imports another that comes back to it: read of `use` lines and of paths in code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folders of `src/` whose files are in no circle.
const FREE: [&str; 1] = ["iac"];

/// The files of a tree by the path of their module (`iac::plan::merge`), with their code.
struct Modules(BTreeMap<String, String>);

impl Modules {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = BTreeMap::new();
        for entry in walk(&root) {
            let name = entry.strip_prefix(&root).expect("under src").to_string_lossy().replace('/', "::");
            if name.contains("tests") || name.contains("fixture") {
                continue;
            }
            let name = name.trim_end_matches(".rs").trim_end_matches("::mod").to_owned();
            modules.insert(name, std::fs::read_to_string(&entry).expect("reads a source file"));
        }
        assert!(modules.len() > 100, "{} modules", modules.len());
        Self(modules)
    }

    /// What each module imports.
    fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let of = |(name, code): (&'_ String, &'_ String)| {
            let paths = paths(&code_of(code));
            paths.iter().filter_map(|path| self.module(name, path)).filter(|other| *other != name).collect()
        };
        self.0.iter().map(|module| (module.0.as_str(), of(module))).collect()
    }

    /// The module that a path leads to, from where it stands.
    fn module(&self, from: &str, path: &str) -> Option<&str> {
        let mut steps: Vec<&str> = path.split("::").collect();
        let mut base: Vec<&str> = from.split("::").collect();
        match steps.first().copied() {
            Some("crate") => {
                base.clear();
                steps.remove(0);
            }
            Some("self") => {
                steps.remove(0);
            }
            Some("super") => {
                while steps.first() == Some(&"super") {
                    base.pop();
                    steps.remove(0);
                }
            }
            // Another crate, or a child of this module.
            Some(first) if self.0.contains_key(&[&base[..], &[first]].concat().join("::")) => {}
            _ => return None,
        }
        (0..=steps.len()).rev().find_map(|length| {
            let whole = [&base[..], &steps[..length]].concat().join("::");
            self.0.get_key_value(&whole).map(|(name, _)| name.as_str())
        })
    }
}

fn walk(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("lists a directory") {
        let path = entry.expect("lists a directory").path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code without comments and without the tests at its end.
fn code_of(text: &str) -> String {
    let code = text.find("\n#[cfg(test)]\nmod tests").map_or(text, |at| &text[..at]);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths that code names: those of `use`, one for each name in braces, and those that begin with `crate` or
/// `super` elsewhere.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let start = statement.match_indices("use ").map(|(at, _)| at).find(|at| {
            let before = statement[..*at].rsplit('\n').next().unwrap_or_default().trim();
            before.is_empty() || (before.starts_with("pub") && !before.contains(' '))
        });
        match start {
            Some(at) => found.extend(spelled_out(&statement[at + "use ".len()..])),
            None => found.extend(in_code(statement)),
        }
    }
    found
}

/// The paths of a tree of `use`.
fn spelled_out(tree: &str) -> Vec<String> {
    let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((before, inside)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let (mut depth, mut parts) = (0_usize, vec![String::new()]);
    for letter in inside.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("one at least").push(letter);
    }
    let named = parts.iter().filter(|part| !part.trim().is_empty());
    named.flat_map(|part| spelled_out(&format!("{before}{}", part.trim()))).collect()
}

/// The paths in other code.
fn in_code(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for begin in ["crate::", "super::"] {
        for (at, _) in code.match_indices(begin) {
            let inner = code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
            if !inner {
                let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
                let path = code[at..].split(end).next().unwrap_or_default();
                found.push(path.trim_end_matches(':').to_owned());
            }
        }
    }
    found
}

/// The modules from which one comes back to them, with those that lie on the way.
fn circles<'m>(imports: &BTreeMap<&'m str, BTreeSet<&'m str>>) -> BTreeSet<BTreeSet<&'m str>> {
    let reached = |from: &'m str| {
        let mut seen: BTreeSet<&'m str> = BTreeSet::new();
        let mut next: Vec<&'m str> = imports[from].iter().copied().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(imports.get(module).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|module| (*module, reached(module))).collect();
    let circle = |module: &'m str| {
        let back = |other: &&&'m str| reached[**other].contains(module);
        reached[module].iter().filter(back).copied().collect::<BTreeSet<_>>()
    };
    imports.keys().map(|module| circle(module)).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn no_file_is_in_a_circle_of_imports() {
    let modules = Modules::read();
    let imports = modules.imports();
    let wrong: Vec<String> = circles(&imports)
        .into_iter()
        .filter(|circle| circle.iter().any(|module| FREE.iter().any(|folder| module.starts_with(folder))))
        .map(|circle| {
            let lines = circle.iter().map(|module| {
                let others: Vec<&str> = imports[module].intersection(&circle).copied().collect();
                format!("  {module} imports {}", others.join(", "))
            });
            format!("a circle:\n{}", lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_circle_is_seen() {
    let module = |code: &str| code.to_owned();
    let modules = Modules(BTreeMap::from([
        ("a".to_owned(), module("mod b;\nmod c;\npub use self::b::B;\n")),
        ("a::b".to_owned(), module("use std::fmt;\nuse super::c::{self, d::D};\n// use crate::e;\n")),
        ("a::c".to_owned(), module("fn f() { crate::a::b::g(); }\n")),
        ("a::c::d".to_owned(), module("use crate::e as other;\n#[cfg(test)]\nmod tests { use super::super::b; }\n")),
        ("e".to_owned(), module("pub(crate) struct E;\n")),
    ]));
    let imports = modules.imports();
    assert_eq!(imports["a"], BTreeSet::from(["a::b"]));
    assert_eq!(imports["a::b"], BTreeSet::from(["a::c", "a::c::d"]));
    assert_eq!(imports["a::c::d"], BTreeSet::from(["e"]));
    assert_eq!(circles(&imports), BTreeSet::from([BTreeSet::from(["a::b", "a::c"])]));
}
