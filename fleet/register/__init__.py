"""Which poles there are, where they stand, and by which certificates they are known."""
