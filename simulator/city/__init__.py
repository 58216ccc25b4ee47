"""A whole city of virtual poles: where they stand, what their sensors see, what fails, and what they send.

Pure but for ``feed``, ``sockets`` and ``__main__``: time is handed in, the same seed gives the same city.
"""
