"""A LibreTranslate-compatible server, by its URL (POST /translate, docs.libretranslate.com)."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.errors import BadStatus, EngineDown, FetchError, ParseError, TranslationError
from monitor.net.post import post_json
from monitor.net.values import Limits
from monitor.translate.engine import EngineKind, Offer, Output, Pair, Settings
from monitor.translate.masks import Masks

NAME = "libretranslate"
_PAIRS: frozenset[Pair] = frozenset({("ar", "en"), ("fr", "en")})
_THE_TEXTS_FAULT = (400, 413, 422)  # bad request, too large, not to be processed
_LIMITS = Limits(read_s=30, total_s=120)


class LibreTranslateEngine:
    """One server. Texts leave this machine."""

    name = NAME
    remote = True
    draft = False
    pairs = _PAIRS
    masks = Masks()

    def __init__(self, url: str, key: str | None = None, limits: Limits = _LIMITS) -> None:
        self.model = url
        self._url = url.rstrip("/") + "/translate"
        self._key = key
        self._limits = limits

    def count(self, text: str, source: str) -> int:  # noqa: ARG002 — the server's own affair
        return len(text) // 3

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Output]:
        if not texts:
            return []
        body = {"q": list(texts), "source": source, "target": target, "format": "text"}
        if self._key:
            body["api_key"] = self._key
        try:
            answer = post_json(self._url, body, self._limits)
        except (FetchError, ParseError) as error:
            at_fault = isinstance(error, BadStatus) and error.status in _THE_TEXTS_FAULT
            failure = TranslationError if at_fault else EngineDown
            raise failure(f"the LibreTranslate server failed: {error}") from None
        said = answer.get("translatedText") if isinstance(answer, dict) else None
        if (
            not isinstance(said, list)
            or len(said) != len(texts)
            or not all(isinstance(text, str) for text in said)
        ):
            raise EngineDown(f"{self._url}: answered without the {len(texts)} translations")
        return [Output(text) for text in said]


def _offers(settings: Settings) -> list[Offer]:
    url = settings.url
    if url is None:
        return []

    def load() -> LibreTranslateEngine:
        return LibreTranslateEngine(url, settings.key)

    return [Offer(NAME, url, _PAIRS, load, rank=20.0, remote=True)]


KIND = EngineKind(
    name=NAME,
    summary="any LibreTranslate-compatible server; posts are sent to it",
    requires="translate.url in config.yaml",
    offers=_offers,
)
