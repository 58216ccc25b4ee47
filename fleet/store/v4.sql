-- Version 4: what poles say of the releases that they take, and of what runs on them.

CREATE TABLE update_step (   -- the newest step of a release at a pole
    pole TEXT NOT NULL,
    release TEXT NOT NULL,
    stage TEXT NOT NULL,
    outcome TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,        -- by the pole's clock
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    received REAL NOT NULL,
    begun REAL NOT NULL,     -- when the first step of it was received
    PRIMARY KEY (pole, release)
) WITHOUT ROWID;
CREATE INDEX update_step_release ON update_step (release);

CREATE TABLE in_force (      -- what runs, as the pole said last
    pole TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    at REAL NOT NULL,        -- by the pole's clock
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    received REAL NOT NULL
) WITHOUT ROWID;
