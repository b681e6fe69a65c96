//! What lies in a directory: root modules, what `cdk synth` wrote, and files that may be a template or
//! a plan.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::deployment::Problem;
use super::display_path::{Named, join_shown};
use super::exclude::{Exclude, LeftOut};
use super::foreign::Foreign;
use super::terraform;

/// Deepest directory that is looked into.
const DEPTH_LIMIT: usize = 40;

/// Largest file that may be anything: a larger one is no template, and a plan only where its beginning
/// says so. Templates are no larger than 1 MB (`CloudFormation` quotas, "Template body size").
const LARGE: u64 = 64 << 20;

/// Names of directories that tools write.
const MADE: &[&str] = &[
    ".aws-sam",
    ".cache",
    ".cargo",
    ".git",
    ".gradle",
    ".hg",
    ".m2",
    ".npm",
    ".nox",
    ".pnpm-store",
    ".serverless",
    ".svn",
    ".terraform",
    ".terragrunt-cache",
    ".tox",
    ".venv",
    ".yarn",
    "__pycache__",
    "node_modules",
];

/// Where a large plan says that it is one, in bytes from its beginning.
const HEAD: u64 = 4096;

/// What was found below a directory, each in the order of its path.
#[derive(Debug, Default)]
pub struct Found {
    /// Directories that hold Terraform configuration, called by others or not.
    pub modules: Vec<Named>,
    /// Directories that `cdk synth` wrote. Nothing inside them is among the rest.
    pub assemblies: Vec<Named>,
    /// Files that may be a template or a plan: their content tells.
    pub files: Vec<Named>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
    /// What was left out, of what may hold code.
    pub left_out: Vec<LeftOut>,
    /// Files of other tools, by their names.
    pub foreign: Vec<(Foreign, String)>,
}

/// Looks through a directory that is shown as `shown`.
///
/// Directories of what was made or fetched are not looked into: those that tools are known to write
/// ([`MADE`]), and what is marked as a cache (`CACHEDIR.TAG`). Other hidden directories are. Links to files
/// are followed; links to directories are not, for what is behind them lies elsewhere too.
///
/// What the patterns leave out below the directory is not judged; its modules are found all the same, for they
/// call others, and tell with which arguments. A module is read as a whole: of its files none is left out but
/// all.
#[must_use]
pub fn walk(directory: &Path, shown: &str, exclude: &Exclude) -> Found {
    let mut found = Found::default();
    found.directory(&At { directory, shown, below: "", depth: 0 }, exclude);
    for named in [&mut found.modules, &mut found.assemblies, &mut found.files] {
        named.sort_by(|one, other| one.1.cmp(&other.1));
    }
    found
}

/// A directory on the way.
struct At<'a> {
    directory: &'a Path,
    shown: &'a str,
    /// Its path below the directory that was named; empty for that one.
    below: &'a str,
    depth: usize,
}

/// Whether a tool made or fetched what is in a directory.
fn holds_made(directory: &Path, name: &str) -> bool {
    is_made(name) || directory.join("CACHEDIR.TAG").exists()
}

/// Whether tools write a directory of this name.
#[must_use]
pub fn is_made(name: &str) -> bool {
    MADE.contains(&name)
}

