//! For tests: the database past its triggers, as an attacker or a faulty disk has it.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::DATABASE;

/// A store's database, without triggers and constraints.
pub(crate) struct Raw(Connection);

/// One value of one row.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) table: String,
    pub(crate) column: String,
    row: i64,
}

impl Raw {
    /// Opens the database of the store in `dir`. No write-ahead log is left beside it, so that
    /// the one file is the whole store.
    pub(crate) fn open(dir: &Path) -> Self {
        let raw = Self(Connection::open(dir.join(DATABASE)).expect("opens"));
        raw.0.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).expect("sets");
        raw.run("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF");
        for trigger in raw.texts("SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
            raw.run(&format!("DROP TRIGGER {trigger}"));
        }
        raw
    }

    /// Runs statements.
    pub(crate) fn run(&self, sql: &str) {
        self.0.execute_batch(sql).expect("the statement is right");
    }

    /// Every value of every table.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for table in self.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
            let rows: i64 =
                self.0.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("counts");
            for column in self.texts(&format!("SELECT name FROM pragma_table_info('{table}')")) {
                cells.extend((0..rows).map(|row| Cell { table: table.clone(), column: column.clone(), row }));
            }
        }
        cells
    }

    /// Changes the bytes of one value; false where it has none, or where a row with the changed
    /// key is there already, so that there can be no such store.
    pub(crate) fn change(&self, cell: &Cell, change: impl FnOnce(&mut [u8])) -> bool {
        let Cell { table, column, row } = cell;
        // The row is found by place, because the change may be in what names it.
        let keys = self.texts(&format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"));
        let keys = keys.join(", ");
        let place = format!("FROM {table} ORDER BY {keys} LIMIT 1 OFFSET {row}");
        let value: Value =
            self.0.query_row(&format!("SELECT {column} {place}"), [], |row| row.get(0)).expect("the row is there");
        let (mut bytes, form) = match value {
            Value::Null | Value::Real(_) => return false,
            Value::Integer(number) => (number.to_le_bytes().to_vec(), None),
            Value::Text(text) => (text.into_bytes(), Some("CAST(?1 AS TEXT)")),
            Value::Blob(blob) => (blob, Some("?1")),
        };
        if bytes.is_empty() {
            return false;
        }
        change(&mut bytes);
        let (value, form) = match form {
            Some(form) => (Value::Blob(bytes), form),
            None => (Value::Integer(i64::from_le_bytes(bytes.try_into().expect("eight bytes"))), "?1"),
        };
        let sql = format!("UPDATE {table} SET {column} = {form} WHERE ({keys}) = (SELECT {keys} {place})");
        match self.0.execute(&sql, [value]) {
            Ok(changed) => {
                assert_eq!(changed, 1, "one row changes");
                true
            }
            Err(error) => {
                assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ConstraintViolation), "{error}");
                false
            }
        }
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare(sql).expect("the statement is right");
        let texts = statement.query_map([], |row| row.get(0)).expect("reads");
        texts.collect::<Result<_, _>>().expect("reads")
    }
}
