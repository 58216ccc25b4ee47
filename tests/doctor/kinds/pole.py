"""Faults of settings, models, cameras, versions, updates and of the daemon itself."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from agent.system.slots import Slots, Trial
from agent.update.record import UpdateRecord, save_record
from agent.vision.advice import ADVICE
from contract.health import PoleStatus
from contract.release import ReleaseId
from contract.types import Quality
from tests.doctor.kinds.link import reported
from tests.doctor.plan import Kind, Plan
from tests.status.canned import GATE


def _broken(plan: Plan, chance: random.Random) -> None:
    cut = chance.choice((lambda t: t.replace('id = "', "id = ", 1), lambda t: t + "\n[line.c\n", lambda t: "＝" + t))
    plan.text = cut


def _unknown(plan: Plan, chance: random.Random) -> None:
    plan.text = lambda text: text.replace("[store]", f"[store]\n{chance.choice(('maxbytes', 'pth', 'ring'))} = 1", 1)


def _value(plan: Plan, chance: random.Random) -> None:
    wrong = chance.choice(("[log]\nlevel = 'loud'\n", "[check]\nenabled = 7\n", "[report]\nwindow_s = -1\n"))
    plan.text = lambda text: f"{text}\n{wrong}"


def _no_file(plan: Plan, chance: random.Random) -> None:
    gone = chance.choice(("pole.key", "pole.pem", "ca.pem"))
    plan.files.append(lambda folder: (folder / "etc" / gone).unlink())


def _open_secret(plan: Plan, chance: random.Random) -> None:
    mode = chance.choice((0o644, 0o666, 0o604))
    plan.files.append(lambda folder: (folder / "etc" / "pole.key").chmod(mode))


def _sample(plan: Plan, _: random.Random) -> None:
    plan.table["sample"] = True


def _other_user(plan: Plan, _: random.Random) -> None:
    plan.disk.owner, plan.settings_mode = 65534, 0o600
    for wire in plan.wires.values():
        wire.mode = 0o666


def _model(which: str) -> Any:
    """The camera's or the series' model: ``[anomaly] model`` needs no camera."""

    def change(plan: Plan, chance: random.Random) -> None:
        plan.table["model"] = which

        def spoil(folder: Path) -> None:
            model = folder / "model"
            if which == "missing":
                shutil.rmtree(model)
            elif which == "changed":
                file = next(model.glob("*.tflite"))
                data = bytearray(file.read_bytes())
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                file.write_bytes(data)
            elif which == "shape":
                page = model / "model.toml"
                text = page.read_text(encoding="utf-8")
                side = chance.choice((24, 64, 96))
                page.write_text(text.replace("size = [48, 48]", f"size = [{side}, {side}]"), encoding="utf-8")

        plan.files.append(spoil)

    return change


def _no_runtime(plan: Plan, _: random.Random) -> None:
    plan.table["model"], plan.absent = "good", ("ai_edge_litert", "tflite_runtime")


def _camera(state: str) -> Any:
    def change(status: PoleStatus, chance: random.Random) -> PoleStatus:
        since = status.clock.now.utc - timedelta(minutes=chance.uniform(2, 3000))
        text = "10.0.0.5 does not answer" if state == "no_signal" else ""
        return replace(status, cameras=(replace(GATE, state=state, since=since, text=text, advice=ADVICE[state]),))

    return reported(change)


def _seen(**changes: Any) -> Any:
    def change(status: PoleStatus, _: random.Random) -> PoleStatus:
        return replace(status, cameras=(replace(GATE, state="ok", text="", advice="", **changes),))

    return reported(change)


def _bad_value(status: PoleStatus, chance: random.Random) -> PoleStatus:
    device = status.devices[0]
    worst = replace(device.last[0], quality=chance.choice((Quality.BAD, Quality.UNCERTAIN)))
    return replace(status, devices=(replace(device, last=(worst, *device.last[1:])), *status.devices[1:]))


def _old_daemon(status: PoleStatus, chance: random.Random) -> PoleStatus:
    return replace(status, version=chance.choice(("0.1.0", "0.1.7")))


def _pending(status: PoleStatus, chance: random.Random) -> PoleStatus:
    return replace(status, pending=(chance.choice(("[store] path", "[local] socket")),))


def _refused(status: PoleStatus, _: random.Random) -> PoleStatus:
    return replace(status, problems=("poleagent.toml:3: [line.a] has no option 'bauds'",))


def _failed_update(plan: Plan, chance: random.Random) -> None:
    release = f"settings/city/{chance.randrange(2, 40)}"
    record = UpdateRecord(refused={release: "its settings were refused: there is no line 'x'"})
    plan.files.append(lambda folder: save_record(folder / "state" / "update" / "record.json", record))


def _taken_back(plan: Plan, chance: random.Random) -> None:
    trial = Trial(
        release=ReleaseId(kind="model", name="crops", number=chance.randrange(2, 40)),
        before=1,
        failed="the agent started 4 times during its trial",
    )
    plan.files.append(lambda folder: Slots(folder / "state").begin(trial))


def _dead(plan: Plan, _: random.Random) -> None:
    plan.daemon, plan.systemctl = "dead", "ActiveState=inactive\nSubState=dead\nResult=success\nNRestarts=0\n"


def _restarts(plan: Plan, chance: random.Random) -> None:
    plan.daemon = "dead"
    count = chance.randrange(4, 4000)
    plan.systemctl = (
        f"ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainStatus=1\nNRestarts={count}\n"
    )


def _mute(plan: Plan, _: random.Random) -> None:
    plan.daemon, plan.table["mute"] = "canned", True


def _library(plan: Plan, chance: random.Random) -> None:
    name, version = chance.choice((("aiomqtt", "3.0.0"), ("msgspec", "0.18.6"), ("pyserial", "3.4")))
    plan.versions[name] = version


KINDS = (
    Kind(
        "no settings file",
        ("settings.missing",),
        "settings",
        lambda p, _: setattr(p, "settings_there", False),
        hides=True,
    ),
    Kind("settings closed to the agent", ("settings.unreadable",), "settings", _other_user),
    Kind("settings are no TOML", ("settings.syntax",), "settings", _broken, hides=True),
    Kind("unknown option", ("settings.unknown",), "settings", _unknown),
    Kind("value out of range", ("settings.value",), "settings", _value),
    Kind("named file missing", ("settings.file",), "settings", _no_file),
    Kind("secret open to all", ("settings.secret_open",), "settings", _open_secret),
    Kind("settings are the sample", ("settings.sample",), "settings", _sample, hides=True),
    Kind("settings wait for a restart", ("settings.pending",), "settings", reported(_pending)),
    Kind("settings refused by the daemon", ("settings.refused",), "settings", reported(_refused)),
    Kind("model missing", ("model.missing",), "model", _model("missing")),
    Kind("model changed", ("model.changed",), "model", _model("changed")),
    Kind("model of another shape", ("model.shape",), "model", _model("shape")),
    Kind("runtime missing", ("model.runtime",), "model", _no_runtime),
    *(Kind(f"camera {state}", (f"camera.{state}",), "camera", _camera(state)) for state in ADVICE),
    Kind("camera turned away", ("camera.tampered",), "camera", _seen(tampered=("moved",))),
    Kind("camera keeps its rights", ("camera.unconfined",), "camera", _seen(unconfined="landlock")),
    Kind("sensor marked bad", ("sensor.bad",), "sensor", reported(_bad_value)),
    Kind("daemon of an old version", ("version.running",), "daemon", reported(_old_daemon)),
    Kind("daemon dead", ("daemon.stopped",), "daemon", _dead, alone=True),
    Kind("daemon restarts for ever", ("daemon.restarting",), "daemon", _restarts, alone=True),
    Kind("daemon mute", ("daemon.mute",), "daemon", _mute, alone=True),
    Kind("library of another version", ("version.library",), "version", _library, alone=True),
    Kind("release refused", ("update.failed",), "update", _failed_update),
    Kind("release taken back", ("update.taken_back",), "update", _taken_back),
)
