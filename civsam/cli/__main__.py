"""The commands as `python -m civsam.cli`."""

import sys

from civsam.cli import main

if __name__ == "__main__":
    sys.exit(main())
