"""How Sphinx makes the documentation: without a network, and so that a warning is an error."""

from __future__ import annotations

import bng_opt

project = "bng_opt"
author = "the authors of bng_opt"
copyright = "the authors of bng_opt, MIT licence"
release = version = bng_opt.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build", "jupyter_execute"]
language = "en_GB"
highlight_language = "none"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The tutorial is run at every build; an error in it is one of the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 180
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autosummary_generate = False
napoleon_google_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"bng_opt {release}"
html_copy_source = False
html_show_sourcelink = False
