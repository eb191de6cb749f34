"""Read by JupyterLab when `nsmo lab` starts it: notebooks are saved in their canonical form."""

from nsmo.pipeline.canonical import source_form


def _canonical(model, path, **_):
    if model["type"] == "notebook" and model["content"]["nbformat"] == 4:
        model["content"].update(source_form(model["content"]))


c = get_config()  # noqa: F821 - Jupyter provides it
c.FileContentsManager.pre_save_hook = _canonical
