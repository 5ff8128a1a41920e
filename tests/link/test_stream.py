"""What posts of late are about speaks for or against an event, and is forgotten with the window."""

from dataclasses import replace

import numpy as np
import pytest

from monitor.link import Linker, LinkInput, load_events
from monitor.link.bags import RecentRarity
from monitor.link.evidence import FEATURES
from monitor.link.remembered import Remembered, pack, unpack
from monitor.link.score import backing
from monitor.link.stream import Stream, points
from monitor.model import Language
from monitor.text.embed import Encoder
from monitor.text.places import Gazetteer
from tests.link.test_linker import CORPUS, given, post

FLOOD, FIRE = 0, 1
ENGLISH = Language("en", 0.99)


def stream_of(texts: dict[str, int | None], encoder: Encoder, *, most: int = 100) -> Stream:
    """Posts by text, each about an event or about none."""
    stream = Stream(encoder.dimension, most)
    stream.numbers(["flood", "fire"])
    vectors = encoder.encode(list(texts))
    stream.remember(list(texts), points(vectors, [{} for _ in texts]), [0.0] * len(texts))
    for text, event in texts.items():
        shares = np.eye(2)[event] if event is not None else np.zeros(2)
        stream.tell(text, np.arange(2), shares * 0.9)
    return stream


RAIN = {
    "The river broke its banks in Valdoria": FLOOD,
    "Streets of Valdoria under water tonight": FLOOD,
    "Warehouse burns at the port of Ostrand": FIRE,
    "Water in the streets of Valdoria": None,
}


def test_posts_like_those_about_an_event_are_near_it(encoder: Encoder) -> None:
    stream = stream_of(RAIN, encoder)
    [around] = stream.around(np.array([3]), [np.arange(2)], timed=True)
    assert around.near[FLOOD] > 3 * around.near[FIRE]
    assert around.near[FLOOD] < 0.2  # of four posts none need be near
    assert around.among[FLOOD] > around.among[FIRE]
    assert stream.count("Water in the streets of Valdoria", FLOOD, timed=True) == 2


def test_a_post_is_no_evidence_for_itself(encoder: Encoder) -> None:
    stream = stream_of({"Water in the streets": FLOOD}, encoder)
    [around] = stream.around(np.array([0]), [np.arange(2)], timed=True)
    assert around.near.tolist() == around.among.tolist() == [0.0, 0.0]


def test_a_post_linked_again_takes_its_old_place(encoder: Encoder) -> None:
    stream = stream_of(RAIN, encoder)
    vector = encoder.encode(["Water in the streets of Valdoria"])
    again = ["Water in the streets of Valdoria"]
    assert stream.remember(again, points(vector, [{}]), [1.0]).tolist() == [3]


def test_the_oldest_posts_are_forgotten(encoder: Encoder) -> None:
    stream = stream_of({f"post {i}": FLOOD for i in range(3)}, encoder, most=3)
    vectors = encoder.encode(["one more"])
    assert stream.remember(["one more"], points(vectors, [{}]), [0.0]).tolist() == [0]
    stream.tell("post 0", np.arange(2), np.ones(2))  # gone: nothing to tell it to
    [around] = stream.around(np.array([0]), [np.arange(2)], timed=False)
    assert 0 < around.near[FLOOD] <= 1


def test_posts_of_other_days_count_less(encoder: Encoder) -> None:
    stream = Stream(encoder.dimension, 10)
    stream.numbers(["flood", "fire"])
    texts = ["Valdoria floods", "Valdoria floods", "Valdoria floods"]
    made = points(encoder.encode(texts), [{}, {}, {}])
    stream.remember(["new", "yesterday", "last month"], made, [720.0, 696.0, 0.0])
    stream.tell("yesterday", np.arange(2), np.array([0.9, 0.0]))
    stream.tell("last month", np.arange(2), np.array([0.0, 0.9]))
    [around] = stream.around(np.array([0]), [np.arange(2)], timed=True)
    assert around.near[FLOOD] > 100 * around.near[FIRE]


def test_a_post_without_the_words_is_linked_by_posts_like_it_and_says_so(
    encoder: Encoder, gazetteer: Gazetteer
) -> None:
    events = [e for e in load_events([CORPUS / "events.jsonl"]) if "2024-02" in e.id]
    alone = Linker(events, encoder=encoder, gazetteer=gazetteer)
    among = Linker(events, encoder=encoder, gazetteer=gazetteer)
    told = "US air strikes hit militia depots near al-Qaim, windows shake across the border"
    vague = "windows shake across the border, what a night"
    among.link_many(
        [
            LinkInput(post(f"{told} {i}", number=f"t{i}"), item.language, None, item.places)
            for i in range(12)
            for item in [given(told, "en", gazetteer)]
        ]
    )
    item = given(vague, "en", gazetteer)
    [before], [after] = alone.candidates(item, 1), among.candidates(item, 1)
    assert after.event_id == "us-strikes-iraq-syria-2024-02-02"
    assert after.details["known"] > before.details["known"]
    [link] = among.considered(item, 1)
    [stream] = [evidence for evidence in link.evidence if evidence.kind == "stream"]
    assert stream.weight > 0
    assert "other posts about it" in stream.detail


