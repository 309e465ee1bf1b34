"""Pages of the specification that are drawn from the sources: requirements, case catalogue, state machines.

Nothing here is written twice: requirements come from `testline/requirements.toml`, cases from their
decorators and docstrings, scenarios from the feature files' tags, verdicts from the committed baseline,
state diagrams from the transition tables of the reference.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
TAG = re.compile(r"@([A-Z]-\d\d)\b")


def scenarios() -> dict[str, list[tuple[str, str]]]:
    """Requirement id -> (feature file, scenario name), from the tags above each scenario."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "features").glob("**/*.feature")):
        inherited: list[str] = []
        tags: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text.startswith("@"):
                tags += TAG.findall(text)
            elif text.startswith("Feature:"):
                inherited, tags = tags, []
            elif text.startswith(("Scenario:", "Scenario Outline:")):
                for requirement in dict.fromkeys(inherited + tags):
                    found[requirement].append((path.stem, text.split(":", 1)[1].strip()))
                tags = []
    return found


def write(path: Path, text: str) -> None:
    """Write only what changed, so that an incremental build stays incremental."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
