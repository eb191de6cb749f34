"""Runs the stages: contract of a notebook, runner, canonical form, export, command line."""
