"""Entry point of the command `nsmo` and of `python -m nsmo`."""

import gc
import os
import sys

#: Commands that run stages: these lock files, fork and die with their parents as only POSIX systems can.
BUILDS = ("report", "run", "verify", "preview", "debug")


def main() -> None:
    """Run the command line, with the modules of the environment."""
    if sys.platform == "win32" and sys.argv[1:2] and sys.argv[1] in BUILDS:
        sys.exit(
            f"nsmo {sys.argv[1]}: Windows itself cannot build the report; check, format, new, lab can.\n"
            "    do: use WSL (https://learn.microsoft.com/windows/wsl), or the container that README names"
        )
    # `python -m` looks into the working directory first, where a random.py or yaml.py may lie about.
    if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from nsmo.pipeline import foreign

    problems = foreign.problems()
    if problems:
        sys.exit("\n".join(problems))
    from nsmo.pipeline.cli import main as run

    try:
        run()
    finally:
        # What is left goes with the process: Python would look through all of it for what can go first.
        gc.freeze()


if __name__ == "__main__":
    main()
