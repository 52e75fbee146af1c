"""Notebooks: what becomes of each kind of cell and line, what is refused, and that nothing of it is run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.candidate.notebooks import FromNotebook, NotebookError, module_of, notebook_of
from grader.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
STEADY = settings(max_examples=300, deadline=None, derandomize=True)
STUBS = sorted(ROOT.glob("assignments/*/[!t]*.py"))
SOLUTIONS = sorted(ROOT.glob("solutions/*/*/*.py"))


def cell(source: Any, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": metadata, "source": source}


def notebook(*cells: Any, **changes: Any) -> bytes:
    """A notebook of cells, which may be given by their sources."""
    entries = [cell(entry) if isinstance(entry, str) else entry for entry in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": entries} | changes).encode()


def read(*cells: Any, **changes: Any) -> FromNotebook:
    """The module of a notebook, which has been seen to compile."""
    module = module_of(notebook(*cells, **changes), "knn.ipynb")
    assert module.source.endswith("\n")
    assert module.source.count("\n") == len(module.lines)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(module.source.encode(), "knn.py", "exec", dont_inherit=True)
    return module


def code(module: FromNotebook) -> list[str]:
    """The lines that are not empty."""
    return [line for line in module.source.split("\n") if line.strip()]


def places(module: FromNotebook) -> dict[str, tuple[int, int]]:
    """Cell and line of each line that is not empty."""
    texts = module.source.split("\n")
    return {text: place for text, place in zip(texts, module.lines, strict=False) if text.strip()}


def left(module: FromNotebook) -> list[tuple[int, int, str]]:
    return [(one.cell, one.line, one.what) for one in module.left_out]


def refusal(content: bytes, name: str = "knn.ipynb") -> str:
    with pytest.raises(NotebookError) as caught:
        module_of(content, name)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.cure
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(source: str, other: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(source)) == ast.dump(ast.parse(other))


# Cells


def test_cells_follow_each_other_with_two_lines_between() -> None:
    module = read("import os\n", cell("# Notes", "markdown"), "x = 1\ny = 2")
    assert module.source == "import os\n\n\nx = 1\ny = 2\n"
    assert module.lines == ((1, 1), (0, 0), (0, 0), (3, 1), (3, 2))
    assert module.left_out == ()


def test_the_source_of_a_cell_may_be_a_list_of_lines() -> None:
    assert read(cell(["x = 1\n", "y = 2"])).source == "x = 1\ny = 2\n"


@pytest.mark.parametrize("cells", [[], [""], ["\n\n"], [cell("text", "markdown")], ["!ls"]])
def test_a_notebook_without_code_is_an_empty_module(cells: list[Any]) -> None:
    module = read(*cells)
    assert module.source == "\n"
    assert module.lines == ((0, 0),)


@pytest.mark.parametrize("tags", [["scratch"], ["todo", "Scratch "]])
def test_cells_tagged_scratch_are_left_out_whatever_they_hold(tags: list[str]) -> None:
    module = read("x = 1", cell("await (((", tags=tags), "y = 2")
    assert code(module) == ["x = 1", "y = 2"]
    assert left(module) == [(2, 0, "a cell tagged scratch")]


def test_cells_with_other_tags_are_handed_in() -> None:
    assert code(read(cell("x = 1", tags=["todo"]))) == ["x = 1"]


def test_raw_cells_are_left_out_and_named_and_so_are_those_of_another_language() -> None:
    module = read(cell("---", "raw"), cell("ls", vscode={"languageId": "shellscript"}), "x = 1")
    assert code(module) == ["x = 1"]
    assert left(module) == [(1, 0, "a cell of raw text"), (2, 0, "a cell of shellscript")]


def test_empty_cells_are_not_worth_a_word() -> None:
    assert read("", cell("", "raw"), cell(" \n", tags=["scratch"])).left_out == ()


def test_comments_and_strings_are_kept_as_they_are() -> None:
    source = 'x = """\n%time\n!ls\n    >>> pip install y\n"""\n# %matplotlib inline\n\ny = "a\u2028b"  # ?'
    assert read(source).source == source + "\n"


def test_prompts_in_strings_survive_a_magic_in_the_same_cell() -> None:
    source = 'def f():\n    return """\n    >>> 1\n    """'
    assert code(read(f"%time\n{source}")) == source.split("\n")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_any_line_ends_will_do(end: str) -> None:
    module = read(end.join(["def f():", "    !ls", "    return 1", ""]))
    assert module.source == "def f():\n    pass\n    return 1\n"
    assert places(module)["    return 1"] == (1, 3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_no_hindrance(encoding: str) -> None:
    content = notebook("x = 'é'").decode().encode(encoding)
    assert module_of(content, "knn.ipynb").source == "x = 'é'\n"
    assert code(read("\ufeffx = 1")) == ["x = 1"]


def test_a_declared_encoding_does_not_spoil_the_module() -> None:
    module = read("# -*- coding: latin-1 -*-\nNAME = 'é'\n# coding: latin-1", "!ls")
    names: dict[str, Any] = {}
    exec(compile(module.source.encode(), "knn.py", "exec"), names)
    assert names["NAME"] == "é"
    assert left(module) == [(1, 1, "the encoding '# -*- coding: latin-1 -*-'"), (2, 1, "the shell line '!ls'")]
    assert read("#!/usr/bin/python\n# coding: utf8\nx = 1").left_out == ()


# Magics, shell lines, help


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("%matplotlib inline", "magic"),
        ("%timeit f(x)", "magic"),
        ("%time x = f()", "magic"),
        ("%%time", "magic"),
        ("y = %timeit -o f()", "magic"),
        ("%autoreload", "magic"),
        ("get_ipython().run_line_magic('load_ext', 'autoreload')", "magic"),
        ("get_ipython().magic(name)", "magic"),
        ("!ls -l", "shell line"),
        ("!!ls", "shell line"),
        ("!echo it's", "shell line"),
        ('!echo "a', "shell line"),
        ("y = !ls {x}", "shell line"),
        ("y, z = !ls", "shell line"),
        ("y[0].z = !ls", "shell line"),
        ("get_ipython().system('ls')", "shell line"),
        ("?len", "help line"),
        ("len?", "help line"),
        ("x.y??", "help line"),
        ("?", "help line"),
        ("np.*load*?", "help line"),
        ("%time?", "help line"),
        ("%pip install numpy", "installation"),
        ("pip install numpy==1.26 'x[y]>=2'", "installation"),
        ("conda install -c conda-forge numpy", "installation"),
        ("uv pip install numpy", "installation"),
    ],
)
def test_what_only_ipython_knows_is_left_out_and_named(line: str, kind: str) -> None:
    module = read(f"x = 1\n{line}\nz = 3\n", f"def f(x):\n    {line}\n    return x")
    assert code(module) == ["x = 1", "z = 3", "def f(x):", "    pass", "    return x"]
    assert left(module) == [(1, 2, f"the {kind} '{line}'"), (2, 2, f"the {kind} '{line}'")]
    assert places(module)["z = 3"] == (1, 3)
    assert places(module)["    return x"] == (2, 3)


@pytest.mark.parametrize("line", ["!ls \\\n  -l \\\n  -a", "%run \\\n  a \\\n  b", "y = !ls \\\n  -l \\\n  -a"])
def test_continued_lines_go_as_a_whole_and_others_keep_their_numbers(line: str) -> None:
    module = read(f"\n\nx = 1\n{line}\nz = 3")
    assert places(module) == {"x = 1": (1, 3), "z = 3": (1, 7)}


def test_an_emptied_block_stays_a_block() -> None:
    module = read("if FAST:\n    %cd x\nelse:\n    !ls\n    !ls\n")
    assert code(module) == ["if FAST:", "    pass", "else:", "    pass", "    pass"]


@pytest.mark.parametrize("header", ["time", "timeit -n 1", "capture out", "prun", "memit", "debug"])
def test_headers_are_stripped_where_python_is_below(header: str) -> None:
    module = read(f"\n%%{header}\ndef f():\n    return 1\n")
    assert code(module) == ["def f():", "    return 1"]
    assert places(module)["    return 1"] == (1, 4)
    assert left(module) == [(1, 2, f"the header '%%{header}'")]


def test_headers_may_stand_below_each_other() -> None:
    module = read("%%capture\n\n  %%time\nx = 1\n!ls")
    assert places(module) == {"x = 1": (1, 4)}
    assert [one.line for one in module.left_out] == [1, 3, 5]


@pytest.mark.parametrize("header", ["bash", "writefile knn.py", "html", "script false", "R", "ipytest", "", "!"])
@pytest.mark.parametrize("above", ["", "\n", "%%time\n"])
def test_cells_of_other_cell_magics_are_left_out_whole(header: str, above: str) -> None:
    module = read(f"{above}%%{header}\nx = 1\n((", "y = 2")
    assert code(module) == ["y = 2"]
    assert left(module) == [(1, 0, f"a cell of %%{header.partition(' ')[0]}")]


@pytest.mark.parametrize("source", [">>> x = 1\n>>> y = 2", "In [1]: x = 1\n   ...: y = 2", "    x = 1\n    y = 2"])
def test_prompts_and_the_indentation_of_a_whole_cell_go_as_in_jupyter(source: str) -> None:
    module = read(f"\n{source}")
    assert places(module) == {"x = 1": (1, 2), "y = 2": (1, 3)}


def test_many_magics_are_fine_and_a_flood_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read("!ls\n" * 40).left_out) == 40
    monkeypatch.setattr("grader.candidate.cells._MAGICS_LIMIT", 30)
    for line in ("?", "pip install x"):
        assert "over 30 magics" in refusal(notebook(f"{line}\n" * 40))


def test_a_string_is_no_installation() -> None:
    source = 'x = """\npip install y\n"""'
    module = read(f"{source}\npip install z")
    assert code(module) == source.split("\n")
    assert left(module) == [(1, 4, "the installation 'pip install z'")]


# Displays


@pytest.mark.parametrize(
    "line",
    [
        "print(x)",
        "print(f(x), end='');",
        "display(x)",
        "help(f)",
        "x",
        "x.shape",
        "x[0]",
        "f(x).coef_",
        "x, y",
        "x == y",
        "x.shape[0] + 1",
        "f'{x}'",
        "x.head()",
        "x.T.describe()",
        "plt.show()  # look",
    ],
)
def test_what_only_shows_something_at_the_top_is_left_out(line: str) -> None:
    module = read(f"import x\n{line}\ny = 1")
    assert code(module) == ["import x", "y = 1"]
    written = line.partition("  #")[0].rstrip(";")
    assert left(module) == [(1, 2, f"the display {written!r}" if "'" not in line else f"the display '{written}'")]


@pytest.mark.parametrize(
    "line",
    [
        "np.seterr(all='raise')",
        "register(f)",
        "f(x)(y)",
        "'''A docstring.'''",
        "...",
        "(x := f())",
        "x.y = 1",
        "assert x == y",
        "[f(x) for x in y]",
    ],
)
def test_what_may_do_something_is_kept(line: str) -> None:
    module = read(line)
    assert module.source == f"{line}\n"
    assert module.left_out == ()


def test_displays_in_functions_and_blocks_are_kept() -> None:
    source = "def f(x):\n    print(x)\n    return x\n\nif __name__ == '__main__':\n    print(f(1))"
    assert read(source).source == source + "\n"


def test_displays_that_share_lines_with_others_are_cut_out() -> None:
    module = read("é = 'é'; print(é); y = 2\nprint(\n  1,\n); z = 3\nw = 4; print(\n5)\nu = 6")
    assert code(module) == ["é = 'é'; pass; y = 2", "pass; z = 3", "w = 4; pass", "u = 6"]
    assert places(module)["pass; z = 3"] == (1, 4)
    assert places(module)["u = 6"] == (1, 7)


def test_a_display_behind_a_line_that_goes_on_is_cut_out() -> None:
    assert code(read("\\\nprint(1)\nx = 1"))[-1] == "x = 1"


# Imports from __future__


def test_futures_come_below_the_docstring() -> None:
    module = read('"""A module.\n\nLong."""\n\nimport os', "x = 1\nfrom __future__ import annotations")
    assert code(module) == ['"""A module.', 'Long."""', "from __future__ import annotations", "import os", "x = 1"]
    assert ast.get_docstring(ast.parse(module.source)) == "A module.\n\nLong."
    assert places(module)["from __future__ import annotations"] == (2, 2)
    assert places(module)["import os"] == (1, 5)
    assert places(module)["x = 1"] == (2, 1)


def test_futures_come_first_where_there_is_no_docstring() -> None:
    module = read("# Notes\nimport os", "from __future__ import (\n    annotations,\n); x = 1")
    assert code(module) == ["from __future__ import annotations", "# Notes", "import os", "pass; x = 1"]
    assert places(module)["pass; x = 1"] == (2, 3)


def test_futures_at_their_place_stay_there() -> None:
    source = '# A comment\n"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\n'
    assert read(source).source == source
    assert code(read(source, "from __future__ import division"))[2:4] == [
        "from __future__ import annotations",
        "from __future__ import division",
    ]


def test_a_docstring_that_shares_its_line_does_not_push_a_future_down() -> None:
    assert code(read("'''Doc.'''; x = 1", "from __future__ import annotations"))[0].startswith("from __future__")


def test_the_docstring_may_come_in_a_later_cell() -> None:
    module = read("# Licence", cell("# Text", "markdown"), '"""Doc."""', "from __future__ import annotations")
    assert ast.get_docstring(ast.parse(module.source)) == "Doc."


# Refusals


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        ("x = 1\ndef f(:\n    pass", 2, "syntax error: invalid syntax: 'def f(:'"),
        ("%time\n\nx = = 1", 3, "syntax error: invalid syntax: 'x = = 1'"),
        ("x = 1\n  y = 2", 2, "syntax error: unexpected indent: 'y = 2'"),
        ("if x:\n        y = 1\n    z = 2", 3, "unindent does not match any outer indentation level: 'z = 2'"),
        ("def f():", 1, "expected an indented block after function definition on line 1: 'def f():'"),
        ("x = 1\nreturn x", 2, "'return' outside function: 'return x'"),
        ("x = (1,", 1, "'(' was never closed: 'x = (1,'"),
        ("x = '''\n", 1, "unterminated triple-quoted string literal"),
        ("x = 1\n,f a b", 2, "invalid syntax: ',f a b'"),
        ("for i in x: !ls", 1, "invalid syntax: 'for i in x: !ls'"),
        ("x = 1\ny = 2 \\", 2, "unexpected EOF while parsing"),
        ("x = 1\nx = '\0'", 2, "there is a NUL character"),
        ("x = 1\nx = '\ud800'", 2, "\\ud800 is half a character"),
        ("(" * 250 + ")" * 250, 1, "syntax error: too many nested parentheses"),
        ("x = " + "-" * 20_000 + "1", 1, "syntax error: it is nested too deeply"),
        ("x = 1\nawait f()", 2, "top-level await, which a module cannot have: 'await' outside function"),
        ("print(await f())", 1, "top-level await"),
        ("y = [x async for x in z]", 1, "top-level await"),
        ("[x async for x in z]", 1, "top-level await"),
        ("x = 1\nasync with y:\n    pass", 2, "top-level await"),
        ("def f():\n    await g()", 2, "top-level await"),
        ("yield x", 1, "'yield' outside function"),
        ("from __future__ import nonsense", 1, "future feature nonsense is not defined"),
    ],
)
def test_what_is_no_python_is_told_with_its_cell_and_line(source: str, line: int, text: str) -> None:
    message = refusal(notebook("ok = 1", cell("# text", "markdown"), source))
    assert message.startswith(f"knn.ipynb, cell 3, line {line}: ")
    assert text in message


def test_await_in_an_async_function_is_fine() -> None:
    source = "async def f(x):\n    return [y async for y in await x]\n"
    assert read(source).source == source


def test_each_cell_has_to_compile_by_itself() -> None:
    assert "cell 1, line 1" in refusal(notebook("def f():", "    return 1"))
    assert "cell 1, line 1" in refusal(notebook("x = (", ")"))


def test_what_cells_break_together_is_told_too() -> None:
    message = refusal(notebook("x = 1", "y = 1\nglobal x"))
    assert "cell 2, line 2: syntax error: name 'x' is assigned to before global declaration" in message


def test_warnings_about_a_candidates_code_are_not_ours() -> None:
    assert code(read("x = '\\d'\ny = x is 'a'\nassert (x, y)"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "should be a notebook, which is JSON"),
        (b"x = 1\n", "should be a notebook, which is JSON"),
        (b"\xff\xfe\x00", "should be a notebook, which is JSON"),
        (b"[" * 100_000, "should be a notebook, which is JSON"),
        (b"9" * 10_000, "should be a notebook"),
        (b"[]", "has no number 'nbformat'"),
        (b"{}", "has no number 'nbformat'"),
        (b'{"nbformat": true}', "has no number 'nbformat'"),
        (b'{"nbformat": 5}', "should be a notebook of format 4, but is of format 5"),
        (b'{"nbformat": 0}', "cannot be converted"),
        (b'{"nbformat": 1}', "cannot be converted"),
        (b'{"nbformat": 1, "cells": [{"cell_type": "odd"}]}', "cannot be converted"),
        (b'{"nbformat": 3, "worksheets": 3}', "cannot be converted"),
        (b'{"nbformat": 4}', "'cells' should be a list, but is missing"),
        (notebook(cells={}), "'cells' should be a list, but is an object"),
        (notebook(metadata=[]), "knn.ipynb: 'metadata' should be an object, but is a list"),
        (notebook(metadata={"kernelspec": 3}), "'kernelspec' should be an object, but is a number"),
        (notebook(metadata={"language_info": "python"}), "'language_info' should be an object, but is text"),
        (notebook("x = 1", 3), "cell 2 should be an object, but is a number"),
        (notebook({}), "cell 1 should be of the type code, markdown or raw"),
        (notebook(cell("x", "heading")), "cell 1 should be of the type"),
        (notebook(cell("x", [])), "cell 1 should be of the type"),  # type: ignore[arg-type]
        (notebook(cell(3)), "cell 1: 'source' should be text, but is a number"),
        (notebook(cell(None)), "cell 1: 'source' should be text, but is missing"),
        (notebook(cell(["x", 3])), "cell 1: 'source' should be text, but is a list"),
        (notebook(cell("x") | {"metadata": None}), "cell 1: 'metadata' should be an object"),
        (notebook(cell("x", tags="scratch")), "cell 1: 'tags' should be a list of texts"),
        (notebook(cell("x", tags=[["scratch"]])), "cell 1: 'tags' should be a list of texts"),
        (notebook(cell("x", vscode=1)), "cell 1: 'vscode' should be an object"),
        (notebook("x = 1\n" * 200_000), "holds more code than the 1 MB that a module may have"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(content: bytes, text: str) -> None:
    assert text in refusal(content)


@pytest.mark.parametrize(
    "metadata", [{"kernelspec": {"language": "R"}}, {"language_info": {"name": "julia"}, "kernelspec": {}}]
)
def test_notebooks_of_other_languages_are_refused(metadata: dict[str, Any]) -> None:
    assert "should be a notebook of Python, but is one of" in refusal(notebook("x <- 1", metadata=metadata))


@pytest.mark.parametrize("language", ["python", "Python", "ipython", 3, None, ""])
def test_notebooks_of_python_are_read_however_they_call_it(language: Any) -> None:
    metadata = {"kernelspec": {"language": language, "name": "my-env"}}
    assert code(read("x = 1", metadata=metadata)) == ["x = 1"]


def test_a_strange_name_does_no_harm_in_a_message() -> None:
    assert refusal(b"{}", "\x1b[2J\n" + "x" * 500).startswith("?[2J?xxx")


def test_outputs_are_ignored_whatever_they_hold() -> None:
    outputs = [{"output_type": "stream", "text": "x" * 10_000_000}, 3, {"\ud800": "\0"}]
    assert code(read(cell("x = 1") | {"outputs": outputs, "attachments": 3, "id": []})) == ["x = 1"]


# Old notebooks


def old(*inputs: str) -> bytes:
    """A notebook as they were before 2015."""
    cells: list[dict[str, Any]] = [{"cell_type": "heading", "level": 1, "source": "Head", "metadata": {}}]
    for text in inputs:
        cells.append({"cell_type": "code", "input": text, "language": "python", "outputs": [], "metadata": {}})
    sheets = [{"cells": cells, "metadata": {}}]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}).encode()


def test_old_notebooks_are_converted() -> None:
    module = module_of(old("x = 1\n!ls", "y = 2"), "knn.ipynb")
    assert places(module) == {"x = 1": (2, 1), "y = 2": (3, 1)}
    assert left(module) == [(2, 2, "the shell line '!ls'")]


def test_what_the_conversion_warns_of_is_no_matter(capfd: pytest.CaptureFixture[str]) -> None:
    entries = [{"cell_type": kind, "source": ""} for kind in ("code", "code", "markdown")]
    module_of(json.dumps({"nbformat": 1, "cells": entries}).encode(), "knn.ipynb")
    assert capfd.readouterr() == ("", "")


# Packages that may be missing


def test_without_ipython_plain_cells_are_read_and_others_name_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython.core.inputtransformer2", None)
    assert code(read("%%time\nx = 1\nprint(x)")) == ["x = 1"]
    with pytest.raises(NotebookError) as caught:
        module_of(notebook("x = 1\n!ls"), "knn.ipynb")
    assert str(caught.value).startswith("knn.ipynb, cell 1, line 2: invalid syntax: '!ls': ")
    assert "IPython is needed" in str(caught.value)
    assert "pip install nbformat ipython" in caught.value.cure


def test_without_nbformat_old_notebooks_name_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert code(read("x = 1")) == ["x = 1"]
    with pytest.raises(NotebookError, match="nbformat is needed") as caught:
        module_of(old("x = 1"), "knn.ipynb")
    assert "pip install nbformat" in caught.value.cure


def test_reading_runs_nothing_and_starts_no_ipython(tmp_path: Path) -> None:
    """In a process of its own, where every way to run something is told of by an audit hook."""
    touch = f"open({str(tmp_path / 'ran')!r}, 'w')"
    lines = [
        f"x = {touch}",
        f"%time {touch}",
        f"!touch {tmp_path / 'ran'}",
        f"y = %timeit {touch}",
        "%matplotlib inline",
    ]
    content = notebook(
        "\n".join(lines), f"class A:\n    x = {touch}", f"%%time\n{touch}", f"%%bash\ntouch {tmp_path}/ran"
    )
    program = f"""
