//! The head of the log as a C2SP checkpoint: a signed note of three lines.
//!
//! The forms are those of <https://c2sp.org/signed-note> and <https://c2sp.org/tlog-checkpoint>,
//! so any tool that reads transparency logs reads ours. Of the forms allowed there only one is
//! taken here: one signature, no extension lines, nothing that could be left out or added.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::key::{PublicKey, SigningKey};
use super::merkle::Hash;

/// The signature type that the signed-note specification gives Ed25519.
const ED25519: u8 = 1;

/// Why a text is not a checkpoint, or not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has no blank line before exactly one signature line.
    #[error("it is not a text, a blank line and one signature")]
    Form,
    /// The text is not origin, size and root.
    #[error("it is not an origin, a size and a root")]
    Body,
    /// The signature names another key.
    #[error("it is signed with another key")]
    OtherKey,
    /// The signature is wrong.
    #[error("the signature does not match")]
    Signature,
}

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, and of its key.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }
}

impl Checkpoint {
    /// The checkpoint as a note signed with `key` under the origin's name.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        sign_note(&self.to_string(), &self.origin, key)
    }

    /// Reads a note, without judging its signature.
    ///
    /// # Errors
    ///
    /// [`NoteError::Form`], [`NoteError::Body`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let text = Note::parse(note)?.text;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Body);
        };
        let root = BASE64.decode(root).ok().and_then(|root| Hash::try_from(root).ok()).ok_or(NoteError::Body)?;
        let size = size.parse().map_err(|_| NoteError::Body)?;
        let checkpoint = Self { origin: origin.to_owned(), size, root };
        // `007` and `+7` are sizes to a parser too; only one spelling is a checkpoint.
        if checkpoint.to_string() == text { Ok(checkpoint) } else { Err(NoteError::Body) }
    }

    /// Reads a note and checks that it is signed with `key`.
    ///
    /// # Errors
    ///
    /// [`NoteError`].
    pub fn open(note: &str, key: &PublicKey) -> Result<Self, NoteError> {
        let checkpoint = Self::parse(note)?;
        Note::parse(note)?.verify(&checkpoint.origin, key)?;
        Ok(checkpoint)
    }
}

/// A note with one signature.
struct Note<'a> {
    text: &'a str,
    name: &'a str,
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    fn parse(note: &'a str) -> Result<Self, NoteError> {
        let (before, line) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let text = note.get(..before.len() + 1).ok_or(NoteError::Form)?;
        let line = line.strip_prefix("\u{2014} ").and_then(|line| line.strip_suffix('\n')).ok_or(NoteError::Form)?;
        let (name, signature) = line.split_once(' ').ok_or(NoteError::Form)?;
        let signature = BASE64.decode(signature).map_err(|_| NoteError::Form)?;
        Ok(Self { text, name, signature })
    }

    fn verify(&self, name: &str, key: &PublicKey) -> Result<(), NoteError> {
        let (id, signature) = self.signature.split_at_checked(4).ok_or(NoteError::Form)?;
        if self.name != name || id != key_id(name, key) {
            return Err(NoteError::OtherKey);
        }
        let signature = signature.try_into().map_err(|_| NoteError::Form)?;
        if key.verify(self.text.as_bytes(), &signature) { Ok(()) } else { Err(NoteError::Signature) }
    }
}

/// The id of a key in a note: the first four bytes of `SHA-256(name ‖ "\n" ‖ 0x01 ‖ key)`.
fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let hash: Hash =
        Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.to_bytes()).finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// `text`, which ends in a line end, as a note signed with `key` under `name`.
fn sign_note(text: &str, name: &str, key: &SigningKey) -> String {
    let mut signature = key_id(name, &key.public_key()).to_vec();
    signature.extend(key.sign(text.as_bytes()));
    format!("{text}\n\u{2014} {name} {}\n", BASE64.encode(signature))
}

