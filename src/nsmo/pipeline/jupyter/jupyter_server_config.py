"""Read by JupyterLab when `nsmo lab` starts it: source notebooks are saved in their canonical form."""

import warnings

from nsmo.runner.canonical import source_form

# Jupyter reads this file twice and warns that the second reading replaces the first.
warnings.filterwarnings("ignore", message="Overriding existing pre_save_hook")


def _canonical(model, path, **_):
    # What the pipeline executed lies under reports/ and keeps its outputs.
    if model["type"] == "notebook" and path.strip("/").startswith("notebooks/"):
        model["content"].update(source_form(model["content"]))


c = get_config()  # noqa: F821  # pyright: ignore[reportUndefinedVariable] - Jupyter provides it
c.FileContentsManager.pre_save_hook = _canonical
