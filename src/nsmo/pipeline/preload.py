"""Imported once, by the process that `make report` forks its stages from: imports what stages need.

Most of a stage's time would go into starting Python and importing the same libraries, for the runner and
again for its kernel. Importing this module has that effect, and no other; the build never imports it itself.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import nsmo
from nsmo.pipeline.worker import CODE_VARIABLE
from nsmo.runner.imports import import_all
from nsmo.runner.patches import skip_slow_grammar
from nsmo.runner.process import die_with_parent

# What stages import late, or papermill and ipykernel do.
_LIBRARIES = (
    # Pydantic looks through all that is imported for the docstrings of a model: so before the others.
    "nsmo.study.load",
    "nsmo.pipeline.cli",
    "nsmo.runner.stage",
    "papermill.execute",
    "papermill.engines",
    "papermill.translators",
    "nbclient.client",
    "jupyter_client.manager",
    "jupyter_client.asynchronous",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "great_tables",
    "openpyxl",
    "babel.dates",
    "nbconvert.exporters.html",
    "bs4",
)


def _own() -> Iterator[str]:
    """Yield the modules of this package that stages name as dependencies."""
    source = Path(nsmo.__file__).parents[1]
    # Where stages name nothing of it, nothing is imported: an empty name would be the package as a whole.
    for dep in filter(None, os.environ.get(CODE_VARIABLE, "").split(os.pathsep)):
        place = source / dep.removeprefix("src/")
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__")


def _preload() -> None:
    die_with_parent()
    # Ctrl-C reaches the stage itself, which says what happened.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    skip_slow_grammar()
    import_all((*_LIBRARIES, *_own()))
    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    # It reads the entry points of all packages.
    KernelProvisionerFactory.instance()


_preload()
