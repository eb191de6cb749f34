"""What people look at: figures, tables, words. A result frame and a language in, something to read out."""

from nsmo.present.wording import Wording

__all__ = ["Wording"]
