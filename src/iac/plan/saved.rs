//! Saved plan files (`terraform plan -out FILE`), which hold the sources of every module.
//!
//! The file is a zip archive: `tfplan` is the plan in a format that Terraform keeps to itself,
//! `tfconfig/modules.json` lists the modules, and `tfconfig/m-KEY/` has the files of the module with that
//! key (`m-` the root module, `m-logs.bucket` the module `bucket` that the module `logs` calls). That is
//! how `configload` and `planfile` of <https://github.com/hashicorp/terraform> write it.

use std::collections::HashMap;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use tempfile::TempDir;
use zip::ZipArchive;

/// The most sources that are taken out, in bytes.
const SIZE_LIMIT: u64 = 256 << 20;

/// The most files.
const FILE_LIMIT: usize = 20_000;

/// The most directories above the root module that modules are in.
const ABOVE_LIMIT: usize = 16;

/// Why no sources could be taken out of a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum SavedError {
    /// It is no archive, or a broken one.
    #[error("read the saved plan: it is not a file that `terraform plan -out` wrote, or it is damaged")]
    NotSaved,
    /// There are no sources in it.
    #[error("read the sources in the saved plan: it has none")]
    NoSources,
    /// More than a configuration is.
    #[error("read the sources in the saved plan: they are larger than 256 MiB or more than 20,000 files")]
    TooLarge,
    /// They could not be put where they are read.
    #[error("take the sources out of the saved plan: {0}")]
    Write(#[from] std::io::Error),
}

/// Whether these bytes are a saved plan file.
#[must_use]
pub fn is_saved(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
        && ZipArchive::new(Cursor::new(bytes))
            .is_ok_and(|archive| archive.index_for_name("tfplan").is_some() || archive.index_for_name(LIST).is_some())
}

/// The name that the directory of the root module is given, which no module beside it has.
const ROOT: &str = "=root=";

/// The list of the modules.
const LIST: &str = "tfconfig/modules.json";

#[derive(Deserialize)]
struct ListEntry {
    #[serde(rename = "Key", default)]
    key: String,
    /// Its directory as seen from where Terraform ran, which is the directory of the root module.
    #[serde(rename = "Dir", default)]
    directory: String,
}

/// The sources of a saved plan in a directory of their own, which goes away with this.
#[derive(Debug)]
pub(super) struct Snapshot {
    root: PathBuf,
    /// Modules whose files have no place beside the root module.
    pub(super) left_out: Vec<String>,
    _directory: TempDir,
}

impl Snapshot {
    /// Takes the sources out. No file is written outside of a directory made for them, whatever the
    /// names in the archive are.
    pub(super) fn extract(bytes: &[u8]) -> Result<Self, SavedError> {
        Self::extract_within(bytes, SIZE_LIMIT)
    }

    fn extract_within(bytes: &[u8], mut left: u64) -> Result<Self, SavedError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| SavedError::NotSaved)?;
        let list = text(&mut archive, LIST, &mut left)?.ok_or(SavedError::NoSources)?;
        let list: Vec<ListEntry> = serde_json::from_slice(&list).map_err(|_| SavedError::NotSaved)?;
        let mut left_out = Vec::new();
        let mut modules = HashMap::new();
        let mut above = 0;
        for entry in list {
            match relative(&entry.directory) {
                Some((up, down)) => {
                    above = above.max(up);
                    modules.insert(entry.key, (up, down));
                }
                None => left_out.push(entry.key),
            }
        }
        let names: Vec<String> = archive
            .file_names()
            .filter_map(Result::ok)
            .filter(|name| name.starts_with("tfconfig/m-"))
            .map(std::borrow::Cow::into_owned)
            .collect();
        if names.len() > FILE_LIMIT {
            return Err(SavedError::TooLarge);
        }
        let directory = TempDir::new()?;
        // As deep as the modules above it are far away.
        let root = (0..above).fold(directory.path().join(ROOT), |root, _| root.join(ROOT));
        fs::create_dir_all(&root)?;
        for name in names {
            let Some((key, file)) = name.strip_prefix("tfconfig/m-").and_then(|name| name.split_once('/')) else {
                continue;
            };
            let (Some((up, down)), true) = (modules.get(key), is_file_name(file)) else { continue };
            let Some(content) = text(&mut archive, &name, &mut left)? else { continue };
            let base = root.ancestors().nth(*up).unwrap_or(&root).join(down);
            fs::create_dir_all(&base)?;
            fs::write(base.join(file), content)?;
        }
        write_manifest(&root, &modules)?;
        Ok(Self { root, left_out, _directory: directory })
    }

    /// The directory of the root module.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

