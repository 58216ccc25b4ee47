"""From the box to an accepted pole: claim, renewal, what is found, settings, acceptance; short processes, no daemon."""
