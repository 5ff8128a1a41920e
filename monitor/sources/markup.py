"""HTML into plain text: line breaks where a reader sees them, nothing else of the markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_SPACES = re.compile(r"[ \t\r\n\f]+")

# A piece is text, or one of these breaks. Borders of blocks that meet make one break, the widest;
# every <br> makes its own.
_BR, _BLOCK, _PARAGRAPH = 0, 1, 2
_Piece = str | int
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
    *("li", "main", "nav", "ol", "pre", "section", "table", "tr", "ul"),
)
_BORDERS: dict[str, int] = {**dict.fromkeys(_BLOCKS, _BLOCK), "p": _PARAGRAPH}
_SILENT = frozenset(
    ("script", "style", "template", "iframe", "object", "svg", "math", "head", "title", "noscript")
)


def parse(html: str) -> LexborHTMLParser:
    """The tree of a document or fragment; never fails (HTML5 parsing rules)."""
    return LexborHTMLParser(html)


def text_of(node: LexborNode) -> str:
    """What a reader sees of ``node``: ``<br>`` is a line break, a paragraph an empty line."""
    return _assemble(_pieces(node))


def plain(html: str) -> str:
    """Plain text of an HTML fragment. Text without any markup comes back as it is, trimmed."""
    if "<" not in html and "&" not in html:
        return html.strip()
    root = parse(html).body
    return text_of(root) if root is not None else ""


def raw_text(node: LexborNode) -> str:
    """The characters directly inside an element such as ``<script>``, as they are."""
    return "".join(child.text_content or "" for child in node.iter(include_text=True))


def _pieces(root: LexborNode) -> Iterator[_Piece]:
    # An explicit stack: hostile pages nest tens of thousands of elements deep.
    stack: list[LexborNode | _Piece] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str | int):
            yield item
            continue
        tag = item.tag or ""
        if tag == "-text":
            yield _collapsed(item.text_content or "")
        elif tag == "br":
            yield _BR
        elif tag == "img":
            yield _emoji(item)
        elif tag not in _SILENT and tag[:1] not in ("-", "!"):
            children: list[LexborNode | _Piece] = list(item.iter(include_text=True))
            if tag == "pre":
                children = [_as_written(child) for child in item.iter(include_text=True)]
            children.reverse()
            border = _BORDERS.get(tag)
            stack.extend(children if border is None else (border, *children, border))
            if tag in ("td", "th"):
                stack.append(" ")


def _as_written(child: LexborNode) -> LexborNode | str:
    return child.text_content or "" if child.tag == "-text" else child


def _collapsed(text: str) -> str:
    # Most text needs nothing, and five searches are faster than one expression.
    if "  " in text or "\n" in text or "\t" in text or "\r" in text or "\f" in text:
        return _SPACES.sub(" ", text)
    return text


def _emoji(image: LexborNode) -> str:
    """Sites draw emoji as small pictures and keep the character in ``alt``."""
    alt = image.attributes.get("alt") or ""
    return alt if 0 < len(alt) <= 8 and not any(c.isalnum() for c in alt) else ""


def _assemble(pieces: Iterable[_Piece]) -> str:
    lines = [""]
    pending = 0
    for piece in pieces:
        if isinstance(piece, int) and piece != _BR:
            pending = max(pending, piece)
            continue
        if piece == "" or (piece == " " and (pending or not lines[-1])):
            continue
        if lines != [""]:
            lines.extend([""] * pending)
        pending = 0
        if isinstance(piece, int):
            lines.append("")
        else:
            first, *rest = piece.split("\n")
            lines[-1] += first
            lines.extend(rest)
    text = "\n".join(_collapsed(line).strip(" ") for line in lines)
    return (re.sub(r"\n{3,}", "\n\n", text) if "\n\n\n" in text else text).strip("\n")
