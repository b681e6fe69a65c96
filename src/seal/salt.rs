//! The salt of a store: the secret that commitments to withheld values are made with. It lies beside
//! the signing key and goes into no package. Whoever has it can show that a value is the one that was
//! withheld, and that it is the same as the night before.

use std::path::Path;

use super::key::{self, KeyError};
use crate::model::canonical::hex;

const FILE: &str = "withholding-salt.hex";

/// The salt of the store in `store_dir`, made where there is none: `key/withholding-salt.hex`, 64
/// hexadecimal digits, readable by the owner only.
///
/// # Errors
///
/// [`KeyError::NotASalt`], [`KeyError::Random`], [`KeyError::Io`].
pub fn load_or_make(store_dir: &Path) -> Result<[u8; 32], KeyError> {
    let dir = store_dir.join(key::DIR);
    let path = dir.join(FILE);
    match key::read(&path) {
        Err(KeyError::NotFound { .. }) => {
            key::private_dir(&dir)?;
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(KeyError::Random)?;
            match key::write(&path, format!("{}\n", hex(&salt)).as_bytes(), false) {
                // Another process was quicker: its salt is the store's.
                Err(KeyError::Exists { .. }) => load_or_make(store_dir),
                made => made.map(|()| salt),
            }
        }
        Err(KeyError::NotAKey { path }) => Err(KeyError::NotASalt { path }),
        found => parse(found?.trim()).ok_or(KeyError::NotASalt { path }),
    }
}

fn parse(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut salt = [0; 32];
    for (at, byte) in salt.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_keeps_its_salt_and_no_other_store_has_it() {
        let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let salt = load_or_make(one.path()).expect("makes");
        assert_eq!(load_or_make(one.path()).expect("loads"), salt);
        assert_ne!(load_or_make(other.path()).expect("makes"), salt);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_salt() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        load_or_make(dir.path()).expect("makes");
        let mode = |path: &Path| std::fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(&dir.path().join(key::DIR)), 0o700);
        assert_eq!(mode(&dir.path().join(key::DIR).join(FILE)), 0o600);
    }

    #[test]
    fn what_is_no_salt_is_refused_and_not_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        load_or_make(dir.path()).expect("makes");
        let path = dir.path().join(key::DIR).join(FILE);
        for text in [&b""[..], b"00", b"\xff\xfe", "é".repeat(32).as_bytes(), &b"+0".repeat(32)] {
            std::fs::write(&path, text).expect("writes");
            assert!(matches!(load_or_make(dir.path()), Err(KeyError::NotASalt { .. })), "{text:?}");
            assert_eq!(std::fs::read(&path).expect("reads"), text);
        }
    }
}
