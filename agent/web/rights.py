"""The process that serves the page gives root's rights away before its first request."""

from __future__ import annotations

import grp
import os
from contextlib import suppress

from agent.setup.files import SECRETS
from agent.setup.owner import agent_user

GROUPS = (SECRETS, "dialout", "video")
"""Those of the unit: settings, serial ports, cameras."""


def step_down() -> None:
    """For good: root becomes the agent's user, which reads settings and writes none. Others stay who they are."""
    owner = agent_user()
    if owner is None:
        return
    user, group = owner
    groups = []
    for name in GROUPS:
        with suppress(KeyError):
            groups.append(grp.getgrnam(name).gr_gid)
    os.setgroups(groups)
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
