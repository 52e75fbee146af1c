"""Charts as static SVG, drawn by pygal and coloured by the page's own style sheet."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup
from pygal.style import Style

from grader.models import SkillScore, Timing
from grader.report.text import number

# For plugins, of which there are none here, pygal adds a finder of a kind that Python no longer asks.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

_WIDTH = 560
_ROW_HEIGHT = 28
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_EMPTY = ("titles", "tooltip-overlay", "text-overlay")
_KEPT = {"svg", "g", "rect", "path", "text", "circle", "line"}
_SETTINGS: dict[str, Any] = {
    "js": [], "css": [], "no_prefix": True, "explicit_size": False, "width": _WIDTH, "show_legend": False,
    "margin": 6, "margin_right": 30, "truncate_label": -1, "print_values": False, "spacing": 10,
    "style": Style(label_font_size=13, major_label_font_size=13),
}  # fmt: skip


def skills_chart(skills: Sequence[SkillScore]) -> Markup:
    """Return bars: the share of its points that each skill earned, in percent."""
    return _skills_chart(tuple(skills))


@lru_cache(maxsize=8)
def _skills_chart(skills: tuple[SkillScore, ...]) -> Markup:
    """Drawn once for the two pages of a report."""
    shown = list(reversed(skills))  # pygal draws upwards
    chart = pygal.HorizontalBar(
        height=_ROW_HEIGHT * len(shown) + 50, range=(0, 100), x_label_rotation=0, y_labels=[0, 25, 50, 75, 100],
        value_formatter=lambda value: f"{value:g} %", **_SETTINGS,
    )  # fmt: skip
    chart.x_labels = [entry.skill for entry in shown]
    chart.add("earned", [100 * entry.earned / entry.points for entry in shown])
    return _svg(chart, "Share of the points earned, by skill; the table has the numbers")


def growth_chart(timings: Sequence[Timing]) -> Markup:
    """Return CPU time over size, both axes logarithmic, for the submission and the reference."""
    times = [seconds for timing in timings for seconds in (timing.seconds, timing.reference_seconds)]
    low, high = (math.floor(math.log10(max(min(times), 1e-6))), math.ceil(math.log10(max(*times, 1e-6)) + 1e-9))
    chart = pygal.XY(
        height=260, range=(low, high), y_labels=list(range(low, high + 1)),
        value_formatter=lambda power: seconds_text(10**power), dots_size=4, show_y_guides=True, **_SETTINGS,
    )  # fmt: skip
    chart.x_labels = [math.log2(timing.size) for timing in timings]
    chart.x_value_formatter = lambda power: f"{round(2**power):,}"
    for name, taken in (("submission", "seconds"), ("reference", "reference_seconds")):
        points = [(math.log2(t.size), math.log10(max(getattr(t, taken), 1e-6))) for t in timings]
        chart.add(name, points)
    return _svg(chart, "CPU time over size, for the submission and the reference; the table has the numbers")


def cohort_chart(scores: Iterable[float], own: float) -> Markup:
    """Return how many of a cohort have which score, in steps of ten, with the own step apart."""
    counts = [0] * 10
    for score in scores:
        counts[_step(score)] += 1
    chart = pygal.StackedBar(
        height=200, y_labels=sorted({0, max(counts)}), value_formatter=lambda value: f"{value:g}", **_SETTINGS
    )
    chart.x_labels = [f"{low}–{low + 10}" for low in range(0, 100, 10)]
    chart.add("own", [count if step == _step(own) else 0 for step, count in enumerate(counts)])
    chart.add("others", [0 if step == _step(own) else count for step, count in enumerate(counts)])
    return _svg(chart, "Number of submissions of the cohort by score; this one's step is drawn apart")


def round_chart(passing: Iterable[float], failing: Iterable[float]) -> Markup:
    """Return how many of a round have which score, in steps of ten, those that pass below those that do not.

    Args:
        passing: scores at or above the pass mark.
        failing: scores below it.
    """
    counts = [[0] * 10, [0] * 10]
    for kind, scores in zip(counts, (passing, failing), strict=True):
        for score in scores:
            kind[_step(score)] += 1
    highest = max(map(sum, zip(*counts, strict=True)))
    chart = pygal.StackedBar(
        height=240,
        y_labels=sorted({0, highest // 2, highest}),
        value_formatter=lambda value: f"{value:g}",
        **_SETTINGS,
    )
    chart.x_labels = [f"{low}–{low + 10}" for low in range(0, 100, 10)]
    chart.add("passed", counts[0])
    chart.add("not passed", counts[1])
    return _svg(chart, "Number of submissions by score in steps of ten, those that passed and those that did not")


def seconds_text(seconds: float) -> str:
    """Return a time in the unit that reads best: ``12 ms``."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= factor:
            return f"{number(float(f'{seconds / factor:.3g}'))} {unit}"
    return f"{number(float(f'{seconds / 1e-6:.3g}'))} µs"


def _step(score: float) -> int:
    return min(max(int(score // 10), 0), 9)


def _svg(chart: pygal.graph.graph.Graph, label: str) -> Markup:
    """The picture alone: without pygal's scripts, styles and tooltips, and with a name for who does not see it."""
    root = chart.render_tree()
    _strip(root)
    for name in list(root.attrib):
        if name not in ("viewBox", "xmlns"):
            del root.attrib[name]
    root.attrib |= {"class": "chart", "role": "img", "aria-label": label}
    ET.register_namespace("", _NAMESPACE[1:-1])
    return Markup(ET.tostring(root, encoding="unicode", short_empty_elements=True))


def _strip(node: ET.Element) -> None:
    for child in list(node):
        name = child.tag.removeprefix(_NAMESPACE) if isinstance(child.tag, str) else ""
        if name not in _KEPT or child.get("class", "").endswith(_EMPTY):
            node.remove(child)
            continue
        for attribute in ("style", "onmouseover", "onmouseout"):
            child.attrib.pop(attribute, None)
        _strip(child)
