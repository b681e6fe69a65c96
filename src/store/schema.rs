//! The database's version and how it is brought up to it.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// One file per version, in order. A file that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// The newest version known here.
pub const VERSION: i64 = 1;

/// `SQLite`'s application id of a tickmark store: "tick".
const APPLICATION_ID: i64 = 0x7469_636b;

/// The version of an open database, after checking that it is a store this tickmark can read.
/// `None` for a database that holds nothing yet.
pub(super) fn version(connection: &Connection, dir: &Path, path: &Path) -> Result<Option<i64>, StoreError> {
    let not_a_store = || StoreError::NotAStore { path: path.to_owned() };
    let read = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let tables: i64 = match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)) {
        Ok(tables) => tables,
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(not_a_store());
        }
        Err(error) => return Err(error.into()),
    };
    let found = read("user_version")?;
    let application = read("application_id")?;
    if found == 0 && tables == 0 && application == 0 {
        return Ok(None);
    }
    if application != APPLICATION_ID {
        return Err(not_a_store());
    }
    if found > VERSION {
        return Err(StoreError::NewerVersion { dir: dir.to_owned(), found, known: VERSION });
    }
    Ok(Some(found))
}

/// Brings the database up to [`VERSION`], all or nothing; a new one gets the id `store_id`.
pub(super) fn migrate(connection: &mut Connection, from: Option<i64>, store_id: &str) -> Result<(), StoreError> {
    let from = from.unwrap_or(0);
    if from == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        transaction.execute_batch(migration)?;
    }
    if from == 0 {
        transaction.execute("INSERT INTO store (one, id) VALUES (1, ?1)", [store_id])?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_migration_for_every_version() {
        assert_eq!(i64::try_from(MIGRATIONS.len()), Ok(VERSION));
    }
}
