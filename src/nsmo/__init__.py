"""Nederlands Social Media Onderzoek: a survey study as software."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Found when first used, so that `import nsmo` costs a notebook nothing and the statistics never load
    # this.
    if name == "open":
        from nsmo.runner.stage import open_stage

        return open_stage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
