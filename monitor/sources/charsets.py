"""Bytes into text, whatever their label says.

Feeds and pages are mislabelled often: windows-1256 sold as UTF-8, UTF-8 as ISO-8859-1, a byte-order
mark against the header. The rules, first that fits:

1. A byte-order mark is believed.
2. Bytes beyond ASCII that are valid UTF-8 are UTF-8; other encodings produce that by accident
   only in a few short words.
3. The declared encoding is believed where it decodes without loss, except a Western one whose
   text is then mostly letters beyond ASCII: that is Arabic in windows-1256.
4. Mostly valid UTF-8 is UTF-8 with damage (a cut in the middle of a character, a pasted byte).
5. Otherwise windows-1256 where that reads as Arabic, else windows-1252.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_LABEL = re.compile(rb"^\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']", re.ASCII)
_META_LABEL = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_WESTERN = {"iso8859-1", "cp1252", "iso8859-15", "ascii"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding that gave it, and what to tell a person about it, if anything."""

    text: str
    encoding: str
    warning: str | None = None


def decode(body: bytes, declared: str | None = None) -> Decoded:
    """Decode ``body``. ``declared`` is the charset of the HTTP header, weighed above the document's
    own label. Never fails: characters that are lost become U+FFFD and a warning.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(encoding, errors="replace")
            return Decoded(text, encoding, _loss(text, encoding))
    wide = _unmarked_utf16(body)
    if wide is not None:
        text = body.decode(wide, errors="replace")
        return Decoded(text, wide, _loss(text, wide))
    label = _label(declared) or _label(_own_label(body))
    if body.isascii():
        return Decoded(body.decode("ascii"), "ascii")
    try:
        return Decoded(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    if label is not None and label != "utf-8":
        believed = _believe(body, label)
        if believed is not None:
            return believed
    damaged = body.decode("utf-8", errors="replace")
    lost = damaged.count("�")
    if lost * 10 <= len(re.findall(r"[^\x00-\x7f�]", damaged)):
        return Decoded(damaged, "utf-8", _loss(damaged, "utf-8"))
    arabic, western = body.decode("cp1256", "replace"), body.decode("cp1252", "replace")
    text, encoding = (arabic, "cp1256") if _mostly_arabic(arabic) else (western, "cp1252")
    said = label or "no encoding"
    return Decoded(text, encoding, f"labelled {said}, is not; read as {_public_name(encoding)}")


def _believe(body: bytes, label: str) -> Decoded | None:
    try:
        text = body.decode(label)
    except (UnicodeError, LookupError):  # Python also has codecs that are no text encodings
        return None
    if label in _WESTERN:
        arabic = body.decode("cp1256", "replace")
        if _mostly_arabic(arabic):
            return Decoded(arabic, "cp1256", f"labelled {label}, is not; read as windows-1256")
        # Browsers read ISO-8859-1 as windows-1252: the difference is typographic quotes.
        return Decoded(body.decode("cp1252", "replace"), "cp1252")
    return Decoded(text, label)


def _mostly_arabic(text: str) -> bool:
    """Of the letters outside tags, are most Arabic? French in windows-1256 gives a few at most."""
    letters = [c for c in _TAG.sub(" ", text[:200_000]) if c.isalpha()]
    arabic = sum("\u0600" <= c <= "\u06ff" for c in letters)
    return arabic * 2 > len(letters)


def _unmarked_utf16(body: bytes) -> str | None:
    head = body[:4]
    if head[:1] == b"<" and head[1:2] == b"\0" and head[3:4] == b"\0":
        return "utf-16-le"
    if head[:2] == b"\0<" and head[2:3] == b"\0":
        return "utf-16-be"
    return None


def _own_label(body: bytes) -> str | None:
    match = _XML_LABEL.search(body[:512]) or _META_LABEL.search(body[:4096])
    return match.group(1).decode("ascii") if match else None


def _label(name: str | None) -> str | None:
    if not name:
        return None
    try:
        return codecs.lookup(name.strip()).name
    except LookupError:
        return None


def _loss(text: str, encoding: str) -> str | None:
    lost = text.count("�")
    return f"{lost} damaged characters in {encoding}" if lost else None


def _public_name(encoding: str) -> str:
    return encoding.replace("cp12", "windows-12")
