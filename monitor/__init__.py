"""Multilingual social-media monitoring: posts in, linked posts out. Start at ``pipeline.py``."""

__version__ = "0.1.0"
