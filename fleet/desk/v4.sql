-- Version 4: how the parts of the platform are, where they run in several processes.

CREATE TABLE part (
    cell TEXT NOT NULL,
    part TEXT NOT NULL,      -- ingest, broker, notifications, upkeep
    at REAL NOT NULL,        -- when its process said so
    body TEXT NOT NULL,      -- its health as JSON
    PRIMARY KEY (cell, part)
) WITHOUT ROWID;
