"""The command line ``poleagent``: a thin face over ``app`` and the control socket.

Each command imports what it needs when it runs, so that ``status`` answers at once on a slow box.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from agent import VERSION, cli_series, cli_vision
from agent.cli_numbers import number, whole
from agent.errors import AgentError, ConfigError

SETTINGS = Path("/etc/poleagent/poleagent.toml")
OK, FAILED, USAGE, NOT_RUNNING, NOT_ALLOWED, WRONG_SETTINGS = 0, 1, 2, 3, 4, 78
EXIT_CODES = f"""\
exit codes:
  {OK}   it worked
  {FAILED}   it did not; the sentence on stderr says why
  {USAGE}   the command was written wrongly
  {NOT_RUNNING}   the agent is not running
  {NOT_ALLOWED}   this user may not talk to the agent
  {WRONG_SETTINGS}  the settings are wrong; each problem is named with its file and line
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = parser().parse_args(arguments)
    return ending(lambda: int(options.do(options)))


def ending(do: Callable[[], int]) -> int:
    """The exit code of what is done; where it fails, its sentence goes to standard error."""
    try:
        return do()
    except ConfigError as reason:
        print(reason, file=sys.stderr)
        return WRONG_SETTINGS
    except AgentError as reason:
        print(reason, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return OK
    except BrokenPipeError:  # `poleagent events | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def parser() -> argparse.ArgumentParser:
    """All commands; docs/reference/cli.md is made from it."""
    top = argparse.ArgumentParser(
        prog="poleagent",
        description="The agent of a smart street pole: reads its sensors, keeps what matters, tells the platform.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_daemon(commands)
    _add_settings(commands)
    _add_questions(commands)
    cli_series.add(commands)
    cli_vision.add(commands)
    command = commands.add_parser("version", help="print the version", description="Prints the version.")
    command.set_defaults(do=_version)
    return top


def _add_daemon(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="run the agent (systemd does this)",
        description="Runs the agent until it is told to stop (SIGTERM or SIGINT); SIGHUP reads the settings again.",
    )
    run.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE", help="settings file (%(default)s)")
    run.set_defaults(do=_run)
    demo = commands.add_parser(
        "demo",
        help="watch a simulated pole survive a dead link and a kill",
        description="Runs the real agent against simulated devices and a real MQTT broker, cuts the link, kills the "
        "agent, and counts at the end what arrived. Exit code 1 if a single event is missing.",
    )
    demo.add_argument(
        "--seconds", type=whole(20, 86400), default=45, metavar="N", help="how long, at least 20 (%(default)s)"
    )
    demo.add_argument("--json", action="store_true", help="print only the result, as JSON")
    demo.set_defaults(do=_demo)


def _add_settings(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="check a settings file",
        description="Checks a settings file and the conf.d folder beside it, and names every problem at once.",
    )
    check.add_argument("file", type=Path, nargs="?", default=SETTINGS, metavar="FILE", help="default %(default)s")
    check.set_defaults(do=_check)
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of the settings",
        description="Prints the JSON Schema of the settings with those of all drivers that are installed, for editors.",
    )
    schema.set_defaults(do=_schema)
    sample = commands.add_parser(
        "sample",
        help="print commented sample settings",
        description="Prints sample settings in which every option stands with its meaning and its default.",
    )
    sample.set_defaults(do=_sample)
    drivers = commands.add_parser(
        "drivers",
        help="list the drivers",
        description="Lists the drivers that are installed: the word for 'driver =' and what it reads.",
    )
    drivers.add_argument("--json", action="store_true", help="one JSON object per driver and line")
    drivers.set_defaults(do=_drivers)
    scan = commands.add_parser(
        "scan",
        help="find out what hangs on a line",
        description="Finds the devices on a serial line, its baud rate and parity, and prints settings for them. It "
        "listens first, then asks; it never writes to a device. Stop the agent before: only one may own a line.",
    )
    scan.add_argument("port", metavar="PORT", help="serial port, or HOST:PORT of a server that speaks RFC 2217")
    scan.add_argument("--line", default="a", metavar="NAME", help="name of the line in the settings (%(default)s)")
    scan.add_argument(
        "--baud", type=whole(50, 4_000_000), metavar="N", help="try this baud rate only; default all usual ones"
    )
    scan.add_argument(
        "--timeout", type=number(0.001, 10), default=0.1, metavar="S", help="wait for an answer (%(default)s s)"
    )
    scan.add_argument(
        "--last", type=whole(1, 247), default=247, metavar="N", help="highest Modbus address (%(default)s)"
    )
    scan.add_argument("--quick", action="store_true", help="ask addresses 1 to 16 only where nothing answers")
    scan.add_argument("--output", metavar="FILE", help="write the settings there instead of printing them")
    scan.set_defaults(do=_scan)


def _add_questions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    status = _question(commands, "status", "see at one look what works and what to do", _STATUS)
    form = status.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the same for machines; fields are only ever added")
    form.add_argument("--prometheus", action="store_true", help="metrics in Prometheus' text format")
    form.add_argument("--watch", action="store_true", help="look again every 2 seconds, until Ctrl-C")
    status.set_defaults(do=_status)
    events = _question(commands, "events", "list the newest events", _EVENTS)
    _add_list(events, "events", most=200)
    events.add_argument("--source", metavar="NAME", help="only those of this device, or of 'agent'")
    events.add_argument("--kind", metavar="KIND", help="only those of this kind: device, gap, summary, ...")
    events.set_defaults(do=_events)
    readings = _question(commands, "readings", "list the newest raw readings", _READINGS)
    _add_list(readings, "readings", most=5000)
    readings.add_argument("--device", metavar="NAME", help="only those of this device")
    readings.add_argument("--quantity", metavar="NAME", help="only those of this quantity")
    readings.set_defaults(do=_readings)
    device = _question(commands, "device", "have a device read at once, or do something", _DEVICE)
    device.add_argument("name", metavar="NAME", help="the device, as in [device.NAME]")
    device.add_argument(
        "action", nargs="?", default="read", metavar="ACTION", help="read (default), or what its driver knows"
    )
    device.add_argument("--json", action="store_true", help="the answer as one JSON object")
    device.set_defaults(do=_device)
    reload = _question(commands, "reload", "read the settings again", _RELOAD)
    reload.set_defaults(do=_reload)


_STATUS = """Shows each device with its last values, their age and its errors, the lines, the link, what waits for
delivery, clock and disk, and behind '->' what to do."""
_EVENTS = """Lists the newest events of this run, delivered or not, oldest first."""
_READINGS = """Lists the newest raw readings kept on the pole, oldest first."""
_DEVICE = """Reads a device at once, before all others on its line, and prints what came; or has it do an action that
its driver knows (docs/reference/drivers.md): our sensor board can identify, self_test and start. Exit code 1 where the
device did not answer, or not well."""
_RELOAD = """Has the running agent read its settings again, waits for it, and prints what changed. With a problem
nothing is changed, every problem is printed, and the exit code is 78."""


def _question(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, line: str, text: str
) -> argparse.ArgumentParser:
    """A command that asks the running agent."""
    command = commands.add_parser(name, help=line, description=" ".join(text.split()))
    command.add_argument("--socket", metavar="PATH", help="the agent's control socket, if not that of the settings")
    command.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE", help="settings file (%(default)s)")
    return command


def _add_list(command: argparse.ArgumentParser, what: str, most: int) -> None:
    command.add_argument("--last", type=whole(1, most), default=20, metavar="N", help=f"how many {what} (%(default)s)")
    command.add_argument("--follow", action="store_true", help="go on with new ones as they come, until Ctrl-C")
    command.add_argument("--json", action="store_true", help="one JSON object per line")


def _run(options: argparse.Namespace) -> int:
    import faulthandler

    from agent import app

    faulthandler.enable()  # the watchdog's SIGABRT leaves in the journal where the agent was stuck
    return app.main(options.settings)


def _demo(options: argparse.Namespace) -> int:
    try:
        demo = importlib.import_module("demo")
    except ImportError as reason:
        raise AgentError(f"the demo is not in the package for poles, it comes with the source: {reason}") from None
    return int(demo.main(options))


def _check(options: argparse.Namespace) -> int:
    from agent.acquire.registry import find_drivers
    from agent.cli_line import loads
    from agent.config.load import examine
    from agent.config.problem import render

    drivers = find_drivers()
    settings, problems = examine(options.file, drivers)
    if problems:
        print(render(problems), file=sys.stderr)
    if settings is None:
        return WRONG_SETTINGS
    counts = f"{len(settings.lines)} lines, {len(settings.devices)} devices"
    if settings.cameras:
        counts += f", {len(settings.cameras)} cameras"
    print(f"{options.file}: good: pole {settings.pole.id}, {counts}, revision {settings.revision}")
    for row in loads(settings, drivers):
        print(row)
    return OK


def _scan(options: argparse.Namespace) -> int:
    from agent import cli_line

    return cli_line.scan(options)


def _schema(_: argparse.Namespace) -> int:
    from agent.acquire.registry import find_drivers
    from agent.config.schema import schema_text

    print(schema_text(find_drivers()), end="")
    return OK


def _sample(_: argparse.Namespace) -> int:
    from agent.acquire.registry import find_drivers
    from agent.config.sample import sample

    print(sample(find_drivers()), end="")
    return OK


def _drivers(options: argparse.Namespace) -> int:
    import json

    from agent.acquire.registry import find_drivers

    drivers = find_drivers()
    for name, driver in sorted(drivers.items()):
        if options.json:
            print(json.dumps({"name": name, "summary": driver.summary}))
        else:
            print(f"{name:{max(map(len, drivers))}}  {driver.summary}")
    return OK


def _status(options: argparse.Namespace) -> int:
    from agent import cli_ask

    return cli_ask.status(options)


def _events(options: argparse.Namespace) -> int:
    from agent import cli_ask

    return cli_ask.events(options)


def _readings(options: argparse.Namespace) -> int:
    from agent import cli_ask

    return cli_ask.readings(options)


def _device(options: argparse.Namespace) -> int:
    from agent import cli_ask

    return cli_ask.device(options)


def _reload(options: argparse.Namespace) -> int:
    from agent import cli_ask

    return cli_ask.reload(options)


def _version(_: argparse.Namespace) -> int:
    print(VERSION)
    return OK


if __name__ == "__main__":
    sys.exit(main())
