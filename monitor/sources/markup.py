"""HTML into plain text: line breaks where a reader sees them, nothing else of the markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLOCKS = re.compile(
    r"address|article|aside|blockquote|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form"
    r"|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|tr|ul"
)
_SILENT = re.compile(r"script|style|template|iframe|object|svg|math|head|title|noscript|[-!].*")
_SPACES = re.compile(r"[ \t\r\n\f]+")


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


# A piece is text, or one of these breaks. Borders of blocks that meet make one break, the widest;
# every <br> makes its own.
_BR, _BLOCK, _PARAGRAPH = 0, 1, 2
_Piece = str | int


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
            value = item.text_content or ""
            yield value if _preformatted(item) else _SPACES.sub(" ", value)
        elif tag == "br":
            yield _BR
        elif tag == "img":
            yield _emoji(item)
        elif not _SILENT.fullmatch(tag):
            border = _PARAGRAPH if tag == "p" else _BLOCK
            children = reversed(list(item.iter(include_text=True)))
            stack.extend((border, *children, border) if _BLOCKS.fullmatch(tag) else children)
            if tag in ("td", "th"):
                stack.append(" ")


def _preformatted(text: LexborNode) -> bool:
    return text.parent is not None and text.parent.tag == "pre"


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
    cleaned = (_SPACES.sub(" ", line).strip(" ") for line in lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(cleaned)).strip("\n")
