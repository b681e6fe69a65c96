//! What a change changed: the same paths, read as they were at another revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::input::{self, Options};
use super::judge::Verdicts;
use crate::evidence::error::Failure;
use crate::iac::deployment::{Block, Code};
use crate::iac::exclude::Exclude;
use crate::iac::value::Value;
use crate::iac::walk::walk;

/// Where `terraform init` puts modules.
const MODULES: &str = ".terraform/modules";

/// Every block as it was, by the path of its deployment and its address, in each scenario; and what was said of it
/// then, for what is no longer there (a bucket's policy) changes what is said of what is.
pub(super) struct Before {
    blocks: BTreeMap<(String, String), Vec<Value>>,
    pub(super) verdicts: Verdicts,
}

impl Before {
    /// Whether a block was there, with the same content.
    pub(super) fn has(&self, deployment: &str, block: &Block) -> bool {
        let key = (deployment.to_owned(), block.address.clone());
        self.blocks.get(&key).is_some_and(|bodies| bodies.contains(&block.body))
    }

    /// The buckets whose Block Public Access was set then and is no longer, by deployment and address.
    pub(super) fn settings_taken_away(&self, code: &Code) -> BTreeSet<(String, String)> {
        let now: BTreeSet<(&str, &str)> = code
            .deployments
            .iter()
            .flat_map(|deployment| {
                let blocks = deployment.scenarios.iter().flat_map(|scenario| &scenario.blocks);
                blocks.map(|block| (deployment.path.as_str(), block.address.as_str()))
            })
            .collect();
        let mut gone = BTreeSet::new();
        for ((path, address), bodies) in &self.blocks {
            let is_settings = address.rsplit('.').nth(1) == Some("aws_s3_bucket_public_access_block");
            for body in bodies {
                if body.get("PublicAccessBlockConfiguration").is_some() {
                    gone.insert((path.clone(), address.clone()));
                }
                let Some(bucket) = body.get("bucket").filter(|_| is_settings && !now.contains(&(path, address))) else {
                    continue;
                };
                let mut references = Vec::new();
                bucket.add_references(&mut references);
                gone.extend(references.into_iter().map(|reference| (path.clone(), reference.address)));
                gone.extend(bucket.as_text().map(|name| (path.clone(), name.to_owned())));
            }
        }
        gone
    }
}

/// Reads the paths as they were at a revision. Values, and not lines, are compared: a changed default
/// of a variable changes the resources that use it.
pub(super) fn read(
    revision: &str,
    paths: &[PathBuf],
    options: &Options,
    judge: impl Fn(&Code, &dyn Fn(&str) -> String) -> Verdicts,
) -> Result<Before, Failure> {
    let near = directory_of(paths);
    let root = PathBuf::from(git(near, &["rev-parse", "--show-toplevel"], None)?.trim());
    let commit = git(near, &["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")], None)?;
    let folder = tempfile::tempdir().map_err(Failure::io("make a temporary folder"))?;
    let index = folder.path().join("index");
    let tree = folder.path().join("tree");
    std::fs::create_dir(&tree).map_err(Failure::io("make a temporary folder"))?;
    // An index of our own: neither the work tree nor the index of the user is touched.
    git(&root, &["read-tree", commit.trim()], Some(&index))?;
    git(&root, &["checkout-index", "-a", "--quiet", &format!("--prefix={}/", tree.display())], Some(&index))?;

    let mut then = Vec::new();
    for path in paths {
        let path = input::root_module(path).unwrap_or(path);
        let full = std::fs::canonicalize(path).map_err(Failure::io(format!("find {}", path.display())))?;
        let root = std::fs::canonicalize(&root).map_err(Failure::io(format!("find {}", root.display())))?;
        let Ok(relative) = full.strip_prefix(&root) else {
            return Err(Failure::with_help(
                format!("compare {} with {revision}: it is not in the repository {}", path.display(), root.display()),
                "check one repository at a time",
            ));
        };
        let old = tree.join(relative);
        if old.exists() {
            lend_modules(&full, &old);
            then.push((input::shown(&old), input::shown(path), old));
        }
    }
    let olds: Vec<PathBuf> = then.iter().map(|(_, _, old)| old.clone()).collect();
    let code = input::read(&olds, &options.below(&tree))?;
    let now =
        |path: &str| then.iter().find_map(|(old, new, _)| renamed(path, old, new)).unwrap_or_else(|| path.to_owned());
    let verdicts = judge(&code, &now);
    let mut blocks: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for deployment in code.deployments {
        let path = now(&deployment.path);
        for block in deployment.scenarios.into_iter().flat_map(|scenario| scenario.blocks) {
            blocks.entry((path.clone(), block.address)).or_default().push(block.body);
        }
    }
    Ok(Before { blocks, verdicts })
}

/// Lets the old tree use the modules that `terraform init` put beside the code, for git keeps none. Where
/// the code asked for another source or version of one, it is not found, and what it makes counts as
/// changed; so it does where no link can be made.
fn lend_modules(now: &Path, old: &Path) {
    for (module, _) in walk(now, "", &Exclude::default()).modules {
        let modules = module.join(MODULES);
        let Some(there) = module.strip_prefix(now).ok().map(|below| old.join(below)).filter(|_| modules.is_dir())
        else {
            continue;
        };
        if there.is_dir() && std::fs::create_dir_all(there.join(MODULES).parent().unwrap_or(&there)).is_ok() {
            #[cfg(unix)]
            drop(std::os::unix::fs::symlink(modules, there.join(MODULES)));
        }
    }
}

/// A path below `old`, as it is below `new`.
fn renamed(path: &str, old: &str, new: &str) -> Option<String> {
    let rest = path.strip_prefix(old)?;
    match (rest, new) {
        ("", new) => Some(new.to_owned()),
        (rest, ".") => rest.strip_prefix('/').map(ToOwned::to_owned),
        (rest, new) => rest.starts_with('/').then(|| format!("{new}{rest}")),
    }
}

/// The directory that the first path is or lies in: where git is asked.
pub(super) fn directory_of(paths: &[PathBuf]) -> &Path {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let near = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new(".")) };
    if near.as_os_str().is_empty() { Path::new(".") } else { near }
}

/// Runs git on the repository around a directory; gives what it said.
pub(super) fn git(directory: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(arguments);
    // In a hook these are set, and relative to a directory that is not the one asked about.
    for set_by_hooks in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(set_by_hooks);
    }
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command
        .output()
        .map_err(|error| Failure::with_help(format!("run git: {error}"), "install git, or leave out what needs it"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::with_help(
        format!("ask git ({}): {}", arguments.join(" "), said.trim()),
        "check that the path lies in a git repository, and that it knows the revision (a shallow clone may not)",
    ))
}
