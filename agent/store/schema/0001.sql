-- What the store is, in addition to its rows: 'epoch' (the file's own id) and 'clean' (1 after a proper stop).
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

-- The outbox. The lane is part of the key, so one tree serves every lane in order and no index costs a write.
CREATE TABLE event (
    key INTEGER PRIMARY KEY,    -- lane << 48 | seq
    sent INTEGER NOT NULL,      -- 1: delivered and acknowledged, kept a while for people to look at
    epoch TEXT NOT NULL,        -- of the file that gave the seq; rows of a broken file keep theirs
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    utc_us INTEGER NOT NULL,    -- as read; see restamp
    boot INTEGER NOT NULL,      -- first 32 bits of the boot id
    boot_us INTEGER NOT NULL,
    synced INTEGER NOT NULL,
    crc INTEGER NOT NULL,       -- CRC-32 of all columns but 'sent': SQLite itself does not notice a flipped bit
    body BLOB NOT NULL          -- JSON
);

-- Raw readings: what a block holds, and apart from it the block, so that a look-up by time reads few pages.
CREATE TABLE ring (
    id INTEGER PRIMARY KEY,
    first_ms INTEGER NOT NULL,  -- UTC
    last_ms INTEGER NOT NULL,
    first_boot_ms INTEGER NOT NULL,
    last_boot_ms INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    synced INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE TABLE ring_data (id INTEGER PRIMARY KEY, data BLOB NOT NULL);

-- What was taken unsynced in 'boot' up to 'boot_us' happened at boot time + offset. Rows are never rewritten for it.
CREATE TABLE restamp (boot INTEGER NOT NULL, boot_us INTEGER NOT NULL, offset_us INTEGER NOT NULL);

-- What stages of the analysis want to find again after a restart.
CREATE TABLE state (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
