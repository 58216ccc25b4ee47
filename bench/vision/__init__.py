"""What the vision benchmarks share: the real inputs, their truth, and the metrics."""
