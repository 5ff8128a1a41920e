"""Linking posts to the events they are about, with a calibrated probability and reasons."""

from typing import TYPE_CHECKING, Any

from monitor.link.events_file import load_events

if TYPE_CHECKING:
    from monitor.link.inputs import Candidate, LinkInput
    from monitor.link.linker import Linker

__all__ = ["Candidate", "LinkInput", "Linker", "load_events"]


def __getattr__(name: str) -> Any:
    """The linker when it is first asked for (PEP 562): the daemon only reads events, and all that
    links takes 20 MB."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from monitor.link import inputs, linker

    return getattr(linker if name == "Linker" else inputs, name)
