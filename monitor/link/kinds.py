"""What kind of thing happened: floods, strikes, elections, said in three languages.

``data/kinds.tsv`` lists what each kind is called. Words of a kind become one term (``=flood``),
so that an Arabic post about سيول and an event titled "Jordan floods" share it untranslated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources

from monitor.link.terms import stem

MARK = "="  # what the term of a kind begins with
SURE = 0.4  # weight in a bag from which a kind is meant, not hinted at
_HINT = 0.5
_SHORTEST = 3


@lru_cache(maxsize=1)
def load_kinds() -> Mapping[str, Mapping[str, float]]:
    """For each stem the kinds it may stand for, with weights up to 1; read once."""
    found: dict[str, dict[str, float]] = {}
    text = (resources.files("monitor.link") / "data" / "kinds.tsv").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        kind, *languages = line.split("\t")
        for word in " ".join(languages).split():
            form = stem(word.removeprefix("~"))
            if len(form) < _SHORTEST:
                continue  # too many words share so short a stem
            kinds = found.setdefault(form, {})
            weight = _HINT if word.startswith("~") else 1.0
            kinds[MARK + kind] = max(weight, kinds.get(MARK + kind, 0.0))
    return found


def kinds_of(forms: Iterable[str]) -> dict[str, float]:
    """The kinds that a text with these stems may be about, as terms with weights up to 1."""
    table = load_kinds()
    found: dict[str, float] = {}
    for form in forms:
        for kind, weight in table.get(form, {}).items():
            found[kind] = max(weight, found.get(kind, 0.0))
    return found
