"""Integrity: what a task does not need is reported with its line, and honest code is left in peace."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.integrity import ALLOWED_PACKAGES, findings
from grader.models import Finding

HONEST = '''\
"""k-nearest neighbours."""
from __future__ import annotations
import math, re, warnings
import numpy as np
import numpy.linalg as la
from collections import Counter, defaultdict
from dataclasses import dataclass
from numpy.linalg import lstsq
from linear_regression import LinearRegression
from .linear_regression import helper

@dataclass
class KNNClassifier:
    k: int = 3
    modules: tuple = ()
    def fit(self, X, y):
        self.X_ = np.asarray(X, dtype=float)
        if self.X_.ndim != 2:
            raise ValueError("X should have two axes")
        self.modules = (self.X_, y)
        return self
    def __repr__(self):
        return f"KNNClassifier({self.k})"
    def __call__(self, Q):
        pattern = re.compile("x")
        return max(Counter(self.modules), key=lambda label: pattern.search(str(label)) is None)
'''


def static(source: str) -> list[tuple[str, int, str]]:
    found = findings({"knn": source.encode(), "linear_regression": b""}, [])
    assert all(finding.seen_by == "syntax" for finding in found)
    assert all(finding.module == "knn.py" for finding in found)
    return [(finding.kind, finding.line, finding.detail) for finding in found]


def test_honest_code_has_no_findings() -> None:
    assert static(HONEST) == []


@pytest.mark.parametrize("package", sorted(ALLOWED_PACKAGES))
def test_allowed_packages_are_no_findings(package: str) -> None:
    assert static(f"import {package}\nimport {package}.part as part\nfrom {package} import name\n") == []


@pytest.mark.parametrize(
    ("source", "kind", "says"),
    [
        ("import os", "import", "os"),
        ("import os.path", "import", "os.path"),
        ("import numpy, sys", "import", "sys"),
        ("import ctypes as np", "import", "ctypes"),
        ("from os import system", "import", "os"),
        ("from os.path import join as load", "import", "os.path"),
        ("import gc", "import", "gc"),
        ("import inspect", "import", "inspect"),
        ("import subprocess", "import", "subprocess"),
        ("import socket", "import", "socket"),
        ("import importlib", "import", "importlib"),
        ("import pickle", "import", "pickle"),
        ("import threading", "import", "threading"),
        ("import sklearn", "import", "sklearn"),
        ("from sklearn.neighbors import KNeighborsClassifier", "import", "sklearn.neighbors"),
        ("import scipy.linalg", "import", "scipy.linalg"),
        ("import pytest", "import", "pytest"),
        ("import grader", "import", "grader"),
        ("from . import secrets", "import", "."),
        ("def f():\n    import os", "import", "os"),
        ("try:\n    pass\nexcept Exception:\n    import os", "import", "os"),
        ("exec('x')", "call", "exec()"),
        ("eval('x')", "call", "eval()"),
        ("compile('x', '', 'exec')", "call", "compile()"),
        ("__import__('os')", "call", "__import__()"),
        ("open('x')", "call", "open()"),
        ("with open('x') as f: pass", "call", "open()"),
        ("globals()['x']", "call", "globals()"),
        ("breakpoint()", "call", "breakpoint()"),
        ("sys._getframe(1)", "attribute", "._getframe"),
        ("from sys import _getframe", "frames", "_getframe"),
        ("e.__traceback__.tb_frame", "attribute", ".tb_frame"),
        ("frame.f_back.f_locals", "attribute", ".f_back"),
        ("frame.f_back.f_locals", "attribute", ".f_locals"),
        ("f.__globals__", "attribute", ".__globals__"),
        ("f.__builtins__", "attribute", ".__builtins__"),
        ("().__class__.__base__.__subclasses__()", "attribute", ".__subclasses__"),
        ("f.__code__ = g.__code__", "attribute", ".__code__"),
        ("sys.modules['numpy']", "attribute", ".modules"),
        ("sys.meta_path.clear()", "attribute", ".meta_path"),
        ("sys.settrace(f)", "attribute", ".settrace"),
        ("np.loadtxt('x')", "attribute", ".loadtxt"),
        ("X.tofile('x')", "attribute", ".tofile"),
        ("np.memmap('x')", "attribute", ".memmap"),
        ("class A:\n    def __eq__(self, other): return True", "special-method", "__eq__"),
        ("class A:\n    def __array__(self): return 1", "special-method", "__array__"),
        ("class A:\n    def __array_ufunc__(self, *a): return 1", "special-method", "__array_ufunc__"),
        ("class A:\n    def __del__(self): pass", "special-method", "__del__"),
    ],
)
def test_what_a_task_does_not_need_is_found_with_its_line(source: str, kind: str, says: str) -> None:
    found = static("\n\n" + source)
    assert any(k == kind and says in detail for k, _, detail in found), found
    last = 2 + len(source.splitlines())
    assert all(3 <= line <= last for _, line, _ in found)


def test_methods_of_the_same_name_are_no_findings() -> None:
    assert static("re.compile('x')\nself.open('x')\nmodel.modules\nX.eval()\ncompiled = exec_ = 1\n") == []


def test_a_comment_or_text_is_no_finding() -> None:
    assert static("# import os; exec('x')\ntext = 'import os; sys._getframe()'\n") == []


@pytest.mark.parametrize(
    "source", [r"x = '\d'", "x = 1 is 1", "assert (1, 'x')", "x = 1or 2", "() ()", "0x1for x in y"]
)
def test_code_that_python_warns_about_hides_nothing(source: str) -> None:
    """Where warnings are errors, a warning of the parser must not pass for code that does not parse."""
    assert ("import", 2, "imports os") in static(f"{source}\nimport os\n")


@pytest.mark.parametrize(
    "source",
    [
        b"def f(:",
        b"\0",
        b"\xff\xfe",
        b"# coding: nonsense\nimport os",
        b"(" * 1000,
        b"-" * 50_000 + b"1",
        b"x" + b".a" * 50_000,
        b"x = " + b"[" * 150 + b"]" * 150,
        b"if x:\n" * 150,
        b"",
        b"\xef\xbb\xbfimport math",
    ],
    ids=range(11),
)
def test_what_does_not_parse_is_left_to_the_worker_and_hides_no_other_module(source: bytes) -> None:
    found = findings({"a": source, "b": b"import os"}, [])
    assert [(finding.module, finding.detail) for finding in found] == [("b.py", "imports os")]


def test_an_encoding_other_than_utf8_is_understood() -> None:
    source = "# coding: latin-1\nname = 'é'\nimport os\n".encode("latin-1")
    assert [finding.line for finding in findings({"knn": source}, [])] == [3]


def test_findings_come_in_order_and_once_each() -> None:
    modules = {"b": b"import os\nimport gc, gc\n", "a": b"exec('')\n"}
    found = findings(modules, [])
    assert [(f.module, f.line, f.detail.split()[-1]) for f in found] == [
        ("a.py", 1, "data"),
        ("b.py", 1, "os"),
        ("b.py", 2, "gc"),
    ]
    assert findings(dict(reversed(modules.items())), []) == found


def test_the_list_is_bounded() -> None:
    flood = "\n".join(f"import module{n}" for n in range(5000)).encode()
    assert len(findings({"knn": flood}, [])) <= 100


def test_a_long_name_is_cut() -> None:
    (found,) = findings({"knn": b"import " + b"x" * 100_000}, [])
    assert len(found.detail) < 200


def seen(event: str, detail: str = "", module: str = "knn.py", line: int = 3) -> Finding:
    return Finding(event, module, line, detail, "worker")


@pytest.mark.parametrize(
    ("event", "detail", "kind"),
    [
        ("open", "/etc/passwd", "file-access"),
        ("exec", "code", "dynamic-code"),
        ("code.__new__", "bytes", "dynamic-code"),
        ("sys._getframe", "", "frames"),
        ("sys._current_frames", "", "frames"),
        ("subprocess.Popen", "sh", "subprocess"),
        ("os.system", "id", "operating-system"),
        ("socket.connect", "socket", "network"),
        ("ctypes.dlopen", "libc.so.6", "ctypes"),
        ("gc.get_objects", "int", "gc"),
        ("sys.settrace", "", "interpreter"),
        ("import", "os", "import"),
        ("pty.spawn", "sh", "event"),
    ],
)
def test_what_the_worker_saw_is_sorted_into_kinds(event: str, detail: str, kind: str) -> None:
    (found,) = findings({"knn": b""}, [seen(event, detail)])
    assert (found.kind, found.module, found.line, found.seen_by) == (kind, "knn.py", 3, "worker")
    assert event in found.detail
    assert detail in found.detail


@pytest.mark.parametrize("name", ["numpy", "numpy.linalg", "math", "linear_regression", "knn"])
def test_an_allowed_import_that_the_worker_saw_is_no_finding(name: str) -> None:
    assert findings({"knn": b"", "linear_regression": b""}, [seen("import", name)]) == ()


@pytest.mark.parametrize("name", ["os", "numpyx", "math_", "sklearn.neighbors", "", "knn_test"])
def test_any_other_import_that_the_worker_saw_is_one(name: str) -> None:
    assert len(findings({"knn": b""}, [seen("import", name)])) == 1


def test_what_the_examiner_saw_stays_as_it_is() -> None:
    told = Finding("forged-answer", "", 0, "no such handle", "examiner")
    assert findings({"knn": b""}, [told, told]) == (told,)


def test_one_line_seen_by_both_is_reported_by_both() -> None:
    found = findings({"knn": b"\n\nimport os\n"}, [seen("import", "os")])
    assert {finding.seen_by for finding in found} == {"syntax", "worker"}


TEXT = st.text(st.characters(), max_size=30)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60) | TEXT.map(lambda text: text.encode("utf-8", "replace")), TEXT, TEXT, st.integers())
def test_no_source_and_no_note_breaks_it(source: bytes, event: str, detail: str, line: int) -> None:
    """The notes come from a process that may be lying about all of it."""
    found = findings({"knn": source}, [seen(event, detail, detail, line)])
    assert all(isinstance(finding, Finding) for finding in found)
