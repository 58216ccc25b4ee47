"""The agent's own code as a child: nothing of the agent is imported here, and no folder one stands in decides."""

from __future__ import annotations

import sys

_RUN = "import runpy, sys; runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"


def agent_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs ``module`` of the installed agent."""
    return [sys.executable, "-I", "-c", _RUN, module, *arguments]
