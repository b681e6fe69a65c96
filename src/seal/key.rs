//! The signing key: Ed25519, in files that `openssl` reads, and the keys that are trusted.
//!
//! The key pair lies in the store's directory. That makes the public key beside it worthless as
//! proof: whoever can rewrite the store can replace both. So the public key is also put where the
//! store is not, into the trust directory, and belongs into the engagement letter.

use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};

use crate::model::canonical::{hex, sha256_hex};

/// The directory of the key pair, within the store's.
pub(crate) const DIR: &str = "key";
const PRIVATE: &str = "signing-key.pem";
const PUBLIC: &str = "public-key.pem";

/// What can go wrong with a key. The message fits after "could not".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is a key already; a new one would leave every earlier seal without its key.
    #[error("make a signing key: there is one at {}", path.display())]
    Exists {
        /// The key's file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("find a key at {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file is not such a key.
    #[error("read {}: it is not an Ed25519 key in PEM form", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is not the salt of withheld values.
    #[error("read {}: it is not a salt of 64 hexadecimal digits", path.display())]
    NotASalt {
        /// The file.
        path: PathBuf,
    },
    /// The two files are not of one pair.
    #[error("use the signing key: {} is not its public key", path.display())]
    OtherPublicKey {
        /// The public key's file.
        path: PathBuf,
    },
    /// Neither `XDG_CONFIG_HOME` nor `HOME` is set.
    #[error("find the directory of trusted keys: neither XDG_CONFIG_HOME nor HOME is set")]
    NoHome,
    /// The system gave no random bytes.
    #[error("get random bytes from the system")]
    Random(#[source] getrandom::Error),
    /// The file system refused.
    #[error("use {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl KeyError {
    /// What the user can do, as a sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "keep using it; every earlier seal is signed with it",
            Self::NotFound { .. } => "run `tickmark init`, or name the file with --public-key",
            Self::NotAKey { .. } => "name the public key that `tickmark init` printed, in PEM form",
            Self::NotASalt { .. } => {
                "restore it from a backup; where it is moved away a new one is made, and what is withheld from then on cannot be compared with what was withheld before"
            }
            Self::OtherPublicKey { .. } => "restore both files of the key directory from the same backup",
            Self::NoHome => "set XDG_CONFIG_HOME, or name the key with --public-key",
            Self::Random(_) => "look at the system's random source",
            Self::Io { .. } => "look at the permissions of the directory and at the space left on the disk",
        }
    }
}

/// A private key that signs. It is wiped from memory when dropped, and never shown.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public_key().fingerprint()).finish()
    }
}

impl SigningKey {
    /// The key that this seed makes (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// A new key from the system's random source.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`].
    pub fn random() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(KeyError::Random)?;
        Ok(Self::from_seed(seed))
    }

    /// The public key to it.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The Ed25519 signature over `bytes`.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in PEM form, as `openssl pkey -pubout` writes it; `None`
    /// for anything else. Keys of small order, under which one signature fits many texts, are
    /// none either.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(pem).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotFound`], [`KeyError::NotAKey`], [`KeyError::Io`].
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&read(path)?).ok_or_else(|| KeyError::NotAKey { path: path.to_owned() })
    }

    /// The key as `SubjectPublicKeyInfo` in PEM form.
    ///
    /// # Panics
    ///
    /// Does not: a key of 32 bytes always encodes.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("an Ed25519 key of 32 bytes always encodes")
    }

    /// SHA-256 (hex) of the `SubjectPublicKeyInfo` DER:
    /// `openssl pkey -pubin -in FILE -outform DER | sha256sum`.
    ///
    /// # Panics
    ///
    /// Does not: a key of 32 bytes always encodes.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let der = self.0.to_public_key_der().expect("an Ed25519 key of 32 bytes always encodes");
        sha256_hex(der.as_bytes())
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether `signature` over `bytes` is of this key.
    #[must_use]
    pub fn verify(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }
}

/// A short random id for a new store.
///
/// # Errors
///
/// [`KeyError::Random`].
pub fn new_store_id() -> Result<String, KeyError> {
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(KeyError::Random)?;
    Ok(hex(&id))
}

