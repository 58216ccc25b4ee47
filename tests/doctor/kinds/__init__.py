"""Kinds of faults, a file a part of the pole: ``KINDS`` of each is found by itself."""
