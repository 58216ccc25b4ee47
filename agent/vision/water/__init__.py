"""Virtual water gauges: the edge of water on a line with known heights."""
