# ruff: noqa: E501 - mark-up stands as platforms write it
"""Public Telegram channels through their web preview."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.errors import PreviewUnavailable
from monitor.model import Parent, Post
from tests.sources.support import NOW, World


def message(
    number: int, inside: str = "", *, text: str | None = "نص", meta: str = "", classes: str = ""
) -> str:
    body = (
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
        if text
        else ""
    )
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap"><div
 class="tgme_widget_message text_not_supported_wrap js-widget_message {classes}" data-post="AlMayadeen/{number}">
<div class="tgme_widget_message_user"><a href="https://t.me/AlMayadeen"><i></i></a></div>
<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color"><a
 class="tgme_widget_message_owner_name" href="https://t.me/AlMayadeen"><span dir="auto">قناة الميادين</span></a></div>
{inside}{body}<div class="tgme_widget_message_footer compact js-message_footer"><div
 class="tgme_widget_message_info short js-message_info"><span class="tgme_widget_message_views">1.2K</span><span
 class="copyonly"> views</span><span class="tgme_widget_message_meta">{meta}<a class="tgme_widget_message_date"
 href="https://t.me/AlMayadeen/{number}"><time datetime="2024-02-02T22:{number % 60:02}:00+00:00" class="time">22:00</time></a></span>
</div></div></div></div></div>"""


def page(*messages: str) -> str:
    return f"""<!DOCTYPE html><html><head><title>x – Telegram</title></head><body class="widget_frame_base">
<header class="tgme_header"><div class="tgme_channel_info"><div class="tgme_channel_info_header_title">x</div>
</div></header><main class="tgme_main"><section class="tgme_channel_history js-message_history">
{"".join(messages)}</section></main></body></html>"""


def first(inside: str = "", *, text: str | None = "نص", meta: str = "") -> Post:
    world = World({"/s/almayadeen": page(message(7, inside, text=text, meta=meta))})
    (post,) = world.poll("telegram", channel="@almayadeen", base_url="{base}").posts
    return post


def test_a_message_with_its_line_breaks_author_date_and_views() -> None:
    post = first(
        text='عاجل<br/>انفجارات في <a href="?q=%23x">#القائم</a> <i class="emoji"><b>🔴</b></i>'
    )
    assert post.id == "telegram:almayadeen/7"
    assert post.text == "عاجل\nانفجارات في #القائم 🔴"
    assert (post.author.name, post.author.handle) == ("قناة الميادين", "@AlMayadeen")
    assert post.published_at == datetime(2024, 2, 2, 22, 7, tzinfo=UTC)
    assert post.url == "https://t.me/AlMayadeen/7"
    assert post.metrics == {"views": 1200}


def test_a_forward_names_its_origin() -> None:
    post = first(
        '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from <a'
        ' class="tgme_widget_message_forwarded_from_name" href="https://t.me/Sabereen/99"><span>صابرين</span></a></div>'
    )
    assert post.repost_of == "telegram:sabereen/99"
    assert post.parents == (Parent("https://t.me/Sabereen/99", "صابرين", "telegram"),)


def test_a_reply_keeps_its_own_text_and_names_what_it_answers() -> None:
    post = first(
        '<a class="tgme_widget_message_reply user-color-default" href="https://t.me/AlMayadeen/3"><div'
        ' class="tgme_widget_message_author"><span class="tgme_widget_message_author_name">x</span></div><div'
        ' class="tgme_widget_message_text js-message_reply_text" dir="auto">النص القديم</div></a>',
        text="النص الجديد",
    )
    assert (post.text, post.reply_to) == ("النص الجديد", "telegram:almayadeen/3")


def test_media_are_kept_with_their_descriptions() -> None:
    post = first(
        """<a class="tgme_widget_message_photo_wrap" href="x" style="width:800px;background-image:url('https://cdn4.cdn.example/file/a.jpg')"></a>
<a class="tgme_widget_message_video_player" href="x"><i class="tgme_widget_message_video_thumb" style="background-image:url('https://cdn4.cdn.example/thumb.jpg')"></i><video src="https://cdn4.cdn.example/v.mp4"></video></a>
<a class="tgme_widget_message_document_wrap" href="x"><div class="tgme_widget_message_document_title">تقرير.pdf</div><div class="tgme_widget_message_document_extra">1.2 MB</div></a>
<div class="message_media_not_supported_wrap"><div class="message_media_not_supported"><div>This media is not supported</div></div></div>""",
        text=None,
    )
    assert post.media == (
        "https://cdn4.cdn.example/file/a.jpg",
        "https://cdn4.cdn.example/v.mp4",
        "document: تقرير.pdf 1.2 MB",
        "media too big for the preview",
    )
    assert (post.text, post.complete) == ("", True)


