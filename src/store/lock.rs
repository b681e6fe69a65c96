//! The lock of the one process that writes.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::error::StoreError;

pub(super) const LOCK: &str = "writer.lock";

/// The right to write to a store, held until it is dropped or the process ends.
///
/// The system keeps such a lock with the open file, not with the process (flock(2)): a child process
/// that another thread is starting holds a copy of the file between its fork and its exec. Closing
/// ours would leave the store locked for that moment, so the lock is given up by name.
#[derive(Debug)]
pub(super) struct WriterLock(File);

impl WriterLock {
    /// Takes the lock of the store in `dir`, without waiting.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(LOCK);
        let file = super::private_file(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(StoreError::Io { path, source }),
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // Where this fails, closing the file is what is left to do, and that comes next.
        drop(self.0.unlock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_open_file_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().expect("a directory");
        let lock = WriterLock::take(dir.path()).expect("free");
        let inherited = lock.0.try_clone().expect("a copy, as a forked child has one");
        assert!(matches!(WriterLock::take(dir.path()), Err(StoreError::Locked { .. })));
        drop(lock);
        WriterLock::take(dir.path()).expect("given up, though the copy is open");
        drop(inherited);
    }
}
