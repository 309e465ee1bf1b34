"""Messages of captures as seeds, by Wireshark's tshark: where there is none, there are no seeds."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

TOOL: Final = "tshark"


def messages(path: Path, protocol: str, options: Sequence[str] = ()) -> list[bytes]:
    """Return the octets of every message of `protocol`, a name of Wireshark's, in a capture.

    None without tshark. `options` are tshark's, for example the version of a draft.
    """
    if shutil.which(TOOL) is None:
        return []
    command = [TOOL, "-r", str(path), *options, "-Y", protocol, "-T", "jsonraw", "-J", protocol]
    done = subprocess.run(command, capture_output=True, check=True)
    # A frame may hold several messages: their keys are equal, which only pairs show.
    return list(_raw(json.loads(done.stdout, object_pairs_hook=list), f"{protocol}_raw"))


def _raw(found: object, name: str) -> Iterator[bytes]:
    for each in found if isinstance(found, list) else []:
        if isinstance(each, tuple):
            key, value = each
            if key == name:
                yield bytes.fromhex(value[0])
            else:
                yield from _raw(value, name)
        else:
            yield from _raw(each, name)
