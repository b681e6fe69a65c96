//! Bytes as they came, compressed, by the SHA-256 of the plain bytes.

use std::io::Read;

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::model::canonical::sha256_hex;

/// Level of zstd: its default, where a JSON or XML answer shrinks to about a tenth.
const LEVEL: i32 = 3;

/// Largest body that is read back, in bytes; AWS's largest answers are a few megabytes.
const LARGEST: u64 = 1 << 30;

/// A body ready to be stored.
pub(super) struct Packed {
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) zstd: Vec<u8>,
    pub(super) zstd_sha256: String,
}

/// Compresses `plain`, whose SHA-256 is `sha256`.
pub(super) fn pack(sha256: String, plain: &[u8]) -> Result<Packed, StoreError> {
    let zstd = zstd::bulk::compress(plain, LEVEL).map_err(|source| StoreError::Io { path: "zstd".into(), source })?;
    let zstd_sha256 = sha256_hex(&zstd);
    Ok(Packed { sha256, size: plain.len() as u64, zstd, zstd_sha256 })
}

/// Whether a blob with this hash is stored.
pub(super) fn exists(connection: &Connection, sha256: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM blob WHERE sha256 = ?1")?;
    Ok(statement.exists([sha256])?)
}

/// Stores a blob, unless it is there.
pub(super) fn insert(connection: &Connection, packed: &Packed) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO blob (sha256, size, zstd, zstd_sha256) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (sha256) DO NOTHING",
        )?
        .execute((&packed.sha256, super::sql(packed.size), &packed.zstd, &packed.zstd_sha256))?;
    Ok(())
}

/// Stores `plain` unless it is there, and gives its hash.
pub(super) fn put(connection: &Connection, plain: &[u8]) -> Result<String, StoreError> {
    let sha256 = sha256_hex(plain);
    if !exists(connection, &sha256)? {
        insert(connection, &pack(sha256.clone(), plain)?)?;
    }
    Ok(sha256)
}

/// The plain bytes of a blob, hashed again.
///
/// # Errors
///
/// [`StoreError::Corrupt`] when it is missing, cannot be read, or is not what its hash says.
pub(super) fn get(connection: &Connection, sha256: &str) -> Result<Vec<u8>, StoreError> {
    let row = connection
        .prepare_cached("SELECT size, zstd, zstd_sha256 FROM blob WHERE sha256 = ?1")?
        .query_row([sha256], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let Some((size, zstd, zstd_sha256)) = row else {
        return Err(StoreError::Corrupt { what: format!("blob {sha256} is not there") });
    };
    unpack(sha256, size, &zstd, &zstd_sha256)
}

/// The plain bytes of a row, hashed again.
pub(super) fn unpack(sha256: &str, size: i64, zstd: &[u8], zstd_sha256: &str) -> Result<Vec<u8>, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt { what: format!("blob {sha256} {what}") };
    let size = u64::try_from(size).map_err(|_| corrupt("has a size below zero"))?;
    if size > LARGEST {
        return Err(corrupt("has a size beyond every limit"));
    }
    if sha256_hex(zstd) != zstd_sha256 {
        return Err(corrupt("is not compressed as it was stored"));
    }
    let mut plain = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(zstd).map_err(|error| corrupt(&error.to_string()))?;
    // One byte more than there should be tells that there are too many, whatever the frame claims.
    decoder.take(size + 1).read_to_end(&mut plain).map_err(|error| corrupt(&format!("cannot be read: {error}")))?;
    if plain.len() as u64 != size {
        return Err(corrupt("has not the size it was stored with"));
    }
    if sha256_hex(&plain) != sha256 {
        return Err(corrupt("does not match its hash"));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_unpacks_to_the_same_bytes(plain in prop::collection::vec(any::<u8>(), 0..2000)) {
            let packed = pack(sha256_hex(&plain), &plain).expect("packs");
            let size = i64::try_from(packed.size).expect("small");
            let again = unpack(&packed.sha256, size, &packed.zstd, &packed.zstd_sha256).expect("unpacks");
            prop_assert_eq!(again, plain);
        }

        #[test]
        fn any_bytes_in_place_of_a_blob_are_refused_without_a_panic(
            zstd in prop::collection::vec(any::<u8>(), 0..200),
            size in any::<i64>(),
        ) {
            let named = sha256_hex(b"what was stored");
            prop_assert!(unpack(&named, size, &zstd, &sha256_hex(&zstd)).is_err());
        }
    }

    #[test]
    fn a_frame_that_unpacks_to_more_than_its_size_is_refused_early() {
        let bomb = zstd::bulk::compress(&vec![0; 50_000_000], LEVEL).expect("compresses");
        let error = unpack(&sha256_hex(b""), 10, &bomb, &sha256_hex(&bomb)).expect_err("too many bytes");
        assert!(error.to_string().contains("has not the size"), "{error}");
    }
}
