-- The epochs of the rows: one begins each time that the file is opened. Rows keep the contract under which they were
-- written, and the id of the pole that wrote them.
CREATE TABLE epoch (
    first INTEGER PRIMARY KEY,  -- the number of the event that says that it began
    name TEXT NOT NULL,
    pole TEXT NOT NULL,         -- empty: the id that the pole has now
    contract INTEGER NOT NULL   -- version of the contract
);
INSERT OR IGNORE INTO epoch SELECT min(key & 281474976710655), epoch, '', 1 FROM event GROUP BY epoch;
