//! Modules that are not on this machine, fetched by the user's own `terraform` or `tofu`.
//!
//! `init` is run in a copy of the configuration, never where the user works, and with nothing of the user's
//! credentials: an environment of what a program needs to run and to reach a network, and an empty home.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::since::{directory_of, git};
use super::{Request, input};
use crate::evidence::error::Failure;
use crate::iac::deployment::Language;
use crate::iac::terraform;
use crate::iac::walk;

/// What is run, after the name of the program.
const ARGUMENTS: [&str; 4] = ["init", "-backend=false", "-input=false", "-no-color"];

/// How long one run may take.
const TIME_LIMIT: Duration = Duration::from_mins(10);

/// How often it is looked whether a run is over.
const LOOK: Duration = Duration::from_millis(50);

/// How much of what a run printed is shown, in bytes from its end.
const SHOWN_LIMIT: usize = 4096;

/// Most files that are copied.
const FILE_LIMIT: usize = 50_000;

/// What of the environment a run gets: what programs need to run, and to reach a network. No credentials of
/// AWS (`AWS_*`), of registries (`TF_TOKEN_*`) or of git are among it, and no values of variables (`TF_VAR_*`).
const ENVIRONMENT: [&str; 17] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SystemRoot",
    "ComSpec",
    "PATHEXT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The modules that were fetched. They are there as long as this is.
pub struct Initialised {
    /// By the directory of a root module, the directory that its modules were fetched into.
    pub modules: BTreeMap<PathBuf, PathBuf>,
    /// What was run, in order.
    pub runs: Vec<Run>,
    folder: Option<TempDir>,
}

/// A program that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its path.
    pub program: PathBuf,
    /// The root module that it was run for, as it is shown.
    pub directory: String,
    /// The end of what it printed.
    pub output: String,
}

impl Run {
    /// The command, for a reader.
    #[must_use]
    pub fn command(&self) -> String {
        format!("{} {}", self.program.display(), ARGUMENTS.join(" "))
    }
}

/// Fetches the modules that are missing in the code that a request names.
///
/// # Errors
///
/// If the code cannot be read or copied, there is neither `terraform` nor `tofu`, or it fails.
pub fn initialise(request: &Request) -> Result<Initialised, Failure> {
    let code = super::read(request)?;
    // A root is asked for where something was not on this machine.
    let roots: BTreeSet<PathBuf> = code
        .deployments
        .iter()
        .filter(|deployment| deployment.language == Language::Terraform && !deployment.missing.is_empty())
        .map(|deployment| match deployment.path.trim_end_matches('/') {
            "" => PathBuf::from("."),
            path => PathBuf::from(path),
        })
        .filter(|path| path.is_dir())
        .collect();
    if roots.is_empty() {
        return Ok(Initialised { modules: BTreeMap::new(), runs: Vec::new(), folder: None });
    }
    let folder = tempfile::tempdir().map_err(Failure::io("make a temporary folder"))?;
    let home = folder.path().join("home");
    fs::create_dir(&home).map_err(Failure::io("make a temporary folder"))?;
    let around = around(&request.paths)?;
    let copy = folder.path().join("code");
    let mut left = FILE_LIMIT;
    copy_configuration(&around, &copy, &mut left)?;
    let mut done = Initialised { modules: BTreeMap::new(), runs: Vec::new(), folder: None };
    for root in roots {
        let real = fs::canonicalize(&root).map_err(Failure::io(format!("find {}", root.display())))?;
        let Ok(below) = real.strip_prefix(&around) else { continue };
        let there = copy.join(below);
        let run = run(&program(&there)?, &there, &home, &input::shown(&root))?;
        done.runs.push(run);
        done.modules.insert(real, there);
    }
    done.folder = Some(folder);
    Ok(done)
}

impl Initialised {
    /// Where the copies are; nothing where none was made.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(TempDir::path)
    }
}

/// The directory that holds all that the paths may refer to: the repository around them, else the nearest
/// directory around all of them.
fn around(paths: &[PathBuf]) -> Result<PathBuf, Failure> {
    let mut around: Option<PathBuf> = None;
    for path in paths {
        let near = directory_of(std::slice::from_ref(path));
        let found = match git(near, &["rev-parse", "--show-toplevel"], None) {
            Ok(root) => PathBuf::from(root.trim()),
            Err(_) => near.to_owned(),
        };
        let found = fs::canonicalize(&found).map_err(Failure::io(format!("find {}", found.display())))?;
        around = Some(match around {
            None => found,
            Some(around) => {
                let both = around.components().zip(found.components()).take_while(|(one, other)| one == other);
                both.map(|(part, _)| part).collect()
            }
        });
    }
    Ok(around.unwrap_or_else(|| PathBuf::from(".")))
}

