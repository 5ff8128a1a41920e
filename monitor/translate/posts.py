"""Whole posts through one engine: cut up, glossary applied, translated, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.errors import EngineDown, TranslationError
from monitor.model import Language, Place
from monitor.translate.batches import token_batches
from monitor.translate.engine import Engine, Output
from monitor.translate.glossary import Glossary
from monitor.translate.masks import known_names
from monitor.translate.safety import Warned
from monitor.translate.social import Segment, restore, segments

LONGEST_POST = 20_000  # characters; what is beyond is not translated, and said so
_BATCH_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    """A text to translate, with what is known about it already."""

    text: str
    language: Language
    places: tuple[Place, ...] = ()


@dataclass(slots=True)
class Rendered:
    """``made``: English and early warnings by key. ``failed``: why not, by key. ``down`` says why
    the engine can do nothing at all now."""

    made: dict[str, tuple[str, list[Warned]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    down: str | None = None


def render(
    engine: Engine,
    source: str,
    target: str,
    items: Mapping[str, TranslationRequest],
    glossary: Glossary,
) -> Rendered:
    """The English of every text, by its key. Where a batch fails, its sentences are tried alone, so
    that one bad post never takes others with it."""
    parts: dict[str, list[Segment]] = {}
    used: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}  # the segment's text → what the engine is given
    for key, item in items.items():
        spans = [s for s in item.language.spans if s.end <= LONGEST_POST]
        begin = item.text[:LONGEST_POST]
        terms = list(glossary.written(begin).values())
        # Behind a mask a glossary's term comes back as it is; otherwise the model must copy it.
        names = known_names(p for p in item.places if p.end <= LONGEST_POST)
        names |= glossary.written(begin)
        parts[key] = segments(begin, english=spans, masks=engine.masks, names=names)
        for text in dict.fromkeys(s.text for s in parts[key] if s.text):
            texts[text] = glossary.apply(text)
        used[key] = tuple(dict.fromkeys(terms))
    outputs, errors, down = _run(engine, source, target, texts)
    done = Rendered(down=down)
    for key, segs in parts.items():
        wrong = next((errors[s.text] for s in segs if s.text in errors), None)
        if wrong is not None:
            done.failed[key] = wrong
            continue
        english = restore(segs, lambda s: outputs[s.text].text)
        stray = engine.masks.every - set(items[key].text)  # a model may say one once too often
        english = "".join(c for c in english if c not in stray)
        said = [outputs[s.text] for s in segs if s.text and not s.tag]
        early = _early(items[key].text, english, used[key])
        if any(output.cut for output in said):
            early.append(Warned("cut", "a sentence was too long and is cut short", 0.7))
        if any(output.unsure for output in said):
            early.append(
                Warned("unsure", "the model is unsure: drafts like this are mostly wrong", 0.4)
            )
        done.made[key] = (english, early)
    return done


def _early(source: str, english: str, terms: tuple[str, ...]) -> list[Warned]:
    """What is known to be wrong before any check."""
    early = [
        Warned("glossary", f"the glossary's “{term}” is not in the English", 0.9)
        for term in terms
        if term.lower() not in english.lower()
    ]
    if len(source) > LONGEST_POST:
        early.append(Warned("cut", f"only the first {LONGEST_POST:,} characters", 0.9))
    return early


def _run(
    engine: Engine, source: str, target: str, texts: Mapping[str, str]
) -> tuple[dict[str, Output], dict[str, str], str | None]:
    """Outputs and errors by segment, and why the engine is down, where it is."""
    names = list(texts)
    sizes = [engine.count(texts[name], source) + 2 for name in names]
    outputs: dict[str, Output] = {}
    errors: dict[str, str] = {}
    try:
        for batch in token_batches(sizes, _BATCH_TOKENS):
            given = [names[i] for i in batch]
            try:
                answers = engine.translate([texts[name] for name in given], source, target)
                outputs.update(zip(given, answers, strict=True))
            except EngineDown:
                raise
            except TranslationError:
                for name in given:
                    try:
                        (outputs[name],) = engine.translate([texts[name]], source, target)
                    except EngineDown:
                        raise
                    except TranslationError as error:
                        errors[name] = str(error)
    except EngineDown as error:
        errors.update({name: str(error) for name in names if name not in outputs})
        return outputs, errors, str(error)
    return outputs, errors, None
