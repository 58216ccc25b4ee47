-- Version 3: what desk/v4.sql has.

CREATE TABLE desk.part (
    cell word NOT NULL,
    part word NOT NULL,
    at double precision NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (cell, part)
);
