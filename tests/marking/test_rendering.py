"""Markdown of strangers shows, and does nothing."""

from __future__ import annotations

import pytest

from grader.marking.rendering import MARKDOWN_CHARACTERS, as_written, rendered
from tests.marking.elements import Elements
from tests.marking.hostile import ATTACKS, everything

TAGS = {"p", "a", "span", "code", "pre", "em", "strong", "s", "ul", "ol", "li", "blockquote", "br", "hr"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"class", "href", "rel", "target", "start"}


@pytest.mark.parametrize("attack", [*ATTACKS.values(), everything()], ids=[*ATTACKS, "everything"])
@pytest.mark.parametrize("show", [rendered, as_written])
def test_an_attack_has_no_element_or_attribute_of_its_own(attack: str, show) -> None:  # type: ignore[no-untyped-def]
    elements = Elements(show(attack))
    assert {tag for tag, _ in elements.found} <= TAGS
    assert {name for _, attributes in elements.found for name in attributes} <= ATTRIBUTES
    for tag, attributes in elements.found:
        if tag == "a":
            assert str(attributes["href"]).startswith(("https://", "http://"))
            assert (attributes["rel"], attributes["target"]) == ("noreferrer noopener", "_blank")
    assert not [c for c in elements.text if not c.isprintable() and c != "\n"], "it says what could not be seen"


def test_what_was_written_is_shown_where_it_is_no_markdown() -> None:
    assert "<script>window.hacked='script'</script>" in Elements(rendered(ATTACKS["script"])).text
    assert "{{ 7 * 7 }}" in Elements(rendered(ATTACKS["template"])).text


def test_markdown_is_rendered() -> None:
    html = rendered("A **bold** *claim*:\n\n- `x < 1`\n\n| a | b |\n|---|--:|\n| 1 | ~~2~~ |\n\n> so")
    assert "<strong>bold</strong> <em>claim</em>" in html
    assert "<li><code>x &lt; 1</code></li>" in html
    assert "<td><s>2</s></td>" in html
    assert "<blockquote>" in html


def test_a_link_says_where_it_leads() -> None:
    text = Elements(rendered("[our bank](https://evil.invalid/x)")).text
    assert text.strip() == "our bank (https://evil.invalid/x)"
    assert Elements(rendered("<https://plain.invalid/x>")).text.strip() == "https://plain.invalid/x", "said once"


def test_a_name_that_looks_like_another_is_said_as_it_is_asked_for() -> None:
    assert "(https://xn--" in Elements(rendered("<https://\u0430pple.invalid/>")).text


def test_an_image_is_said_and_not_loaded() -> None:
    elements = Elements(rendered("![a *plot*](https://evil.invalid/image.png)"))
    assert elements.text.strip() == "image, not loaded: a plot (https://evil.invalid/image.png)"
    assert "attachment:plot.png" in Elements(rendered("![plot](attachment:plot.png)")).text


def test_a_heading_stands_below_those_of_the_page() -> None:
    assert rendered("# Answer") == '<p class="heading">Answer</p>\n'


@pytest.mark.parametrize("formula", ["$a_1 * b_2 * c$", "$$\\{x\\} \\\\ _y_$$", "$x$"])
def test_a_formula_stays_as_it_was_typed(formula: str) -> None:
    assert Elements(rendered(f"so {formula} holds")).text.strip() == f"so {formula} holds"


def test_money_is_no_formula() -> None:
    assert "<em>or</em>" in rendered("it costs $5 *or* $6 more")


def test_blanks_that_do_not_break_are_blanks() -> None:
    assert Elements(rendered("10\xa0000 &nbsp;rows")).text.strip() == "10 000  rows"


def test_what_is_very_long_is_shown_as_it_was_written() -> None:
    html = rendered("*a* " * MARKDOWN_CHARACTERS)
    assert html.startswith('<pre class="written">*a* ')
    assert "<em>" in rendered("*a* " * 100)


def test_what_grows_without_bounds_is_shown_as_it_was_written() -> None:
    """A reference is written once and repeated wherever it is named."""
    text = f"[a]: https://evil.invalid/{'x' * 450}\n\n" + "[a] " * 4000
    assert rendered(text).startswith('<pre class="written">')
