"""JPEG over RTP (RFC 2435): the head that the packets leave out is made anew from their few bytes.

TT OO OO OO KK QQ WW HH [RR RR CC CC] [00 PP LL LL tables] scan
TT: type, 0 or 64 = 4:2:2, 1 or 65 = 4:2:0; from 64 on with restart markers   OO: offset of the scan's part
QQ: quality 1 to 99, from 128 on with own tables   WW, HH: width and height in eights   RR, CC: restart interval
"""

from __future__ import annotations

import struct

_HELD = 64
_DC_BITS = (
    bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
    bytes([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]),
)
_AC_BITS = (
    bytes([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D]),
    bytes([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77]),
)
_AC_VALUES = (
    bytes.fromhex(
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
        "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9"
        "aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
    ),
    bytes.fromhex(
        "000102031104052131061241510761711322328108144291a1b1c1"
        "09233352f0156272d10a162434e125f11718191a262728292a35363738393a"
        "434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8"
        "a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
    ),
)
"""The example tables of ITU-T T.81, annex K.3, which the RFC prescribes."""
_TABLES = (
    bytes.fromhex(
        "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
    ),
    bytes.fromhex("1112121815182f1a1a2f634238426363" + "63" * 48),
)
"""Annex K.1, in zigzag order: quality 50."""


class JpegParts:
    """Packets of one stream -> (a frame has ended, its bytes; none where a part is missing)."""

    def __init__(self) -> None:
        self._scan = bytearray()
        self._head = b""
        self._stamp: int | None = None
        self._whole = False
        self._tables: dict[int, bytes] = {}

    def push(self, payload: bytes, stamp: int, *, marker: bool, broken: bool) -> tuple[bool, bytes]:
        if broken:
            self._whole = False
        if len(payload) < 8:
            return marker, b""
        offset = int.from_bytes(payload[1:4], "big")
        if offset == 0:
            self._scan.clear()
            self._stamp, self._whole = stamp, True
        if stamp != self._stamp or offset != len(self._scan):
            self._whole = False
        body = self._read_head(payload, first=offset == 0)
        if self._whole:
            self._scan += body
        if not marker:
            return False, b""
        done = self._head + bytes(self._scan) + b"\xff\xd9" if self._whole and self._head else b""
        self._whole = False
        return True, done

    def _read_head(self, payload: bytes, *, first: bool) -> bytes:
        """The scan's part. Keeps the frame's head of a first packet."""
        kind, quality, width, height = payload[4], payload[5], payload[6] * 8, payload[7] * 8
        at, restart = 8, 0
        if 64 <= kind <= 127:
            restart = int.from_bytes(payload[8:10], "big")
            at = 12
        if not first:
            return payload[at:]
        tables = _scaled(quality)
        if quality >= 128:
            length = int.from_bytes(payload[at + 2 : at + 4], "big")
            own = payload[at + 4 : at + 4 + length]
            at += 4 + length
            if own:
                self._tables[quality] = own
            tables = self._tables.get(quality, b"")
        known = kind & 0x3F in (0, 1) and len(tables) in (64, 128) and width and height
        self._head = _head(kind & 0x3F, width, height, tables, restart) if known else b""
        return payload[at:]


def _scaled(quality: int) -> bytes:
    """RFC 2435, appendix A."""
    quality = min(99, max(1, quality))
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    return bytes(min(255, max(1, (value * factor + 50) // 100)) for table in _TABLES for value in table)


def _head(kind: int, width: int, height: int, tables: bytes, restart: int) -> bytes:
    """RFC 2435, appendix B."""
    out = [b"\xff\xd8"]
    halves = [tables[:64], tables[64:] or tables[:64]]
    out += [b"\xff\xdb\x00\x43" + bytes([number]) + table for number, table in enumerate(halves)]
    if restart:
        out.append(b"\xff\xdd\x00\x04" + struct.pack(">H", restart))
    sampling = 0x21 if kind == 0 else 0x22
    out.append(
        b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes([3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1])
    )
    for number in (0, 1):
        out.append(_huffman(number, _DC_BITS[number], bytes(range(12))))
        out.append(_huffman(0x10 | number, _AC_BITS[number], _AC_VALUES[number]))
    out.append(b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00")
    return b"".join(out)


def _huffman(number: int, bits: bytes, values: bytes) -> bytes:
    return b"\xff\xc4" + struct.pack(">H", 3 + len(bits) + len(values)) + bytes([number]) + bits + values
