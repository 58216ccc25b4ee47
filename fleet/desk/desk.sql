-- Version 1. Times are seconds since 1970 in UTC; secrets are kept as SHA-256 only, passwords as argon2id.

CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password TEXT,           -- null until its one-time link was used
    created REAL NOT NULL,
    disabled REAL
) WITHOUT ROWID;

CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created REAL NOT NULL,
    seen REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE token (         -- of programs
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,    -- JSON
    created REAL NOT NULL,
    expires REAL NOT NULL,
    revoked REAL
) WITHOUT ROWID;

CREATE TABLE link (          -- one-time: who has it may set the password of the account
    hash TEXT PRIMARY KEY,
    account TEXT,            -- null: makes the first administrator
    expires REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE attempt (       -- log-ins that failed, by name and by address
    key TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX attempt_key ON attempt (key, at);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,    -- JSON
    address TEXT NOT NULL
);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;

CREATE TABLE acknowledged (  -- one run of an incident: a device has one id each time that it is down
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    begin REAL NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    PRIMARY KEY (pole, source, id, begin)
) WITHOUT ROWID;

CREATE TABLE comment (
    number INTEGER PRIMARY KEY,
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    begin REAL NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX comment_of ON comment (pole, source, id, begin);

CREATE TABLE silence (       -- empty fields match everything
    number INTEGER PRIMARY KEY,
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    since REAL NOT NULL,
    until REAL NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX silence_until ON silence (until);

CREATE TABLE camera (        -- the register of cameras
    pole TEXT NOT NULL,
    camera TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sign TEXT NOT NULL,      -- where passers-by read about it
    operator TEXT NOT NULL,
    retention_days INTEGER NOT NULL,
    changed REAL NOT NULL,
    who TEXT NOT NULL,
    PRIMARY KEY (pole, camera)
) WITHOUT ROWID;

CREATE TABLE notice (        -- what notifications have to say, and have said
    channel TEXT NOT NULL,
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    begin REAL NOT NULL,
    phase TEXT NOT NULL,
    state TEXT NOT NULL,     -- waiting, sent, given up
    tries INTEGER NOT NULL,
    made REAL NOT NULL,
    due REAL NOT NULL,       -- of the next try; of what was sent: when
    text TEXT NOT NULL,      -- the incident as JSON
    error TEXT NOT NULL,
    PRIMARY KEY (channel, pole, source, id, begin, phase)
) WITHOUT ROWID;
CREATE INDEX notice_due ON notice (due) WHERE state = 'waiting';

CREATE TABLE channel (
    name TEXT PRIMARY KEY,
    since REAL NOT NULL,     -- what began before is not notified
    sent REAL NOT NULL       -- its last message
) WITHOUT ROWID;

CREATE TABLE noticed (       -- incidents that the platform sees by itself: as the table of the poles' incidents
    pole TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    severity TEXT NOT NULL,
    begin REAL NOT NULL,
    "end" REAL,
    reason TEXT,
    body BLOB NOT NULL,
    PRIMARY KEY (pole, source, id)
) WITHOUT ROWID;
CREATE INDEX noticed_open ON noticed (begin) WHERE "end" IS NULL;
