"""Answers that attack whoever marks them."""

from __future__ import annotations

ATTACKS = {
    "script": "<script>window.hacked='script'</script>",
    "event handler": "<img src=x onerror=\"window.hacked='event handler'\">",
    "svg": "<svg onload=\"window.hacked='svg'\"><script>window.hacked='svg'</script></svg>",
    "javascript link": "[x](javascript:window.hacked='link') <a href=\"javascript:window.hacked='link'\">click</a>",
    "data link": "[click](data:text/html;base64,PHNjcmlwdD4=) <data:text/html,hacked>",
    "iframe": '<iframe src="https://evil.invalid/frame" srcdoc="<script>parent.hacked=\'iframe\'</script>"></iframe>',
    "meta refresh": '<meta http-equiv="refresh" content="0; url=https://evil.invalid/refresh">',
    "style": "<style>body{display:none} @import url(https://evil.invalid/style)</style>",
    "link element": '<link rel="stylesheet" href="https://evil.invalid/link">',
    "image": "![a *plot*](https://evil.invalid/image.png) <img src=https://evil.invalid/tag.png>",
    "form": '<form action="https://evil.invalid/form"><input name="x" autofocus></form>',
    "base": '<base href="https://evil.invalid/">',
    "object": '<object data="https://evil.invalid/object"></object><embed src="https://evil.invalid/embed">',
    "video": "<video src=https://evil.invalid/video onerror=\"window.hacked='video'\" autoplay></video>",
    "end of the page": "</div></section></main></body></html><script>window.hacked='end'</script>",
    "end of a text field": "</textarea><script>window.hacked='field'</script>",
    "template": "{{ 7 * 7 }} {% include '/etc/passwd' %} {{ cycler.__init__.__globals__ }}",
    "TeX": r"$\href{javascript:window.hacked='tex'}{x}$ $$\unicode{<img src=x onerror=window.hacked=1>}$$",
    "title of a link": "[a](https://evil.invalid/t 'x\" onmouseover=\"window.hacked=1')",
    "reference": '[a]: https://evil.invalid/r "x\' onload=1"\n\n[a] [b][a] ![c][a]',
    "language of code": '```"><script>window.hacked=1</script>\ncode\n```',
    "table": "|a|b|\n|:-:|-:|\n|<img src=x onerror=window.hacked=1>|2|",
    "entities": "&lt;script&gt;window.hacked=1&lt;/script&gt; &#x202e;txet&#x202c; &#0;",
    "control characters": "a\x1b[2J\x07b\u202ec\u2066d\u200be\x00f\ufeffg\u2028h",
    "clobbering": "<a id=base_url></a><form id=formgrader></form><img name=MathJax>",
}

NAME = "<img src=x onerror=\"window.hacked='name'\"><b>Eve</b>\u202e"
"""Of a candidate."""


def everything() -> str:
    """All attacks in one answer."""
    return "\n\n".join(f"### {name}\n\n{attack}" for name, attack in ATTACKS.items())
