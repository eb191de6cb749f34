"""Lets `python -m nsmo` do what the `nsmo` command does."""

from nsmo.pipeline.cli import main

if __name__ == "__main__":
    main()
