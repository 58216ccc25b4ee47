"""``python -m release``: the same as ``polerelease``."""

import sys

from release.cli import main

sys.exit(main())
