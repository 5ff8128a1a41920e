"""The texts held for near-duplicates: found by their hashes, never more than there is room for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.text.held import HeldTexts

CAPACITY, MOST_BYTES = 5, 60

texts = st.tuples(
    st.sampled_from([f"x:{n}" for n in range(8)]),
    st.text("ab ت\ud800", max_size=30),
    st.lists(st.integers(0, 6), max_size=10, unique=True),
    st.booleans(),
)


@given(st.lists(texts, max_size=40))
def test_a_hash_finds_the_texts_that_have_it_whatever_came_and_went(
    added: list[tuple[str, str, list[int], bool]],
) -> None:
    held = HeldTexts(CAPACITY, MOST_BYTES)
    for time, (id_, words, sketch, cut) in enumerate(added):
        held.hold(id_, words, sketch, cut=cut, time=time)
    last = {id_: (words, sketch, cut) for id_, words, sketch, cut in added}
    found = [held.text(slot) for value in range(7) for slot in held.with_hash(value, 99)]
    for id_, words, cut in found:
        assert (words, cut) == (last[id_][0], last[id_][2])
    left = {id_ for id_, *_ in found}
    for value in range(7):
        wanted = [i for i in order(added) if i in left and value in last[i][1]]
        assert [held.text(slot)[0] for slot in held.with_hash(value, 99)] == wanted


def order(added: list[tuple[str, str, list[int], bool]]) -> list[str]:
    """The ids in the order in which each was last held."""
    ids = [id_ for id_, *_ in added]
    return sorted(set(ids), key=lambda id_: len(ids) - 1 - ids[::-1].index(id_))


@given(st.lists(texts, max_size=40))
def test_never_more_than_its_bounds(added: list[tuple[str, str, list[int], bool]]) -> None:
    held = HeldTexts(CAPACITY, MOST_BYTES)
    for time, (id_, words, sketch, cut) in enumerate(added):
        held.hold(id_, words, sketch, cut=cut, time=time)
        assert len(held) <= CAPACITY
        assert held.size <= MOST_BYTES or len(held) == 1  # the latest is held, whatever its size


def test_only_the_latest_texts_of_a_common_hash_are_asked_for() -> None:
    held = HeldTexts(100, 10_000)
    for n in range(50):
        held.hold(f"x:{n}", "our correspondent in", [7], cut=False, time=n)
    assert [held.text(slot)[0] for slot in held.with_hash(7, 3)] == ["x:47", "x:48", "x:49"]


def test_what_is_before_a_time_is_dropped() -> None:
    held = HeldTexts(10, 10_000)
    for n in range(6):
        held.hold(f"x:{n}", "words", [n], cut=False, time=n)
    held.drop_before(4)
    assert [len(held.with_hash(n, 9)) for n in range(6)] == [0, 0, 0, 0, 1, 1]


def test_what_is_dropped_leaves_nothing_behind() -> None:
    held = HeldTexts(10, 10_000)
    held.hold("x:1", "words", [1, 2], cut=False, time=1)
    held.drop("x:1")
    held.drop("x:1")
    assert (len(held), held.size) == (0, 0)
    assert held.with_hash(1, 9) == []
