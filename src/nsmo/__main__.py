"""Lets `python -m nsmo` do what the `nsmo` command does."""

import sys

from nsmo.pipeline.preload import handed_over

if __name__ == "__main__":
    status = handed_over(sys.argv[1:])
    if status is None:
        from nsmo.pipeline.cli import main

        main()
    sys.exit(status)
