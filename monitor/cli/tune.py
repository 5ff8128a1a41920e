"""``monitor tune``: the linker learns from people's decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli._options import config_option, configured, json_option, print_json
from monitor.config import load_config
from monitor.errors import InputError

if TYPE_CHECKING:
    from monitor.link.learn import Learned
    from monitor.link.score import Weights

_SAID = {
    "decisions": "decisions measured on",
    "right_event_first": "right event first",
    "nil_auc": "known event or none (AUC)",
    "calibration_error": "calibration error",
    "log_loss": "log loss",
    "confirm_precision": "confirmed links right",
    "confirm_recall": "right links confirmed",
    "confirm_f1": "F1 of confirmed links",
    "suggest_precision": "links shown right",
    "suggest_recall": "right links shown",
    "suggest_f1": "F1 of links shown",
}


@click.command()
@config_option
@click.option("--apply", "apply_", is_flag=True, help="Use what was learned from now on.")
@click.option("--revert", is_flag=True, help="Take the newest tuned weights back.")
@json_option
def command(config_path: Path, apply_: bool, revert: bool, as_json: bool) -> None:
    """Refit the linker's weights and thresholds from `monitor review`.

    Shows how well decisions are met that were not learned from, before and after. Changes nothing
    without --apply; earlier versions are kept.
    """
    from monitor.link import tuned

    if revert:
        if apply_:
            raise click.UsageError("--apply and --revert exclude each other")
        config = load_config(config_path)
        gone = tuned.revert(config.path(config.link.tuned))
        print_json({"reverted": str(gone)}) if as_json else click.echo(f"taken back: {gone}")
        return
    from monitor.assemble import learned_from

    with configured(config_path) as (config, store):
        learned, now = learned_from(config, store)
    if apply_ and not learned.better:
        before, after = (_number(x["log_loss"]) for x in (learned.before, learned.after))
        raise InputError(
            f"on decisions not learned from, log loss goes from {before} to {after}: no better, so"
            " nothing was changed"
        )
    path = None
    if apply_:
        path = tuned.keep(
            config.path(config.link.tuned),
            learned.weights,
            fitted_on=f"{learned.decisions} decisions on {learned.events} events",
            suggest=learned.thresholds.suggest,
            confirm=learned.thresholds.confirm,
            before=dict(learned.before),
            after=dict(learned.after),
        )
    if as_json:
        print_json(_plain(learned, path))
        return
    click.echo("\n".join(_table(learned, now)))
    set_by_hand = sorted({"suggest", "confirm"} & config.link.model_fields_set)
    if set_by_hand:
        names = " and ".join(set_by_hand)
        click.echo(f"{names} stand in {config_path} and stay as they are there.")
    if path:
        click.echo(f"Written: {path}. `monitor tune --revert` takes it back.")
    elif learned.better:
        click.echo("Nothing was changed. `monitor tune --apply` uses what was learned.")
    else:
        click.echo("What was learned is no better. Nothing was changed.")


def _plain(learned: Learned, path: Path | None) -> dict[str, Any]:
    return {
        "decisions": learned.decisions,
        "events": learned.events,
        "before": dict(learned.before),
        "after": dict(learned.after),
        "better": learned.better,
        "suggest": learned.thresholds.suggest,
        "confirm": learned.thresholds.confirm,
        "weights": dict(learned.weights.features),
        "applied": str(path) if path else None,
    }


def _table(learned: Learned, now: Weights) -> list[str]:
    lines = [
        f"{learned.decisions} decisions on {learned.events} events. Measured on decisions that were"
        " not learned from:",
        "",
        f"{'':28}{'before':>8}{'after':>8}",
    ]
    lines += [
        f"{said:28}{_number(learned.before[name]):>8}{_number(learned.after[name]):>8}"
        for name, said in _SAID.items()
    ]
    moved = {
        name: (now.features[name], value)
        for name, value in learned.weights.features.items()
        if abs(value - now.features[name]) >= 0.05
    }
    most = sorted(moved, key=lambda name: -abs(moved[name][1] - moved[name][0]))[:6]
    weights = ", ".join(f"{name} {moved[name][0]:.2f} → {moved[name][1]:.2f}" for name in most)
    limits = learned.thresholds
    return [
        *lines,
        "",
        f"Thresholds for later: suggest {limits.suggest:.2f}, confirm {limits.confirm:.2f}",
        f"Weights that moved most: {weights or 'none'}",
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value > 1 and value == int(value) else f"{value:.3f}"
