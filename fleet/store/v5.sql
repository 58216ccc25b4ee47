-- Version 5: which cell (a broker and its ingest) writes which pole (docs/adr/0031). Not the cell of the register, a tower.

CREATE TABLE cell (
    cell TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,  -- grows when what its ingest has in memory may be wrong
    seen REAL NOT NULL,      -- its newest commit
    host TEXT NOT NULL DEFAULT '',   -- of its broker, as poles reach it
    port INTEGER NOT NULL DEFAULT 0,
    ca TEXT NOT NULL DEFAULT ''      -- SHA-256 of the CA that it trusts
) WITHOUT ROWID;

CREATE TABLE owner (
    pole TEXT PRIMARY KEY,
    cell TEXT NOT NULL
) WITHOUT ROWID;

ALTER TABLE claim ADD COLUMN cell TEXT NOT NULL DEFAULT '';   -- where the pole is to go; empty: the platform chooses