@pytest.mark.parametrize(
    ("evidence", "least", "most"),
    [
        ({"near": 1.0, "lasting": 1.0, "place": 1.0, "country": 1.0}, 0.0, 0.0),
        ({"matched": 0.4, "content": 0.03}, 0.0, 0.0),  # one word of thirty is chance
        ({"matched": 0.5, "content": 0.3}, 0.9, 1.0),
        ({"kind": 0.6}, 0.9, 1.0),
        ({"alias": 1.0}, 1.0, 1.0),
        ({"dense": 0.7}, 1.0, 1.0),
        ({"similar": 2.0}, 0.0, 0.0),  # one in eight of the posts like it
        ({"similar": 3.1}, 1.0, 1.0),  # two in five
    ],
)
def test_time_and_place_alone_back_no_link(
    evidence: dict[str, float], least: float, most: float
) -> None:
    features = np.asarray([evidence.get(name, 0.0) for name in FEATURES])
    assert least <= float(backing(features)) <= most


def test_what_is_remembered_of_a_post_comes_back_as_it_was() -> None:
    point = np.linspace(-1, 1, 8).astype(np.float16).astype(np.float32)
    post = Remembered("use-8", 474_000.25, point, ["قائم", "~njb", "a\ud800b"], [("flood", 0.25)])
    again = unpack(pack(post))
    assert again.point.tolist() == point.tolist()
    assert replace(again, point=point) == post


def test_posts_recalled_are_the_evidence_they_were(encoder: Encoder) -> None:
    events = [e for e in load_events([CORPUS / "events.jsonl"]) if "2024-02" in e.id]
    items = [
        LinkInput(post(f"US air strikes hit depots near al-Qaim {i}", number=str(i)), ENGLISH)
        for i in range(8)
    ]
    first, second = Linker(events, encoder=encoder), Linker(events, encoder=encoder)
    first.link_many(items[:6])
    second.recall(first.remembered([item.post.id for item in items]).items())
    assert second.candidates_many(items[6:], 3) == first.candidates_many(items[6:], 3)


def test_posts_of_another_encoder_are_not_recalled(encoder: Encoder) -> None:
    linker = Linker([], encoder=encoder)
    other = Remembered("another-1024", 1.0, np.zeros(1024, np.float32), ["word"], [])
    linker.recall([("1", pack(other))])
    assert linker.remembered(["1"]) == {}


def test_words_are_rare_in_the_last_posts_only() -> None:
    rarity, untouched = RecentRarity({}, most=2), RecentRarity({}, most=2)
    rarity.see("old", ["flood", "fire"])
    rarity.see("new", ["flood"])
    common = rarity.idf(["flood"])
    rarity.see("new", ["flood", "rain"])  # linked again: counted once
    assert rarity.idf(["flood"]) == common < untouched.idf(["flood"])
    assert list(rarity.terms("new")) == ["flood", "rain"]
    for key in "ab":
        rarity.see(key, [])
        untouched.see(key, [])
    assert rarity.idf(["flood"]) == untouched.idf(["flood"])


def many(number: int, encoder: Encoder) -> Stream:
    """Posts of random meaning, every other one about the flood."""
    random = np.random.default_rng(1)
    vectors = random.standard_normal((number, encoder.dimension)).astype(np.float32)
    vectors[:, 0] += 15.0  # all in one direction: some are alike
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stream = Stream(encoder.dimension, number)
    stream.numbers(["flood", "fire"])
    keys = [f"x:{n}" for n in range(number)]
    stream.remember(
        keys, points(vectors, [{} for _ in keys]), random.uniform(0, 9, number).tolist()
    )
    for n, key in enumerate(keys):
        stream.tell(key, np.arange(2), np.array([0.9 * (n % 2), 0.0]))
    return stream


@pytest.mark.parametrize("timed", [True, False])
def test_the_posts_alike_are_counted_the_same_before_and_after_a_look_around(
    encoder: Encoder, timed: bool
) -> None:
    stream = many(1100, encoder)  # more than are compared at once
    keys = [f"x:{n}" for n in range(0, 1100, 100)]
    before = [stream.count(key, FLOOD, timed=timed) for key in keys]
    stream = many(1100, encoder)
    stream.around(np.arange(0, 1100, 100), [np.arange(2)] * len(keys), timed=timed)
    assert [stream.count(key, FLOOD, timed=timed) for key in keys] == before
    assert 0 < sum(before) < 30 * len(keys)


def test_posts_that_came_since_a_look_around_are_counted_too(encoder: Encoder) -> None:
    stream = stream_of(RAIN, encoder)
    asked = "Water in the streets of Valdoria"
    stream.around(np.array([3]), [np.arange(2)], timed=True)
    vector = points(encoder.encode(["Valdoria's streets: water everywhere"]), [{}])
    stream.remember(["later"], vector, [0.0])
    stream.tell("later", np.arange(2), np.array([0.9, 0.0]))
    assert stream.count(asked, FLOOD, timed=True) == 3


def test_points_are_kept_in_half_precision_and_lose_nothing(encoder: Encoder) -> None:
    stream = Stream(encoder.dimension, 10)
    where = points(encoder.encode(["Water in the streets"]), [{"water": 0.3, "street": 0.7}])
    stream.remember(["x:1"], where, [0.0])
    [(_, _, point, _)] = stream.told(["x:1"])
    assert np.array_equal(point, where[0])
    assert stream._points.itemsize == 2
