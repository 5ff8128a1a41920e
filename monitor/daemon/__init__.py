"""The long-lived daemon.

::

    loop       ticks, polls what is due, shows what was linked, ends cleanly
    worker     keeps the analysing process (``monitor.analysis``) alive, ends it when it is stuck
    poller     asks the feeds that are due (``due`` says which, and how many at once)
    deadline   how long ending may take, all of it together
    stages     what is being done since when; which of it is stuck
    house      what is done now and then: retention, feeds gone quiet
    health     /healthz, /readyz and /metrics
    metrics    the numbers behind it
    notify     READY=1 and the watchdog of systemd
"""

from __future__ import annotations

from monitor.daemon.deadline import STOP_WITHIN_S
from monitor.daemon.health import answering
from monitor.daemon.loop import Daemon, Parts
from monitor.daemon.worker import AnalysisProcess, Worker

__all__ = ["STOP_WITHIN_S", "AnalysisProcess", "Daemon", "Parts", "Worker", "answering"]
