-- Version 2: what v5.sql has.

CREATE TABLE polefleet.cell (
    cell word PRIMARY KEY,
    fence bigint NOT NULL,
    seen double precision NOT NULL,
    host word NOT NULL DEFAULT '',
    port bigint NOT NULL DEFAULT 0,
    ca word NOT NULL DEFAULT ''
) WITH (fillfactor = 50);

CREATE TABLE polefleet.owner (
    pole word PRIMARY KEY,
    cell word NOT NULL
);

ALTER TABLE polefleet.claim ADD COLUMN cell polefleet.word NOT NULL DEFAULT '';
