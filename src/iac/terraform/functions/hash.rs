//! Digests of texts and files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::Outcome;
use super::arguments::Call;

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(super) fn hex_of<D: Digest>(bytes: &[u8]) -> String {
    hex(&D::digest(bytes))
}

pub(super) fn base64_of<D: Digest>(bytes: &[u8]) -> String {
    STANDARD.encode(D::digest(bytes))
}

pub(super) fn md5(call: &Call<'_>) -> Outcome {
    call.short(&hex_of::<Md5>(call.text(0)?.as_bytes()))
}

pub(super) fn sha1(call: &Call<'_>) -> Outcome {
    call.short(&hex_of::<Sha1>(call.text(0)?.as_bytes()))
}

pub(super) fn sha256(call: &Call<'_>) -> Outcome {
    call.short(&hex_of::<Sha256>(call.text(0)?.as_bytes()))
}

pub(super) fn sha512(call: &Call<'_>) -> Outcome {
    call.short(&hex_of::<Sha512>(call.text(0)?.as_bytes()))
}

pub(super) fn base64sha256(call: &Call<'_>) -> Outcome {
    call.short(&base64_of::<Sha256>(call.text(0)?.as_bytes()))
}

pub(super) fn base64sha512(call: &Call<'_>) -> Outcome {
    call.short(&base64_of::<Sha512>(call.text(0)?.as_bytes()))
}

/// The sixteen bytes of a UUID as written.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    if groups.iter().map(|group| group.len()).collect::<Vec<_>>() != [8, 4, 4, 4, 12] {
        return None;
    }
    let number = groups.concat();
    let hex = number.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u128::from_str_radix(&number, 16).ok()).flatten().map(u128::to_be_bytes)
}

/// A UUID of version 5 of RFC 9562: from SHA-1 of the namespace and the name.
pub(super) fn uuidv5(call: &Call<'_>) -> Outcome {
    let namespace = call.text(0)?;
    let namespace = match namespace.as_ref() {
        "dns" => uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        "url" => uuid("6ba7b811-9dad-11d1-80b4-00c04fd430c8"),
        "oid" => uuid("6ba7b812-9dad-11d1-80b4-00c04fd430c8"),
        "x500" => uuid("6ba7b814-9dad-11d1-80b4-00c04fd430c8"),
        other => uuid(other),
    };
    let namespace = namespace.ok_or_else(|| call.error("the namespace is no UUID"))?;
    let mut hasher = Sha1::new();
    hasher.update(namespace);
    hasher.update(call.text(1)?.as_bytes());
    let digest = hasher.finalize();
    let mut bytes = [0_u8; 16];
    for (byte, digest) in bytes.iter_mut().zip(digest.iter()) {
        *byte = *digest;
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let all = hex(&bytes);
    let mut out = String::with_capacity(36);
    for (at, letter) in all.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(letter);
    }
    call.short(&out)
}
