"""The lexicon: every line of the shipped file is found, and nothing that is not in it."""

from __future__ import annotations

import gzip
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.link.lexicon import Table, load_lexicon


def test_every_line_of_the_shipped_file_is_found() -> None:
    lexicon = load_lexicon()
    path = resources.files("monitor.link") / "data" / "lexicon.tsv.gz"
    seen = {"ar": 0, "fr": 0}
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        language, _, rest = line.partition("\t")
        if language in seen:
            stem, _, glosses = rest.partition("\t")
            pairs = (item.rpartition(":") for item in glosses.split())
            assert lexicon.tables[language].get(stem) == tuple((t, float(p)) for t, _, p in pairs)
            seen[language] += 1
    assert min(seen.values()) > 20_000


def test_shares_are_of_all_documents() -> None:
    share = load_lexicon().share
    assert len(share) > 40_000
    assert 0 < min(share.values()) < max(share.values()) < 1


def test_a_language_without_a_table_has_no_glosses() -> None:
    assert load_lexicon().gloss("water", "en") == ()


WORDS = st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), max_size=5)


@given(st.sets(WORDS), st.text(st.characters(exclude_categories=[])))
def test_a_table_finds_its_stems_and_no_other(stems: set[str], other: str) -> None:
    ordered = sorted(stems, key=str.encode)
    table = Table.of([f"{stem}\tx{n}:0.5".encode() for n, stem in enumerate(ordered)])
    assert [table.get(stem) for stem in ordered] == [((f"x{n}", 0.5),) for n in range(len(stems))]
    assert table.get(other) == () or other in stems


def test_a_file_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="ascend"):
        Table.of([b"b\tx:0.5", b"a\tx:0.5"])
