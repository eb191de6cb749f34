"""Which kinds of organisations there are."""

from nsmo.stages.profiles.results import Exploration, described, latent_classes, telling

__all__ = ["Exploration", "described", "latent_classes", "telling"]
