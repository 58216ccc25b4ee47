"""An RTSP camera of our own (RFC 2326, 6184), with the options and commands of ``rtsp_gstreamer``.

H.264 over TCP, or with ``--udp`` over nothing but UDP. Frames carry the millisecond of their birth as a bar code.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import random
import re
import struct
import sys
import time
from collections.abc import Callable

import numpy as np

from agent.vision.boxes import Frame
from tests.vision.auth import CHALLENGES, challenge, welcome
from tests.vision.coded import encoded, units_of
from tests.vision.h264 import idr, parameters

BITS = 24
_PIECE = {True: 1400, False: 8000}
"""Bytes of a packet: over UDP or not."""


def frame(width: int, height: int) -> Frame:
    """Grey: the bar code over a pattern that never changes."""
    now_ms = time.monotonic_ns() // 1_000_000
    x, y = np.arange(width), np.arange(height)[:, None]
    grey = (64 + 40 * ((x // 16 + y // 16) % 4)).astype(np.uint8)
    grey[: height // 4] = np.where(now_ms >> (x * BITS // width) & 1, 235, 16)
    return grey


def packets(units: list[bytes], size: int, first: int, stamp: int) -> list[bytes]:
    """RTP packets of one frame's NAL units, the large ones in pieces (FU-A)."""
    out: list[bytes] = []
    for unit in units:
        pieces = [unit]
        if len(unit) > size:
            body = [unit[place : place + size] for place in range(1, len(unit), size)]
            kinds = [
                unit[0] & 0x1F | (0x80 if place == 0 else 0) | (0x40 if place == len(body) - 1 else 0)
                for place in range(len(body))
            ]
            pieces = [bytes([unit[0] & 0xE0 | 28, kind]) + part for kind, part in zip(kinds, body, strict=True)]
        for piece in pieces:
            last = unit is units[-1] and piece is pieces[-1]
            head = struct.pack(">BBHII", 0x80, 96 | last << 7, (first + len(out)) % 65536, stamp, 0x5EED)
            out.append(head + piece)
    return out


