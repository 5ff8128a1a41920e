"""The network: the frozen encoder of multilingual-e5-small and a small decoder, in PyTorch."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, FEED_FORWARD, LONGEST = 384, 1536, 512


def attend(q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None) -> Tensor:
    """Attention spelt out: for short texts on a CPU its gradient is faster than the fused one's."""
    scores = (q * (q.shape[-1] ** -0.5)) @ k.transpose(-1, -2)
    if keep is not None:
        scores = scores.masked_fill(~keep, -1e4)
    return scores.softmax(-1).to(v.dtype) @ v


class Dropout:
    """Dropout whose masks are slices of one random table: drawing them is slow."""

    def __init__(self, p: float, size: int = 1 << 24) -> None:
        self.table = (torch.rand(size) >= p).bfloat16() / (1 - p)

    def __call__(self, x: Tensor) -> Tensor:
        """Zero a share ``p`` of ``x`` and scale the rest up."""
        start = random.randrange(len(self.table) - x.numel())
        return x * self.table[start : start + x.numel()].view(x.shape)


def _keep_all(x: Tensor) -> Tensor:
    return x


class EncoderLayer(nn.Module):
    """A post-norm BERT layer."""

    def __init__(self, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.ao = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.fi, self.fo = nn.Linear(WIDTH, FEED_FORWARD), nn.Linear(FEED_FORWARD, WIDTH)
        self.aln, self.oln = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``mask`` is true where there is a piece (batch, 1, 1, length)."""
        batch, length, _ = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, length, self.heads, -1).transpose(1, 2)

        a = attend(split(self.q(x)), split(self.k(x)), split(self.v(x)), mask)
        x = self.aln(x + self.ao(a.transpose(1, 2).reshape(batch, length, WIDTH)))
        return self.oln(x + self.fo(functional.gelu(self.fi(x))))


class Encoder(nn.Module):
    """The first ``layers`` layers of the encoder; ``lower`` and ``upper`` run it in two parts."""

    def __init__(self, weights: Path, layers: int) -> None:
        super().__init__()
        with np.load(weights) as stored:
            given = {k: torch.from_numpy(stored[k].astype(np.float32)) for k in stored.files}
        self.word = nn.Embedding.from_pretrained(given["word"], freeze=False)
        self.pos = nn.Parameter(given["pos"])
        self.ln = nn.LayerNorm(WIDTH, eps=1e-12)
        self.ln.weight.data, self.ln.bias.data = given["ln.w"], given["ln.b"]
        self.layers = nn.ModuleList(EncoderLayer() for _ in range(layers))
        for i, layer in enumerate(self.layers):
            for name in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
                part = getattr(layer, name)
                part.weight.data, part.bias.data = given[f"{i}.{name}.w"], given[f"{i}.{name}.b"]

    def lower(self, ids: Tensor, mask: Tensor, count: int) -> Tensor:
        """Embeddings and the first ``count`` layers."""
        x = self.ln(self.word(ids) + self.pos[: ids.shape[1]])
        for layer in self.layers[:count]:
            x = layer(x, mask[:, None, None, :])
        return x

    def upper(self, x: Tensor, mask: Tensor, count: int) -> Tensor:
        """The layers after the first ``count``."""
        for layer in self.layers[count:]:
            x = layer(x, mask[:, None, None, :])
        return x


class DecoderLayer(nn.Module):
    """A post-norm decoder layer; the first head of the cross-attention can be read out."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2, self.ln3 = (nn.LayerNorm(WIDTH, eps=1e-12) for _ in range(3))
        self.qkv, self.o = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.cq, self.ckv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.co = nn.Linear(WIDTH, WIDTH)
        self.fi, self.fo = nn.Linear(WIDTH, FEED_FORWARD), nn.Linear(FEED_FORWARD, WIDTH)
        self.links: Tensor | None = None

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor,
        drop: Callable[[Tensor], Tensor],
        read_links: bool,
        cache: dict[str, Tensor] | None = None,
    ) -> Tensor:
        """With ``cache``, ``x`` is the newest position only."""
        batch, length, _ = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, -1, self.heads, WIDTH // self.heads).transpose(1, 2)

        def join(y: Tensor) -> Tensor:
            return y.transpose(1, 2).reshape(batch, length, WIDTH)

        q, k, v = map(split, self.qkv(x).chunk(3, -1))
        if cache is not None:
            if "k" in cache:
                k, v = torch.cat([cache["k"], k], 2), torch.cat([cache["v"], v], 2)
            cache["k"], cache["v"] = k, v
        past = None
        if cache is None:
            past = torch.ones(length, length, dtype=torch.bool).tril()
        a = attend(q, k, v, past)
        x = self.ln1(x + drop(self.o(join(a))))
        if cache is not None and "ck" in cache:
            ck, cv = cache["ck"], cache["cv"]
        else:
            ck, cv = map(split, self.ckv(memory).chunk(2, -1))
            if cache is not None:
                cache["ck"], cache["cv"] = ck, cv
        cq = split(self.cq(x))
        if read_links:
            score = cq[:, 0].float() @ ck[:, 0].float().transpose(1, 2)
            score = score / math.sqrt(WIDTH // self.heads)
            self.links = score.masked_fill(~mask[:, None, :], -1e9).log_softmax(-1)
        a = attend(cq, ck, cv, mask[:, None, None, :])
        x = self.ln2(x + drop(self.co(join(a))))
        y = self.fo(functional.gelu(self.fi(x)))
        return self.ln3(x + drop(y))


class Decoder(nn.Module):
    """Three layers started from the encoder's own; input and output embeddings are shared."""

    def __init__(self, pieces: int, layers: int = 3, heads: int = 12) -> None:
        super().__init__()
        self.emb = nn.Embedding(pieces, WIDTH)
        self.pos = nn.Parameter(torch.zeros(LONGEST, WIDTH))
        self.ln0 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(DecoderLayer(heads) for _ in range(layers))
        self.bias = nn.Parameter(torch.zeros(pieces))

    def forward(
        self,
        ids: Tensor,
        memory: Tensor,
        mask: Tensor,
        drop: Callable[[Tensor], Tensor] = _keep_all,
        links: bool = False,
        caches: list[dict[str, Tensor]] | None = None,
        start: int = 0,
    ) -> Tensor:
        """Hidden states before the output projection; ``links`` fills ``layers[1].links``."""
        x = self.ln0(self.emb(ids) + self.pos[start : start + ids.shape[1]])
        x = drop(x)
        for i, layer in enumerate(self.layers):
            cache = None if caches is None else caches[i]
            x = layer(x, memory, mask, drop, links and i == 1, cache)
        return x

    def scores(self, hidden: Tensor) -> Tensor:
        """A score for every target piece."""
        return hidden @ self.emb.weight.T + self.bias

    @torch.no_grad()
    def warm_start(self, encoder: Encoder, embeddings: Tensor) -> None:
        """Begin as the encoder's first layers, with cross-attention added that says little yet."""
        self.emb.weight.copy_(embeddings)
        self.pos.copy_(encoder.pos)
        self.ln0.load_state_dict(encoder.ln.state_dict())
        for mine, theirs in zip(self.layers, encoder.layers, strict=False):
            parts = [theirs.q, theirs.k, theirs.v]
            mine.qkv.weight.copy_(torch.cat([part.weight for part in parts]))
            mine.qkv.bias.copy_(torch.cat([part.bias for part in parts]))
            for name, other in (
                ("o", "ao"),
                ("fi", "fi"),
                ("fo", "fo"),
                ("ln1", "aln"),
                ("ln3", "oln"),
            ):
                getattr(mine, name).load_state_dict(getattr(theirs, other).state_dict())
            mine.co.weight.mul_(0.3)
        hidden = self.layers[-1].ln3
        spread = (hidden.weight.square().sum() + hidden.bias.square().sum()).sqrt()
        wanted = 1.0 / (spread * embeddings.std())
        hidden.weight.mul_(wanted)
        hidden.bias.mul_(wanted)


@torch.no_grad()
def greedy(decoder: Decoder, memory: Tensor, mask: Tensor, longest: int, eos: int) -> Tensor:
    """The likeliest piece at each step, starting from row 0 (``<s>``)."""
    batch = memory.shape[0]
    last = torch.zeros(batch, 1, dtype=torch.long)
    done = torch.zeros(batch, dtype=torch.bool)
    caches: list[dict[str, Tensor]] = [{} for _ in decoder.layers]
    out = []
    for step in range(longest):
        hidden = decoder(last, memory, mask, caches=caches, start=step)
        last = decoder.scores(hidden[:, -1:]).argmax(-1)
        last[done] = eos
        out.append(last)
        done |= last[:, 0] == eos
        if bool(done.all()):
            break
    return torch.cat(out, 1)


class SmoothedLoss(torch.autograd.Function):
    """Cross-entropy over all target pieces, gradients made in the same pass, in slices.

    Keeping the scores of a whole batch (thousands of positions by 8,000 pieces) costs more time in
    memory traffic than computing them; here a slice lives only as long as the cache holds it.
    """

    @staticmethod
    def forward(ctx, hidden: Tensor, table: Tensor, bias: Tensor, gold: Tensor, smooth: float):
        """Mean loss with label smoothing over the rows of ``table``, in the dtype of ``hidden``."""
        total = torch.zeros(())
        kind, small = hidden.dtype, table.to(hidden.dtype)
        d_table = torch.zeros_like(table)
        d_bias = torch.zeros_like(bias)
        count, pieces = len(gold), table.shape[0]
        scale = 1.0 / count
        short = -len(gold) % 256  # all slices have one length: see Data.batches
        if short:
            hidden = torch.cat([hidden, hidden.new_zeros(short, hidden.shape[1])])
            gold = torch.cat([gold, gold.new_zeros(short)])
        d_hidden = torch.empty_like(hidden)
        for at in range(0, len(gold), 256):
            h, y = hidden[at : at + 256], gold[at : at + 256, None]
            scores = (h @ small.T).float().add_(bias)
            right, mean = scores.gather(-1, y), scores.mean(-1, keepdim=True)
            grad = scores.softmax(-1)
            miss = -grad.gather(-1, y).clamp_min_(1e-30).log_()
            grad.sub_(smooth / pieces)
            real = 256 - short if at + 256 == len(gold) else 256
            total += (miss + smooth * (right - mean))[:real].sum()
            grad.scatter_add_(-1, y, torch.full_like(right, smooth - 1.0))
            grad[real:] = 0
            d_bias += grad.mul_(scale).sum(0)
            grad = grad.to(kind)
            d_hidden[at : at + 256] = grad @ small
            d_table += grad.T @ h
        ctx.save_for_backward(d_hidden[:count], d_table, d_bias)
        return total * scale

    @staticmethod
    def backward(ctx, upstream: Tensor):
        """The gradients made in ``forward``, times the loss's own factor."""
        d_hidden, d_table, d_bias = ctx.saved_tensors
        return d_hidden * upstream, d_table * upstream, d_bias * upstream, None, None
