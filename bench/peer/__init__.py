"""Ours compared with ThingsBoard IoT Gateway 3.8.5, at the same time, on the same registers and the same broker."""
