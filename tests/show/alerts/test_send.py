"""Alerts arrive whole, signed and once; a receiver that hangs is cut off; secrets stay secret."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import select
import ssl
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from monitor.errors import AlertError, BadStatus, MonitorError, TimedOut, Unreachable
from monitor.show.alerts.outbox import GIVE_UP_AFTER, Entry, failed, hopeless
from monitor.show.alerts.send import deliver, webhook_headers
from monitor.show.alerts.settings import Channel
from monitor.show.json import dumps
from tests.show.alerts.receivers import mail, web
from tests.show.alerts.samples import rule
from tests.show.alerts.test_rounds import made
from tests.show.samples import ARABIC, NOON, linked

DOCUMENT = dumps(made(linked()))


def entry() -> Entry:
    document = json.loads(DOCUMENT)
    return Entry(
        document["id"], "strikes", "c0ffee00", "webhook x", document["title"],
        NOON, NOON,
    )  # fmt: skip


def channel(**settings: Any) -> Channel:
    return rule(to=[settings]).to[0]


def send(to: Channel, env: dict[str, str] | None = None, within_s: float = 10) -> None:
    asyncio.run(deliver(to, entry(), DOCUMENT, NOON, env=env or {}, within_s=within_s))


def test_a_webhook_gets_the_json_signed_with_its_id_and_time() -> None:
    with web() as receiver:
        to = channel(kind="webhook", url=f"{receiver.url}/hook?x=1", key_env="KEY")
        send(to, {"KEY": "s3cret"})
    (got,) = receiver.requests
    assert (got.path, got.headers["content-type"]) == ("/hook?x=1", "application/json")
    assert json.loads(got.body)["posts"][0]["post"]["text"] == ARABIC
    assert got.headers["webhook-id"] == entry().alert_id
    assert got.headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    signed = f"{entry().alert_id}.{int(NOON.timestamp())}.".encode() + got.body
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"


def test_signatures_are_those_of_the_standard_webhooks_specification() -> None:
    """The example that implementations of the specification are checked with."""
    headers = webhook_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_key_nothing_is_signed() -> None:
    assert "webhook-signature" not in webhook_headers("a", b"", NOON, None)


def test_an_address_that_is_a_secret_comes_from_the_environment_and_is_never_shown() -> None:
    with web() as receiver:
        receiver.answer = lambda _: 500
        to = channel(kind="webhook", url_env="HOOK")
        with pytest.raises(BadStatus) as caught:
            send(to, {"HOOK": f"{receiver.url}/T0KEN"})
    assert receiver.requests[0].path == "/T0KEN"
    assert "T0KEN" not in str(caught.value) + str(to)


@pytest.mark.parametrize("status", [301, 400, 410, 500])
def test_only_a_success_is_a_yes(status: int) -> None:
    with web() as receiver:
        receiver.answer = lambda _: status
        receiver.headers = {"Location": "/elsewhere"}
        with pytest.raises(BadStatus):
            send(channel(kind="webhook", url=receiver.url))
    assert len(receiver.requests) == 1


def test_a_receiver_that_asks_for_patience_is_obeyed() -> None:
    with web() as receiver:
        receiver.answer = lambda _: 429
        receiver.headers = {"Retry-After": "7200"}
        with pytest.raises(BadStatus) as caught:
            send(channel(kind="webhook", url=receiver.url))
    assert failed(entry(), caught.value, NOON).next_at.hour == NOON.hour + 2


def test_a_webhook_that_hangs_is_cut_off() -> None:
    hang = threading.Event()
    with web() as receiver:
        receiver.answer = lambda _: hang.wait(60) and 204
        try:
            with pytest.raises(TimedOut, match=r"no answer within 0\.3 seconds"):
                send(channel(kind="webhook", url=receiver.url), within_s=0.3)
        finally:
            hang.set()


def test_a_receiver_that_is_away_is_named_in_a_line() -> None:
    with pytest.raises(Unreachable, match=r"^http://127.0.0.1:9: .*"):
        send(channel(kind="webhook", url="http://127.0.0.1:9/secret"))


def test_ntfy_gets_title_text_and_link_and_its_token() -> None:
    with web() as receiver:
        to = channel(kind="ntfy", url=f"{receiver.url}/base/topic", token_env="TOKEN")
        send(to, {"TOKEN": "tk_1"})
    (got,) = receiver.requests
    message = json.loads(got.body)
    assert (got.path, message["topic"]) == ("/base/", "topic")
    assert message["title"] == "US strikes in Iraq and Syria"
    assert ARABIC in message["message"]
    assert message["click"].startswith("https://x.com/")
    assert got.headers["authorization"] == "Bearer tk_1"


def test_an_email_has_the_text_and_the_json() -> None:
    with mail() as receiver:
        to = channel(
            kind="email", server="127.0.0.1", port=receiver.port, security="plain",
            to=["ana@desk.example", "ben@desk.example"], **{"from": "monitor@desk.example"},
        )  # fmt: skip
        send(to)
    (raw,) = receiver.messages
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "[monitor] US strikes in Iraq and Syria"
    assert entry().alert_id in message["Message-ID"]
    body, attached = message.iter_parts()
    assert ARABIC in body.get_content()
    assert json.loads(attached.get_content())["schema"] == "monitor.alert/1"
    assert len(receiver.recipients) == 2


def an_email(port: int, **more: Any) -> Channel:
    given = {"kind": "email", "server": "127.0.0.1", "port": port, "security": "plain"}
    given |= {"to": "a@desk.example", "from": "m@desk.example"}
    return channel(**(given | more))


def test_a_mail_server_that_refuses_is_quoted() -> None:
    with mail() as receiver:
        receiver.refuse = b"550 no such box\r\n"
        with pytest.raises(AlertError, match="550"):
            send(an_email(receiver.port))


def test_a_mail_server_without_starttls_gets_no_mail_in_the_clear() -> None:
    with mail() as receiver:
        with pytest.raises(AlertError, match="STARTTLS"):
            send(an_email(receiver.port, security="starttls"))
        assert receiver.messages == []


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate, of an authority that this test trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_one_logs_in_with_what_the_environment_holds(
    security: str, certificate: ssl.SSLContext
) -> None:
    with mail() as receiver:
        receiver.tls, receiver.from_start = certificate, security == "tls"
        to = an_email(receiver.port, security=security, user_env="U", password_env="P")
        send(to, {"U": "ana", "P": "s3cret"})
        assert receiver.logins == [b"\0ana\0s3cret"]
        assert len(receiver.messages) == 1
        with pytest.raises(AlertError, match=r"the login was refused \(535\)") as caught:
            send(to, {"U": "ana", "P": "wr0ng"})
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_gets_no_mail(
    security: str, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail() as receiver:
        receiver.tls, receiver.from_start = certificate, security == "tls"
        with pytest.raises(AlertError, match="CERTIFICATE_VERIFY_FAILED"):
            send(an_email(receiver.port, security=security))
        assert receiver.messages == []


def test_a_mail_server_that_drips_is_cut_off() -> None:
    with mail() as receiver:
        receiver.drip = threading.Event()
        try:
            with pytest.raises(AlertError, match=r"not done after 0\.3 seconds"):
                send(an_email(receiver.port), within_s=0.3)
        finally:
            receiver.drip.set()


def python(code: str) -> Channel:
    return channel(kind="command", run=[sys.executable, "-c", code])


def test_a_command_gets_the_json_and_no_shell_sees_it(tmp_path: Path) -> None:
    out = tmp_path / "got"
    send(
        python(
            "import os, sys; open(sys.argv[1] if sys.argv[1:] else "
            f"{str(out)!r}, 'w').write(os.environ['MONITOR_ALERT_ID'] + sys.stdin.read())"
        )
    )
    assert out.read_text("utf-8") == entry().alert_id + DOCUMENT


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.exit('no display\\x1b[2J')", r"ended with 1: no display\[2J"),
        ("import time; time.sleep(60)", "not done after"),
    ],
)
def test_a_command_that_fails_or_hangs_is_told(code: str, said: str) -> None:
    with pytest.raises(AlertError, match=said):
        send(python(code), within_s=5 if "exit" in code else 0.5)


def test_a_command_that_is_missing_is_told() -> None:
    with pytest.raises(AlertError, match="command nowhere: No such file"):
        send(channel(kind="command", run="/nowhere"))


def test_what_a_command_leaves_running_ends_with_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code = (
        "import subprocess, sys\n"
        f"held = open({str(pipe)!r}, 'w')\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], stdout=held)"
    )
    send(python(code), within_s=60)
    ended, _, _ = select.select([reading], [], [], 60)  # readable once nobody holds it
    assert ended
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_each_try_waits_longer_up_to_an_hour_and_a_week_is_enough() -> None:
    error: MonitorError = AlertError("no")
    tried, waits = entry(), []
    for _ in range(10):
        tried = failed(tried, error, NOON)
        waits.append((tried.next_at - NOON).total_seconds())
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == 3600
    assert (tried.attempts, tried.last_error) == (10, "no")
    assert not hopeless(tried, NOON + GIVE_UP_AFTER)
    assert hopeless(tried, NOON + GIVE_UP_AFTER * 2)
