"""Runs one stage: everything here can change a byte of a result."""