import sys
import grader.cli
from grader.candidate.notebooks import module_of
assert not {{"IPython", "nbformat"}} & set(sys.modules), "loaded before it is needed"
content = {content!r}
module_of(content, "knn.ipynb")
happened = []
sys.addaudithook(lambda event, arguments: happened.append((event, str(arguments[:1]))))
module_of(content, "knn.ipynb")
wrong = [pair for pair in happened if pair[0] in ("exec", "open") or pair[0].startswith(("os.", "subprocess."))]
# Python looks for the text of a syntax error, in a file that is called like this.
assert not set(wrong) - {{("open", "('<module>',)")}}, wrong
from IPython.core.interactiveshell import InteractiveShell
assert not InteractiveShell.initialized()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "ran").exists()


# Notebooks of stubs


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
def test_a_stub_comes_back_letter_by_letter(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    module = module_of(notebook_of(source, path.stem), "stub.ipynb")
    assert module.source == source
    assert [one.what for one in module.left_out] == ["a cell tagged scratch"]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_solutions_written_in_a_notebook_mean_the_same(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert same(module_of(notebook_of(source, path.stem), "solution.ipynb").source, source)


STUB = '''\
#!/usr/bin/env python3
"""A stub."""

from __future__ import annotations

import os

LIMIT = 3
# Above f,

# in two parts.
@os.cache
@os.more
def f():
    raise NotImplementedError
    # Still inside f.


  # An odd one.


class A:  # of that kind
    x = 1
SIZE = 2
MORE = 4


async def g():
    """Text.

    >>> g()
    """
# The end.
'''


def sources(content: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


def test_a_stub_is_split_at_its_classes_and_functions() -> None:
    about, *parts, scratch = sources(notebook_of(STUB, "k-NN"))
    assert about.startswith("# k-NN\n")
    assert "`scratch`" in about
    assert "scratch" in scratch
    assert [part.split("\n")[0] for part in parts] == [
        *("#!/usr/bin/env python3", "# Above f,", "class A:  # of that kind", "SIZE = 2", "async def g():")
    ]
    assert parts[1].endswith("    # Still inside f.\n\n\n  # An odd one.")
    assert parts[-1].endswith("# The end.")
    assert same(module_of(notebook_of(STUB, "k-NN"), "stub.ipynb").source, STUB)


@pytest.mark.parametrize("source", ["", "\n", "# Nothing", '"""Doc."""', "x = 1", "\ufeffx = 1\r\ndef f(): 1\r\n"])
def test_small_stubs_come_back(source: str) -> None:
    module = module_of(notebook_of(source, "T"), "stub.ipynb")
    assert same(module.source, source.removeprefix("\ufeff"))


def test_a_notebook_is_valid_and_the_same_every_time() -> None:
    content = notebook_of(STUB, "k-NN, α")
    assert content == notebook_of(STUB, "k-NN, α")
    node = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(node)
    assert node.metadata.kernelspec.name == "python3"
    assert [cell.cell_type for cell in node.cells] == ["markdown", *["code"] * 6]
    assert len({cell.id for cell in node.cells}) == 7
    assert [cell.metadata.get("tags") for cell in node.cells] == [None] * 6 + [["scratch"]]


def test_what_jupyter_saves_again_is_the_same_text() -> None:
    content = notebook_of(STUB, "k-NN, α").decode()
    assert nbformat.writes(nbformat.reads(content, as_version=4)) + "\n" == content


def test_a_stub_that_is_no_python_is_refused() -> None:
    with pytest.raises(NotebookError, match=r"k-NN: .* line 2: invalid syntax: 'x = ='"):
        notebook_of("y = 1\nx = =\n", "k-NN")


# Whatever comes


SNIPPETS = (
    *("x = 1", "print(x)", "!ls", "%time", "%%time", "%%bash", "y = !ls", "y = %t", "x?", "?x", "pip install a"),
    *("def f():", "    x", "    !ls \\", "  -l", "'''", '"', "(", ")", "\\", ";", ",f a", "/f a", "await x", "yield"),
    *("from __future__ import annotations", "# coding: latin-1", ">>> x", "...", "In [1]: x", "\x0c", "\u2028", "é"),
    *(
        "get_ipython()",
        "get_ipython().x()",
        "x; print(x); y",
        "if x: print(x)",
        "f'''{x!r}",
        "global x",
        "%",
        "x = %",
    ),
)
TEXTS = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=6), max_size=6).map("\n".join) | st.text(max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 6) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
METADATA = st.fixed_dictionaries({}, optional={"tags": st.lists(TEXTS, max_size=2) | VALUES, "vscode": VALUES})
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code"] * 4 + ["markdown", "raw", "heading"]), "source": TEXTS},
    optional={"metadata": METADATA, "input": TEXTS, "outputs": VALUES, "language": TEXTS, "level": VALUES},
)
HOSTILE_CELLS = st.dictionaries(st.sampled_from(["cell_type", "source", "metadata", "input"]), VALUES, max_size=4)
NOTEBOOKS = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([4, 4, 4, 3, 2, 1]) | VALUES},
    optional={
        "cells": st.lists(CELLS | HOSTILE_CELLS, max_size=4) | VALUES,
        "metadata": st.dictionaries(st.sampled_from(["kernelspec", "language_info"]), VALUES) | VALUES,
        "nbformat_minor": st.integers(0, 5) | VALUES,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(CELLS)}) | VALUES, max_size=2) | VALUES,
    },
)


