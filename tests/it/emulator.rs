//! The emulators of AWS, and the Python environment they run in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::counts::target;

/// An emulator that does not answer by then is broken.
const START_LIMIT: Duration = Duration::from_secs(90);

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator").join(name)
}

/// The Python of the emulators' environment, which is made under `target/` where it is not there
/// yet or what it must hold has changed.
///
/// # Panics
///
/// Where it cannot be made: a test that silently left the emulator out would prove nothing.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| make_environment(&target().join("emulator")))
}

fn make_environment(dir: &Path) -> PathBuf {
    std::fs::create_dir_all(dir).expect("makes target/emulator");
    // Another test process may be making it: wait for that one.
    let lock = std::fs::File::create(dir.join("lock")).expect("makes a lock file");
    lock.lock().expect("takes the lock");
    let (venv, stamp) = (dir.join("venv"), dir.join("stamp"));
    let python = venv.join("bin/python");
    let wanted = std::fs::read_to_string(source("requirements.txt")).expect("reads the pinned packages");
    if std::fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) && python.exists() {
        return python;
    }
    let base = std::env::var("TICKMARK_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    run(
        Command::new(&base).args(["-m", "venv", "--clear"]).arg(&venv),
        "make a Python environment for the emulators (on Debian: apt-get install python3-venv)",
    );
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(source("requirements.txt")),
        "install the emulators (tests/emulator/requirements.txt) with pip; it needs PyPI or a mirror of it",
    );
    std::fs::write(stamp, wanted).expect("writes the stamp");
    python
}

fn run(command: &mut Command, what: &str) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("could not {what}: {error}"));
    assert!(
        output.status.success(),
        "could not {what}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A server on 127.0.0.1 that ends with its owner, or with the test process.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    home: tempfile::TempDir,
}

impl Server {
    /// `moto_server`, with nothing in it.
    pub(crate) fn moto() -> Self {
        Self::start(&["serve.py", "moto"])
    }

    /// The same, whose clock (RFC 3339) starts at `now`.
    pub(crate) fn moto_at(now: &str) -> Self {
        Self::start(&["serve.py", "moto", now])
    }

    /// `ministack`, with nothing in it.
    pub(crate) fn ministack() -> Self {
        Self::start(&["serve.py", "ministack"])
    }

    /// What stands before an emulator and brings in refusals and what it lacks.
    pub(crate) fn front(upstream: &Self) -> Self {
        Self::start(&["front.py", &upstream.url])
    }

    /// The same, before one whose clock started at `now`.
    pub(crate) fn front_at(upstream: &Self, now: &str) -> Self {
        Self::start(&["front.py", &upstream.url, now])
    }

    fn start(arguments: &[&str]) -> Self {
        let python = python();
        let home = tempfile::tempdir().expect("makes a directory");
        let log = std::fs::File::create(home.path().join("log")).expect("makes a log file");
        let mut child = Command::new(python)
            .arg(source(arguments[0]))
            .args(&arguments[1..])
            .env_clear()
            // What it imports lies in the repository.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .current_dir(home.path())
            // It ends when this pipe closes, which the system does for a process that is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("starts the emulator");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        out.read_line(&mut line).expect("reads the port");
        let port: u16 =
            line.trim().parse().unwrap_or_else(|_| panic!("{arguments:?} gave no port: {line:?}\n{}", tail(&home)));
        // What it prints later must not fill the pipe and stop it.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let server = Self { child, url: format!("http://127.0.0.1:{port}"), home };
        server.wait(port, arguments);
        server
    }

    fn wait(&self, port: u16, arguments: &[&str]) {
        let start = Instant::now();
        while !answers(port) {
            assert!(start.elapsed() < START_LIMIT, "{arguments:?} did not answer in time\n{}", tail(&self.home));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Seeds it with the demo's estate.
    pub(crate) fn seed(&self) {
        assert_eq!(self.seed_with(&[]), Vec::<String>::new());
    }

    /// Seeds it, with more arguments of `seed.py`. Gives what a lenient run left out.
    pub(crate) fn seed_with(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = Command::new(python());
        command.arg(source("seed.py")).arg(&self.url).args(arguments);
        let output = command
            .env_clear()
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .stdin(Stdio::null())
            .output()
            .expect("runs the seed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "could not seed the estate: {said}\n{}", tail(&self.home));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the seed prints JSON");
        told["left_out"].as_array().expect("a list").iter().map(ToString::to_string).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut first = [0; 5];
        stream.read_exact(&mut first)?;
        Ok(&first == b"HTTP/")
    };
    ask().unwrap_or(false)
}

fn tail(home: &tempfile::TempDir) -> String {
    let log = std::fs::read_to_string(home.path().join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// `moto_server` with the demo's estate, shared by the tests of this process that only read it.
pub(crate) fn moto() -> &'static Server {
    static MOTO: OnceLock<Server> = OnceLock::new();
    MOTO.get_or_init(|| {
        let server = Server::moto();
        server.seed();
        server
    })
}
