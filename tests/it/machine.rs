//! A machine of a user: a home, a configuration directory, a working directory, and the program.

use std::ffi::OsStr;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[cfg(feature = "aws")]
use serde_json::Value;

/// No command of a test takes so long.
const LIMIT: Duration = Duration::from_mins(4);

/// A machine of a user, gone when dropped.
pub(crate) struct Machine {
    dir: tempfile::TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("makes a directory");
        for name in ["home", "config", "work"] {
            std::fs::create_dir(dir.path().join(name)).expect("makes a directory");
        }
        Self { dir }
    }

    /// A path in the working directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("work").join(name)
    }

    /// The program, with nothing of the developer's own environment.
    pub(crate) fn tickmark(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tickmark"));
        command
            .env_clear()
            .env("HOME", self.dir.path().join("home"))
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("NO_COLOR", "1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.dir.path().join("work"))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.tickmark();
        command.args(arguments);
        finish(&mut command)
    }

    /// The arguments, split at white space.
    pub(crate) fn say(&self, arguments: &str) -> Ran {
        self.run(arguments.split_whitespace())
    }

    /// Every verdict of the last scan of a store, as `export --format json` gives them.
    #[cfg(feature = "aws")]
    pub(crate) fn verdicts(&self, store: &str) -> Vec<Value> {
        let ran = self.run(["export", "--format", "json", "--store", store]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let mut told: Value = serde_json::from_str(&ran.out).expect("the export is JSON");
        match told["results"].take() {
            Value::Array(verdicts) => verdicts,
            other => panic!("results are a list, not {other}"),
        }
    }
}

/// Runs a command to its end, which must come in time.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let code = wait(&mut child).unwrap_or_else(|| panic!("{command:?} did not end in time"));
    Ran { code, out: out.join().expect("reads"), err: err.join().expect("reads") }
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().expect("waits") {
            return Some(status.code().unwrap_or(-1));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("kills");
    None
}

fn reader(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    let mut stream = stream.expect("the stream is a pipe");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("reads the output");
        String::from_utf8(bytes).expect("the output is UTF-8")
    })
}
