-- Version 1. Times are seconds since 1970 in UTC; bodies are the bytes that a pole sent.

CREATE TABLE pole (
    pole TEXT PRIMARY KEY,
    seen REAL NOT NULL,      -- when the platform received its last message
    state TEXT NOT NULL DEFAULT 'unknown',
    status BLOB              -- its retained status as it came
) WITHOUT ROWID;

CREATE TABLE segment (
    id INTEGER PRIMARY KEY,
    pole TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    lane TEXT NOT NULL,
    t0 REAL NOT NULL,
    t1 REAL NOT NULL,
    received REAL NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX segment_name ON segment (pole, epoch, first);
CREATE INDEX segment_time ON segment (pole, t0);

CREATE TABLE coverage (
    pole TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (pole, epoch, first)
) WITHOUT ROWID;

CREATE TABLE epoch (         -- what a pole says of its own numbering
    pole TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL DEFAULT 1,   -- lower numbers were never given
    given INTEGER NOT NULL DEFAULT 0,   -- all up to here were given
    certain INTEGER,                    -- the pole does not know whether numbers from here on were given
    successor TEXT,
    PRIMARY KEY (pole, epoch)
) WITHOUT ROWID;

CREATE TABLE deleted (       -- what a pole deleted unsent, by its gap events
    pole TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (pole, epoch, first, last)
) WITHOUT ROWID;

CREATE TABLE series (        -- one quantity of one source of one pole
    id INTEGER PRIMARY KEY,
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    quantity TEXT NOT NULL,
    UNIQUE (pole, source, quantity)
);

CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    value ANY,
    unit TEXT NOT NULL,
    quality TEXT NOT NULL
);

CREATE TABLE hour (
    series INTEGER NOT NULL,
    hour INTEGER NOT NULL,   -- hours since 1970
    count INTEGER NOT NULL,
    sum REAL NOT NULL,       -- of mean x count; of directions see x and y
    min REAL,
    max REAL,
    increase REAL,
    x REAL,
    y REAL,
    PRIMARY KEY (series, hour)
) WITHOUT ROWID;

CREATE TABLE incident (
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    severity TEXT NOT NULL,
    begin REAL NOT NULL,
    "end" REAL,
    reason TEXT,
    body BLOB NOT NULL,      -- of the newest event of the episode
    PRIMARY KEY (pole, source, id)
) WITHOUT ROWID;
CREATE INDEX incident_open ON incident (begin) WHERE "end" IS NULL;

CREATE TABLE conflict (      -- a second content under a name that is stored
    pole TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    received REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (pole, epoch, seq, fingerprint)
) WITHOUT ROWID;

CREATE TABLE quarantine (    -- what could not be read, by the pole on whose topic it came
    id INTEGER PRIMARY KEY,
    pole TEXT NOT NULL,
    received REAL NOT NULL,
    reason TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    body BLOB NOT NULL       -- the beginning of it
);
CREATE INDEX quarantine_pole ON quarantine (pole);
