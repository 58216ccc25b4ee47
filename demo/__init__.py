"""`poleagent demo`: the real daemon against simulated devices and a real broker, with faults, ending with a proof."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from agent.errors import AgentError
from demo.proof import Proof, text
from demo.show import Show
from demo.story import tell


def main(options: argparse.Namespace) -> int:
    """Run the demo for ``options.seconds`` (the proof takes a little longer); 0 where nothing is missing, else 1.

    Ctrl-C, SIGTERM or a terminal that is closed end it with 128 + the signal; broker and daemon go with it.
    """
    received: list[signal.Signals] = []
    with tempfile.TemporaryDirectory(prefix="poleagent-demo-") as folder:
        try:
            proof = asyncio.run(_play(Path(folder), options, Show(quiet=options.json), received))
        except AgentError as reason:
            print(reason, file=sys.stderr)
            return 1
        except asyncio.CancelledError:
            return 128 + received[0]
    print(msgspec.json.encode(proof).decode() if options.json else "\n" + text(proof))
    return 0 if proof.sound else 1


async def _play(folder: Path, options: argparse.Namespace, show: Show, received: list[signal.Signals]) -> Proof:
    """The demo, cancelled by a signal that asks to end; that one is then in ``received``."""
    task = asyncio.current_task()
    assert task is not None

    def stop(how: signal.Signals) -> None:
        received.append(how)
        task.cancel()

    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(how, stop, how)
    return await tell(folder, options.seconds, show, keep=options.keep)
