//! Files beside the code. Nothing outside the directories of the code is read.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use globset::{GlobBuilder, GlobMatcher};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::super::super::origin::Origin;
use super::super::super::value::Value;
use super::arguments::Call;
use super::hash::{base64_of, hex_of};
use super::{FunctionError, Outcome};
use crate::model::gap::GapCode;

/// The largest file that is read, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// How many entries of directories `fileset` looks at.
const ENTRY_LIMIT: usize = 10_000;

/// How deep `fileset` goes.
const DEPTH_LIMIT: usize = 32;

/// What a path of the code leads to.
enum Found {
    /// A file or directory of the code.
    Inside(PathBuf),
    /// Nothing.
    Nothing,
    /// Something that is not of the code, whether it exists or not.
    Outside,
}

/// Joined and without `.` and `..`, before the file system is asked.
fn lexical(from: &Path, path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for part in from.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                let below = matches!(out.components().next_back(), Some(Component::Normal(_)));
                if below {
                    out.pop();
                } else if !matches!(out.components().next_back(), Some(Component::RootDir | Component::Prefix(_))) {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

fn find(call: &Call<'_>, path: &str) -> Found {
    let roots: Vec<PathBuf> = [&call.at.root, &call.at.module, &call.at.code]
        .into_iter()
        .filter_map(|root| root.canonicalize().ok())
        .collect();
    let inside = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    let Ok(root) = call.at.root.canonicalize() else { return Found::Outside };
    if path.contains('\0') {
        return Found::Nothing;
    }
    // A path that leaves the code is not followed, not even to see whether there is something.
    if !inside(&lexical(&root, path)) {
        return Found::Outside;
    }
    match root.join(path).canonicalize() {
        Ok(path) if inside(&path) => Found::Inside(path),
        Ok(_) => Found::Outside,
        Err(_) => Found::Nothing,
    }
}

fn unread(call: &Call<'_>) -> Value {
    let path = call.text(0).unwrap_or_default();
    let origin = Origin::made_by(call.name, &call.args.iter().collect::<Vec<_>>());
    Value::unknown_from(GapCode::Unresolved, &format!("{}(\"{path}\")", call.name), origin)
}

/// The bytes of a file; `None` where it may not be read here.
fn bytes(call: &Call<'_>) -> Result<Option<Vec<u8>>, FunctionError> {
    let missing = || call.error("there is no such file");
    let path = match find(call, &call.text(0)?) {
        Found::Inside(path) => path,
        Found::Nothing => return Err(missing()),
        Found::Outside => return Ok(None),
    };
    // A pipe would never end, so the kind is looked at before it is opened.
    let about = fs::metadata(&path).map_err(|_| missing())?;
    if about.is_dir() {
        return Err(call.error("this is a directory"));
    }
    if !about.is_file() || about.len() > FILE_LIMIT {
        return Ok(None);
    }
    let Ok(file) = File::open(&path) else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = file.take(FILE_LIMIT + 1).read_to_end(&mut bytes);
    Ok((read.is_ok() && bytes.len() as u64 <= FILE_LIMIT).then_some(bytes))
}

fn made(call: &Call<'_>, make: impl Fn(&[u8]) -> String) -> Outcome {
    match bytes(call)? {
        Some(bytes) => call.short(&make(&bytes)),
        None => Ok(unread(call)),
    }
}

pub(super) fn file(call: &Call<'_>) -> Outcome {
    match bytes(call)?.map(String::from_utf8) {
        Some(Ok(text)) => call.short(&text),
        Some(Err(_)) => Err(call.error("the file is not UTF-8")),
        None => Ok(unread(call)),
    }
}

pub(super) fn filebase64(call: &Call<'_>) -> Outcome {
    made(call, |bytes| STANDARD.encode(bytes))
}

pub(super) fn filemd5(call: &Call<'_>) -> Outcome {
    made(call, hex_of::<Md5>)
}

pub(super) fn filesha1(call: &Call<'_>) -> Outcome {
    made(call, hex_of::<Sha1>)
}

pub(super) fn filesha256(call: &Call<'_>) -> Outcome {
    made(call, hex_of::<Sha256>)
}

pub(super) fn filesha512(call: &Call<'_>) -> Outcome {
    made(call, hex_of::<Sha512>)
}

pub(super) fn filebase64sha256(call: &Call<'_>) -> Outcome {
    made(call, base64_of::<Sha256>)
}

pub(super) fn filebase64sha512(call: &Call<'_>) -> Outcome {
    made(call, base64_of::<Sha512>)
}

pub(super) fn fileexists(call: &Call<'_>) -> Outcome {
    match find(call, &call.text(0)?) {
        Found::Inside(path) if path.is_file() => Ok(Value::Bool(true)),
        Found::Inside(_) => Err(call.error("this is no file")),
        Found::Nothing => Ok(Value::Bool(false)),
        Found::Outside => Ok(unread(call)),
    }
}

/// A pattern of paths, whole and in its steps.
struct Pattern {
    whole: GlobMatcher,
    /// `None` for `**`, which stands for any number of directories.
    steps: Vec<Option<GlobMatcher>>,
}

impl Pattern {
    fn read(pattern: &str) -> Option<Self> {
        let glob = |text: &str| {
            GlobBuilder::new(text)
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .ok()
                .map(|glob| glob.compile_matcher())
        };
        let step = |step: &str| if step.contains("**") { Some(None) } else { glob(step).map(Some) };
        Some(Self { whole: glob(pattern)?, steps: pattern.split('/').map(step).collect::<Option<_>>()? })
    }

    /// Whether an entry of this name, so many directories down, or something below it, may match.
    fn reaches(&self, depth: usize, name: &str) -> bool {
        let before = self.steps.iter().take(depth + 1).any(Option::is_none);
        before || matches!(self.steps.get(depth), Some(Some(step)) if step.is_match(name))
    }
}

pub(super) fn fileset(call: &Call<'_>) -> Outcome {
    let (base, pattern) = (call.text(0)?, call.text(1)?);
    let base = match find(call, &base) {
        Found::Inside(path) => path,
        Found::Nothing => return Ok(Value::list(Vec::new())),
        Found::Outside => return Ok(unread(call)),
    };
    if pattern.split('/').any(|part| part == "..") {
        return Ok(unread(call));
    }
    let pattern = Pattern::read(&pattern).ok_or_else(|| call.error("the pattern cannot be read"))?;
    Ok(matching(&base, &pattern).map_or_else(|| unread(call), Value::list))
}

/// The paths below a directory that match, in order; `None` where not all could be looked at.
fn matching(base: &Path, pattern: &Pattern) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    let mut open = vec![(base.to_path_buf(), String::new(), 0)];
    let mut seen = 0;
    while let Some((directory, prefix, depth)) = open.pop() {
        for entry in fs::read_dir(&directory).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let name = name.to_str()?;
            seen += 1;
            if seen > ENTRY_LIMIT {
                return None;
            }
            if !pattern.reaches(depth, name) {
                continue;
            }
            let kind = entry.file_type().ok()?;
            // What a link leads to may be outside, or above.
            if kind.is_symlink() || depth > DEPTH_LIMIT {
                return None;
            }
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                open.push((entry.path(), format!("{path}/"), depth + 1));
            } else if kind.is_file() && pattern.whole.is_match(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Some(found.iter().map(|path| Value::text(path)).collect())
}

pub(super) fn abspath(call: &Call<'_>) -> Outcome {
    let Ok(root) = call.at.root.canonicalize() else { return Ok(unread(call)) };
    call.short(&lexical(&root, &call.text(0)?).to_string_lossy())
}

/// Whose home directory it is, code does not tell.
pub(super) fn pathexpand(call: &Call<'_>) -> Outcome {
    let path = call.text(0)?;
    if path.starts_with('~') { Ok(unread(call)) } else { call.short(&path) }
}

pub(super) fn basename(call: &Call<'_>) -> Outcome {
    let path = call.text(0)?;
    let bare = path.trim_end_matches('/');
    call.short(match (path.is_empty(), bare.rsplit('/').next()) {
        (true, _) => ".",
        (false, Some("") | None) => "/",
        (false, Some(name)) => name,
    })
}

pub(super) fn dirname(call: &Call<'_>) -> Outcome {
    let path = call.text(0)?;
    let directory = path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default();
    let clean = lexical(Path::new(directory), "");
    let text = clean.to_string_lossy();
    call.short(if text.is_empty() { "." } else { text.as_ref() })
}
