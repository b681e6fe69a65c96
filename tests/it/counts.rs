//! What a test counted, where a reader finds it: on standard error, past the test harness, which
//! hides what a passing test prints, and in `target/test-counts/<name>.txt`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The target directory of this build.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp has a parent").to_owned()
}

/// Prints a line and keeps it, with the lines below it, in a file of its own.
pub(crate) fn report(name: &str, line: &str, below: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
    let dir = target().join("test-counts");
    std::fs::create_dir_all(&dir).expect("makes target/test-counts");
    std::fs::write(dir.join(format!("{name}.txt")), format!("{line}\n{below}")).expect("writes a count");
}
