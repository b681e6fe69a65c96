//! The archive as a row of bytes, all of which must be accounted for.
//!
//! Libraries that read zip files look for the directory at the end and follow it, and do not see
//! what lies between, before or after the files. Here every byte must belong to a file, to the
//! directory or to the end record; and the comment at the very end holds a hash of all bytes before
//! it, with a signature. The hash does not depend on how a version of a library compresses.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::super::key::{PublicKey, SigningKey};
use super::order;
use crate::model::canonical::hex;

/// What the comment, and the text that is signed, begins with.
const MARK: &str = "tickmark-package-1 sha256:";
/// What stands between hash and signature.
const BETWEEN: &str = " ed25519:";
/// Length of the comment in bytes.
pub(super) const COMMENT: usize = MARK.len() + 64 + BETWEEN.len() + 128;

/// Largest directory that is read into memory, in bytes.
const LARGEST_DIRECTORY: u64 = 512 << 20;
/// Largest file that is packed and unpacked, in bytes: what a zip holds without its 64-bit form.
const LARGEST_FILE: u64 = 0xffff_fffe;
/// Most bytes that are unpacked in all.
const LARGEST_SUM: u64 = 32 << 30;
/// No deflate stream grows more than this: what claims to is a bomb.
const LARGEST_RATIO: u64 = 1100;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;

/// Why bytes are not an archive as we write it.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("{0}")]
    Form(&'static str),
    #[error("it could not be read")]
    Io(#[from] io::Error),
}

/// What stands in the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    hash: String,
    signature: [u8; 64],
}

impl Comment {
    /// The comment for an archive whose other bytes have this hash.
    pub(super) fn sign(hash: &[u8], key: &SigningKey) -> Self {
        let hash = hex(hash);
        let signature = key.sign(format!("{MARK}{hash}").as_bytes());
        Self { hash, signature }
    }

    pub(super) fn to_text(&self) -> String {
        format!("{MARK}{}{BETWEEN}{}", self.hash, hex(&self.signature))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (hash, signature) = text.strip_prefix(MARK)?.split_once(BETWEEN)?;
        let mut bytes = [0; 64];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(signature.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        let comment = Self { hash: hash.to_owned(), signature: bytes };
        // Only the one spelling, in lower case and of full length, is a comment.
        (comment.to_text() == text).then_some(comment)
    }

    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify(format!("{MARK}{}", self.hash).as_bytes(), &self.signature)
    }
}

/// The archive's layout, after checking that every byte belongs to it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) names: Vec<String>,
    pub(super) comment: Comment,
}

/// Reads the layout and hashes the bytes.
pub(super) fn layout(file: &mut (impl Read + Seek)) -> Result<Layout, ArchiveError> {
    let form = ArchiveError::Form;
    let length = file.seek(SeekFrom::End(0))?;
    let end = length.checked_sub(22 + COMMENT as u64).ok_or(form("it is too short for a package"))?;
    let tail = read_at(file, end, 22 + COMMENT)?;
    let mut fields = Fields(&tail);
    if fields.u32()? != END {
        return Err(form("it does not end as a package ends"));
    }
    let disks = (fields.u16()?, fields.u16()?);
    let (here, total) = (fields.u16()?, fields.u16()?);
    let (mut size, mut start) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
    let mut count = u64::from(total);
    if disks != (0, 0) || here != total || usize::from(fields.u16()?) != COMMENT {
        return Err(form("its end record is not that of a package"));
    }
    let comment = Comment::parse(fields.0).ok_or(form("its comment is not that of a package"))?;
    let mut directory_end = end;
    if count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff {
        directory_end = end.checked_sub(76).ok_or(form("it has no room for a large end record"))?;
        let record = read_at(file, directory_end, 76)?;
        let mut fields = Fields(&record);
        if fields.u32()? != END_64 || fields.u64()? != 44 {
            return Err(form("its large end record is not that of a package"));
        }
        fields.skip(12)?;
        let here = fields.u64()?;
        (count, size, start) = (fields.u64()?, fields.u64()?, fields.u64()?);
        if here != count || fields.u32()? != LOCATOR_64 || fields.u32()? != 0 || fields.u64()? != directory_end {
            return Err(form("its large end record is not that of a package"));
        }
    }
    if size > LARGEST_DIRECTORY || start.checked_add(size) != Some(directory_end) {
        return Err(form("its directory is not where it must be"));
    }
    let directory = read_at(file, start, usize::try_from(size).map_err(|_| form("its directory is too large"))?)?;
    let names = files(file, &directory, count, start)?;
    check_hash(file, length - COMMENT as u64, &comment)?;
    Ok(Layout { names, comment })
}

