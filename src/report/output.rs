//! The folder of a report: written beside its place and moved there whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use askama::Template;
use sha2::{Digest, Sha256};

use super::ReportError;

/// The most that a page may weigh, in bytes: browsers on an auditor's laptop stay quick below it.
pub const PAGE_LIMIT: usize = 1_000_000;

/// The file by which a folder is known as one of our reports.
const MARKER: &str = "tickmark-report.json";

/// A report folder under construction.
pub(crate) struct Output {
    target: PathBuf,
    folder: tempfile::TempDir,
    /// SHA-256 (hex) of every file, by its path in the folder.
    sums: BTreeMap<String, String>,
    /// HTML pages written.
    pub(crate) pages: u64,
    /// Size of the largest page, in bytes.
    pub(crate) largest: usize,
}

impl Output {
    /// Begins a report that will stand at `target`.
    pub(crate) fn begin(target: &Path) -> Result<Self, ReportError> {
        if !replaceable(target)? {
            return Err(ReportError::Occupied { path: target.to_owned() });
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|source| ReportError::Write { path: parent.to_owned(), source })?;
        let folder = tempfile::Builder::new()
            .prefix(".tickmark-report-")
            .tempdir_in(parent)
            .map_err(|source| ReportError::Write { path: parent.to_owned(), source })?;
        Ok(Self { target: target.to_owned(), folder, sums: BTreeMap::new(), pages: 0, largest: 0 })
    }

    /// Writes one HTML page.
    pub(crate) fn page(&mut self, path: &str, template: &impl Template) -> Result<(), ReportError> {
        let html = template.render().map_err(|source| ReportError::Render { page: path.to_owned(), source })?;
        if html.len() > PAGE_LIMIT {
            return Err(ReportError::PageTooLarge { page: path.to_owned(), bytes: html.len() });
        }
        self.pages += 1;
        self.largest = self.largest.max(html.len());
        self.file(path, html.as_bytes())
    }

    /// Writes one file.
    pub(crate) fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ReportError> {
        let place = self.folder.path().join(path);
        let write = || -> io::Result<()> {
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            // Two ids that share a file name would silently show one for the other.
            fs::OpenOptions::new().write(true).create_new(true).open(&place).and_then(|mut file| {
                use io::Write as _;
                file.write_all(bytes)
            })
        };
        write().map_err(|source| ReportError::Write { path: self.target.join(path), source })?;
        self.sums.insert(path.to_owned(), hex(&Sha256::digest(bytes)));
        Ok(())
    }

    /// Closes the report: writes the list of sums and moves the folder to its place.
    pub(crate) fn finish(mut self, scan: u64) -> Result<(), ReportError> {
        let marker = serde_json::json!({ "format": 1, "kind": "tickmark report", "scan": scan });
        self.file(MARKER, format!("{marker:#}\n").as_bytes())?;
        let lines: Vec<String> = self.sums.iter().map(|(path, sum)| format!("{sum}  {path}\n")).collect();
        let sums = lines.concat();
        self.file("SHA256SUMS", sums.as_bytes())?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ReportError::Write { path, source }
        };
        // Asked again: something may have appeared there meanwhile.
        if !replaceable(&self.target)? {
            return Err(ReportError::Occupied { path: self.target });
        }
        let parent = self.folder.path().parent().unwrap_or(Path::new(".")).to_owned();
        let old =
            tempfile::Builder::new().prefix(".tickmark-old-report-").tempdir_in(&parent).map_err(failed(&parent))?;
        let aside = old.path().join("report");
        let replaced = self.target.exists();
        if replaced {
            fs::rename(&self.target, &aside).map_err(failed(&self.target))?;
        }
        let folder = self.folder.keep();
        if let Err(source) = fs::rename(&folder, &self.target) {
            // The old report goes back to its place; the new one must not be left lying about.
            if replaced {
                fs::rename(&aside, &self.target).map_err(failed(&self.target))?;
            }
            fs::remove_dir_all(&folder).map_err(failed(&folder))?;
            return Err(ReportError::Write { path: self.target, source });
        }
        old.close().map_err(failed(&parent))
    }
}

/// Whether a report may take this place: nothing there, an empty folder, or one of our reports.
fn replaceable(target: &Path) -> Result<bool, ReportError> {
    let failed = |source| ReportError::Write { path: target.to_owned(), source };
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(failed(error)),
        Ok(found) if !found.is_dir() => Ok(false),
        Ok(_) => {
            let empty = fs::read_dir(target).map_err(failed)?.next().is_none();
            Ok(empty || target.join(MARKER).is_file())
        }
    }
}

/// Lower-case hexadecimal digits of some bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let room = tempfile::tempdir().expect("a temporary folder");
        let target = room.path().join("photos");
        fs::create_dir(&target).expect("made");
        fs::write(target.join("cat.jpg"), b"cat").expect("written");
        let error = Output::begin(&target).err().expect("refused");
        assert!(matches!(error, ReportError::Occupied { .. }), "{error}");
        assert!(target.join("cat.jpg").is_file());
        assert_eq!(fs::read_dir(room.path()).expect("listed").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_report_is_replaced_whole() {
        let room = tempfile::tempdir().expect("a temporary folder");
        let target = room.path().join("deep/report");
        for (scan, name) in [(1, "old.txt"), (2, "new.txt")] {
            let mut output = Output::begin(&target).expect("begun");
            output.file(name, b"text").expect("written");
            output.finish(scan).expect("finished");
        }
        assert!(target.join("new.txt").is_file());
        assert!(!target.join("old.txt").exists());
        assert_eq!(fs::read_dir(room.path().join("deep")).expect("listed").count(), 1, "nothing is left beside it");
        let sums = fs::read_to_string(target.join("SHA256SUMS")).expect("read");
        assert!(sums.contains(&format!("{}  new.txt", hex(&Sha256::digest(b"text")))), "{sums}");
    }

    #[test]
    fn an_unfinished_report_leaves_nothing_behind() {
        let room = tempfile::tempdir().expect("a temporary folder");
        let mut output = Output::begin(&room.path().join("report")).expect("begun");
        output.file("a.txt", b"a").expect("written");
        assert!(output.file("a.txt", b"b").is_err(), "a file is written once");
        drop(output);
        assert_eq!(fs::read_dir(room.path()).expect("listed").count(), 0);
    }
}