/// Copies the configuration of Terraform, and nothing else: no state, no values, no secrets that lie beside it.
fn copy_configuration(from: &Path, to: &Path, left: &mut usize) -> Result<(), Failure> {
    let failed = |path: &Path| Failure::io(format!("copy {}", path.display()));
    fs::create_dir_all(to).map_err(failed(to))?;
    let entries = fs::read_dir(from).map_err(Failure::io(format!("list {}", from.display())))?;
    for entry in entries {
        let entry = entry.map_err(Failure::io(format!("list {}", from.display())))?;
        let name = entry.file_name();
        let (path, target) = (entry.path(), to.join(&name));
        let text = name.to_string_lossy();
        let kind = entry.file_type().map_err(failed(&path))?;
        if kind.is_dir() {
            if !walk::is_made(&text) {
                copy_configuration(&path, &target, left)?;
            }
        } else if (terraform::is_configuration(&text) || text == ".terraform.lock.hcl") && path.is_file() {
            *left = left.checked_sub(1).ok_or_else(|| {
                Failure::with_help(
                    format!("copy the configuration: there are more than {FILE_LIMIT} files around it"),
                    "name a smaller repository, or run `terraform init` yourself",
                )
            })?;
            fs::copy(&path, &target).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// The program of a directory: `tofu` where it has files of its own there, else `terraform`; the other where
/// that is not on the path.
fn program(directory: &Path) -> Result<PathBuf, Failure> {
    let of_tofu = |entry: fs::DirEntry| entry.file_name().to_string_lossy().contains(".tofu");
    let tofu_first = fs::read_dir(directory).is_ok_and(|entries| entries.flatten().any(of_tofu));
    let names = if tofu_first { ["tofu", "terraform"] } else { ["terraform", "tofu"] };
    names.into_iter().find_map(on_path).ok_or_else(|| {
        Failure::with_help(
            "fetch modules: neither terraform nor tofu is on the PATH",
            "install one of them, or leave out --init and run `init` where it is",
        )
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|directory| directory.join(&file)).find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// What a run gets of an environment, with a home of its own.
fn environment(of: impl Iterator<Item = (OsString, OsString)>, home: &Path) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> =
        of.filter(|(name, _)| ENVIRONMENT.iter().any(|known| name == known)).collect();
    for name in ["HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"] {
        all.insert(OsString::from(name), home.as_os_str().to_owned());
    }
    for (name, value) in [("TF_IN_AUTOMATION", "1"), ("CHECKPOINT_DISABLE", "1"), ("GIT_TERMINAL_PROMPT", "0")] {
        all.insert(OsString::from(name), OsString::from(value));
    }
    all
}

fn run(program: &Path, directory: &Path, home: &Path, shown: &str) -> Result<Run, Failure> {
    let what = format!("run {} {} for {shown}", program.display(), ARGUMENTS.join(" "));
    let log = home.join("output");
    let open = fs::File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
    let (out, err) = open.map_err(Failure::io(what.clone()))?;
    let mut child = Command::new(program)
        .args(ARGUMENTS)
        .current_dir(directory)
        .env_clear()
        .envs(environment(std::env::vars_os(), home))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(Failure::io(what.clone()))?;
    let begun = Instant::now();
    let ended: Option<ExitStatus> = loop {
        if let Some(status) = child.try_wait().map_err(Failure::io(what.clone()))? {
            break Some(status);
        }
        if begun.elapsed() > TIME_LIMIT {
            child.kill().and_then(|()| child.wait()).map_err(Failure::io(what.clone()))?;
            break None;
        }
        std::thread::sleep(LOOK);
    };
    let output = end_of(&fs::read(&log).map_err(Failure::io(what.clone()))?);
    let how = match ended {
        Some(status) if status.success() => {
            return Ok(Run { program: program.to_owned(), directory: shown.to_owned(), output });
        }
        Some(status) => status.to_string(),
        None => format!("it was still running after {} seconds", TIME_LIMIT.as_secs()),
    };
    Err(Failure::with_help(
        format!("{what}: {how}\n{output}"),
        "it runs without credentials and with an empty home; where modules need some, run `init` yourself and leave out \
         --init",
    ))
}

/// The end of what was printed, without control characters.
fn end_of(bytes: &[u8]) -> String {
    let end = &bytes[bytes.len().saturating_sub(SHOWN_LIMIT)..];
    let text = String::from_utf8_lossy(end);
    let kept: String = text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gets_no_credentials() {
        let given = [
            "PATH",
            "HTTPS_PROXY",
            "HOME",
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "TF_TOKEN_app_terraform_io",
            "TF_VAR_password",
            "TF_CLI_CONFIG_FILE",
            "GITHUB_TOKEN",
            "SSH_AUTH_SOCK",
        ];
        let given = given.into_iter().map(|name| (OsString::from(name), OsString::from("secret")));
        let got = environment(given, Path::new("/empty"));
        let secret: Vec<&OsString> = got.iter().filter(|(_, value)| *value == "secret").map(|(name, _)| name).collect();
        assert_eq!(secret, ["HTTPS_PROXY", "PATH"]);
        assert_eq!(got[&OsString::from("HOME")], "/empty");
    }

    #[test]
    fn only_configuration_is_copied() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in [
            "a/main.tf",
            "a/.terraform.lock.hcl",
            "a/terraform.tfvars",
            "a/terraform.tfstate",
            "a/.terraform/x.tf",
            "b/m.tofu",
        ] {
            let path = folder.path().join("from").join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "x").expect("a file");
        }
        let to = folder.path().join("to");
        copy_configuration(&folder.path().join("from"), &to, &mut 10).expect("copies");
        let there = |file: &str| to.join(file).exists();
        assert!(there("a/main.tf") && there("a/.terraform.lock.hcl") && there("b/m.tofu"));
        assert!(!there("a/terraform.tfvars") && !there("a/terraform.tfstate") && !there("a/.terraform"));
        assert!(copy_configuration(&folder.path().join("from"), &to, &mut 2).is_err(), "it is bounded");
    }

    #[test]
    fn what_a_run_printed_is_bounded_and_plain() {
        let printed = format!("{}\u{1b}[31mend\n", "x".repeat(10_000));
        let shown = end_of(printed.as_bytes());
        assert!(shown.len() <= SHOWN_LIMIT && shown.ends_with("[31mend") && !shown.contains('\u{1b}'), "{shown}");
    }
}
