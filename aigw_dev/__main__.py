"""`python -m aigw_dev` is the command `aigw-dev`."""

import sys

from aigw_dev.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
