"""Sphinx configuration: the specification site."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Testline"
author = "Testline contributors"
release = installed("testline")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.graphviz",
    "specification",
]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = f"Testline {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
graphviz_output_format = "svg"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
suppress_warnings = ["autodoc.mocked_object"]
