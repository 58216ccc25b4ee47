"""A camera by RTSP 1.0 (RFC 2326): one video, and nothing else of what it offers, over TCP or, if it wants so, UDP."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from typing import Any

from agent.config.address import Address
from agent.vision import sentences_stream as say
from agent.vision.stream.auth import Credentials, Unknown
from agent.vision.stream.door import Door
from agent.vision.stream.message import BadStreamMessage
from agent.vision.stream.redirect import REDIRECTS, target_of
from agent.vision.stream.rtp import Packet, PacketOrder, parse
from agent.vision.stream.rtspwire import Answer, Interleaved, RtspWire
from agent.vision.stream.sdp import NoVideo, Video, absolute, joined, pick_video, session_control
from agent.vision.stream.tls import connected
from agent.vision.stream.trouble import LOCKED, NO_USER, REFUSED, Ended, NotThere, StreamRefused
from agent.vision.stream.units import H264, H265, Coded, Frames, JpegFrames, Mpeg4Frames, NalFrames

_AGENT = "poleagent"
_READ = 1 << 16
_ALIVE_S = 10.0
"""How often we report that we listen: cameras end sessions, mostly after 60 s, of which they receive nothing."""
_TURNS = 4
"""Addresses that a camera may send us to before it shows anything."""
_BYE = 203
_ANY = frozenset(range(200, 600)) - {401}
_STATUS = {
    403: say.CAMERA_REFUSES_USER_OR(),
    404: say.CAMERA_ANSWERS_BUT_NO(),
    453: say.CAMERA_NO_BANDWIDTH_LEFT(),
    454: say.CAMERA_FORGOTTEN_SESSION(),
    503: say.CAMERA_BUSY_OR_STILL_2(),
}


class Rtsp:
    """An open stream. ``video`` says how to decode what ``frames`` gives."""

    def __init__(self, address: Address, door: Door, open_s: float, read_s: float, now: Callable[[], float]) -> None:
        """NotThere, StreamRefused, Ended: it does not open, and why, in a sentence without anything of the address."""
        self._address = address
        self._door = door
        self._read_s = read_s
        self._now = now
        self._end_s = now() + open_s
        self._wire = RtspWire()
        self._early: deque[Interleaved] = deque()
        self._credentials = Credentials(address.user, address.password)
        self._count = 0
        self._session = ""
        self._timeout_s = 60.0
        self._methods = ""
        self._channels = (0, 1)
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._socket = connected(self._door, self._address, self._end_s - self._now())
        try:
            self.video, self._control, setup = self._describe()
            self.frames_of = frames_of(self.video)
            self._set_up(setup)
            self._play()
        except BaseException:
            self._shut()
            raise
        self._order = PacketOrder() if self._pair else PacketOrder(held=0)

    def frames(self) -> Iterator[Coded | None]:
        """Clean frames as they come; None: data came, and no frame of it. Ended: no more data."""
        received_s = alive_s = self._now()
        while True:
            got = False
            for channel, data in self._receive(min(1.0, self._read_s / 2)):
                if channel == self._channels[0] and (packet := self._ours(data)):
                    for frame in self._packet(packet):
                        got = True
                        yield frame
                    received_s = self._now()
                elif channel == self._channels[1] and len(data) > 1 and data[1] == _BYE:
                    raise Ended(say.CAMERA_ENDED_STREAM())
            now_s = self._now()
            if now_s - received_s >= self._read_s:
                how = say.OVER_UDP_DOES_FIREWALL() if self._pair else ""
                raise Ended(say.STREAM_SENT_NO_FRAME_2(read_s=self._read_s, how=how))
            if now_s - alive_s >= min(_ALIVE_S, self._timeout_s / 2):
                alive_s = now_s
                self._stay()
            if not got:
                yield None

    def close(self) -> None:
        with contextlib.suppress(OSError, Ended):
            self._send("TEARDOWN", self._control)
        self._shut()

    def _ours(self, data: bytes) -> Packet | None:
        """A packet of the video that was described."""
        packet = parse(data)
        return packet if packet is not None and packet.kind == self.video.payload_type else None

    def _packet(self, packet: Packet) -> Iterator[Coded]:
        for each, missing in self._order.push(packet):
            yield from self.frames_of.push(each, missing)

    def _describe(self) -> tuple[Video, str, str]:
        """The video, and where it is controlled: as a session, and as a medium."""
        offered = self._ask("OPTIONS", self._address.url, {}, good=_ANY)
        self._methods = offered.head.get("public").upper()
        for _ in range(_TURNS):
            answer = self._ask("DESCRIBE", self._address.url, {"Accept": "application/sdp"}, good=REDIRECTS)
            if answer.head.status not in REDIRECTS:
                break
            self._address = replace(self._address, target=target_of(self._address, answer.head.get("location")))
        else:
            raise Ended(say.CAMERA_SENDS_US_FROM())
        text = answer.body.decode("utf-8", "replace")
        try:
            video = pick_video(text)
        except NoVideo as exc:
            raise Ended(str(exc)) from exc
        base = answer.head.get("content-base") or answer.head.get("content-location") or self._address.url
        session = session_control(text)
        control = joined(base, session) if session else base
        return video, control, joined(control if absolute(session) else base, video.control)

    def _set_up(self, control: str) -> None:
        answer = self._ask("SETUP", control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}, good=(461,))
        said = answer.head.get("transport").lower()
        if answer.head.status != 200:
            said = self._set_up_udp(control)
        session, *more = answer.head.get("session").split(";") if not self._pair else [self._session]
        self._session = session.strip()
        for each in more:
            name, _, value = each.strip().partition("=")
            if name.lower() == "timeout" and value.isdecimal():
                self._timeout_s = min(600.0, max(4.0, float(value)))
        found = re.search(r"interleaved=(\d+)(?:-(\d+))?", said)
        if found and not self._pair:
            self._channels = (int(found[1]), int(found[2] or int(found[1]) + 1))

    def _set_up_udp(self, control: str) -> str:
        try:
            self._pair = pair = self._door.datagrams()
        except OSError as exc:
            raise Ended(say.CAMERA_REFUSES_TCP_NO()) from exc
        port = pair[0].getsockname()[1]
        answer = self._ask(
            "SETUP", control, {"Transport": f"RTP/AVP;unicast;client_port={port}-{port + 1}"}, good=(461,)
        )
        if answer.head.status != 200:
            raise Ended(say.CAMERA_REFUSES_SEND_OVER())
        said = answer.head.get("transport").lower()
        found = re.search(r"server_port=(\d+)(?:-(\d+))?", said)
        self._session = answer.head.get("session").split(";")[0].strip()
        if found:
            with contextlib.suppress(OSError):
                self._door.aim((int(found[1]), int(found[2] or int(found[1]) + 1)))
                pair[0].send(b"\x80\x00" + bytes(10))  # opens the way back through a router
        for each in pair:
            each.settimeout(0)
        return said

    def _play(self) -> None:
        answer = self._ask("PLAY", self._control, {"Range": "npt=0.000-"}, good=(457,))
        if answer.head.status == 457:  # of a live stream some cameras know no range
            self._ask("PLAY", self._control, {})

    def _stay(self) -> None:
        """Say that we still listen, in the camera's own way."""
        with contextlib.suppress(OSError):
            self._send("GET_PARAMETER" if "GET_PARAMETER" in self._methods else "OPTIONS", self._control)
            report = b"\x80\xc9\x00\x01" + b"pole"  # an empty receiver report
            if self._pair:
                self._pair[1].send(report)
            else:
                self._socket.sendall(bytes([0x24, self._channels[1], 0, len(report)]) + report)

    def _ask(self, method: str, url: str, headers: dict[str, str], good: Container[int] = ()) -> Answer:
        for _ in range(4):
            self._send(method, url, headers)
            answer = self._answer()
            status = answer.head.status
            if status in LOCKED and (self._credentials.sent or self._address.in_target):
                raise StreamRefused(REFUSED)
            if status == 200 or status in good:
                return answer
            if status != 401:
                raise Ended(_STATUS.get(status, say.CAMERA_ANSWERS_2(method=method, status=status)))
            self._challenged(answer)
        raise StreamRefused(REFUSED)

    def _challenged(self, answer: Answer) -> None:
        if not self._credentials.user:
            raise StreamRefused(NO_USER)
        try:
            if self._credentials.heed(answer.head.all("www-authenticate")):
                return
        except Unknown as exc:
            raise Ended(str(exc)) from exc
        raise StreamRefused(REFUSED)

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> None:
        self._count += 1
        said = {"CSeq": str(self._count), "User-Agent": _AGENT, **(headers or {})}
        proof = self._credentials.header(method, url)
        said |= {"Authorization": proof} if proof else {}
        said |= {"Session": self._session} if self._session else {}
        text = f"{method} {url} RTSP/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
        try:
            self._socket.sendall(f"{text}\r\n".encode())
        except OSError as exc:
            raise Ended(say.CAMERA_ENDED_CONNECTION()) from exc

    def _answer(self) -> Answer:
        """The next answer; packets that come before it are kept."""
        while True:
            left_s = self._end_s - self._now()
            if left_s <= 0:
                raise NotThere(say.NO_ANSWER_TIME_CAMERA())
            if answers := list(self._answers(left_s)):
                return answers[0]

    def _answers(self, wait_s: float) -> Iterator[Answer]:
        for message in self._read(wait_s):
            if isinstance(message, Interleaved):
                self._early.append(message)
            elif message.head.status:
                if message.head.protocol != "RTSP":
                    raise Ended(say.PORT_ANSWERS_HTTP_NOT())
                yield message
            else:
                self._oblige(message)

    def _receive(self, wait_s: float) -> Iterator[tuple[int, bytes]]:
        """Packets by channel, after at most so long."""
        for _ in range(len(self._early)):
            packet = self._early.popleft()
            yield packet.channel, packet.data
        waits: list[Any] = [self._socket, *(self._pair or ())]
        pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        ready, _, _ = select.select(waits, [], [], 0 if pending else wait_s)
        for number, each in enumerate(self._pair or ()):
            while each in ready:
                try:
                    yield self._channels[number], each.recv(_READ)
                except OSError:  # all read; or the camera's port is closed, which silence will show
                    break
        if self._socket in ready or pending:
            for message in self._read(wait_s):
                if isinstance(message, Interleaved):
                    yield message.channel, message.data
                elif not message.head.status:
                    self._oblige(message)
                elif message.head.status == 401 and self._credentials.user:
                    with contextlib.suppress(Unknown):  # a new nonce for the next time
                        self._credentials.heed(message.head.all("www-authenticate"))

    def _read(self, wait_s: float) -> Iterator[Answer | Interleaved]:
        self._socket.settimeout(max(0.01, wait_s))
        try:
            data = self._socket.recv(_READ)
        except TimeoutError:
            return
        except OSError as exc:
            raise Ended(say.CAMERA_ENDED_CONNECTION()) from exc
        if not data:
            raise Ended(say.CAMERA_ENDED_CONNECTION())
        try:
            yield from self._wire.feed(data)
        except BadStreamMessage as exc:
            raise Ended(say.PORT_SENDS_RIGHT_ONE(exc=exc)) from exc

    def _oblige(self, request: Answer) -> None:
        """A camera may ask as well."""
        number = re.sub(r"\D", "", request.head.get("cseq"))
        with contextlib.suppress(OSError):
            self._socket.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n\r\n".encode())

    def _shut(self) -> None:
        for each in (self._socket, *(self._pair or ())):
            each.close()


def frames_of(video: Video) -> Frames:
    """What puts a video's frames together."""
    if video.encoding == "JPEG":
        return JpegFrames()
    if video.encoding == "MP4V-ES":
        return Mpeg4Frames()
    return NalFrames(H264 if video.encoding == "H264" else H265, video.parameters, numbered=video.numbered)
