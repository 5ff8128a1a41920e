"""A report on one event: :mod:`facts` (counting, pure), :mod:`charts` (SVG), :mod:`page` (text)."""
