"""Roles of people and scopes of programs."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """Each may do what the ones before it may."""

    VIEWER = "viewer"  # sees all
    OPERATOR = "operator"  # works on incidents
    MAINTAINER = "maintainer"  # commands poles, keeps the registers
    ADMIN = "admin"  # accounts, tokens of others, the audit

    def covers(self, least: Role) -> bool:
        """Whether this role may do what needs ``least``."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(least)


class Scope(StrEnum):
    """What a token of a program may be used for, within the role of its owner."""

    READ = "read"
    METRICS = "metrics"
    INCIDENTS = "incidents"
    COMMANDS = "commands"
    REGISTER = "register"
    ADMIN = "admin"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. ``scopes`` are all for a person; ``csrf`` is empty for a program, which sends no cookie."""

    name: str
    role: Role
    scopes: frozenset[Scope] = frozenset(Scope)
    csrf: str = ""
    address: str = ""

    def may(self, role: Role, scope: Scope) -> bool:
        return self.role.covers(role) and scope in self.scopes


HERE = Caller(name="command line", role=Role.ADMIN, address="this machine")
"""Who works on the machine itself and may read the platform's folder."""
