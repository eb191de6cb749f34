"""Settings for all tests."""

from hypothesis import settings

# The same examples for everybody, so that a red test is red on every machine, and no deadline, because a busy
# machine is no defect. `pytest --hypothesis-profile explore` looks further.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile("steady")
