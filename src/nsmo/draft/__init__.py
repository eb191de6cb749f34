"""Drafts the files of a wave from an export: guesses what each column is, and says which guesses to confirm."""
