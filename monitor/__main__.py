"""The program's first lines: what ``monitor`` and ``python -m monitor`` start."""

from __future__ import annotations

import signal


def main() -> None:
    # While the commands are loaded nothing is begun that could be left half done, so Ctrl-C just
    # ends it, without a traceback out of some import. The commands listen to it themselves.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from monitor.cli import main as commands

    commands()


if __name__ == "__main__":
    main()
