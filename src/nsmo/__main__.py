"""Entry point of the command `nsmo` and of `python -m nsmo`."""

import os
import sys


def main() -> None:
    """Run the command line, with the modules of the environment."""
    # `python -m` looks into the working directory first, where a random.py or yaml.py may lie about.
    if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from nsmo.pipeline import foreign

    problems = foreign.problems()
    if problems:
        sys.exit("\n".join(problems))
    from nsmo.pipeline.cli import main as run

    run()


if __name__ == "__main__":
    main()
