"""Nederlands Social Media Onderzoek: a survey study as software."""

__version__ = "0.1.0"
