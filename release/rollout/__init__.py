"""Rollouts by evidence: who is let in next, and when a release is stopped. It holds the online key at most."""
