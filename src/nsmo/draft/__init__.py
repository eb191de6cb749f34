"""Drafts the files of a wave from an export: guesses what columns are, and says what to confirm."""