/// Whether a file may be a template or a plan, by the extension of its name.
fn may_be_read(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["json", "yaml", "yml", "template"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether `cdk synth` wrote a directory.
fn is_assembly(directory: &Path) -> bool {
    directory.join("manifest.json").is_file() && directory.join("cdk.out").is_file()
}

impl Found {
    fn problem(&mut self, shown: &str, message: String) {
        self.problems.push(Problem { file: shown.to_owned(), line: None, message });
    }

    fn directory(&mut self, at: &At<'_>, exclude: &Exclude) {
        let At { directory, shown, below, depth } = *at;
        if depth > DEPTH_LIMIT {
            return self.problem(shown, format!("look into a directory this deep: {DEPTH_LIMIT} levels are looked at"));
        }
        if is_assembly(directory) {
            return self.assemblies.push((directory.to_owned(), shown.to_owned()));
        }
        let listed = fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => return self.problem(shown, format!("list the directory: {error}")),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut is_module = false;
        let mut of_module = Vec::new();
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let inside = join_shown(shown, &name);
            let path = if below.is_empty() { name.to_string() } else { format!("{below}/{name}") };
            let left_out = |is_directory: bool| {
                let pattern = exclude.matching(&name, &path, is_directory)?;
                Some(LeftOut { path: inside.clone(), pattern: pattern.to_owned(), is_directory })
            };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    if holds_made(&entry.path(), &name) {
                        continue;
                    }
                    let inner = At { directory: &entry.path(), shown: &inside, below: &path, depth: depth + 1 };
                    match left_out(true) {
                        Some(left_out) => {
                            let holds_code = self.left_out_directory(&inner);
                            self.left_out.extend(holds_code.then_some(left_out));
                        }
                        None => self.directory(&inner, exclude),
                    }
                }
                Ok(kind) if terraform::is_configuration(&name) => match left_out(false) {
                    Some(left_out) => of_module.push(left_out),
                    None => is_module |= !(kind.is_symlink() && entry.path().is_dir()),
                },
                Ok(_) => {
                    // Other tools have a `root.hcl`, too.
                    let foreign = Foreign::by_name(&entry.path()).filter(|_| name != "root.hcl");
                    if foreign.is_none() && !may_be_read(&name) {
                        continue;
                    }
                    match (left_out(false), foreign) {
                        (Some(left_out), _) => self.left_out.push(left_out),
                        (None, Some(foreign)) => self.foreign.push((foreign, inside)),
                        (None, None) => self.file(entry.path(), inside),
                    }
                }
                Err(error) => self.problem(&inside, format!("look at it: {error}")),
            }
        }
        if is_module {
            self.modules.push((directory.to_owned(), shown.to_owned()));
        } else {
            self.left_out.extend(of_module);
        }
    }

    /// Finds the modules in a directory that is left out, for they tell how others are called. Gives whether it may
    /// hold anything that would be read, by the names of the files in it.
    fn left_out_directory(&mut self, at: &At<'_>) -> bool {
        if at.depth > DEPTH_LIMIT {
            return false;
        }
        let Ok(entries) = fs::read_dir(at.directory) else { return true };
        let (mut is_module, mut holds_more) = (false, false);
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                is_module |= terraform::is_configuration(&name);
                holds_more |= may_be_read(&name);
            } else if !holds_made(&entry.path(), &name) {
                let shown = join_shown(at.shown, &name);
                let inner = At { directory: &entry.path(), shown: &shown, below: at.below, depth: at.depth + 1 };
                holds_more |= self.left_out_directory(&inner);
            }
        }
        if is_module {
            self.modules.push((at.directory.to_owned(), at.shown.to_owned()));
        }
        is_module || holds_more
    }

    fn file(&mut self, path: PathBuf, shown: String) {
        match fs::metadata(&path) {
            Ok(about) if !about.is_file() => {}
            Ok(about) if about.len() <= LARGE => self.files.push((path, shown)),
            Ok(_) => match says_plan(&path) {
                Ok(true) => self.files.push((path, shown)),
                Ok(false) => {}
                Err(error) => self.problem(&shown, format!("read the file: {error}")),
            },
            Err(error) => self.problem(&shown, format!("look at the file: {error}")),
        }
    }
}