/// The names in the directory, whose files must lie one after the other up to `until`.
fn files(file: &mut (impl Read + Seek), directory: &[u8], count: u64, until: u64) -> Result<Vec<String>, ArchiveError> {
    let form = ArchiveError::Form;
    let mut fields = Fields(directory);
    let (mut names, mut seen) = (Vec::<String>::new(), HashSet::new());
    let (mut at, mut sum) = (0_u64, 0_u64);
    for _ in 0..count {
        if fields.u32()? != CENTRAL {
            return Err(form("its directory is broken"));
        }
        // Versions made by and needed.
        fields.skip(4)?;
        let shared = fields.take(22)?;
        let (flags, method, crc, packed, plain, name_length) = shared_fields(shared)?;
        let (extra, comment) = (fields.u16()?, fields.u16()?);
        let disk = fields.u16()?;
        fields.skip(6)?;
        let offset = u64::from(fields.u32()?);
        let name = fields.take(name_length)?;
        let extra = fields.take(usize::from(extra))?;
        if comment != 0 || disk != 0 || flags & !0x0800 != 0 || !matches!(method, 0 | 8) {
            return Err(form("a file in it is stored as no package stores one"));
        }
        let narrow = (packed, plain);
        let (plain, packed, offset) = large(extra, plain, packed, offset)?;
        let name = std::str::from_utf8(name).map_err(|_| form("a name in it is not UTF-8"))?;
        if !is_portable(name) || !seen.insert(name.to_owned()) {
            return Err(form("a name in it is not portable, or there twice"));
        }
        if names.last().is_some_and(|last| order(last) >= order(name)) {
            return Err(form("its files are not in order"));
        }
        sum = sum.saturating_add(plain);
        if plain > LARGEST_FILE || sum > LARGEST_SUM || plain / LARGEST_RATIO > packed {
            return Err(form("it would unpack to more than any package"));
        }
        if offset != at {
            return Err(form("bytes in it belong to no file"));
        }
        let header = read_at(file, at, 30 + name_length)?;
        let mut local = Fields(&header);
        let is_local = local.u32()? == LOCAL;
        local.skip(2)?;
        let (l_flags, l_method, l_crc, l_packed, l_plain, l_name) = shared_fields(local.take(22)?)?;
        let l_extra = local.u16()?;
        let same =
            (l_flags, l_method, l_crc, l_name) == (flags, method, crc, name_length) && (l_packed, l_plain) == narrow;
        if !is_local || !same || l_extra != 0 || local.0 != name.as_bytes() {
            return Err(form("a file in it is not the one its directory names"));
        }
        at = at
            .checked_add(30 + name_length as u64)
            .and_then(|at| at.checked_add(packed))
            .filter(|at| *at <= until)
            .ok_or(form("a file in it reaches beyond the files"))?;
        names.push(name.to_owned());
    }
    if at != until || !fields.0.is_empty() {
        return Err(form("bytes in it belong to no file"));
    }
    Ok(names)
}

type Shared = (u16, u16, u32, u64, u64, usize);

/// Flags, method, checksum, sizes and length of the name, which both headers of a file have.
fn shared_fields(bytes: &[u8]) -> Result<Shared, ArchiveError> {
    let mut fields = Fields(bytes);
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let time = fields.u32()?;
    // 1980-01-01, midnight: the first time there is in a zip.
    if time != 0x0021_0000 {
        return Err(ArchiveError::Form("a file in it has a time"));
    }
    let crc = fields.u32()?;
    let (packed, plain) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
    Ok((flags, method, crc, packed, plain, usize::from(fields.u16()?)))
}

/// Sizes and offset where they need 64 bits.
fn large(extra: &[u8], plain: u64, packed: u64, offset: u64) -> Result<(u64, u64, u64), ArchiveError> {
    const MAX: u64 = 0xffff_ffff;
    if extra.is_empty() && plain != MAX && packed != MAX && offset != MAX {
        return Ok((plain, packed, offset));
    }
    let mut fields = Fields(extra);
    if fields.u16()? != 1 || usize::from(fields.u16()?) != fields.0.len() {
        return Err(ArchiveError::Form("a file in it has fields that no package has"));
    }
    let mut wide = |narrow: u64| if narrow == MAX { fields.u64() } else { Ok(narrow) };
    let sizes = (wide(plain)?, wide(packed)?, wide(offset)?);
    if fields.0.is_empty() { Ok(sizes) } else { Err(ArchiveError::Form("a file in it has fields that no package has")) }
}

