"""How a program of ours is started as a child: the one place that says which code it runs."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_RUN = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs ``module`` from where this agent itself was imported: the same version.

    Neither the folder one stands in nor PYTHON* variables nor packages of the user's home decide what is run. Where
    this process writes no compiled files next to the code, the child writes none either.
    """
    return [sys.executable, "-IB" if sys.dont_write_bytecode else "-I", "-c", _RUN, str(ROOT), module, *arguments]
