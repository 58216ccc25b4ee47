"""A GNSS receiver on a pty inside the box: a sentence a second at /run/gnss, which belongs to dialout as ports do."""

import functools
import operator
import os
import shutil
import time
import tty

SENTENCE = "GPGGA,081203.00,2232.592,N,11403.246,E,1,10,0.9,21.4,M,-2.0,M,,"


def main() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    port = os.ttyname(theirs)
    shutil.chown(port, "root", "dialout")
    os.chmod(port, 0o660)  # noqa: PTH101 - a name from the system, no path of ours
    os.symlink(port, "/run/gnss")  # noqa: PTH211 - as above
    checksum = functools.reduce(operator.xor, SENTENCE.encode())
    while True:
        os.write(ours, f"${SENTENCE}*{checksum:02X}\r\n".encode())
        time.sleep(1)  # noqa: TID251 - a device of its own, in a process of its own


if __name__ == "__main__":
    main()