/// The key as other tools for transparency logs take it: `name+id+base64(type ‖ key)`.
#[must_use]
pub fn verifier_key(name: &str, key: &PublicKey) -> String {
    let mut typed = vec![ED25519];
    typed.extend(key.to_bytes());
    format!("{name}+{}+{}", crate::model::canonical::hex(&key_id(name, key)), BASE64.encode(typed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The key pair and the note with which the Go implementation of signed notes
    /// (golang.org/x/mod/sumdb/note) documents and tests itself.
    const GO_TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const GO_SIGNATURE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_SIGNER: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    fn go_key() -> SigningKey {
        let seed = BASE64.decode(GO_SIGNER).expect("base64");
        SigningKey::from_seed(seed[1..].try_into().expect("32 bytes"))
    }

    fn signed() -> (Checkpoint, String, PublicKey) {
        let key = SigningKey::from_seed([7; 32]);
        let checkpoint = Checkpoint { origin: "tickmark/abc".into(), size: 12, root: [9; 32] };
        let note = checkpoint.sign(&key);
        (checkpoint, note, key.public_key())
    }

    #[test]
    fn our_note_is_the_one_the_go_implementation_signs() {
        let key = go_key();
        assert_eq!(verifier_key("PeterNeumann", &key.public_key()), GO_VERIFIER);
        assert_eq!(sign_note(GO_TEXT, "PeterNeumann", &key), format!("{GO_TEXT}\n{GO_SIGNATURE}"));
    }

    #[test]
    fn the_note_of_the_go_implementation_verifies_here() {
        let note = format!("{GO_TEXT}\n{GO_SIGNATURE}");
        let parsed = Note::parse(&note).expect("a note");
        assert_eq!(parsed.text, GO_TEXT);
        parsed.verify("PeterNeumann", &go_key().public_key()).expect("the signature is right");
        let forged = note.replace("cryptography", "cryptographY");
        let parsed = Note::parse(&forged).expect("a note");
        assert_eq!(parsed.verify("PeterNeumann", &go_key().public_key()), Err(NoteError::Signature));
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature() {
        let (checkpoint, note, key) = signed();
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..4], ["tickmark/abc", "12", "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=", ""]);
        assert!(lines[4].starts_with("\u{2014} tickmark/abc "));
        assert_eq!(Checkpoint::open(&note, &key), Ok(checkpoint));
    }

    #[test]
    fn another_key_is_told_from_a_wrong_signature() {
        let (_, note, key) = signed();
        let other = SigningKey::from_seed([8; 32]).public_key();
        assert_eq!(Checkpoint::open(&note, &other), Err(NoteError::OtherKey));
        assert_eq!(Checkpoint::open(&note.replacen("12", "13", 1), &key), Err(NoteError::Signature));
    }

    #[test]
    fn a_note_without_a_signature_is_refused() {
        let (checkpoint, _, key) = signed();
        assert_eq!(Checkpoint::open(&checkpoint.to_string(), &key), Err(NoteError::Form));
        assert_eq!(Checkpoint::open(&format!("{checkpoint}\n"), &key), Err(NoteError::Form));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let (_, note, key) = signed();
        for index in 0..note.len() {
            for bit in 0..8 {
                let mut bytes = note.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                if let Ok(changed) = String::from_utf8(bytes) {
                    Checkpoint::open(&changed, &key).expect_err("a changed note is refused");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_a_panic(text in any::<String>()) {
            let (_, _, key) = signed();
            prop_assert!(Checkpoint::open(&text, &key).is_err());
        }

        #[test]
        fn a_checkpoint_reads_back_as_it_was_signed(size in any::<u64>(), root in any::<[u8; 32]>()) {
            let key = SigningKey::from_seed([3; 32]);
            let checkpoint = Checkpoint { origin: "tickmark/x".into(), size, root };
            prop_assert_eq!(Checkpoint::open(&checkpoint.sign(&key), &key.public_key()), Ok(checkpoint));
        }
    }
}
