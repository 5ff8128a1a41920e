"""``glossary.yaml``: terms that have one right translation. Honoured, or reported.

The file maps a term to its English: ``الحشد الشعبي: Popular Mobilization Forces``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from monitor.errors import ConfigError, Problem

_MARKS = "[\u064b-\u0652\u0670\u0640]*"
_SAME = {"ا": "[اأإآٱ]", "أ": "[اأإآٱ]", "إ": "[اأإآٱ]", "آ": "[اأإآٱ]", "ى": "[ىي]", "ي": "[ىي]"}
_SAME |= {"ة": "[ةه]", "ه": "[ةه]"}


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms with their pattern and English, longest term first."""

    terms: tuple[tuple[str, re.Pattern[str], str], ...] = ()

    @property
    def recipe(self) -> str:
        """Changes when the glossary does, so that cached translations are made again."""
        return ";".join(f"{term}={english}" for term, _, english in self.terms)

    def written(self, text: str) -> dict[str, str]:
        """The known terms as ``text`` writes them → in English."""
        return {
            match[0][len(match["before"]) :]: english
            for _, pattern, english in self.terms
            for match in pattern.finditer(text)
        }

    def apply(self, text: str) -> str:
        """``text`` with each known term put into English: models mostly copy English words that
        stand in their source."""
        for _, pattern, english in self.terms:
            text = pattern.sub(rf"\g<before>{_literal(english)}", text)
        return text


def load_glossary(path: Path | None) -> Glossary:
    """Raises ConfigError naming the file and what is wrong with it."""
    if path is None:
        return Glossary()
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError([Problem(str(path), None, f"cannot be read: {error.strerror}")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError([Problem(str(path), None, f"is not YAML: {first}")]) from None
    if not isinstance(value, dict):
        raise ConfigError([Problem(str(path), None, "must map terms to their English")])
    wrong = [k for k, v in value.items() if not (isinstance(k, str) and isinstance(v, str) and v)]
    if wrong:
        problems = [Problem(str(path), None, f"{k!r} needs one English term") for k in wrong]
        raise ConfigError(problems)
    terms = sorted(value.items(), key=lambda item: -len(item[0]))
    return Glossary(tuple((term, _pattern(term), english) for term, english in terms))


def _literal(text: str) -> str:
    """``text`` for the right-hand side of a substitution."""
    return text.replace("\\", r"\\")


def _pattern(term: str) -> re.Pattern[str]:
    """Matches ``term`` however its Arabic is spelled, after و ف ب ل ك, with its vowel signs."""
    spelled = "".join(
        r"[\s_]+" if c.isspace() else _SAME.get(c, re.escape(c)) + _MARKS for c in term.strip()
    )
    return re.compile(rf"(?<!\w)(?P<before>[وفبلك]?){spelled}(?!\w)", re.IGNORECASE)
