-- Version 3: what retention goes by, which kinds a segment holds, how much of a pole is taken in a day.

ALTER TABLE segment ADD COLUMN age REAL;    -- retention goes by it where the pole's clock is not to be trusted; null: t1
ALTER TABLE segment ADD COLUMN kinds TEXT NOT NULL DEFAULT '';   -- of its events, with spaces between; empty: not known
UPDATE segment SET age = received WHERE t1 > received + 600 OR t0 < received - 31622400;
CREATE INDEX segment_age ON segment (pole, age) WHERE age IS NOT NULL;

ALTER TABLE incident ADD COLUMN age REAL;   -- the same; null: its end
CREATE INDEX incident_begin ON incident (begin);

ALTER TABLE pole ADD COLUMN day INTEGER NOT NULL DEFAULT 0;      -- days since 1970: of the two that follow
ALTER TABLE pole ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;    -- that were taken
ALTER TABLE pole ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;  -- messages past the bound, which were not stored
