-- Version 1. Every `record` and `header` and `footer` is RFC 8785 canonical JSON: the very text
-- that is a leaf of the scan's tree. The columns beside it repeat what is needed to find it.

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL
) STRICT;

-- Bytes, compressed, by the SHA-256 (hex) of the plain bytes. `zstd_sha256` covers the bytes as
-- kept: two different zstd frames can hold the same plain bytes.
CREATE TABLE blob (
    sha256      TEXT PRIMARY KEY,
    size        INTEGER NOT NULL,
    zstd        BLOB NOT NULL,
    zstd_sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE scan (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    header TEXT NOT NULL,
    footer TEXT
) STRICT;

CREATE TABLE rules (
    scan     INTEGER PRIMARY KEY REFERENCES scan (number),
    controls TEXT NOT NULL REFERENCES blob (sha256),
    criteria TEXT NOT NULL REFERENCES blob (sha256),
    policy   TEXT NOT NULL REFERENCES blob (sha256)
) STRICT;

CREATE TABLE capture (
    scan   INTEGER NOT NULL REFERENCES scan (number),
    n      INTEGER NOT NULL,
    body   TEXT REFERENCES blob (sha256),
    record TEXT NOT NULL,
    PRIMARY KEY (scan, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX capture_body ON capture (body);

CREATE TABLE population (
    scan   INTEGER NOT NULL REFERENCES scan (number),
    n      INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (scan, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdict (
    scan    INTEGER NOT NULL REFERENCES scan (number),
    control TEXT NOT NULL,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    type    TEXT NOT NULL,
    id      TEXT NOT NULL,
    record  TEXT NOT NULL,
    PRIMARY KEY (scan, control, account, region, type, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reconciled (
    scan   INTEGER NOT NULL REFERENCES scan (number),
    n      INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (scan, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiver (
    scan   INTEGER NOT NULL REFERENCES scan (number),
    n      INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (scan, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE seal (
    scan            INTEGER PRIMARY KEY REFERENCES scan (number),
    tree_size       INTEGER NOT NULL,
    tree_root       TEXT NOT NULL,
    log_size        INTEGER NOT NULL,
    log_root        TEXT NOT NULL,
    checkpoint      TEXT NOT NULL,
    key_fingerprint TEXT NOT NULL
) STRICT;

-- The triggers stop accidents. What proves is the tree: whoever can write the file can drop them.
CREATE TRIGGER store_kept   BEFORE UPDATE ON store BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER store_stays  BEFORE DELETE ON store BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER blob_kept    BEFORE UPDATE ON blob BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER blob_stays   BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER seal_kept    BEFORE UPDATE ON seal BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER seal_stays   BEFORE DELETE ON seal BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER scan_stays   BEFORE DELETE ON scan BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER scan_kept    BEFORE UPDATE ON scan
    WHEN OLD.footer IS NOT NULL OR NEW.number IS NOT OLD.number OR NEW.header IS NOT OLD.header
    BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;

CREATE TRIGGER rules_kept   BEFORE UPDATE ON rules BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER rules_stays  BEFORE DELETE ON rules BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER rules_closed BEFORE INSERT ON rules WHEN EXISTS (SELECT 1 FROM seal WHERE scan = NEW.scan)
    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;

CREATE TRIGGER capture_kept   BEFORE UPDATE ON capture BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER capture_stays  BEFORE DELETE ON capture BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER capture_closed BEFORE INSERT ON capture WHEN EXISTS (SELECT 1 FROM seal WHERE scan = NEW.scan)
    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;

CREATE TRIGGER population_kept   BEFORE UPDATE ON population BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER population_stays  BEFORE DELETE ON population BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER population_closed BEFORE INSERT ON population WHEN EXISTS (SELECT 1 FROM seal WHERE scan = NEW.scan)
    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;

CREATE TRIGGER verdict_kept   BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER verdict_stays  BEFORE DELETE ON verdict BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER verdict_closed BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM seal WHERE scan = NEW.scan)
    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;

CREATE TRIGGER reconciled_kept   BEFORE UPDATE ON reconciled BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER reconciled_stays  BEFORE DELETE ON reconciled BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER reconciled_closed BEFORE INSERT ON reconciled WHEN EXISTS (SELECT 1 FROM seal WHERE scan = NEW.scan)
    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;

CREATE TRIGGER waiver_kept   BEFORE UPDATE ON waiver BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER waiver_stays  BEFORE DELETE ON waiver BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END;
CREATE TRIGGER waiver_closed BEFORE INSERT ON waiver WHEN EXISTS (SELECT 1 FROM seal WHERE scan = NEW.scan)
    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
