"""One camera from its stream to messages on a pipe, in the vision process (``child``). Frames are born and die here."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import msgspec

from agent.config.address import hidden
from agent.errors import Retry
from agent.system.backoff import STABLE_S, Backoff
from agent.vision import sentences as say
from agent.vision.advice import State
from agent.vision.background import BackgroundMaker
from agent.vision.boxes import Frame
from agent.vision.capture import Newest, Taken, newest, video
from agent.vision.evidence import Keeper, followed, to_hide
from agent.vision.finder import Finder
from agent.vision.order import CandidateModel, Order
from agent.vision.pace import FramePace
from agent.vision.pipe import BEAT_S, said
from agent.vision.pipeline import Seen, TimedBody, VisionPipeline, make_finder
from agent.vision.profiler import Profiler
from agent.vision.shadow import Shadowed
from agent.vision.shell import Shell, TooLarge
from agent.vision.source import Source
from agent.vision.stream.door import Door
from agent.vision.stream.live import Note, StreamLimits
from agent.vision.stream.trouble import NotThere, StreamRefused
from contract.events import CameraState, Crossing, Incident, Tamper, WaterLevel

_ABSENT_S, _SHORT_S, _REFUSED_S = (1.0, 5.0), (1.0, 60.0), (300.0, 3600.0)
"""Seconds between tries, the first and the longest: a camera that is not there (trying costs it nothing, and after a
restart it is back within seconds), a stream that dies soon, and a password that was refused: five wrong ones lock an
account on common cameras, for half an hour since the last."""
_STEP_S = 1.0
"""A step of the wall clock; less is a slew."""


class Worker:
    """``run`` looks until it is stopped; losing the stream is no end, it is tried again."""

    def __init__(self, order: Order, finder: Finder, shell: Shell, door: Door | None = None) -> None:
        """``door``: default its own. ConfigError: it is no source, or evidence is asked for and cannot be kept."""
        self._order = order
        self._settings = settings = order.settings
        self._limits = StreamLimits(
            settings.open_s, settings.read_s, settings.fps, settings.frame_size, settings.memory_mib
        )
        self._source = Source(order.source, order.password, door)
        self._shell = shell
        self._finder = Shadowed(finder)
        self._profiler = Profiler(self._finder, shell.now)
        self._candidate: CandidateModel | None = None
        evidence = order.settings.evidence
        self._keeper = Keeper(order.name, evidence) if evidence else None
        self._background: BackgroundMaker | None = None
        self._backgrounds = 0
        self._pipeline: VisionPipeline | None = None
        self._reported: tuple[State, str] | None = None
        self._water = {body.gauge: body for body in order.water}
        self._pace = FramePace(shell.now(), self._finder)
        self._pauses = {
            kind: Backoff(longest_s, first_s=first_s, spread=0.3)
            for kind, (first_s, longest_s) in ((NotThere, _ABSENT_S), (Retry, _SHORT_S), (StreamRefused, _REFUSED_S))
        }
        self._opened_s: float | None = None
        self._aligned_s = shell.aligned_s()

    def run(self) -> None:
        """Stop, TooLarge: as they say."""
        try:
            while True:
                try:
                    self._look()
                except Retry as exc:
                    self._be("no_signal", hidden(str(exc)))
                    self._pace.reconnects += 1
                    self._idle(self._pause_s(exc))
        finally:
            if self._pipeline is not None:
                self._report(self._pipeline.end(self._shell.now()))

    def _pause_s(self, exc: Retry) -> float:
        """How long to wait after this; a stream that lasted is tried again soon."""
        now_s = self._shell.now()
        if self._opened_s is not None and now_s - self._opened_s > STABLE_S:
            for pause in self._pauses.values():
                pause.worked()
        pause = self._pauses[type(exc) if type(exc) in self._pauses else Retry]
        wait_s = pause.wait_s()
        pause.failed()
        return wait_s

    def _look(self) -> None:
        self._opened_s = None
        if self._source.live:
            with newest(self._source, self._limits, self._shell.now) as reader:
                self._opened_s = self._shell.now()
                while True:
                    taken = reader.take(BEAT_S / 2)
                    if taken is not None:
                        self._frame(taken, reader)
                    else:
                        self._missing(reader.note())
        for taken in self._paced():
            self._frame(taken, None)
        if not self._settings.loop:
            self._be("no_signal", say.VIDEO_ENDED())
            while True:
                self._idle(3600.0)

    def _missing(self, note: Note | None) -> None:
        """No frame came, and the stream stands."""
        if note is not None:
            self._be("lossy" if note.state == "lossy" else "no_signal", note.text)
        self._beat()
        self._shell.wait(0.0)

    def _paced(self) -> Iterator[Taken]:
        """A file at its own speed, on the clock of now; what is late is skipped."""
        began_s = self._shell.now()
        for taken in video(self._source, self._limits):
            early_s = began_s + taken.at_s - self._shell.now()
            if early_s > 0:
                self._idle(early_s)
            elif early_s < -1.0:
                self._pace.skipped += 1
                continue
            yield Taken(taken.frame, began_s + taken.at_s)

    def _frame(self, taken: Taken, reader: Newest | None) -> None:
        frame = taken.frame
        size = (frame.shape[1], frame.shape[0])
        if self._pipeline is None or self._pipeline.size != size:
            if self._pipeline is not None:
                self._report(self._pipeline.end(taken.at_s))
            self._pipeline = VisionPipeline(
                self._settings,
                size,
                finder=self._profiler,
                aligned_s=self._aligned_s,
                water=self._water.values(),
            )
        if abs(self._shell.aligned_s() - self._aligned_s) > _STEP_S:
            self._aligned_s = self._shell.aligned_s()
            self._pipeline.align(self._aligned_s)
        if self._shell.candidate != self._candidate:
            self._candidate = self._shell.candidate
            self._finder.consider(self._candidate, self._settings)
        seen = self._pipeline.frame(frame, taken.at_s)
        if (profile := self._profiler.frame(frame, taken.at_s)) is not None:
            self._report([(taken.at_s, profile)])
        self._pace.frame(size, seen, reader)
        self._aim(frame, seen, taken.at_s)
        self._be(*_state(seen, reader.note() if reader else None))
        self._report(seen.events)
        self._evidence(frame, seen, taken.at_s)
        self._beat()
        self._shell.wait(0.0)

    def _report(self, events: list[TimedBody]) -> None:
        for at_s, body in events:
            if isinstance(body, Crossing) and not (self._pipeline and self._pipeline.each(body.line)):
                continue
            if isinstance(body, WaterLevel) and body.state != "unknown":
                self._water[body.gauge] = body
            self._shell.send(said(body, max(0.0, at_s)))

    def _be(self, state: State, text: str = "") -> None:
        """Reported when its reason changes as well: what a technician reads must be why it fails now."""
        if (state, text) != self._reported:
            self._reported = (state, text)
            self._shell.send(said(CameraState(state=state, text=text[:200]), self._shell.now()))

    def _evidence(self, frame: Frame, seen: Seen, at_s: float) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        for _, body in seen.events:
            if isinstance(body, Incident | Tamper) and body.phase == "begin":
                rule = body.type if isinstance(body, Incident) else "tamper"
                if keeper.wants(rule):
                    hide = to_hide(frame, seen, self._finder)
                    kept = keeper.keep(frame, hide, rule, at_s + self._aligned_s)
                    self._report([(at_s, each) for each in kept])

    def _aim(self, frame: Frame, seen: Seen, at_s: float) -> None:
        """A background, where one is asked for; what a view that is wrong shows is no part of it."""
        if self._shell.backgrounds != self._backgrounds:
            self._backgrounds = self._shell.backgrounds
            self._background = BackgroundMaker(sees_still=self._finder.sees_still)
        if self._background is None or seen.dark or seen.wrong or not self._background.due(at_s):
            return
        hide = to_hide(frame, seen, self._finder)
        made = self._background.add(frame, followed(seen) if hide is None else hide, at_s)
        if made is not None:
            self._background = None
            self._shell.send(made)

    def _idle(self, seconds: float) -> None:
        """Wait, and go on with the beats."""
        until_s = self._shell.now() + seconds
        while (left := until_s - self._shell.now()) > 0:
            self._beat()
            self._shell.wait(min(left, BEAT_S))

    def _beat(self) -> None:
        beat = self._pace.beat(self._shell.now())
        if beat is None:
            return
        if shadow := self._finder.health:
            beat = msgspec.structs.replace(beat, shadow=shadow)
        self._shell.send(beat)
        if beat.memory_bytes > self._settings.memory_mib * 1024 * 1024:
            raise TooLarge


def _state(seen: Seen, note: Note | None) -> tuple[State, str]:
    if "frozen" in seen.wrong:
        return "frozen", say.CAMERA_REPEATS_ONE_FRAME()
    if seen.dark:
        return "too_dark", say.TOO_DARK_SEE_ANYTHING()
    if note is not None and note.state == "lossy":
        return "lossy", note.text
    return "ok", ""


def work(order: Order, shell: Shell, door: Door | None) -> None:
    """Until it is stopped. Stop, TooLarge, ConfigError: as ``Worker`` and its parts say."""
    cv2.setNumThreads(1)
    Worker(order, make_finder(order.settings), shell, door).run()
