"""Builds the site: `make docs` runs Sphinx with this file and treats every warning as an error."""

from __future__ import annotations

import sys
from pathlib import Path

from hybrid_wbc import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "hybrid_wbc"
author = "The hybrid_wbc developers"
copyright = "2026, the hybrid_wbc developers"
version = release = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "settings_table",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build"]

# Pages whose first lines name a kernel are notebooks as text: every cell is run for the site.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
autodoc_typehints = "none"

html_theme = "furo"
html_title = "hybrid_wbc"
html_show_sourcelink = False
pygments_style = "tango"
pygments_dark_style = "monokai"
highlight_language = "none"