/// Makes the key pair of the store in `store_dir`: `key/signing-key.pem` (PKCS #8, readable by
/// the owner only) and `key/public-key.pem`.
///
/// # Errors
///
/// [`KeyError::Exists`] when there is one.
///
/// # Panics
///
/// Does not: a key of 32 bytes always encodes.
pub fn generate(store_dir: &Path) -> Result<SigningKey, KeyError> {
    let dir = store_dir.join(DIR);
    private_dir(&dir)?;
    let path = dir.join(PRIVATE);
    if path.exists() {
        return Err(KeyError::Exists { path });
    }
    let key = SigningKey::random()?;
    // Without the public half, which version 2 of PKCS #8 allows and OpenSSL 3.0 does not read.
    let bytes = KeypairBytes { secret_key: key.0.to_bytes(), public_key: None };
    let pem = bytes.to_pkcs8_pem(LineEnding::LF).expect("an Ed25519 key of 32 bytes always encodes");
    write(&dir.join(PUBLIC), key.public_key().to_pem().as_bytes(), true)?;
    write(&path, pem.as_bytes(), false)?;
    Ok(key)
}

/// The key pair of the store in `store_dir`.
///
/// # Errors
///
/// [`KeyError::NotFound`], [`KeyError::NotAKey`]; [`KeyError::OtherPublicKey`] when the two files
/// are not of one pair.
pub fn load(store_dir: &Path) -> Result<SigningKey, KeyError> {
    let path = store_dir.join(DIR).join(PRIVATE);
    let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&read(&path)?).map_err(|_| KeyError::NotAKey { path })?;
    let key = SigningKey(key);
    if load_public(store_dir)? != key.public_key() {
        return Err(KeyError::OtherPublicKey { path: store_dir.join(DIR).join(PUBLIC) });
    }
    Ok(key)
}

/// The public key that lies in the store. By itself it proves nothing.
///
/// # Errors
///
/// [`KeyError::NotFound`], [`KeyError::NotAKey`], [`KeyError::Io`].
pub fn load_public(store_dir: &Path) -> Result<PublicKey, KeyError> {
    PublicKey::read(&store_dir.join(DIR).join(PUBLIC))
}

/// The directory of trusted keys: `tickmark/trusted-keys` in `XDG_CONFIG_HOME`, else in
/// `HOME/.config`.
///
/// # Errors
///
/// [`KeyError::NoHome`].
pub fn trust_dir() -> Result<PathBuf, KeyError> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    Ok(config.ok_or(KeyError::NoHome)?.join("tickmark").join("trusted-keys"))
}

/// Trusts a key: puts it into [`trust_dir`], and gives the file.
///
/// # Errors
///
/// [`KeyError::NoHome`], [`KeyError::Io`].
pub fn trust(key: &PublicKey) -> Result<PathBuf, KeyError> {
    trust_in(&trust_dir()?, key)
}

