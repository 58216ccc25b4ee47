"""`poleagent demo`: the real daemon against simulated devices and a real broker, with faults, ending with a proof."""