/// Lists the modules below `.terraform` where the reader of sources looks for them.
fn write_manifest(root: &Path, modules: &HashMap<String, (usize, PathBuf)>) -> Result<(), SavedError> {
    let listed: Vec<serde_json::Value> = modules
        .iter()
        .filter(|(_, (up, down))| *up == 0 && down.starts_with(".terraform"))
        .map(|(key, (_, down))| serde_json::json!({"Key": key, "Dir": down.to_string_lossy()}))
        .collect();
    if listed.is_empty() {
        return Ok(());
    }
    let directory = root.join(".terraform/modules");
    fs::create_dir_all(&directory)?;
    let manifest = serde_json::json!({ "Modules": listed });
    Ok(fs::write(directory.join("modules.json"), manifest.to_string())?)
}

/// The content of an entry; `None` where there is none of this name.
fn text(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, left: &mut u64) -> Result<Option<Vec<u8>>, SavedError> {
    let Some(index) = archive.index_for_name(name) else { return Ok(None) };
    let entry = archive.by_index(index).map_err(|_| SavedError::NotSaved)?;
    if !entry.is_file() {
        return Ok(None);
    }
    let mut content = Vec::new();
    entry.take(*left + 1).read_to_end(&mut content).map_err(|_| SavedError::NotSaved)?;
    *left = left.checked_sub(content.len() as u64).ok_or(SavedError::TooLarge)?;
    Ok(Some(content))
}

/// How many directories up from the root module a module is, and the way down from there; `None` where
/// that is no path beside it.
fn relative(directory: &str) -> Option<(usize, PathBuf)> {
    // Windows writes its own separators, and a drive where the module is on another one.
    let directory = directory.replace('\\', "/");
    if directory.contains([':', '\0']) {
        return None;
    }
    let mut up = 0;
    let mut down = PathBuf::new();
    for part in Path::new(&directory).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !down.pop() {
                    up += 1;
                }
            }
            Component::Normal(part) => down.push(part),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (up <= ABOVE_LIMIT).then_some((up, down))
}

/// Whether it names a file in a directory, and nothing beside or below it.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn sources_stand_where_they_stood() {
        let bytes = archive(&[
            ("tfplan", "x"),
            (
                LIST,
                r#"[{"Key":"","Dir":"."},{"Key":"a","Dir":"../shared/a"},{"Key":"a.b","Dir":".terraform/modules/b"}]"#,
            ),
            ("tfconfig/m-/main.tf", "root"),
            ("tfconfig/m-a/main.tf", "a"),
            ("tfconfig/m-a.b/main.tf", "b"),
        ]);
        assert!(is_saved(&bytes));
        let snapshot = Snapshot::extract(&bytes).unwrap();
        let read = |path: &str| fs::read_to_string(snapshot.root().join(path)).unwrap();
        assert_eq!(read("main.tf"), "root");
        assert_eq!(read("../shared/a/main.tf"), "a");
        assert_eq!(read(".terraform/modules/b/main.tf"), "b");
        assert!(read(".terraform/modules/modules.json").contains(r#""a.b""#));
        assert!(snapshot.left_out.is_empty());
    }

    #[test]
    fn nothing_is_written_outside() {
        let ups = "../".repeat(ABOVE_LIMIT + 1);
        let list = format!(
            r#"[{{"Key":"","Dir":"."}},{{"Key":"far","Dir":"{ups}x"}},{{"Key":"abs","Dir":"/tmp/x"}},{{"Key":"drive","Dir":"C:\\x"}}]"#
        );
        let bytes = archive(&[
            (LIST, &list),
            ("tfconfig/m-/../../evil.tf", "x"),
            ("tfconfig/m-/sub/evil.tf", "x"),
            ("tfconfig/m-abs/evil.tf", "x"),
            ("tfconfig/m-none/evil.tf", "x"),
            ("tfconfig/m-/good.tf", "x"),
        ]);
        let snapshot = Snapshot::extract(&bytes).unwrap();
        assert_eq!(snapshot.left_out, ["far", "abs", "drive"]);
        let names: Vec<_> = fs::read_dir(snapshot.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["good.tf"]);
    }

    #[test]
    fn what_is_no_saved_plan_is_said_so() {
        assert!(!is_saved(b"{}"));
        assert!(!is_saved(&archive(&[("lambda.py", "x")])));
        assert!(matches!(Snapshot::extract(b"PK\x03\x04"), Err(SavedError::NotSaved)));
        assert!(matches!(Snapshot::extract(&archive(&[("tfplan", "x")])), Err(SavedError::NoSources)));
    }

    #[test]
    fn an_archive_that_blows_up_is_refused() {
        let zeros = "0".repeat(1000);
        let bytes =
            archive(&[(LIST, r#"[{"Key":"","Dir":"."}]"#), ("tfconfig/m-/a.tf", &zeros), ("tfconfig/m-/b.tf", &zeros)]);
        assert!(Snapshot::extract_within(&bytes, 2100).is_ok());
        assert!(matches!(Snapshot::extract_within(&bytes, 1500), Err(SavedError::TooLarge)));
    }
}
