"""The page on the pole, ``poleagent web``: a process of its own for a limited time, which asks the daemon like any
command on the pole does. While it does not run, nothing of it is loaded, and no port is open.
"""
