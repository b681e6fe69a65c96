//! Where a file is in its repository, whatever the working directory and wherever the clone.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

use crate::iac::deployment::Code;

/// The path of every file in which blocks and module calls are written, by the path that it is shown by: below
/// the root of the git work tree, which is the nearest directory above it with a `.git`; without one, below
/// the path that was named.
pub(super) fn paths<'c>(code: &'c Code, named: &[PathBuf]) -> BTreeMap<&'c str, String> {
    let blocks =
        code.deployments.iter().flat_map(|deployment| &deployment.scenarios).flat_map(|scenario| &scenario.blocks);
    let mut paths = BTreeMap::new();
    let mut finder = Finder { named: named.iter().map(|path| real(path)).collect(), roots: HashMap::new() };
    for block in blocks {
        for place in std::iter::once(&block.place).chain(block.calls.iter().map(|(_, place)| place)) {
            paths.entry(&*place.file).or_insert_with_key(|shown| finder.path(shown));
        }
    }
    paths
}

struct Finder {
    named: Vec<PathBuf>,
    /// The root of the work tree that a directory is in.
    roots: HashMap<PathBuf, Option<PathBuf>>,
}

impl Finder {
    fn path(&mut self, shown: &str) -> String {
        let file = real(Path::new(shown));
        let directory = file.parent().unwrap_or(&file).to_owned();
        let root = self.roots.entry(directory).or_insert_with_key(|directory| work_tree(directory)).clone();
        let below = |root: &PathBuf| file.strip_prefix(root).ok().map(Path::to_owned);
        let found = root.as_ref().and_then(below).or_else(|| {
            // A file that was named itself is known by its name.
            let base =
                |named: &PathBuf| if *named == file { named.parent().map(Path::to_owned) } else { Some(named.clone()) };
            let bases: Vec<PathBuf> = self.named.iter().filter_map(base).collect();
            let longest = bases.iter().filter_map(below).min_by_key(|path| path.components().count());
            longest.or_else(|| Some(from(bases.first()?, &file)))
        });
        found.as_deref().map_or_else(|| shown.to_owned(), slashed)
    }
}

/// The nearest directory, this one or above it, that holds a `.git`: a directory, or the file of a work tree
/// or a submodule.
fn work_tree(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|directory| directory.join(".git").exists()).map(Path::to_owned)
}

/// The path without links, as far as there are any.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// The way from a directory to a file beside or above it.
fn from(directory: &Path, file: &Path) -> PathBuf {
    let shared = directory.components().zip(file.components()).take_while(|(one, other)| one == other).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(file.components().skip(shared)).collect()
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estate() -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(directory.path().join("repo/infra")).expect("a directory");
        std::fs::write(directory.path().join("repo/infra/main.tf"), "").expect("a file");
        directory
    }

    fn path(named: &Path, file: &Path) -> String {
        let mut finder = Finder { named: vec![real(named)], roots: HashMap::new() };
        finder.path(&file.to_string_lossy())
    }

    #[test]
    fn a_file_is_known_by_its_path_in_the_work_tree() {
        let estate = estate();
        let repo = estate.path().join("repo");
        let file = repo.join("infra/main.tf");
        for git in ["directory", "file"] {
            let at = repo.join(".git");
            if git == "file" {
                std::fs::remove_dir(&at).expect("goes away");
                std::fs::write(&at, "gitdir: elsewhere").expect("a file");
            } else {
                std::fs::create_dir(&at).expect("a directory");
            }
            assert_eq!(path(&repo, &file), "infra/main.tf", "{git}");
            assert_eq!(path(&repo.join("infra"), &file), "infra/main.tf", "{git}");
            assert_eq!(path(&file, &file), "infra/main.tf", "{git}");
        }
    }

    #[test]
    fn without_a_work_tree_it_is_known_by_its_path_below_what_was_named() {
        let estate = estate();
        let repo = estate.path().join("repo");
        let file = repo.join("infra/main.tf");
        // The folder for temporary files may lie in a work tree itself.
        if work_tree(estate.path()).is_some() {
            return;
        }
        assert_eq!(path(&repo, &file), "infra/main.tf");
        assert_eq!(path(&repo.join("infra"), &file), "main.tf");
        assert_eq!(path(&file, &file), "main.tf");
        std::fs::create_dir(repo.join("envs")).expect("a directory");
        assert_eq!(path(&repo.join("envs"), &file), "../infra/main.tf");
    }
}
