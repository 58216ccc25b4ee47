"""Printing what a process of its own makes: a broken video may abort the decoder, and the command with it."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Iterable

from agent.cli import _sentences as say
from agent.cli._command import FAILED, OK, ending
from agent.cli._language import err, out

STDERR = 2
_PR_SET_PDEATHSIG = 1


def print_lines(lines: Iterable[str]) -> int:
    """Print the lines as they are made, by a child; returns its exit code.

    What native libraries say by themselves is dropped: it is about codecs and processors, and no word for a technician.
    """

    def show() -> int:
        for line in lines:
            out(line)
        return OK

    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if not child:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # however the command ends
        if os.getppid() != parent:
            os._exit(FAILED)
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump holds frames
        if sys.stderr.fileno() == STDERR:
            sys.stderr = os.fdopen(os.dup(STDERR), "w")
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDERR)
        code = ending(show)
        sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code >= 0:
        return code
    name = signal.Signals(-code).name
    err(say.DECODER_GAVE_UP_VIDEO(name=name))
    return FAILED
