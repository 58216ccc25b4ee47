"""The daemon's side of one camera: starts its vision process, believes only its messages, and ends it when it hangs.

Whatever happens in there, a decoder that aborts, a driver that never returns, memory that grows, costs this process
nothing but a line in the log. It imports neither numpy nor OpenCV nor LiteRT.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from asyncio.subprocess import Process
from collections.abc import Iterable
from typing import Never

import msgspec

from agent.config.address import is_address, parse, trouble_of
from agent.config.cameras import why_not
from agent.config.scene import CameraSettings
from agent.config.secret import read_secret
from agent.errors import AgentError, ConfigError, Retry
from agent.models.needs import missing
from agent.system.clock import Clock
from agent.vision import sentences as say
from agent.vision.advice import KILLED
from agent.vision.aim import AskedBackground
from agent.vision.doorkeeper import Doorkeeper
from agent.vision.launch import Noise, kill, launch
from agent.vision.order import EXIT_MEMORY, EXIT_REFUSED, CandidateModel, Order
from agent.vision.pipe import Background, Beat, Message, NotAResult, Rate, Unpacker, open_body
from agent.vision.privacy import plain
from agent.vision.report import CameraReport, Emit
from agent.vision.stream.trouble import REFUSED
from contract.events import CameraState, WaterLevel
from contract.health import CameraHealth

_log = logging.getLogger(__name__)
_START_S = 30.0
"""How long the first beat may take: a slow box loads numpy, OpenCV and a model."""
_STALL_S = 10.0
"""How long beats may be missing beyond the limits of open and read."""
_STOP_S = 3.0
_HUNG = say.VISION_PROCESS_HUNG()
_SECRET_S = 5.0
"""How often a password file is looked at while the camera refuses what was in it."""


class Camera:
    """``run`` until it raises Retry; state and counters survive to the next run."""

    def __init__(
        self,
        name: str,
        settings: CameraSettings,
        clock: Clock,
        water: Iterable[WaterLevel] = (),
        *,
        confined: bool = True,
        models: str = "",
    ) -> None:
        """``water``: what its gauges reported last, where it takes the place of a camera with other settings.

        ``confined``: False lets the process open its camera by itself, for devices that are emulated in it.
        ``models``: the folder of releases, from which a candidate may come.
        """
        self.name = name
        self._settings = settings
        self._clock = clock
        self._confined = confined
        self._models = models
        self._candidate: CandidateModel | None = None
        self._process: Process | None = None
        self._password = ""
        self._password_changed = False
        self._report = CameraReport(name, settings, clock, water)
        self._beaten_s = clock.monotonic()
        self._unpacker = Unpacker()
        self._rate = Rate(self._beaten_s)
        self._noise = Noise()
        self._asked = AskedBackground()

    async def run(self, emit: Emit) -> Never:
        """Retry: the vision process ended or had to be ended; it may be started again."""
        source = self._settings.source
        reason = why_not(self.name, self._settings) or missing() or trouble_of(source)
        if reason:
            await self._rest(emit, reason)
        try:
            self._password = self._read_password()
        except ConfigError as exc:
            await self._rest(emit, str(exc))
        self._noise = Noise([self._password])
        self._unpacker = Unpacker()
        self._rate = Rate(self._clock.monotonic())
        with Doorkeeper(parse(source) if is_address(source) else source.removeprefix("file://")) as door:
            order = self._order(door.theirs.fileno() if self._confined else None)
            process = await launch(door.theirs)
            door.theirs.close()
            try:
                await self._listen(process, order, door, emit)
            finally:
                self._process = None
                self._asked.end()
                await self._end(process, emit)
                self._report.end_episodes(emit)
        status = process.returncode or 0
        if status == EXIT_REFUSED:
            await self._rest(emit, self._report.text)
        if self._password_changed:
            self._password_changed = False
            raise Retry(say.CAMERA_PASSWORD_FILE_CHANGED(name=self.name))
        self._report.restarted(outgrew=status == EXIT_MEMORY)
        raise Retry(self._ended(status, emit))

    def health(self) -> CameraHealth:
        return self._report.health()

    def consider(self, folder: str, for_s: float) -> None:
        """Have this model look next to the one that counts, in this process and in those after it; 0 s: no more."""
        self._candidate = CandidateModel(folder=folder, for_s=for_s) if for_s else None
        if for_s:
            self._report.considers(for_s)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(msgspec.json.encode(self._candidate) + b"\n")

    async def background(self) -> Background:
        """A background for aiming, which takes a minute. AgentError: there is none, and why."""
        if self._process is None or self._process.stdin is None or self._report.state not in ("ok", "lossy"):
            raise AgentError(say.NO_BACKGROUND(camera=self.name, state=self._report.state or "waiting"))
        return await self._asked.one(self._process.stdin.write, say.NO_BACKGROUND(camera=self.name, state="slow"))

    def replaced(self) -> None:
        """Called before ``run`` is ended for other settings: what is open then ends for them."""
        self._report.cut = "settings"

    def leave(self, settings: CameraSettings | None, emit: Emit) -> tuple[WaterLevel, ...]:
        """What the gauges reported that ``settings`` leave as they are; of others the water is unknown from now on."""
        own, new = self._settings.gauge, settings.gauge if settings else {}
        kept = tuple(body for name, body in self._report.water.items() if new.get(name) == own[name])
        self._report.forget_water(kept, emit)
        return kept

    @property
    def waits_for_settings(self) -> bool:
        """Whether only a person can mend it, so that a reload begins anew though nothing in the settings changed."""
        return self._report.state == "refused" or self._report.text.startswith(REFUSED)

    def _read_password(self) -> str:
        """ConfigError: the file cannot be read."""
        name = self._settings.password_file
        return "" if name is None else str(read_secret(name))

    def _order(self, door: int | None = None) -> bytes:
        order = Order(
            name=self.name,
            source=self._settings.source,
            password=self._password,
            door=door,
            settings=self._settings,
            water=tuple(self._report.water.values()),
            models=self._models,
            candidate=self._candidate,
        )
        return msgspec.json.encode(order) + b"\n"

    async def _listen(self, process: Process, order: bytes, door: Doorkeeper, emit: Emit) -> None:
        """Until the process ends, hangs, or says what it must not."""
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(order)
            await process.stdin.drain()
        self._process = process
        self._beaten_s = self._clock.monotonic() + _START_S
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch(process, emit))
            noise = tasks.create_task(self._noise.read(process))
            serving = tasks.create_task(door.serve())
            await self._read(process, emit)
            watch.cancel()
            serving.cancel()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(noise, 1.0)

    async def _read(self, process: Process, emit: Emit) -> None:
        assert process.stdout is not None
        try:
            while data := await process.stdout.read(65536):
                for message in self._unpacker.feed(data):
                    self._rate.take(self._clock.monotonic())
                    self._heed(message, emit)
        except NotAResult as exc:
            self._report.nonsense()
            _log.error("camera %s: the vision process is ended: %s", self.name, exc)
            kill(process)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_S)

    def _heed(self, message: Message, emit: Emit) -> None:
        self._beaten_s = self._clock.monotonic()
        if isinstance(message, Beat):
            self._report.alive(message)
            return
        if isinstance(message, Background):
            self._asked.take(message)
            return
        body = open_body(message)
        if isinstance(body, CameraState):
            self._report.be(body.state, plain(body.text), emit)
            return
        self._report.take(body, message.boot_s, emit)

    async def _watch(self, process: Process, emit: Emit) -> None:
        """End a process whose beats stay away: a native read that never returns, or a driver that hangs."""
        limit_s = self._settings.open_s + self._settings.read_s + _STALL_S
        looked_s = self._clock.monotonic()
        while self._clock.monotonic() - self._beaten_s < limit_s:
            await self._clock.sleep(1.0)
            if self._report.text.startswith(REFUSED) and self._clock.monotonic() - looked_s >= _SECRET_S:
                looked_s = self._clock.monotonic()
                if self._has_new_password():
                    self._password_changed = True
                    kill(process)
                    return
        self._report.be("crashed", say.MORE_THAN_ENDED(hung=_HUNG, limit_s=limit_s), emit)
        kill(process)

    def _has_new_password(self) -> bool:
        try:
            return self._read_password() != self._password
        except ConfigError:
            return False  # it is being written

    def _ended(self, status: int, emit: Emit) -> str:
        if status == EXIT_MEMORY:
            return say.CAMERA_PROCESS_USED_MORE(name=self.name, memory_mib=self._settings.memory_mib)
        cause = signal.Signals(-status).name if status < 0 else f"status {status}"
        if status in (-signal.SIGKILL, -signal.SIGTERM) and not self._report.text.startswith(_HUNG):
            self._report.be("crashed", KILLED, emit)
        elif not self._report.text.startswith(_HUNG):
            why = f"{cause}: {self._noise.last}" if self._noise.last else cause
            self._report.be("crashed", say.VISION_PROCESS_ENDED_ITSELF(why=why)[:200], emit)
        return f"camera {self.name}: {self._report.text} ({cause})"

    async def _end(self, process: Process, emit: Emit) -> None:
        """Ask it to stop by closing its input, receive its last results, and end it if it does not."""
        if process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_S):
                await self._read(process, emit)
        except TimeoutError:
            _log.warning("camera %s: the vision process did not stop in time", self.name)
        finally:
            kill(process)
            await process.wait()

    async def _rest(self, emit: Emit, reason: str) -> Never:
        """What only the user can mend is said once, and waited for."""
        self._report.be("refused", reason[:200], emit)
        self._report.explain(reason)
        while True:
            await self._clock.sleep(3600.0)
