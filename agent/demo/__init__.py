"""`poleagent demo`: the real daemon against simulated devices and a real broker, with faults, ending with a proof."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import msgspec

from agent.demo.proof import text
from agent.demo.show import Show
from agent.demo.story import tell
from agent.errors import AgentError


def main(options: argparse.Namespace) -> int:
    """Run the demo for ``options.seconds`` (the proof takes a little longer); 0 where nothing is missing, else 1."""
    with tempfile.TemporaryDirectory(prefix="poleagent-demo-") as folder:
        try:
            proof = asyncio.run(tell(Path(folder), options.seconds, Show(quiet=options.json)))
        except AgentError as reason:
            print(reason, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    print(msgspec.json.encode(proof).decode() if options.json else "\n" + text(proof))
    return 0 if proof.sound else 1