class Camera:
    """Its frames go to every client that plays."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self._size = (320, 180)
        self._paused = False
        self._loss = options.loss
        self._chance = random.Random(1)
        self._refusals = 0
        self._clients: dict[asyncio.StreamWriter, Callable[[list[bytes]], None]] = {}
        self._prepared: Callable[[list[bytes]], None] = lambda _: None

    async def video(self) -> None:
        number = 0
        coded = encoded(self.options.codec, 200, self.options.gop) if self.options.gop else ()
        for turn in itertools.count():
            await asyncio.sleep(1 / self.options.fps)
            if self._paused:
                continue
            units = [*parameters(*self._size), idr(frame(*self._size), turn)]
            if coded:
                units = units_of(coded[turn % len(coded)])
            out = packets(units, _PIECE[self.options.udp], number, time.monotonic_ns() * 9 // 100_000 % 2**32)
            number += len(out)
            out = [packet for packet in out if self._chance.random() >= self._loss]
            for send in list(self._clients.values()):
                send(out)

    def command(self, line: str) -> None:
        words = line.split()
        if words[0] == "size":
            self._size = (int(words[1]), int(words[2]))
        if words[0] == "loss":
            self._loss = float(words[1])
        if words[0] == "refusals":
            print(self._refusals, flush=True)
        self._paused = words[0] == "pause"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write((await self._answer(head.decode("utf-8", "replace"), writer)).encode())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._clients.pop(writer, None)
            writer.close()

    async def _answer(self, asked: str, writer: asyncio.StreamWriter) -> str:
        options = self.options
        sequence = re.search(r"CSeq: *(\d+)", asked)
        method, url = asked.split(" ")[:2]
        more, body, status = "Session: 1\r\n", "", "200 OK"
        if options.auth and method != "OPTIONS" and not welcome(options.auth, asked, options.user, options.password):
            self._refusals += "Authorization" in asked
            status, more = self._refusal(asked)
        elif odd := self._odd(method, url, asked):
            status, more = odd
        elif "/stream" not in url:
            status = "404 Not Found"
        elif method == "DESCRIBE":
            body = self._description()
            more = f"Content-Type: application/sdp\r\nContent-Base: {url}/\r\n"
        elif method == "SETUP" and not url.endswith("/track"):
            status = "500 Internal error"  # of sound and metadata
        elif method == "SETUP":
            ports = re.search(r"client_port=(\d+)", asked)
            if bool(ports) != options.udp:
                status = "461 Unsupported transport"
            else:
                more += await self._transport(writer, int(ports[1]) if ports else 0)
        elif method == "PLAY":
            self._clients[writer] = self._prepared
        head = f"RTSP/1.0 {status}\r\nCSeq: {sequence[1] if sequence else 0}\r\n{more}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"

    def _refusal(self, asked: str) -> tuple[str, str]:
        if ("Authorization" in asked or "pwd=" in asked) and self.options.odd.isdecimal():
            return f"{self.options.odd} Locked", ""
        return "401 Unauthorized", challenge(self.options.auth)

    def _odd(self, method: str, url: str, asked: str) -> tuple[str, str] | None:
        if method == "DESCRIBE" and self.options.odd == "moved" and "moved" not in url:
            return "302 Moved", f"Location: {url}-moved\r\n"
        if method == "PLAY" and self.options.odd == "no-range" and "Range" in asked:
            return "457 Invalid Range", ""
        return None

    def _description(self) -> str:
        body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
        if self.options.sound:
            body += "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:data\r\n"
            body += "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:sound\r\n"
        name = {"h264": "H264", "hevc": "H265"}.get(self.options.codec, self.options.codec.upper())
        number = 98 if self.options.odd == "other-type" else 96
        body += f"m=video 0 RTP/AVP {number}\r\na=rtpmap:{number} {name}/90000\r\n"
        if not self.options.gop:
            sets = ",".join(base64.b64encode(each).decode() for each in parameters(*self._size))
            body += f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\n"
        return body + "a=control:track\r\n"

    async def _transport(self, writer: asyncio.StreamWriter, port: int) -> str:
        if not port:

            def interleave(out: list[bytes]) -> None:
                if writer.transport.get_write_buffer_size() < 1 << 20:  # who does not read misses frames
                    writer.write(b"".join(struct.pack(">cBH", b"$", 0, len(each)) + each for each in out))

            self._prepared = interleave
            return "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        loop = asyncio.get_running_loop()
        far = ("127.0.0.1", port)
        sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        own = sender.get_extra_info("sockname")[1]

        def send(out: list[bytes]) -> None:
            for each in out:
                sender.sendto(each, far)

        self._prepared = send
        return f"Transport: RTP/AVP;unicast;client_port={port}-{port + 1};server_port={own}-{own + 1}\r\n"


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--auth", choices=list(CHALLENGES))
    parser.add_argument("--user", default="viewer")
    parser.add_argument("--password", default="")
    parser.add_argument("--sound", action="store_true", help="describe sound and metadata, and refuse to set them up")
    parser.add_argument("--codec", default="h264")
    parser.add_argument("--gop", type=int, default=0, help="really coded video with a key frame every so many")
    parser.add_argument("--loss", type=float, default=0.0, help="share of packets that are left out")
    parser.add_argument(
        "--odd", default="", help="moved, no-range, other-type, or the status that answers a wrong password"
    )
    parser.add_argument("--udp", action="store_true", help="speak nothing but UDP")
    camera = Camera(parser.parse_args())
    server = await asyncio.start_server(camera.serve, "127.0.0.1", camera.options.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def receive() -> None:
        line = sys.stdin.readline()
        if line:
            camera.command(line)
        else:
            ended.set()

    loop.add_reader(sys.stdin, receive)
    async with asyncio.TaskGroup() as tasks:
        video = tasks.create_task(camera.video())
        await ended.wait()
        video.cancel()


if __name__ == "__main__":
    asyncio.run(main())
