"""Run the frozen lower layers of the encoder once over all pairs and keep the outputs.

    python encode.py --data DIR --layers 6 --threads 2

Writes ``memory.npy`` beside ``train.npz``: bfloat16 values (as uint16), one row per source piece.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from model import WIDTH, Encoder


def main() -> None:
    """Encode in batches of like length, a fixed number of pieces each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=4096, help="pieces in a batch")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with np.load(args.data / "train.npz") as data:
        ids, at = data["src"], data["src_at"]
    lengths = np.diff(at)
    encoder = Encoder(args.data / "encoder.npz", args.layers).eval().requires_grad_(False)
    out = np.lib.format.open_memmap(
        args.data / "memory.npy", mode="w+", dtype=np.uint16, shape=(len(ids), WIDTH)
    )
    order = np.argsort(lengths, kind="stable")
    began, done, row = time.time(), 0, 0
    with torch.inference_mode():
        while row < len(order):
            length = int(lengths[order[row]])
            rows = order[row : row + max(1, args.batch // length)]
            rows = rows[lengths[rows] == length]  # one length: nothing is padded
            places = at[rows][:, None] + np.arange(length)
            x = torch.from_numpy(ids[places].astype(np.int64))
            mask = torch.ones(x.shape, dtype=torch.bool)
            h = encoder.lower(x, mask, args.layers).bfloat16()
            out[places.reshape(-1)] = h.reshape(-1, WIDTH).view(torch.uint16).numpy()
            row += len(rows)
            done += h.shape[0] * length
            if row * 20 // len(order) != (row - len(rows)) * 20 // len(order):
                pace = done / (time.time() - began)
                print(f"{row} of {len(order)} texts, {pace:.0f} pieces/s", flush=True)
    out.flush()


if __name__ == "__main__":
    main()
