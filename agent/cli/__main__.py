"""``python -m agent.cli``: the command line without an installed script."""

import sys

from agent.cli import main

sys.exit(main())
