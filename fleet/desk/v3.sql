-- Version 3: attempts have numbers of their own; those of the last minutes are forgotten.

DROP TABLE attempt;
CREATE TABLE attempt (       -- log-ins that failed, by name and by address
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX attempt_key ON attempt (key, at);
