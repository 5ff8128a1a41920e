"""``monitor watch``: what one sees (:mod:`state`, :mod:`keys`, pure), how it looks (:mod:`draw`),
and the thin loop that ties both to a terminal and a store (:mod:`loop`)."""
