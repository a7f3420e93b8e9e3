"""The trained models: what they were trained on and how they measured."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from tumorboard.runs.models import TrainedModel


def search(words: str) -> QuerySet[TrainedModel]:
    """Newest first; `words` is part of a name or version."""
    return TrainedModel.objects.filter(Q(name__icontains=words) | Q(version__icontains=words))


def chosen(number: str) -> TrainedModel | None:
    """The model with this number; without one, the model in use."""
    if number.isdecimal() and len(number) < 19:
        return TrainedModel.objects.filter(pk=number).first()
    return TrainedModel.objects.filter(in_use=True).first()
