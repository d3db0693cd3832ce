"""`python -m a1`: the command line."""

import sys

from a1.cli import main

if __name__ == "__main__":
    sys.exit(main())
