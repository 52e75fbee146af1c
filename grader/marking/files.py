"""The files that the pages need, by the name they are served under: a list, so that no other file can be."""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib import resources
from pathlib import Path

_FORMGRADER = (
    "js/backbone_xsrf.js",
    "js/formgrade.js",
    "js/formgrade_keyboardmanager.js",
    "js/formgrade_models.js",
    "node_modules/autosize/dist/autosize.min.js",
    "node_modules/backbone/backbone-min.js",
    "node_modules/jquery/dist/jquery.min.js",
    "node_modules/underscore/underscore-min.js",
)
"""Of nbgrader's formgrader, below its folder of static files."""

_OURS = {
    "marking.css": "marking/static/marking.css",
    "marking.js": "marking/static/marking.js",
    "setting.js": "marking/static/setting.js",
    "style.css": "pages/style.css",
}
"""Of our own, with where each lies in our package; the style is that of the reports."""

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@cache
def content_of(name: str) -> bytes | None:
    """Return the bytes of a file that pages need; ``None`` if it is none of them."""
    if name in _FORMGRADER:
        return (_formgrader() / name).read_bytes()
    if name in _OURS:
        return (resources.files("grader") / _OURS[name]).read_bytes()
    return None


def _formgrader() -> Path:
    """Where nbgrader's formgrader keeps its static files; found without running any of it."""
    spec = importlib.util.find_spec("nbgrader")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nbgrader's static files")
    return Path(spec.origin).parent / "server_extensions" / "formgrader" / "static"
