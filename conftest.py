"""What all tests of the house share.

Hypothesis draws the same examples every time and keeps none on disk, so that a run depends on nothing but the
sources; a slow machine is no failure. To look further afield: `pytest --hypothesis-profile=explore`.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=2_000)
settings.load_profile("house")
