"""``python -m emulator`` is ``ftemu``."""

import sys

from emulator.cli import main

sys.exit(main())
