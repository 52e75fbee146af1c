"""Markdown of a stranger as HTML that only shows: nothing in it runs, loads, or goes where it does not say.

HTML stays text, images are named and not loaded, links are to the web alone and say where they lead, TeX stays text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from grader.report.text import one_line, printable

MARKDOWN_CHARACTERS = 20_000
"""Above, a text is shown as it was written: some Markdown takes time that grows with the square of its length."""

_HTML_CHARACTERS = 400_000
_ADDRESS_CHARACTERS = 500
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_TEX = re.compile(r"\$\$.+?\$\$|\$(?!\s)[^$\n]*?[^\s$]\$(?!\d)", re.DOTALL)
_WITHOUT_ATTRIBUTES = ("th_open", "td_open")
_NO_BREAK_SPACE = "\xa0"


def rendered(text: str) -> Markup:
    """Return a text of Markdown as HTML.

    Args:
        text: from a stranger.
    """
    if len(text) <= MARKDOWN_CHARACTERS:
        html = _MARKDOWN.render(_visible(text))
        if len(html) <= _HTML_CHARACTERS:
            # Markdown's entities can name characters that were not in the text.
            return Markup(_visible(html))
    return as_written(text)


def as_written(text: str) -> Markup:
    """Return a text as HTML that shows each of its characters, none of which does anything."""
    return Markup('<pre class="written">{}</pre>').format(escape(_visible(text)))


def _visible(text: str) -> str:
    return printable(text.replace(_NO_BREAK_SPACE, " "))


class _Markdown(MarkdownIt):
    """Markdown whose links lead to the web; what is no such link stays text."""

    def validateLink(self, url: str) -> bool:
        return len(url) <= _ADDRESS_CHARACTERS and _WEB.match(url) is not None


class _Renderer(RendererHTML):
    """HTML without images, headings or attributes of a stranger's."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        label = self.renderInlineAsText(token.children, options, env)
        return Markup('<span class="unloaded">image, not loaded: {} ({})</span>').format(
            label, _address(token.attrs.get("src"))
        )

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return Markup('<a href="{}" rel="noreferrer noopener" target="_blank">').format(tokens[idx].attrs["href"])

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        opening = next(n for n in range(idx, -1, -1) if tokens[n].type == "link_open")
        address = _address(tokens[opening].attrs["href"])
        label = self.renderInlineAsText(tokens[opening + 1 : idx], options, env)
        shown = Markup(' <span class="address">({})</span>').format(address) if label != address else ""
        return f"</a>{shown}"

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<p class="heading">'

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</p>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return Markup("<pre><code>{}</code></pre>\n").format(tokens[idx].content)

    def renderToken(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        if tokens[idx].type in _WITHOUT_ATTRIBUTES:  # the page's policy refuses a style of the text's own
            tokens[idx].attrs = {}
        return super().renderToken(tokens, idx, options, env)


def _tex(state: StateInline, silent: bool) -> bool:
    """Keep a formula as it was typed: its signs are not Markdown's."""
    found = _TEX.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "$" else None
    if found is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = found[0]
    state.pos = found.end()
    return True


def _address(value: Any) -> str:
    return one_line(str(value), _ADDRESS_CHARACTERS)


def _markdown() -> MarkdownIt:
    made = _Markdown("commonmark", {"html": False}, renderer_cls=_Renderer).enable(["table", "strikethrough"])
    made.inline.ruler.before("escape", "tex", _tex)
    return made


_MARKDOWN = _markdown()
