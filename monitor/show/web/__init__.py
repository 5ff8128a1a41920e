"""``monitor serve``: a page to read and review on, and a JSON API.

:mod:`app` has the addresses, :mod:`pages` what they show, :mod:`guard` what keeps strangers and
strangers' texts from doing anything. No build step: two files, ``style.css`` and ``live.js``.
"""
