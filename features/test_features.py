"""Binds the scenarios of this directory to the sentences in `testline.steps`."""

from __future__ import annotations

from pytest_bdd import scenarios

from testline.steps.agents import *  # noqa: F403 - step definitions are found in this module's namespace
from testline.steps.callers import *  # noqa: F403
from testline.steps.operators import *  # noqa: F403
from testline.steps.passing import *  # noqa: F403
from testline.steps.people import people  # noqa: F401
from testline.steps.supervisors import *  # noqa: F403

scenarios(".")
