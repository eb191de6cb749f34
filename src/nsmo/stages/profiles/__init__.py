"""Which kinds of organisations there are."""

from nsmo.stages.profiles.results import Exploration, latent_classes, results, rules, telling, tests

__all__ = [
    "Exploration",
    "latent_classes",
    "results",
    "rules",
    "telling",
    "tests",
]
