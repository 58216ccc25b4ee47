-- Version 2: what v5.sql has.

CREATE TABLE polefleet.cell (
    cell word PRIMARY KEY,
    fence bigint NOT NULL,
    seen double precision NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE polefleet.owner (
    pole word PRIMARY KEY,
    cell word NOT NULL
);
