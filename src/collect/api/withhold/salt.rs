//! Commitments: what stands in place of a value that is withheld.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::model::canonical::hex;

/// What a commitment begins with; 64 hexadecimal digits follow.
const PREFIX: &str = "withheld:hmac-sha256:";

/// The secret that commitments are made with. Whoever has it can show that a value is the one that
/// was withheld; without it not even a weak value can be found by trying.
#[derive(Clone)]
pub struct Salt([u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt")
    }
}

impl From<[u8; 32]> for Salt {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Salt {
    /// A salt that is kept nowhere: the values withheld with it cannot be told from each other later.
    ///
    /// # Panics
    ///
    /// When the system has no random bytes.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        Self(bytes)
    }

    /// The commitment to a value: `withheld:hmac-sha256:` and the HMAC-SHA-256 (RFC 2104) of its
    /// UTF-8 bytes under the salt. The same value has the same commitment.
    ///
    /// # Panics
    ///
    /// Does not: HMAC takes a key of any length.
    #[must_use]
    pub fn commitment(&self, value: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(value.as_bytes());
        format!("{PREFIX}{}", hex(&mac.finalize().into_bytes()))
    }
}

/// Whether a text has exactly the form of a commitment.
pub(super) fn is_commitment(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_what_openssl_makes() {
        // printf %s hunter2 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…
        let salt = Salt::from([7; 32]);
        assert_eq!(
            salt.commitment("hunter2"),
            "withheld:hmac-sha256:326eb4f6783e519f198c32929bd28e66c5229387bcad7eaa651b20613622ec9f",
        );
        assert!(is_commitment(&salt.commitment("hunter2")));
        assert_ne!(salt.commitment("hunter2"), Salt::from([8; 32]).commitment("hunter2"));
    }

    #[test]
    fn only_the_exact_form_is_a_commitment() {
        let commitment = Salt::random().commitment("");
        for near in [
            commitment.to_uppercase(),
            format!("{commitment}0"),
            format!(" {commitment}"),
            commitment[..commitment.len() - 1].to_owned(),
            PREFIX.to_owned(),
        ] {
            assert!(!is_commitment(&near), "{near}");
        }
    }
}