/// Whether a file begins as a plan does, in UTF-8 or UTF-16.
fn says_plan(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    head.retain(|byte| *byte != 0);
    Ok(String::from_utf8_lossy(&head).contains("\"format_version\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iac::display_path::Seen;

    fn estate(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().expect("below the directory")).expect("a directory");
            fs::write(path, "{}").expect("a file");
        }
        directory
    }

    fn names(named: &[Named]) -> Vec<&str> {
        named.iter().map(|(_, shown)| shown.as_str()).collect()
    }

    #[test]
    fn what_was_made_or_fetched_is_not_looked_into() {
        let estate = estate(&[
            "main.tf",
            "b/main.tofu",
            "b/notes.txt",
            "b/T.YAML",
            "target/x.json",
            "cache/CACHEDIR.TAG",
            "cache/x.json",
            "node_modules/x.json",
            ".terraform/modules/m/main.tf",
            ".infra/main.tf",
            "out/cdk.out",
            "out/manifest.json",
            "out/a.template.json",
            "cdk.out/a.template.json",
        ]);
        let found = walk(estate.path(), "x", &Exclude::default());
        assert_eq!(names(&found.modules), ["x", "x/.infra", "x/b"]);
        assert_eq!(names(&found.assemblies), ["x/out"]);
        assert_eq!(names(&found.files), ["x/b/T.YAML", "x/cdk.out/a.template.json", "x/target/x.json"]);
        assert_eq!(found.problems, []);
    }

    #[test]
    fn what_cannot_be_looked_at_is_a_problem() {
        let gone = walk(Path::new("/nowhere/at/all"), "gone", &Exclude::default());
        assert!(gone.problems[0].message.starts_with("list the directory: "), "{:?}", gone.problems);
        let deep = estate(&[&format!("{}main.tf", "d/".repeat(DEPTH_LIMIT + 1))]);
        let found = walk(deep.path(), ".", &Exclude::default());
        assert_eq!(found.modules, []);
        assert!(found.problems[0].message.contains("this deep"), "{:?}", found.problems);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_followed_and_links_to_directories_are_not() {
        use std::os::unix::fs::symlink;
        let estate = estate(&["a/main.tf", "a/t.json"]);
        let root = estate.path();
        symlink(root, root.join("a/loop")).expect("a link");
        symlink(root.join("a"), root.join("b.tf")).expect("a link");
        symlink(root.join("a/t.json"), root.join("linked.json")).expect("a link");
        symlink(root.join("nothing"), root.join("dangling.yaml")).expect("a link");
        let found = walk(root, ".", &Exclude::default());
        assert_eq!(names(&found.modules), ["a"]);
        assert_eq!(names(&found.files), ["a/t.json", "linked.json"]);
        assert_eq!(names(&Seen::default().new_of(found.files)), ["a/t.json"]);
        assert_eq!(found.problems.iter().map(|problem| problem.file.as_str()).collect::<Vec<_>>(), ["dangling.yaml"]);
    }

    #[test]
    fn a_large_file_is_read_where_it_begins_as_a_plan_does() {
        let estate = estate(&[]);
        for (name, head) in [("plan.json", "{\"format_version\":\"1.2\""), ("data.json", "[{\"id\": 1}")] {
            fs::write(estate.path().join(name), head).expect("a file");
            let file = fs::OpenOptions::new().write(true).open(estate.path().join(name)).expect("the file");
            file.set_len(LARGE + 1).expect("a sparse file");
        }
        assert_eq!(names(&walk(estate.path(), ".", &Exclude::default()).files), ["plan.json"]);
    }

    #[test]
    fn what_the_patterns_name_is_left_out_below_what_was_named() {
        let estate = estate(&[
            "examples/main.tf",
            "examples/examples/deep/main.tf",
            "examples/tests/unit.py",
            "examples/a/tests/x.yaml",
            "examples/b/one.tf",
            "examples/b/two.tf",
            "examples/c/one.tf",
            "examples/t.json",
        ]);
        let exclude = Exclude::of(["examples/", "tests", "one.tf", "*.json"]).expect("patterns");
        let found = walk(&estate.path().join("examples"), "examples", &exclude);
        assert_eq!(
            names(&found.modules),
            ["examples", "examples/b", "examples/examples/deep"],
            "what calls others is found"
        );
        assert_eq!(found.files, []);
        let left_out: Vec<String> =
            found.left_out.iter().map(|left| format!("{} {} {}", left.pattern, left.path, left.is_directory)).collect();
        assert_eq!(
            left_out,
            [
                "tests examples/a/tests true",
                "one.tf examples/c/one.tf false",
                "examples/ examples/examples true",
                "*.json examples/t.json false",
            ]
        );
    }
}
