"""What the codes of GDELT stand for (GDELT event codebook V2.0; CAMEO codebook 1.1b3)."""

from __future__ import annotations

from collections.abc import Sequence

# The twenty root classes of CAMEO, as a headline would say them.
CAMEO_ROOTS = {
    "01": "statement", "02": "appeal", "03": "intent to cooperate", "04": "consultation",
    "05": "diplomatic cooperation", "06": "material cooperation", "07": "aid", "08": "concession",
    "09": "investigation", "10": "demand", "11": "disapproval", "12": "rejection",
    "13": "threat", "14": "protest", "15": "show of military force", "16": "reduced relations",
    "17": "coercion", "18": "assault", "19": "fighting", "20": "mass violence",
}  # fmt: skip

# Where the columns that are read stand in the files as published: by number of columns.
_PLACES = {
    61: {"GLOBALEVENTID": 0, "SQLDATE": 1, "Actor1Name": 6, "Actor2Name": 16, "EventCode": 26,
         "EventRootCode": 28, "ActionGeo_FullName": 52, "SOURCEURL": 60},
    58: {"GLOBALEVENTID": 0, "SQLDATE": 1, "Actor1Name": 6, "Actor2Name": 16, "EventCode": 26,
         "EventRootCode": 28, "ActionGeo_FullName": 50, "SOURCEURL": 57},
}  # fmt: skip


def gdelt_columns(first: Sequence[str]) -> list[str] | None:
    """The columns of a GDELT file without a header, from its first row; None for other files."""
    places = _PLACES.get(len(first))
    if places is None or not (first[0].isdigit() and first[1].isdigit() and len(first[1]) == 8):
        return None
    columns = [""] * len(first)
    for name, place in places.items():
        columns[place] = name
    return columns
