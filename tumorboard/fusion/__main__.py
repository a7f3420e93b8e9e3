"""python -m tumorboard.fusion: train a model from exported tables, or measure the method on public data."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from . import saved
from .benchmarks import hancock, multisurv, porpoise
from .cohort import BadFeatures
from .strategies import DEFAULT, STRATEGIES
from .survival import BadOutcome
from .tables import as_text
from .train import Report, train


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        report: Report = options.run(options)
    except (BadFeatures, BadOutcome, FileNotFoundError) as error:
        print(f"Not done: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report, indent=2) if options.json else as_text(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tumorboard.fusion", description=__doc__)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help="train and validate a model on exported gold tables")
    training.add_argument("--features", type=Path, required=True, help="gold.features as Parquet")
    training.add_argument("--cohort", type=Path, required=True, help="gold.cohort as Parquet")
    training.add_argument("--out", type=Path, required=True, help="folder to save the model in")
    training.add_argument("--name", default="training cohort", help="what the cohort is called on the page")
    training.add_argument("--strategy", choices=tuple(STRATEGIES), default=DEFAULT)
    training.add_argument(
        "--snapshot", default="", help="what the tables are a snapshot of; kept in every score"
    )
    training.set_defaults(run=_train)
    benchmark = commands.add_parser("benchmark", help="measure on public data, folds fixed").add_subparsers(
        required=True
    )
    for name, module in (("hancock", hancock), ("porpoise", porpoise), ("multisurv", multisurv)):
        one = benchmark.add_parser(name, help=module.TITLE)
        one.add_argument("--data", type=Path, required=True, help="folder of the public files")
        one.add_argument("--json", action="store_true")
        module.add_options(one)
        one.set_defaults(run=module.run)
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--json", action="store_true")
    return parser


def _train(options: argparse.Namespace) -> Report:
    features, cohort = pd.read_parquet(options.features), pd.read_parquet(options.cohort)
    model, report = train(
        features,
        cohort,
        seed=options.seed,
        name=options.name,
        snapshot=options.snapshot,
        strategy=options.strategy,
    )
    saved.save(model.state(), options.out)
    return report


if __name__ == "__main__":
    raise SystemExit(main())