def test_a_poll_is_its_question_and_its_options() -> None:
    post = first(
        '<a class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">سؤال؟</div>'
        '<div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_text">نعم</div></div></a>',
        text=None,
    )
    assert post.text == "سؤال؟\nنعم"


def test_an_edit_keeps_the_time_it_was_first_seen() -> None:
    world = World({"/s/almayadeen": page(message(7, meta="edited &nbsp;"))})
    poll = world.poll("telegram", channel="almayadeen", base_url="{base}")
    assert poll.posts[0].edited_at == NOW
    later = World(world.site, now=datetime(2024, 2, 6, tzinfo=UTC))
    again = later.poll("telegram", poll.state, channel="almayadeen", base_url="{base}")
    assert again.posts[0].edited_at == NOW


def channel(newest: int, missing: tuple[int, ...] = ()) -> World:
    """Pages of three messages, as ``before`` asks for them."""

    def site(request: object) -> str:
        before = int(str(getattr(request, "path", "")).partition("before=")[2] or newest + 1)
        numbers = [n for n in range(1, before) if n not in missing][-3:]
        return page(*(message(n) for n in numbers))

    return World(site)


def numbers(posts: tuple[Post, ...]) -> list[int]:
    return sorted(int(post.external_id.rpartition("/")[2]) for post in posts)


def test_pages_are_turned_back_to_the_last_message_seen() -> None:
    poll = channel(5).poll("telegram", channel="almayadeen", base_url="{base}")
    assert numbers(poll.posts) == [3, 4, 5]
    world = channel(12)
    again = world.poll("telegram", poll.state, channel="almayadeen", base_url="{base}")
    assert numbers(again.posts) == [4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert world.requests == [
        "/s/almayadeen",
        "/s/almayadeen?before=10",
        "/s/almayadeen?before=7",
    ]


def test_a_gap_too_wide_for_one_poll_is_said() -> None:
    poll = channel(5).poll("telegram", channel="almayadeen", base_url="{base}")
    again = channel(500).poll("telegram", poll.state, channel="almayadeen", base_url="{base}")
    assert "monitor sources backfill test" in again.warnings[0]


def test_a_message_missing_from_the_newest_page_was_deleted() -> None:
    poll = channel(5).poll("telegram", channel="almayadeen", base_url="{base}")
    again = channel(6, missing=(4,)).poll(
        "telegram", poll.state, channel="almayadeen", base_url="{base}"
    )
    assert again.deleted == ("telegram:almayadeen/4",)


def test_backfill_pages_to_the_first_message() -> None:
    pages = channel(8).backfill(
        "telegram", datetime(2020, 1, 1, tzinfo=UTC), channel="almayadeen", base_url="{base}"
    )
    assert sorted(n for poll in pages for n in numbers(poll.posts)) == list(range(1, 9))


def test_service_messages_are_no_posts() -> None:
    world = World({"/s/almayadeen": page(message(6, classes="service_message"), message(7))})
    assert numbers(world.poll("telegram", channel="almayadeen", base_url="{base}").posts) == [7]


@pytest.mark.parametrize(
    "html",
    [
        # What t.me answers for a private channel, a user, or one without preview: its landing page.
        '<!DOCTYPE html><html><body><div class="tgme_page"><div class="tgme_page_title">x</div><div class="tgme_page_action"><a class="tgme_action_button_new">View in Telegram</a></div></div></body></html>',
        "<!DOCTYPE html><html><body>captcha</body></html>",
        "",
        # Telegram changed its class names.
        page('<div class="tg-post" data-id="almayadeen/7"><p>نص</p></div>'),
    ],
    ids=["landing page", "something else", "nothing", "changed mark-up"],
)
def test_no_preview_is_preview_unavailable_and_never_no_posts(html: str) -> None:
    with pytest.raises(PreviewUnavailable, match="@almayadeen"):
        World({"/s/almayadeen": html}).poll("telegram", channel="almayadeen", base_url="{base}")


def test_a_channel_without_messages_yet_has_no_posts() -> None:
    empty = page(
        '<div class="tgme_widget_message_centered"><div class="tme_no_messages_found">No posts found</div></div>'
    )
    assert (
        World({"/s/almayadeen": empty})
        .poll("telegram", channel="almayadeen", base_url="{base}")
        .posts
        == ()
    )
