"""The command line and what it does with the whole study: build, verify, check, edit."""
