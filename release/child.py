"""The agent's own code as a child: nothing of the agent is imported here, and no folder one stands in decides."""

from __future__ import annotations

import sys


def agent_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs ``module`` of the installed agent."""
    return [sys.executable, "-I", "-m", module, *arguments]
