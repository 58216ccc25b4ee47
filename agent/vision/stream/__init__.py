"""Streams of cameras as they come: from bytes of a socket, a device or a file to decoded frames.

Parsing is pure and fed bytes in pieces of any size. Connections and devices come through a ``door``, so that the
process that decodes needs no right to open anything. Native code sees coded frames, never an address or a password.
"""
