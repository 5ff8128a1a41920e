"""One post as linking reads it, once: its terms, and how rare they are among events and posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.link.bags import Bag, Reading, bag, bag_of, merge, read
from monitor.link.catalogue import Catalogue
from monitor.link.inputs import LinkInput
from monitor.link.lexicon import Lexicon
from monitor.link.rows import Floats, Ids

PARENT = 0.4  # what the page around a post is about counts less than what the post says


@dataclass(frozen=True, slots=True)
class PostTerms:
    """``bag``: everything a post's text, translation, places and parents say, with weights up to 1.
    ``texts``: what it says itself, and in translation as far as that is trusted."""

    bag: Bag
    texts: Sequence[tuple[Reading, float]]


def terms_of(item: LinkInput, lexicon: Lexicon) -> PostTerms:
    texts = [(read(item.post.full_text, item.language.code, lexicon), 1.0)]
    terms = bag_of(texts[0][0], lexicon)
    if item.translation:
        english = read(item.translation.text, "en", lexicon)
        texts.append((english, item.translation.trust))
        merge(terms, bag_of(english, lexicon), 0.9 * item.translation.trust)
    for place in item.places:
        merge(terms, bag(place.name, "en", lexicon), 0.9 * place.confidence)
    for title in item.parents:
        merge(terms, bag(title, "und", lexicon), PARENT)
    return PostTerms(terms, texts)


@dataclass(frozen=True, slots=True)
class Said:
    """What one post says, weighed. ``rarity`` and ``rare`` (weight × rarity) are of all its terms.

    The arrays go over those that some event has too, in the order of ``number``: ``ids`` in the
    catalogue's vocabulary, ``weights`` in the post, and ``rare_known`` as ``rare``. ``norm`` is the
    length of the post under tf-idf, ``mass`` the sum of its words' ``rare``.
    """

    texts: Sequence[tuple[Reading, float]]
    rarity: Mapping[str, float]
    rare: Mapping[str, float]
    number: Mapping[str, int]
    ids: Ids
    weights: Floats
    rare_known: Floats
    norm: float
    mass: float


def weigh(post: PostTerms, known: Catalogue) -> Said:
    """``post`` beside the events of ``known`` and the posts it has seen."""
    terms = list(post.bag)
    weights = np.fromiter(post.bag.values(), np.float64, len(terms))
    rarity = known.rarity(terms)
    rare = weights * rarity
    ids = np.asarray([known.vocabulary.get(term, -1) for term in terms], np.int64)
    at = np.flatnonzero(ids >= 0)
    words = [i for i, term in enumerate(terms) if term[0] != "~"]
    return Said(
        texts=post.texts,
        rarity=dict(zip(terms, rarity.tolist(), strict=True)),
        rare=dict(zip(terms, rare.tolist(), strict=True)),
        number={terms[i]: number for number, i in enumerate(at)},
        ids=ids[at],
        weights=weights[at].astype(np.float32),
        rare_known=rare[at].astype(np.float32),
        norm=float(np.sqrt(rare @ rare)) or 1.0,
        mass=float(rare[words].sum()) or 1.0,
    )
