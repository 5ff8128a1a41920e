"""One module an engine, each defining ``KIND``. A new engine is a new module here."""
