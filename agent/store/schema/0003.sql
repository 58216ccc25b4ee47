-- event.sent of a delivered row is 90: from 1, the row that waits (0) was one flipped bit away.
UPDATE event SET sent = 90 WHERE sent = 1;
