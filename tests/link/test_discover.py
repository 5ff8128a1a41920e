"""Posts that fit no event are clustered into stories, with bounded memory."""

from datetime import UTC, datetime, timedelta

from monitor.link.discover import Discovery, DiscoveryInput
from monitor.model import Post
from monitor.text.embed import Encoder

STORIES = (
    "Huge fire at the Marseille harbour warehouse",
    "Warehouse fire in Marseille harbour, huge smoke",
    "Parliament votes on pension reform tonight",
    "Pension reform: parliament votes tonight",
    "Marseille harbour warehouse fire under control",
)
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def inputs(encoder: Encoder, texts: tuple[str, ...]) -> list[DiscoveryInput]:
    vectors = encoder.encode(texts)
    return [
        DiscoveryInput(
            Post(platform="x", external_id=str(i), source=f"s{i}", text=text,
                 collected_at=NOW + timedelta(minutes=i)),
            vector,
        )
        for i, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    ]  # fmt: skip


def test_posts_of_one_story_share_a_cluster(encoder: Encoder) -> None:
    a, b, c, d, e = Discovery(512).add_many(inputs(encoder, STORIES))
    assert a == b == e
    assert c == d
    assert a != c


def test_a_story_is_titled_by_one_of_its_posts_and_becomes_an_event(encoder: Encoder) -> None:
    discovery = Discovery(512)
    discovery.add_many(inputs(encoder, STORIES))
    [fire] = discovery.emerging(3)
    assert fire.size == 3
    assert len(fire.sources) == 3
    assert fire.title in STORIES
    event = fire.as_event("fire")
    assert (event.id, event.started_at) == ("fire", NOW)


def test_memory_is_bounded(encoder: Encoder) -> None:
    discovery = Discovery(512, most=2)
    for item in inputs(encoder, STORIES):
        discovery.add_many([item])
    assert len(discovery.clusters) <= 2


def test_stories_that_grow_alike_are_merged_and_the_old_number_still_leads_there(
    encoder: Encoder,
) -> None:
    discovery = Discovery(512, join=0.99, merge=0.3)  # joins copies only, so merging must do it
    numbers = discovery.add_many(inputs(encoder, STORIES * 60))
    assert len({discovery.resolve(number) for number in numbers}) == 2
    [fire, pension] = discovery.emerging(3)
    assert (fire.size, pension.size) == (180, 120)


def test_a_story_nobody_has_told_for_days_takes_no_posts_any_more(encoder: Encoder) -> None:
    discovery = Discovery(512, idle_h=1)
    [first, *_] = discovery.add_many(inputs(encoder, STORIES[:1]))
    later = inputs(encoder, STORIES[:1] * 90)[-1:]  # 89 minutes on
    assert discovery.add_many(later) != [first]


def test_the_longer_a_story_is_silent_the_more_alike_a_post_must_be_to_join_it(
    encoder: Encoder,
) -> None:
    first, soon, *_, later = inputs(encoder, (STORIES[0], *STORIES[1:2] * 90))  # 90 minutes
    assert len(set(Discovery(512, fade_h=0.5).add_many([first, soon]))) == 1
    assert len(set(Discovery(512, fade_h=1000).add_many([first, later]))) == 1
    assert len(set(Discovery(512, fade_h=0.5).add_many([first, later]))) == 2
