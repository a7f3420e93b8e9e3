"""Forms of trial screening."""

from __future__ import annotations

from django import forms

from tumorboard.screening.models import Override
from tumorboard.screening.status import TRANSITIONS, Declined, State


class AnswerForm(forms.Form):
    """A clinician's answer to one criterion; which one it is stands in hidden fields."""

    trial_id = forms.CharField(widget=forms.HiddenInput, max_length=64)
    code = forms.CharField(widget=forms.HiddenInput, max_length=200)
    path = forms.CharField(widget=forms.HiddenInput, max_length=300)
    value = forms.ChoiceField(label="Your answer", choices=Override.Value.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label="Because", choices=Override.Reason.choices)
    text = forms.CharField(
        label="In words", widget=forms.Textarea(attrs={"rows": 2}), max_length=2000, strip=True
    )
    expires_on = forms.DateField(
        label="Holds until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class StepForm(forms.Form):
    """The next step towards a trial."""

    to = forms.ChoiceField(label="Next step")
    because = forms.ChoiceField(
        label="If declined, because", required=False, choices=[("", "—"), *Declined.choices]
    )
    site = forms.CharField(label="Site", required=False, max_length=200)
    text = forms.CharField(label="Note", required=False, max_length=2000)

    def __init__(self, *args: object, state: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(to.value, to.label) for to in TRANSITIONS[State(state)]]
