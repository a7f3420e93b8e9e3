"""The four ways to fuse modalities, behind one interface. Late is the default; the others challenge it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from . import saved
from .attention import AttentionFusion, Tokens, fit_attention
from .blocks import Block
from .cohort import Cohort, Tables
from .conformal import Bounds, Cut
from .cox import Baseline
from .experts import Expert
from .fused import Fitted, Fusion
from .joint import fit_early, fit_intermediate
from .late import fit_late
from .linear import LinearFusion
from .survival import Bools, Floats

DEFAULT = "late"


@dataclass(frozen=True, slots=True)
class Strategy:
    """`learn` fits a cohort's rows, all of them, with a seed."""

    name: str
    about: str
    learn: Callable[..., Fitted]

    def fit(self, cohort: Cohort, split: Bools | None = None, seed: int = 0) -> Fitted:
        """Train on the rows where `split` (n,) is True, on all without it."""
        return self.learn(cohort if split is None else cohort.rows(split), seed=seed)


STRATEGIES: Mapping[str, Strategy] = {
    one.name: one
    for one in (
        Strategy("late", "an expert per modality, stacked on out-of-fold risks", fit_late),
        Strategy("early", "all columns side by side, one Cox model", fit_early),
        Strategy("intermediate", "an encoder per modality, one Cox model", fit_intermediate),
        Strategy("attention", "a token per modality, masked attention over them", fit_attention),
    )
}


def risk(fusion: Fusion, tables: Tables) -> Floats:
    """Calibrated log hazard (n,)."""
    return fusion.risk(tables)


def curve(fusion: Fusion, tables: Tables, times: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Survival, and the low and high end of its interval, each (n, t)."""
    return (fusion.survival(tables, times), *fusion.interval(tables, times))


def contributions(fusion: Fusion, tables: Tables) -> dict[str, Floats]:
    """Log-hazard contribution (n,) per modality; they sum to the risk."""
    return dict(zip(fusion.blocks, fusion.parts(tables).T, strict=True))


def save(fusion: Fusion, folder: Path) -> str:
    """Plain arrays and JSON; returns the content hash."""
    return saved.save(state(fusion), folder)


def load(folder: Path) -> Fusion:
    """What `save` wrote, or UnreadableModel: nothing is ever unpickled."""
    found = saved.load(folder)
    try:
        return from_state(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise saved.UnreadableModel(f"not a fusion model ({type(error).__name__})") from error


def state(fusion: Fusion) -> dict[str, Any]:
    """Nested plain dict of numbers, strings and arrays."""
    cuts = {name: asdict(cut) for name, cut in fusion.bounds.cuts.items()}
    baseline = {name: getattr(fusion.baseline, name) for name in Baseline.__dataclass_fields__}
    return {**fusion.state(), "baseline": baseline, "bounds": cuts}


def from_state(found: Mapping[str, Any]) -> Fusion:
    """The inverse of `state`; a missing or unknown entry raises KeyError or TypeError."""
    rest = dict(found)
    kind = KINDS[rest.pop("kind")]
    cuts = {name: Cut(**cut) for name, cut in rest.pop("bounds").items()}
    return kind({**rest, "baseline": Baseline(**rest["baseline"]), "bounds": Bounds(cuts)})


def _linear(rest: dict[str, Any]) -> Fusion:
    experts = {name: _expert(rest["experts"][name]) for name in sorted(rest["experts"])}
    return LinearFusion(**{**rest, "experts": experts})


def _attention(rest: dict[str, Any]) -> Fusion:
    names = sorted(rest["blocks"])
    blocks = {name: _block(rest["blocks"][name]) for name in names}
    tokens = Tokens(blocks, {name: rest["encoders"][name] for name in names}, dict(rest["weights"]))
    kept = {name: rest[name] for name in ("slope", "spread", "baseline", "method", "left_out", "bounds")}
    return AttentionFusion(tokens, **kept)


KINDS: Mapping[str, Callable[[dict[str, Any]], Fusion]] = {"linear": _linear, "attention": _attention}


def _block(found: Mapping[str, Any]) -> Block:
    return Block(**{**found, "features": tuple(found["features"])})


def _expert(found: Mapping[str, Any]) -> Expert:
    return Expert(_block(found["block"]), found["weights"], float(found["penalty"]))
