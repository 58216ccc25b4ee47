"""An RTSP camera made of GStreamer's server, run by the system's Python, which alone has its bindings.

It writes its port to standard output and receives ``pause``, ``go`` and ``size W H`` on standard input, whose end ends
it. Frames carry the millisecond of their birth (CLOCK_MONOTONIC, its low 24 bits) as a bar code in their upper quarter.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any, TextIO

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

BITS = 24
CODECS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max=15 threads=1"
    " ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def frame(width: int, height: int) -> bytes:
    """Grey pixels: the bar code over a pattern that never changes."""
    now_ms = time.monotonic_ns() // 1_000_000
    row = bytes(235 if now_ms >> (x * BITS // width) & 1 else 16 for x in range(width))
    tiles = [bytes(64 + 40 * ((x // 16 + y) % 4) for x in range(width)) for y in range(4)]
    rest = b"".join(tiles[y // 16 % 4] for y in range(height // 4, height))
    return row * (height // 4) + rest


class Feed:
    """Pushes a frame at every tick into whichever stream is on air."""

    def __init__(self, fps: int) -> None:
        self.fps = fps
        self.size = (320, 180)
        self.paused = False
        self.source: Any = None

    def configure(self, _factory: object, media: Any) -> None:
        self.source = media.get_element().get_child_by_name("camera")

    def tick(self) -> bool:
        if self.source is not None and not self.paused:
            width, height = self.size
            caps = f"video/x-raw,format=GRAY8,width={width},height={height},framerate={self.fps}/1"
            self.source.set_property("caps", Gst.Caps.from_string(caps))
            self.source.emit("push-buffer", Gst.Buffer.new_wrapped(frame(width, height)))
        return True

    def command(self, stream: TextIO, _condition: object, loop: Any) -> bool:
        words = stream.readline().split()
        if not words:
            loop.quit()
            return False
        if words[0] == "size":
            self.size = (int(words[1]), int(words[2]))
        self.paused = words[0] == "pause"
        return True


def guard(server: Any, factory: Any, options: argparse.Namespace) -> None:
    """Ask for the password, in the way that is wanted."""
    method = {"basic": GstRtsp.RTSPAuthMethod.BASIC, "digest": GstRtsp.RTSPAuthMethod.DIGEST}[options.auth]
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(method)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if options.auth == "digest":
        auth.add_digest(options.user, options.password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.from_string("viewer,media.factory.access=true,media.factory.construct=true")[0]
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--codec", choices=CODECS, default="h264")
    parser.add_argument("--auth", choices=["basic", "digest"])
    parser.add_argument("--user", default="viewer")
    parser.add_argument("--password", default="")
    parser.add_argument("--udp", action="store_true", help="speak nothing but UDP")
    options = parser.parse_args()
    Gst.init(None)
    loop, feed = GLib.MainLoop(), Feed(options.fps)
    factory = GstRtspServer.RTSPMediaFactory()
    source = "appsrc name=camera is-live=true do-timestamp=true format=time"
    factory.set_launch(f"( {source} ! videoconvert ! video/x-raw,format=I420 ! {CODECS[options.codec]} )")
    factory.set_shared(True)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP if options.udp else GstRtsp.RTSPLowerTrans.TCP)
    factory.connect("media-configure", feed.configure)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    server.get_mount_points().add_factory("/stream", factory)
    if options.auth:
        guard(server, factory, options)
    server.attach(None)
    GLib.timeout_add(1000 // options.fps, feed.tick)
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, feed.command, loop)
    print(server.get_bound_port(), flush=True)
    loop.run()


main()
