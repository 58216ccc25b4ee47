"""What every table of the settings is made of."""

from __future__ import annotations

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every settings table: frozen, named fields only, an unknown key is an error."""


KIB = 1024
MIB = 1024 * KIB
