"""The pytest plugin: `pytest --testline --pyargs testline.cases` runs the catalogue as pytest items.

It is loaded in every pytest run, so without `--testline` it only declares its options. With it,
`testline.session` is registered: collection, the tester fixtures, verdicts and records.
"""

from __future__ import annotations

import importlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("testline", "conformance testing with Testline")
    group.addoption("--testline", action="store_true", help="run conformance cases and features on a rig")
    group.addoption("--rig", default="virtual", metavar="NAME|FILE", help="rig to run on (default: virtual)")
    group.addoption("--pics", default="", metavar="FILE", help="what the vendor declares (YAML or TOML)")
    group.addoption(
        "--select", action="append", default=[], metavar="CASE", help="id, start of ids, pattern or area"
    )
    group.addoption("--report", default="", metavar="DIR", help="write the report there")
    group.addoption("--testline-progress", default="", metavar="FD", help="tell progress on this descriptor")


def pytest_configure(config: pytest.Config) -> None:
    """Register the session when it is asked for."""
    if config.getoption("--testline"):
        session = importlib.import_module("testline.session")
        session.configure(config)
        config.pluginmanager.register(session, "testline-session")
