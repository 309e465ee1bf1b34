"""The judge: layers, testers, cases, verdicts, reports. Never imports the call centre it judges."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("testline")

__all__ = ["__version__"]