/// That the first `length` bytes have the hash of the comment.
fn check_hash(file: &mut (impl Read + Seek), length: u64, comment: &Comment) -> Result<(), ArchiveError> {
    if hex(&hash(file, length)?) == comment.hash {
        Ok(())
    } else {
        Err(ArchiveError::Form(
            "its bytes are not those that were written: something was changed, added or packed anew",
        ))
    }
}

/// SHA-256 of the first `length` bytes.
pub(super) fn hash(file: &mut (impl Read + Seek), length: u64) -> io::Result<[u8; 32]> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha256::new();
    let mut rest = length;
    let mut buffer = vec![0; 1 << 16];
    while rest > 0 {
        let part = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
        file.read_exact(&mut buffer[..part])?;
        hash.update(&buffer[..part]);
        rest -= part as u64;
    }
    Ok(hash.finalize().into())
}

/// Whether a name can be unpacked on any system without leaving the directory, and stand in
/// `SHA256SUMS` without being escaped there.
pub(super) fn is_portable(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 1024
        && !name.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
        && name.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

fn read_at(file: &mut (impl Read + Seek), at: u64, length: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Little-endian fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ArchiveError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ArchiveError::Form("it breaks off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> Result<(), ArchiveError> {
        self.take(length).map(|_| ())
    }

    fn u16(&mut self) -> Result<u16, ArchiveError> {
        Ok(self.take(2)?.iter().rev().fold(0, |number, byte| number << 8 | u16::from(*byte)))
    }

    fn u32(&mut self) -> Result<u32, ArchiveError> {
        Ok(self.take(4)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn u64(&mut self) -> Result<u64, ArchiveError> {
        Ok(self.take(8)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(layout(&mut Cursor::new(bytes)).is_err());
        }

        #[test]
        fn any_directory_is_refused_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300), count in 0_u64..9, until in any::<u64>(),
        ) {
            let directory = [CENTRAL.to_le_bytes().as_slice(), &bytes].concat();
            prop_assert!(files(&mut Cursor::new(&bytes), &directory, count, until).is_err());
        }
    }

    /// An archive of one file of zeros that unpacks to `plain` bytes, by its headers and by nature.
    fn zeros(plain: u32) -> Vec<u8> {
        use std::io::Write as _;
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        zip.start_file("zeros", options).expect("starts");
        zip.write_all(&vec![0; plain as usize]).expect("writes");
        zip.set_comment(" ".repeat(COMMENT)).expect("fits");
        zip.finish().expect("ends").into_inner()
    }

    /// The archive with a comment that anyone can make.
    fn commented(mut bytes: Vec<u8>) -> Cursor<Vec<u8>> {
        let covered = bytes.len() - COMMENT;
        let hash = Sha256::digest(&bytes[..covered]);
        let comment = Comment::sign(&hash, &SigningKey::from_seed([1; 32])).to_text();
        bytes[covered..].copy_from_slice(comment.as_bytes());
        Cursor::new(bytes)
    }

    #[test]
    fn a_file_that_claims_to_unpack_beyond_what_deflate_can_is_refused_unread() {
        let sound = zeros(100_000);
        assert_eq!(layout(&mut commented(sound.clone())).expect("sound").names, ["zeros"]);
        let mut bomb = sound;
        let size = 100_000_u32.to_le_bytes();
        let claimed = 4_000_000_000_u32.to_le_bytes();
        for at in 0..bomb.len() - 4 {
            if bomb[at..at + 4] == size {
                bomb[at..at + 4].copy_from_slice(&claimed);
            }
        }
        let error = layout(&mut commented(bomb)).expect_err("a bomb");
        assert!(error.to_string().contains("would unpack"), "{error}");
    }

    #[test]
    fn names_that_lead_elsewhere_are_not_portable() {
        for name in ["", "/etc/passwd", "../x", "a/../x", "a//b", "a\\b", "C:x", "a\nb", "./a"] {
            assert!(!is_portable(name), "{name}");
        }
        assert!(is_portable("report/by control/s3.html"));
    }
}
