"""Scenarios need the bench: a plain `pytest features` runs them as `pytest --testline features` would."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Ask for the bench before the plugin looks whether it is wanted."""
    config.option.testline = True
