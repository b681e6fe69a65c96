//! Files are written as a whole or not at all.

use std::io::Write as _;
use std::path::Path;

use super::Edit;
use crate::evidence::error::Failure;

/// Writes the files. First it is seen that none has changed since it was read.
pub(in super::super) fn write(edits: &[Edit]) -> Result<(), Failure> {
    for edit in edits {
        let now = std::fs::read(&edit.path).map_err(Failure::io(format!("read {}", edit.shown)))?;
        if now != edit.before.as_bytes() {
            return Err(Failure::with_help(
                format!("patch {}: it has changed since it was read; nothing was written", edit.shown),
                "run the command again",
            ));
        }
    }
    edits.iter().try_for_each(replace)
}

/// Writes a file beside it, and puts it in its place. The path is the real one: a link stays a link.
fn replace(edit: &Edit) -> Result<(), Failure> {
    let failed = || Failure::io(format!("write {}", edit.shown));
    let beside = edit.path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(beside).map_err(failed())?;
    file.write_all(edit.after.as_bytes()).map_err(failed())?;
    let permissions = std::fs::metadata(&edit.path).map_err(failed())?.permissions();
    file.as_file().set_permissions(permissions).map_err(failed())?;
    file.as_file().sync_all().map_err(failed())?;
    file.persist(&edit.path).map_err(|error| failed()(error.error))?;
    Ok(())
}
