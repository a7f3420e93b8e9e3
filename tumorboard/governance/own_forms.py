"""What people ask for themselves: tokens for their tools, extracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from tumorboard.governance.actions import tokens
from tumorboard.governance.choosing import studies_of
from tumorboard.governance.models import Study
from tumorboard.governance.permissions import purposes_of
from tumorboard.governance.purposes import WORDS

CHANNELS = [("notebook", "A notebook"), ("cli", "A command or script")]


class StudyField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code}: {obj.title}"


class TokenForm(forms.Form):
    """The choices are those of the person: their purposes, their studies, the tables these open."""

    name = forms.CharField(label="Name", max_length=80, help_text="So that you know it in the list")
    channel = forms.ChoiceField(label="For", choices=CHANNELS)
    purposes = forms.MultipleChoiceField(label="Purposes", widget=forms.CheckboxSelectMultiple)
    study = StudyField(Study.objects.none(), label="Study", required=False, help_text="Research names one")
    reads = forms.MultipleChoiceField(label="Tables", widget=forms.CheckboxSelectMultiple)
    hours = forms.IntegerField(label="Hours", min_value=1, max_value=tokens.LONGEST, initial=1)

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = purposes_of(by)
        self.fields["purposes"].choices = [(purpose, WORDS[purpose]) for purpose in mine]
        self.fields["reads"].choices = [(name, name) for name in tokens.openable(by, mine)]
        self.fields["study"].queryset = _studies(by)


class ExtractForm(forms.Form):
    purpose = forms.ChoiceField(label="Purpose")
    study = StudyField(Study.objects.none(), label="Study", required=False, help_text="Research names one")
    tables = forms.MultipleChoiceField(label="Tables", widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label="What it is for", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, by: Any, purposes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [purpose for purpose in purposes_of(by) if purpose in purposes]
        self.fields["purpose"].choices = [(purpose, WORDS[purpose]) for purpose in mine]
        self.fields["tables"].choices = [(name, name) for name in tokens.openable(by, mine)]
        self.fields["study"].queryset = _studies(by)


def _studies(by: Any) -> Any:
    return Study.objects.filter(pk__in=[study.pk for study in studies_of(by)])
