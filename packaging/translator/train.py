"""Train the decoder and the encoder's upper layers on one CPU core, within a time given.

    python train.py --data DIR --out DIR --minutes 90

The encoder's lower layers are frozen and only run forward.  The mix of corpora and the learning
rate follow the clock.  ``last.pt`` is written every few minutes and resumed from when it exists;
``averaged.pt`` holds the running average of the weights, which is what is shipped.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sacrebleu
import sentencepiece as spm
import torch
from encoder import BOS, EOS, PAD, UNK
from model import WIDTH, Decoder, Dropout, Encoder, SmoothedLoss, greedy
from prepare import GROUP_NAMES, LANGUAGES
from torch import Tensor, nn
from torch.nn import functional

#: (until this share of the time, what share of the pairs comes from each group)
MIX = [
    (0.12, {"prose": 0.30, "everyday": 0.42, "names": 0.10, "posts": 0.18}),
    (0.70, {"prose": 0.44, "everyday": 0.17, "names": 0.12, "posts": 0.27}),
    (1.01, {"prose": 0.36, "everyday": 0.08, "names": 0.07, "posts": 0.49}),
]
#: What share of each group is Arabic, which is the harder, and what share French; the rest English.
SHARES = {
    "prose": {"ar": 0.6, "fr": 0.4},
    "everyday": {"ar": 0.6, "fr": 0.4},
    "names": {"ar": 0.85, "fr": 0.15},
    "posts": {"ar": 0.6, "fr": 0.3, "en": 0.1},
}
ROUND = 8192


class Data:
    """All pairs as piece numbers, with their word links."""

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "train.npz") as stored:
            self.src, self.tgt = stored["src"].astype(np.int64), stored["tgt"].astype(np.int64)
            self.guide = stored["guide"].astype(np.int64)
            self.src_at, self.tgt_at = stored["src_at"], stored["tgt_at"]
            group, lang = stored["group"], stored["lang"]
        self.src_len, self.tgt_len = np.diff(self.src_at), np.diff(self.tgt_at)
        self.rows = {
            (name, code): np.flatnonzero((group == i) & (lang == j))
            for i, name in enumerate(GROUP_NAMES)
            for j, code in enumerate(LANGUAGES)
        }
        self.waiting: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.queues: dict[tuple[str, str], list[int]] = {key: [] for key in self.rows}

    def draw(self, key: tuple[str, str], count: int) -> list[int]:
        """The next pairs of a group and language; each is seen once before any is seen again."""
        queue = self.queues[key]
        while len(queue) < count:
            queue += np.random.permutation(self.rows[key]).tolist()
        taken, self.queues[key] = queue[:count], queue[count:]
        return taken

    def batches(self, share: float, size: int) -> Iterator[list[int]]:
        """One round of batches, at most ``size`` padded pieces each.

        Lengths are rounded up to eights and every shape has one number of rows: matrix kernels
        are compiled per shape, and compiling is slower than multiplying.  What does not fill a
        batch waits for the next round.
        """
        mix = next(mix for until, mix in MIX if share < until)
        made: list[list[int]] = []
        drawn = [
            i
            for group, part in mix.items()
            for lang, share_of in SHARES[group].items()
            for i in self.draw((group, lang), int(part * share_of * ROUND))
        ]
        for i in drawn:
            shape = (-(-self.tgt_len[i] // 8), -(-self.src_len[i] // 8))
            waiting = self.waiting[shape]
            waiting.append(i)
            if len(waiting) >= max(8, size // max(shape) // 64 * 8):
                made.append(waiting)
                self.waiting[shape] = []
        random.shuffle(made)
        yield from made

    def tensors(self, rows: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Source pieces, their mask, decoder input, gold pieces (-1: none), links (-1: none)."""
        s_len, t_len = self.src_len[rows], self.tgt_len[rows]
        s_all, t_all = (np.arange(-(-n.max() // 8) * 8)[None] for n in (s_len, t_len))
        s_place, t_place = s_all < s_len[:, None], t_all < t_len[:, None]
        s_at, t_at = self.src_at[rows][:, None] + s_all, self.tgt_at[rows][:, None] + t_all
        source = np.where(s_place, self.src[np.where(s_place, s_at, 0)], PAD)
        gold = np.where(t_place, self.tgt[np.where(t_place, t_at, 0)], -1)
        links = np.where(t_place, self.guide[np.where(t_place, t_at, 0)], -1)
        given = np.zeros_like(gold)
        given[:, 1:] = np.maximum(gold[:, :-1], EOS)
        return (
            torch.from_numpy(source),
            torch.from_numpy(s_place),
            torch.from_numpy(given),
            torch.from_numpy(gold),
            torch.from_numpy(links),
        )


def loss_over_some(
    hidden: Tensor, decoder: Decoder, gold: Tensor, some: int, smooth: float
) -> Tensor:
    """The loss over ``some`` pieces: the batch's own and random ones that stand for the rest."""
    table, bias = decoder.emb.weight, decoder.bias
    if some == 0:
        return SmoothedLoss.apply(hidden, table, bias, gold, smooth)
    present = torch.zeros(len(table), dtype=torch.bool)
    present[gold] = True
    own, others = present.nonzero()[:, 0], (~present).nonzero()[:, 0]
    chosen = others[torch.randperm(len(others))[: max(64, some - len(own))]]
    rows = torch.cat([own, chosen])
    number = torch.empty(len(table), dtype=torch.long)
    number[rows] = torch.arange(len(rows))
    weight = torch.zeros(len(rows))
    weight[len(own) :] = math.log(len(others) / max(1, len(chosen)))
    return SmoothedLoss.apply(
        hidden, functional.embedding(rows, table), bias[rows] + weight, number[gold], smooth
    )


def target_embeddings(encoder: Encoder, folder: Path) -> Tensor:
    """For each target piece the mean of the encoder's pieces for the same text."""
    src = spm.SentencePieceProcessor(model_file=str(folder / "src.model"))
    tgt = spm.SentencePieceProcessor(model_file=str(folder / "tgt.model"))
    table = torch.empty(len(tgt), WIDTH)
    bare = src.encode("a")[0]
    for row in range(len(tgt)):
        piece = tgt.id_to_piece(row)
        ids = [src.piece_to_id(piece)]
        if row in (0, EOS) or tgt.is_byte(row) or tgt.is_unknown(row) or ids == [src.unk_id()]:
            text = piece.replace("▁", " ")
            ids = [i for i in src.encode(text) if i != src.unk_id()] or [bare]
        if row in (0, EOS):
            ids = [row]
        table[row] = encoder.word.weight[ids].mean(0)
    return table


class Judge:
    """Held-out posts, translated greedily now and then."""

    def __init__(self, encoder: Encoder, frozen: int, folder: Path, count: int) -> None:
        self.src = spm.SentencePieceProcessor(model_file=str(folder / "src.model"))
        self.tgt = spm.SentencePieceProcessor(model_file=str(folder / "tgt.model"))
        rows = [json.loads(x) for x in (folder / "heldout.jsonl").open(encoding="utf8")]
        self.sets: dict[str, tuple[list[str], Tensor, Tensor]] = {}
        for lang in ("ar", "fr"):
            some = [r for r in rows if r["lang"] == lang and r.get("dialect") != "arabizi"]
            some = some[:: max(1, len(some) // count)][:count]
            ids = [[0, *i, EOS] for i in self.src.encode([r["text"] for r in some])]
            longest = max(map(len, ids))
            mask = torch.tensor([[k < len(i) for k in range(longest)] for i in ids])
            x = torch.tensor([i + [1] * (longest - len(i)) for i in ids])
            with torch.no_grad():
                memory = encoder.lower(x, mask, frozen)
            self.sets[lang] = ([r["english"] for r in some], memory, mask)

    @torch.no_grad()
    def report(self, encoder: Encoder, frozen: int, decoder: Decoder) -> None:
        """BLEU, chrF and two examples in each language."""
        decoder.eval()
        for lang, (wanted, memory, mask) in self.sets.items():
            made = greedy(decoder, encoder.upper(memory, mask, frozen), mask, 60, EOS).tolist()
            texts = [self.tgt.decode(m[: m.index(EOS)] if EOS in m else m) for m in made]
            bleu = sacrebleu.corpus_bleu(texts, [wanted]).score
            chrf = sacrebleu.corpus_chrf(texts, [wanted]).score
            print(f"  held out {lang}: BLEU {bleu:.1f} chrF {chrf:.1f}")
            for i in (3, 11):
                print(f"    {wanted[i][:110]} ||| {texts[i][:130]}", flush=True)
        decoder.train()


def main() -> None:
    """Train until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--frozen", type=int, default=4, help="encoder layers that do not learn")
    parser.add_argument("--layers", type=int, default=8, help="encoder layers kept in all")
    parser.add_argument("--bf16", action="store_true", help="where the processor has AMX")
    parser.add_argument("--batch", type=int, default=1400, help="padded pieces in a batch")
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--some", type=int, default=2048, help="pieces in the loss")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--forget", type=float, default=0.08, help="share of words not shown")
    parser.add_argument("--report", type=float, default=10, help="minutes between reports")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    args.out.mkdir(parents=True, exist_ok=True)
    budget = args.minutes * 60

    encoder = Encoder(args.data / "encoder.npz", args.layers).requires_grad_(False)
    judge = Judge(encoder, args.frozen, args.data, 100)
    table = target_embeddings(encoder, args.data)
    decoder = Decoder(len(table))
    decoder.warm_start(encoder, table)
    upper = encoder.layers[args.frozen :].requires_grad_(True)
    net = nn.ModuleDict({"upper": upper, "decoder": decoder}).train()
    learnt = [p for p in net.parameters() if p.requires_grad]
    slow = list(upper.parameters())
    fast = [p for p in decoder.parameters() if p.requires_grad]
    groups = [{"params": fast, "share": 1.0}, {"params": slow, "share": 0.4}]
    adam = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    average = [p.detach().clone() for p in learnt]
    spent, step, seen = 0.0, 0, 0
    if (args.out / "last.pt").exists():
        state = torch.load(args.out / "last.pt")
        net.load_state_dict(state["net"])
        adam.load_state_dict(state["adam"])
        average, spent, step, seen = (state[k] for k in ("average", "spent", "step", "seen"))
    data, drop = Data(args.data), Dropout(args.dropout)
    print(f"{sum(p.numel() for p in learnt) / 1e6:.1f} M weights learn", flush=True)
    began = time.time() - spent
    reported, sums = spent, [0.0, 0.0, 0]

    def save() -> None:
        state = {
            "net": net.state_dict(),
            "adam": adam.state_dict(),
            "average": average,
            "spent": time.time() - began,
            "step": step,
            "seen": seen,
        }
        torch.save(state, args.out / "new.pt")
        (args.out / "new.pt").rename(args.out / "last.pt")
        now = [p.detach().clone() for p in learnt]
        for p, a in zip(learnt, average, strict=False):
            p.data.copy_(a)
        torch.save(
            {
                "net": net.state_dict(),
                "frozen": args.frozen,
                "layers": args.layers,
                "step": step,
                "seen": seen,
            },
            args.out / "averaged.pt",
        )
        judge.report(encoder, args.frozen, decoder)
        for p, a in zip(learnt, now, strict=False):
            p.data.copy_(a)

    def stop(*_: object) -> None:
        nonlocal budget
        budget = 0.0

    signal.signal(signal.SIGTERM, stop)  # saves, and goes on where it was when started again
    while budget and (share := (time.time() - began) / budget) < 1:
        for rows in data.batches(share, args.batch):
            if not budget:
                break
            share = min(1.0, (time.time() - began) / budget)
            rate = args.rate * min(1.0, (step + 1) / 250) * (1 - share * 0.95)
            for group in adam.param_groups:
                group["lr"] = rate * group["share"]
            source, mask, given, gold, links = data.tensors(rows)
            there = gold >= 0
            given[torch.rand(given.shape) < args.forget] = UNK
            given[:, 0] = BOS
            with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
                with torch.no_grad():
                    memory = encoder.lower(source, mask, args.frozen)
                    memory = drop(memory)
                    memory *= (torch.rand(mask.shape) >= args.forget / 2)[..., None]
                seen_by = encoder.upper(memory, mask, args.frozen)
                hidden = decoder(given, seen_by, mask, drop, links=True)[there]
            some = args.some if share < 0.88 else 0
            if args.bf16:
                hidden = hidden.bfloat16()
            ce = loss_over_some(hidden, decoder, gold[there], some, 0.1)
            linked = links >= 0
            guess = decoder.layers[1].links
            guide = functional.nll_loss(guess[linked], links[linked])
            (ce + 0.4 * (1 - share) * guide).backward()
            nn.utils.clip_grad_norm_(learnt, 1.0)
            adam.step()
            adam.zero_grad(set_to_none=True)
            step, seen = step + 1, seen + len(rows)
            sums = [sums[0] + ce.item(), sums[1] + guide.item(), sums[2] + 1]
            if step % 8 == 0:
                keep = min(0.99, step / (step + 80.0))
                torch._foreach_lerp_(average, [p.detach() for p in learnt], 1 - keep)
            if step % 100 == 0:
                spent = time.time() - began
                print(
                    f"step {step} seen {seen} loss {sums[0] / sums[2]:.3f} links "
                    f"{sums[1] / sums[2]:.2f} rate {rate:.1e} {seen / spent:.0f}/s "
                    f"{spent:.0f} s",
                    flush=True,
                )
                sums = [0.0, 0.0, 0]
            now = time.time() - began
            if now > reported + args.report * 60:
                save()
                reported = time.time() - began
            if now > budget:
                break
    save()


if __name__ == "__main__":
    main()
