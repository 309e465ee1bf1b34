"""Looking at a rig file before anything is started, so that a slip of the pen is told at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from testrig.errors import ConfigurationError
from testrig.rig import embedded_rigs
from testrig.rigfile import RigFile, near


def known_setups(name_or_path: str) -> set[str]:
    """Return the names of setups in the embedded rigs and in this one, as far as it can be read."""
    found: set[str] = set()
    for path in {*embedded_rigs().values(), Path(name_or_path)}:
        try:
            found |= set(RigFile(path, "").setups)
        except (ConfigurationError, OSError):
            continue
    return found - {""}


def check_rig(name_or_path: str) -> bool:
    """Read a rig file without bringing anything up; return whether its lines are in memory only.

    Raises `ConfigurationError` with file, key, what was found, what was expected and near misses.
    """
    embedded = embedded_rigs()
    path = embedded.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        raise ConfigurationError(
            f"rig {name_or_path!r}: expected a rig file or one of {', '.join(sorted(embedded))}"
            f"{near(name_or_path, embedded)}"
        )
    file = RigFile(path, hashlib.sha256(path.read_bytes()).hexdigest())
    return file.make().virtual
