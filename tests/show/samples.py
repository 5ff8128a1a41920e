"""Posts that the tests of this room are shown on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import (
    Analysis,
    Author,
    Duplicates,
    Evidence,
    Language,
    Link,
    LinkedPost,
    LinkStatus,
    Parent,
    Place,
    Post,
    Span,
    Translation,
)

NOON = datetime(2024, 2, 3, 12, 0, tzinfo=UTC)
ARABIC = "#شاهد | انفجارات نتيجة العدوان الأميركي على مدينة #القائم في #العراق"
ENGLISH = "#Watch | Explosions after the American aggression on the city of #al-Qaim in #Iraq"
ARTICLE = "https://news.example/monde/frappes-americaines"
STRIKES = "us-strikes-iraq-syria-2024-02-02"

QAIM = Place("القائم", 52, 58, "Al-Qaim", "IQ", 34.37, 41.08, 99762, "town", 0.97)


def post(n: int = 1, text: str = ARABIC, **changes: object) -> Post:
    whole = Post(
        platform="x",
        external_id=str(n),
        source="presse",
        text=text,
        collected_at=NOON,
        published_at=NOON - timedelta(minutes=4),
        url=f"https://x.com/AlMayadeenNews/status/{n}",
        author=Author("قناة الميادين", "@AlMayadeenNews"),
        parents=(Parent(ARTICLE, "Frappes américaines en Irak", "web"),),
        media=("pic.twitter.com/FiH6heaU0B",),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def link(
    post_id: str = "x:1",
    event_id: str = STRIKES,
    probability: float = 0.97,
    status: LinkStatus = "confirmed",
    title: str = "US strikes in Iraq and Syria",
) -> Link:
    return Link(
        post_id,
        event_id,
        title,
        probability,
        status,
        (
            Evidence("place", 2.1, "القائم ↔ al-Qaim"),
            Evidence("time", 0.8, "4 hours after it began"),
            Evidence("number", -0.6, "no number in common"),
        ),
        "It names al-Qaim, where the strikes fell, on the same day.",
    )


def linked(n: int = 1, text: str = ARABIC, **changes: object) -> LinkedPost:
    """The Arabic post of the design, linked; ``changes`` are to the LinkedPost."""
    whole = LinkedPost(
        post(n, text),
        Analysis(
            Language("ar", 0.99, (Span(0, len(text), "ar"),)),
            Translation(
                ENGLISH, "ar", "en", "ctranslate2", "opus-mt-ar-en", ("a number is missing",)
            ),
            (QAIM,),
            (link(f"x:{n}"),),
        ),
        Duplicates(None, 3, 2),
        versions=2,
        seq=n,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def plain(n: int, text: str = "Rain in Marseille", source: str = "meteo") -> LinkedPost:
    """An English post about no known event."""
    return LinkedPost(
        Post(platform="web", external_id=str(n), source=source, text=text, collected_at=NOON),
        Analysis(Language("en", 0.95)),
        seq=n,
    )
