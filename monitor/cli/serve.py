"""``monitor serve``: the web page and the API."""

from __future__ import annotations

import getpass
import secrets
import socket
from pathlib import Path

import click

from monitor.cli._options import config_option, opened
from monitor.config import load_config
from monitor.errors import InputError, MonitorError


@click.command()
@config_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8420, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--review", is_flag=True, help="Let people decide about links on the page (loopback only)."
)
@click.option(
    "--allow-host", multiple=True, help="A name under which a proxy serves it. Repeatable."
)
def command(
    config_path: Path, host: str, port: int, review: bool, allow_host: tuple[str, ...]
) -> None:
    """Serve a page to read on, and a JSON API, from the store that `monitor run` fills.

    There is no login: on any other address than a loopback one, everybody who reaches it can read
    everything. Put a proxy with a login in front.
    """
    import uvicorn

    from monitor.events import EventsNow
    from monitor.show.web.app import Web
    from monitor.show.web.guard import is_loopback

    config = load_config(config_path)
    if review and not is_loopback(host):
        raise click.UsageError("--review needs a loopback --host: there is no login")
    if host in ("0.0.0.0", "::") and not allow_host:  # noqa: S104
        raise click.UsageError("give --allow-host NAME too: the name under which people ask for it")
    if "://" not in config.store_url and not Path(config.store_url).exists():
        raise InputError(f"no store {config.store_url} yet: start `monitor run` first")
    events = EventsNow(config)
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    with listening, opened(config) as store:
        web = Web(
            store,
            events,
            [feed.name for feed in config.feeds],
            config.languages,
            config.keep_others,
            secrets.token_urlsafe() if review else None,
            _who(),
        )
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"http://{shown}:{port}/ (Ctrl-C ends)", err=True)
        names = {
            host,
            *allow_host,
            *(("localhost", "127.0.0.1", "::1") if is_loopback(host) else ()),
        }
        settings = uvicorn.Config(
            web.app(sorted(names)),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        uvicorn.Server(settings).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A socket listening there. Raises :class:`MonitorError` in a person's words."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, proto)
    except OSError as error:
        raise MonitorError(f"cannot listen on {host}: {error.strerror or error}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(64)
    except OSError as error:
        listening.close()
        hint = "; give another --port" if port else ""
        raise MonitorError(f"cannot listen on {host}:{port}: {error.strerror}{hint}") from None
    return listening


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "web"
