"""The commands. Each module here holds one, as ``command``, named like the module.

Commands are thin: they read options, call the rooms, and print. Modules import what is slow to load
inside the function that needs it, so that ``monitor --help`` is instant.

Exit status: 0 done, 1 something failed (said on stderr in one line), 2 wrong usage or a wrong
``config.yaml`` or events file (every problem on a line of its own).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

import click

from monitor import __version__
from monitor.cli import _interrupt
from monitor.cli._pipe import reader_may_leave
from monitor.errors import ConfigError, MonitorError
from monitor.text.clean import clean_line
from monitor.yamlfile import suggest


class Commands(click.Group):
    """Loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click asks so
        return [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            hint = suggest(args[0], self.list_commands(ctx))
            ctx.fail(f"no such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with reader_may_leave():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
def cli() -> None:
    """Watch social media and news feeds in Arabic, French and English.

    Every post is kept, translated to English and linked to the known event it is about, with a
    probability and a reason. Try `monitor demo` first.
    """


def main() -> None:
    """The console script ``monitor``."""
    # Two libraries spinning threads on two cores ran 30 times slower than one thread each.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        _interrupt.listen()
        status = cli(standalone_mode=False)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(clean_line(str(problem)), err=True)
        status = 2
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = 130
    except MonitorError as error:
        click.echo(f"monitor: {clean_line(str(error))}", err=True)
        status = 1
    _interrupt.ignore()
    sys.exit(status if isinstance(status, int) else 0)
