//! The folders under `tests/estates`, one a service: what each holds is found by walking them, so that a
//! service is added without a line here. `tests/estates/README.md` says what is in a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[cfg(feature = "aws")]
use tickmark::collect::exchange::tape::Tape;

/// One estate in its forms: a folder with a `main.tf`.
pub(crate) struct Estate {
    /// The service that it is of.
    pub(crate) service: String,
    /// `s3`, or `s3/other` for another one of the same service.
    pub(crate) name: String,
    dir: PathBuf,
}

impl Estate {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/estates")
}

fn folders(of: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("reads an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The services that have a folder, by name.
pub(crate) fn services() -> Vec<String> {
    folders(&root())
}

/// A file of a service's folder, where it is there.
#[cfg(feature = "aws")]
pub(crate) fn file(service: &str, name: &str) -> Option<PathBuf> {
    Some(root().join(service).join(name)).filter(|path| path.exists())
}

/// Every estate that is written as code, by name.
pub(crate) fn written() -> Vec<Estate> {
    let mut estates = Vec::new();
    for service in services() {
        let dir = root().join(&service);
        let below = folders(&dir).into_iter().map(|other| (format!("{service}/{other}"), dir.join(other)));
        for (name, dir) in std::iter::once((service.clone(), dir.clone())).chain(below) {
            if dir.join("main.tf").exists() {
                estates.push(Estate { service: service.clone(), name, dir });
            }
        }
    }
    assert!(estates.len() > 30, "{} estates", estates.len());
    estates
}

/// The controls of a service: the files of its folder under `controls/`, whose name has no hyphen.
pub(crate) fn controls(service: &str) -> BTreeSet<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("controls").join(service.replace('-', ""));
    let Ok(entries) = std::fs::read_dir(dir) else { return BTreeSet::new() };
    entries
        .map(|entry| entry.expect("reads an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .map(|path| path.file_stem().expect("has a name").to_string_lossy().into_owned())
        .collect()
}

/// The files of this name that the services have.
#[cfg(feature = "aws")]
pub(crate) fn tapes(name: &str) -> Vec<PathBuf> {
    services().iter().filter_map(|service| file(service, name)).collect()
}

#[cfg(feature = "aws")]
pub(crate) fn read(tape: &Path) -> Tape {
    let file = std::fs::File::open(tape).unwrap_or_else(|error| panic!("{}: {error}", tape.display()));
    Tape::read(file).unwrap_or_else(|error| panic!("{}: {error}", tape.display()))
}
