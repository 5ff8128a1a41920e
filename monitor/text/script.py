"""Which script letters are written in; it decides most languages before any detector is asked."""

from __future__ import annotations

import re
from typing import Final

#: ISO 15924 code → its letters (Unicode blocks, 16.0).
_BLOCKS: Final = {
    "Latn": "a-zA-Zªºµ\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff\uff21-\uff5a",
    "Arab": "\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\u0870-\u08ff"
    "\ufb50-\ufdff\ufe70-\ufefc",
    "Cyrl": "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f",
    "Grek": "\u0370-\u03ff\u1f00-\u1fff",
    "Hebr": "\u0590-\u05ff\ufb1d-\ufb4f",
    "Armn": "\u0530-\u058f",
    "Geor": "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f",
    "Deva": "\u0900-\u097f",
    "Beng": "\u0980-\u09ff",
    "Guru": "\u0a00-\u0a7f",
    "Gujr": "\u0a80-\u0aff",
    "Orya": "\u0b00-\u0b7f",
    "Taml": "\u0b80-\u0bff",
    "Telu": "\u0c00-\u0c7f",
    "Knda": "\u0c80-\u0cff",
    "Mlym": "\u0d00-\u0d7f",
    "Sinh": "\u0d80-\u0dff",
    "Thai": "\u0e00-\u0e7f",
    "Laoo": "\u0e80-\u0eff",
    "Tibt": "\u0f00-\u0fff",
    "Mymr": "\u1000-\u109f",
    "Ethi": "\u1200-\u139f",
    "Khmr": "\u1780-\u17ff",
    "Hang": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff",
    "Jpan": "\u3040-\u30ff",
    "Hani": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Syrc": "\u0700-\u074f",
    "Thaa": "\u0780-\u07bf",
    "Tfng": "\u2d30-\u2d7f",
    "Mong": "\u1800-\u18af",
}
_RUN: Final = re.compile("|".join(f"(?P<{code}>[{letters}]+)" for code, letters in _BLOCKS.items()))
#: Scripts that say the language, or the main one of theirs.
LANGUAGE_OF: Final = {
    "Grek": "el", "Hebr": "he", "Armn": "hy", "Geor": "ka", "Beng": "bn", "Guru": "pa",
    "Gujr": "gu", "Orya": "or", "Taml": "ta", "Telu": "te", "Knda": "kn", "Mlym": "ml",
    "Sinh": "si", "Thai": "th", "Laoo": "lo", "Tibt": "bo", "Mymr": "my", "Ethi": "am",
    "Khmr": "km", "Hang": "ko", "Jpan": "ja", "Hani": "zh", "Syrc": "syr", "Thaa": "dv",
    "Tfng": "zgh", "Mong": "mn",
}  # fmt: skip
#: Scripts of several languages → those to choose from.
CANDIDATES: Final = {
    "Cyrl": frozenset({"ru", "uk", "bg", "mk", "sr", "be", "kk", "mn", "ky"}),
    "Deva": frozenset({"hi", "mr", "ne"}),
}


def counts(text: str) -> dict[str, int]:
    """ISO 15924 script → number of letters of it in ``text``; other scripts are ``Zyyy``."""
    found: dict[str, int] = {}
    for run in _RUN.finditer(text):
        code = run.lastgroup or "Zyyy"
        found[code] = found.get(code, 0) + run.end() - run.start()
    return found


def main(text: str) -> str | None:
    """The script most of the letters are in; Japanese where there is any kana among the Han
    characters. ``None`` where no letter is of a known script."""
    found = counts(text)
    if not found:
        return None
    if "Jpan" in found and "Hani" in found:
        found["Jpan"] += found.pop("Hani")
    return max(found, key=lambda code: found[code])
