-- Version 5: which cell (a broker and its ingest) writes which pole (docs/adr/0031). Not the cell of the register, a tower.

CREATE TABLE cell (
    cell TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,  -- grows when what its ingest has in memory may be wrong
    seen REAL NOT NULL       -- its newest commit
) WITHOUT ROWID;

CREATE TABLE owner (
    pole TEXT PRIMARY KEY,
    cell TEXT NOT NULL
) WITHOUT ROWID;
