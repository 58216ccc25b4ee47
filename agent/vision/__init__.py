"""Cameras, looked at on the pole: frames live in a process of their own, and only results leave it.

The daemon's side is ``camera`` and ``pipe``, which import neither numpy nor OpenCV; everything else here runs in the
vision process (``worker``), in ``poleagent vision`` or in ``poleagent replay``.
"""
