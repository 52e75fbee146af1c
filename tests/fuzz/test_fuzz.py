"""The fuzzed parts, briefly: by inputs that broke something once, by damaged good ones, and guided by coverage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.fuzz.targets import CRASHES, TARGETS

SECONDS = 15
FOUND = sorted(CRASHES.glob("*/*"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_broke_once_no_longer_does(path: Path) -> None:
    TARGETS[path.parent.name].feed(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_good_input(name: str) -> None:
    assert [TARGETS[name].feed(seed) for seed in TARGETS[name].seeds] == [True] * len(TARGETS[name].seeds)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_input_is_refused_or_taken(name: str, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(TARGETS[name].seeds)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 4))
        content[start:end] = data.draw(st.binary(max_size=6))
    TARGETS[name].feed(bytes(content))


@pytest.mark.parametrize("name", TARGETS)
def test_a_bounded_run_finds_nothing(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", name, f"-max_total_time={SECONDS}", f"-artifact_prefix={tmp_path}/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    crashes = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert (done.returncode, crashes) == (0, {}), done.stdout + done.stderr
