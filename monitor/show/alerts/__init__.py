"""Alerts: a person is told, once, with everything needed to judge it.

::

    settings    the rules and channels of ``config.yaml``
    match       which posts a rule is about                      (pure)
    rate        what is usual, and when it is not                (pure)
    waiting     what waits for its hour: cooldown, digest, quiet (pure)
    document    the alert itself, as JSON and as text            (pure)
    outbox      what is still to be sent, and when               (pure)
    send        to a webhook, ntfy, a mail server, a command     (I/O)
    alerter     all of it over a store                           (I/O)

What is still to be told is state in the store (its notes under ``alerts/``), never in memory. An
alert is sent until its receiver says yes. Where the monitor is killed between that yes and noting
it, the same alert goes out once more *with the same id*, by which a receiver knows it.
"""