def check_a_module_or_a_refusal(content: bytes) -> None:
    try:
        module = module_of(content, "any.ipynb")
    except NotebookError as error:
        message = str(error)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(module.source.encode(), "any.py", "exec", dont_inherit=True)
        assert module.source.endswith("\n")
        assert module.source.count("\n") == len(module.lines)
        message = "; ".join(one.what for one in module.left_out)
    assert "\n" not in message


@STEADY
@given(NOTEBOOKS | VALUES)
def test_any_structure_gives_a_module_or_a_refusal(table: Any) -> None:
    check_a_module_or_a_refusal(json.dumps(table).encode())


@STEADY
@given(st.binary(max_size=60))
def test_any_bytes_give_a_module_or_a_refusal(content: bytes) -> None:
    check_a_module_or_a_refusal(content)


@STEADY
@given(st.lists(TEXTS, max_size=3))
def test_any_cells_give_a_module_whose_lines_are_found_in_them(texts: list[str]) -> None:
    content = notebook(*texts)
    check_a_module_or_a_refusal(content)
    try:
        module = module_of(content, "any.ipynb")
    except NotebookError:
        return
    for text, (number, line) in zip(module.source.split("\n"), module.lines, strict=False):
        if number == 0:
            assert text == ""
            continue
        written = texts[number - 1].replace("\r\n", "\n").replace("\r", "\n").split("\n")[line - 1]
        assert all(word in written for word in text.replace("pass", "").split()), (text, written)
