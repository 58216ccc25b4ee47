"""``python -m fleet.cli``: the command line without an installed script."""

import sys

from fleet.cli import main

sys.exit(main())