/// The trusted key with this fingerprint, by its bytes and not by its file's name; `None` when
/// there is none, nor where there can be no directory of them.
///
/// # Errors
///
/// [`KeyError::NotAKey`] when the file of that name holds something else.
pub fn trusted(fingerprint: &str) -> Result<Option<PublicKey>, KeyError> {
    match trust_dir() {
        Ok(dir) => trusted_in(&dir, fingerprint),
        Err(KeyError::NoHome) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a key with this fingerprint is trusted.
///
/// # Errors
///
/// As [`trusted`].
pub fn is_trusted(fingerprint: &str) -> Result<bool, KeyError> {
    Ok(trusted(fingerprint)?.is_some())
}

/// [`trust`] with the directory given.
///
/// # Errors
///
/// [`KeyError::Io`].
pub fn trust_in(dir: &Path, key: &PublicKey) -> Result<PathBuf, KeyError> {
    private_dir(dir)?;
    let path = dir.join(format!("{}.pem", key.fingerprint()));
    write(&path, key.to_pem().as_bytes(), true)?;
    Ok(path)
}

/// [`trusted`] with the directory given.
///
/// # Errors
///
/// As [`trusted`].
pub fn trusted_in(dir: &Path, fingerprint: &str) -> Result<Option<PublicKey>, KeyError> {
    // The fingerprint comes out of a store that is not trusted: it must not lead elsewhere.
    if fingerprint.len() != 64 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let path = dir.join(format!("{fingerprint}.pem"));
    match PublicKey::read(&path) {
        Ok(key) if key.fingerprint() == fingerprint => Ok(Some(key)),
        Ok(_) => Err(KeyError::NotAKey { path }),
        Err(KeyError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn read(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => KeyError::NotFound { path: path.to_owned() },
        std::io::ErrorKind::InvalidData => KeyError::NotAKey { path: path.to_owned() },
        _ => KeyError::Io { path: path.to_owned(), source },
    })
}

pub(super) fn private_dir(dir: &Path) -> Result<(), KeyError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(|source| KeyError::Io { path: dir.to_owned(), source })
}

/// Writes a file for the owner only, beside first and then renamed, so that a killed process leaves
/// no half of a key; `over` allows one to be there.
pub(super) fn write(path: &Path, bytes: &[u8], over: bool) -> Result<(), KeyError> {
    let io = |source| KeyError::Io { path: path.to_owned(), source };
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    let placed = if over { file.persist(path) } else { file.persist_noclobber(path) };
    match placed {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(KeyError::Exists { path: path.to_owned() })
        }
        Err(error) => Err(io(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        // RFC 8032 §7.1, TEST 1: the empty message.
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
            0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = SigningKey::from_seed(seed);
        assert_eq!(
            hex(&key.public_key().to_bytes()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        );
        assert!(hex(&key.sign(b"")).starts_with("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"));
    }

    #[test]
    fn a_key_pair_is_made_once_and_loads_again() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let made = generate(dir.path()).expect("makes");
        assert!(matches!(generate(dir.path()), Err(KeyError::Exists { .. })));
        let loaded = load(dir.path()).expect("loads");
        assert_eq!(loaded.public_key(), made.public_key());
        assert_eq!(load_public(dir.path()).expect("loads"), made.public_key());
        assert!(!format!("{made:?}").contains(&hex(&made.0.to_bytes())));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_private_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a temporary directory");
        generate(dir.path()).expect("makes");
        let mode = fs::metadata(dir.path().join(DIR).join(PRIVATE)).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_public_key_of_another_pair_is_refused() {
        let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        generate(one.path()).expect("makes");
        generate(other.path()).expect("makes");
        fs::copy(other.path().join(DIR).join(PUBLIC), one.path().join(DIR).join(PUBLIC)).expect("copies");
        assert!(matches!(load(one.path()), Err(KeyError::OtherPublicKey { .. })));
    }

    #[test]
    fn a_key_is_trusted_by_its_bytes_and_not_by_its_files_name() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (one, other) = (SigningKey::from_seed([1; 32]).public_key(), SigningKey::from_seed([2; 32]).public_key());
        assert_eq!(trusted_in(dir.path(), &one.fingerprint()).expect("reads"), None);
        let path = trust_in(dir.path(), &one).expect("writes");
        assert_eq!(trusted_in(dir.path(), &one.fingerprint()).expect("reads"), Some(one));
        fs::copy(path, dir.path().join(format!("{}.pem", other.fingerprint()))).expect("copies");
        assert!(matches!(trusted_in(dir.path(), &other.fingerprint()), Err(KeyError::NotAKey { .. })));
        assert_eq!(trusted_in(dir.path(), "../../etc/passwd").expect("leads nowhere"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_no_key_and_no_panic(text in ".*") {
            proptest::prop_assert_eq!(PublicKey::from_pem(&text), None);
        }

        #[test]
        fn a_key_reads_back_from_its_pem(seed in proptest::prelude::any::<[u8; 32]>()) {
            let key = SigningKey::from_seed(seed).public_key();
            proptest::prop_assert_eq!(PublicKey::from_pem(&key.to_pem()), Some(key));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(PublicKey::from_pem(""), None);
        assert_eq!(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), None);
    }
}
