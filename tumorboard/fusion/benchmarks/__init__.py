"""The method on public data: folds, seeds, models and metrics are fixed before a run; failures stay in."""
