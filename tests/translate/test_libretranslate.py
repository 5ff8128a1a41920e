"""The LibreTranslate engine against a real loopback server that behaves and misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from monitor.assemble import text_parts, translator_of
from monitor.config import load_config
from monitor.errors import EngineDown, TranslationError
from monitor.model import Language, Translation
from monitor.net.values import Limits
from monitor.translate import TranslationRequest, Translator, Untranslated
from monitor.translate.engines.libretranslate import LibreTranslateEngine


class _Handler(BaseHTTPRequestHandler):
    released = threading.Event()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind, body, status = "application/json", b"", 200
        mode = self.path.split("/")[1]
        if mode == "good":
            body = json.dumps({"translatedText": [f"en:{text}" for text in asked["q"]]}).encode()
        elif mode == "html":
            kind, body = "text/html; charset=utf-8", b"<html>busy</html>"
        elif mode == "few":
            body = b'{"translatedText": []}'
        elif mode == "key":
            status = 200 if asked.get("api_key") == "secret" else 403
            body = json.dumps({"translatedText": asked["q"]}).encode()
        elif mode == "refused":
            status = 400
        elif mode == "hang":
            self.released.wait(20)
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Handler.released.clear()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    _Handler.released.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_server_translates_where_no_model_is_installed(server: str, tmp_path: Path) -> None:
    translator = Translator(tmp_path, url=f"{server}/good")
    (answer,) = translator.translate_many([TranslationRequest("Bonjour", Language("fr", 1.0))])
    assert isinstance(answer, Translation)
    assert (answer.text, answer.engine) == ("en:Bonjour", "libretranslate")


@pytest.mark.parametrize(
    ("mode", "said"), [("html", "text/html"), ("few", "without"), ("key", "403")]
)
def test_a_server_that_answers_wrongly_is_named(server: str, mode: str, said: str) -> None:
    with pytest.raises(TranslationError, match=said) as caught:
        LibreTranslateEngine(f"{server}/{mode}", "wrong-secret").translate(["a"], "fr", "en")
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("mode", ["html", "few", "key"])
def test_what_a_wrong_server_could_not_translate_is_kept_for_later_and_says_why(
    server: str, mode: str, tmp_path: Path
) -> None:
    translator = Translator(tmp_path, url=f"{server}/{mode}")
    (answer,) = translator.translate_many([TranslationRequest("Bonjour", Language("fr", 1.0))])
    assert isinstance(answer, Untranslated)
    assert server in answer.reason
    assert answer.retry
    assert "fr" not in translator.languages()  # left alone for a minute


def test_a_text_the_server_refuses_is_not_taken_for_a_server_that_is_down(server: str) -> None:
    with pytest.raises(TranslationError, match="400") as caught:
        LibreTranslateEngine(f"{server}/refused").translate(["a"], "fr", "en")
    assert not isinstance(caught.value, EngineDown)


def test_the_key_is_sent(server: str) -> None:
    (said,) = LibreTranslateEngine(f"{server}/key", "secret").translate(["a"], "fr", "en")
    assert said.text == "a"


def test_the_key_comes_from_the_environment_variable_that_the_config_names(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "secret")
    (tmp_path / "config.yaml").write_text(
        f"translate: {{url: '{server}/key', key_env: MY_KEY}}\n", encoding="utf-8"
    )
    config = load_config(tmp_path / "config.yaml")
    translator = translator_of(config, text_parts(config.languages), None)
    (answer,) = translator.translate_many([TranslationRequest("Bonjour", Language("fr", 1.0))])
    assert isinstance(answer, Translation)


def test_a_server_that_hangs_is_given_up_and_tried_again_later(server: str) -> None:
    engine = LibreTranslateEngine(f"{server}/hang", limits=Limits(read_s=0.2, total_s=0.5))
    with pytest.raises(TranslationError, match=r"127\.0\.0\.1"):
        engine.translate(["a"], "fr", "en")


def test_a_server_that_is_not_there_leaves_the_post_for_later(tmp_path: Path) -> None:
    translator = Translator(tmp_path, "libretranslate", url="http://127.0.0.1:9")
    (answer,) = translator.translate_many([TranslationRequest("Bonjour", Language("fr", 1.0))])
    assert isinstance(answer, Untranslated)
    assert answer.retry
