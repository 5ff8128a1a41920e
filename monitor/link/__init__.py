"""Linking posts to the events they are about, with a calibrated probability and reasons."""

from monitor.link.events_file import load_events
from monitor.link.inputs import Candidate, LinkInput
from monitor.link.linker import Linker

__all__ = ["Candidate", "LinkInput", "Linker", "load_events"]
