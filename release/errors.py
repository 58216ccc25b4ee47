"""What goes wrong for a maintainer: one sentence that says what, where, and what to do."""

from __future__ import annotations


class ReleaseError(Exception):
    """An expected failure of a command; ``str()`` of it is shown, and nothing was changed unless it says so."""
