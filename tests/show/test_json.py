"""The JSON of a linked post is what the design and the schema say, whatever strangers write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Analysis, Language, LinkedPost
from monitor.show.json import dumps, linked_post, moment
from tests.show.samples import ARABIC, NOON, STRIKES, linked, plain, post

SCHEMA = json.loads(files("monitor").joinpath("schemas/linked-post.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def everything_set() -> LinkedPost:
    return replace(
        linked(),
        post=post(
            title="عنوان",
            edited_at=NOON,
            published_raw="2 شباط 2024",
            language_tag="ar",
            repost_of="x:0",
            reply_to="x:0",
            quotes="x:0",
            content_warning="violence",
            metrics={"views": 12},
        ),
        deleted_at=NOON,
    )


def test_the_schema_is_a_valid_draft_2020_12_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "lp", [linked(), plain(2), everything_set()], ids=["linked", "plain", "all"]
)
def test_every_export_is_valid_against_the_schema(lp: LinkedPost) -> None:
    VALIDATOR.validate(linked_post(lp))


def test_the_schema_refuses_what_is_not_a_linked_post() -> None:
    for broken in (
        {},
        linked_post(linked()) | {"links": None},
        linked_post(linked()) | {"schema": "x"},
    ):
        assert not VALIDATOR.is_valid(broken)


def test_every_exported_key_is_described_in_the_schema() -> None:
    """The schema stays open for readers; this test keeps it complete for writers."""
    assert list(_undescribed(linked_post(everything_set()), SCHEMA, "")) == []


def test_the_post_of_the_design_has_the_shape_of_the_design() -> None:
    document = linked_post(linked())
    assert document["schema"] == "monitor.linked-post/1"
    assert document["post"]["text"] == ARABIC
    assert document["post"]["author"] == {"name": "قناة الميادين", "handle": "@AlMayadeenNews"}
    assert document["post"]["parent"]["title"] == "Frappes américaines en Irak"
    assert document["post"]["published_at"] == "2024-02-03T11:56:00Z"
    assert document["language"]["code"] == "ar"
    assert document["places"][0]["country"] == "IQ"
    assert document["links"][0]["event_id"] == STRIKES
    assert document["links"][0]["evidence"][0] == {
        "kind": "place",
        "weight": 2.1,
        "detail": "القائم ↔ al-Qaim",
    }
    assert document["duplicates"] == {"of": None, "count": 3, "sources": 2}


def test_a_post_about_no_event_has_empty_links_and_no_translation() -> None:
    document = linked_post(plain(1))
    assert document["links"] == []
    assert document["translation"] is None
    assert document["post"]["parent"] is None


def test_times_are_written_in_utc_with_z() -> None:
    paris = timezone(timedelta(hours=1))
    assert moment(NOON.astimezone(paris)) == "2024-02-03T12:00:00Z"


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_any_text_comes_back_character_for_character_but_for_lone_surrogates(text: str) -> None:
    """Offsets of spans and places stay valid in what a reader gets."""
    written = dumps(linked_post(linked(text=text))).encode("utf-8")
    back = json.loads(written)["post"]["text"]
    assert len(back) == len(text)
    assert all(
        b == a or (b == "\ufffd" and "\ud800" <= a <= "\udfff")
        for a, b in zip(text, back, strict=True)
    )


def test_json_printed_to_a_terminal_holds_nothing_that_the_terminal_obeys() -> None:
    hostile = "\x1b[2J\x9b2J\x07\u202eevil\u2066\u2028\x7f"
    line = dumps(linked_post(linked(text=hostile)))
    assert not any(char in line for char in hostile if char not in "evil[2J")
    assert json.loads(line)["post"]["text"] == hostile


def test_one_object_is_one_line() -> None:
    assert "\n" not in dumps(linked_post(linked(text="a\nb\u2028c\x85d")))


def test_a_probability_that_is_no_number_is_an_error_not_invalid_json() -> None:
    broken = LinkedPost(post(), Analysis(Language("ar", float("nan"))))
    with pytest.raises(ValueError, match="JSON"):
        dumps(linked_post(broken))


def _undescribed(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    for option in schema.get("oneOf", []):
        if option != {"type": "null"}:
            yield from _undescribed(value, option, path)
            return
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key, item in value.items():
            if key in known:
                yield from _undescribed(item, known[key], f"{path}.{key}")
            elif not isinstance(schema.get("additionalProperties"), dict):
                yield f"{path}.{key}"
    elif isinstance(value, list):
        for item in value:
            yield from _undescribed(item, schema["items"], f"{path}[]")
