-- Version 2: register, certificates, claims, jobs; segments are found by their end.

DROP INDEX segment_name;
CREATE INDEX segment_name ON segment (pole, epoch, last, first);

CREATE TABLE register (      -- what the city knows of its poles
    pole TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    latitude REAL,           -- degrees, WGS 84
    longitude REAL,
    street TEXT NOT NULL DEFAULT '',
    district TEXT NOT NULL DEFAULT '',
    feeder TEXT NOT NULL DEFAULT '',   -- electrical feeder
    cell TEXT NOT NULL DEFAULT ''      -- cell tower of its link
) WITHOUT ROWID;

CREATE TABLE claim (         -- one-time tokens by which a pole gets its certificate; a pole has at most one
    pole TEXT PRIMARY KEY,
    hash TEXT NOT NULL,      -- SHA-256 of the token
    expires REAL NOT NULL,
    used REAL,
    csr TEXT                 -- of the request that used it, so that a lost answer can be given again
) WITHOUT ROWID;

CREATE TABLE certificate (   -- those that were issued to poles
    serial TEXT PRIMARY KEY, -- hexadecimal
    pole TEXT NOT NULL,
    issued REAL NOT NULL,
    not_after REAL NOT NULL,
    revoked REAL,
    pem TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX certificate_pole ON certificate (pole);

CREATE TABLE job (           -- a command to poles
    id TEXT PRIMARY KEY,     -- also the id of the command on the wire
    name TEXT NOT NULL,
    args TEXT NOT NULL,      -- JSON
    created REAL NOT NULL,
    expires REAL NOT NULL,
    who TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE job_pole (
    job TEXT NOT NULL,
    pole TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',   -- queued, sent, done, failed, expired
    sent REAL,
    replied REAL,
    ok INTEGER,
    reply TEXT,              -- the reply as it came
    PRIMARY KEY (job, pole)
) WITHOUT ROWID;
CREATE INDEX job_pole_open ON job_pole (pole) WHERE state IN ('queued', 'sent');
