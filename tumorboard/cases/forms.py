from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import is_clinician
from tumorboard.boards.models import Board, BoardRole
from tumorboard.cases.models import Case, Urgency


def boards_to_refer_to(user: User) -> QuerySet[Board]:
    """A clinician may ask any board; a coordinator registers for the boards they coordinate."""
    return Board.objects.all() if is_clinician(user) else Board.objects.of(user, BoardRole.COORDINATOR)


class RegisterForm(forms.Form):
    record_number = forms.CharField(max_length=64, label="Record number of the patient", strip=True)
    board = forms.ModelChoiceField(Board.objects.none())
    question = forms.CharField(
        label="Question for the board",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What shall the board decide? It opens the presentation.",
    )
    diagnosis_hint = forms.CharField(
        max_length=200,
        required=False,
        label="Diagnosis, in your words",
        help_text="If it is not in the record yet.",
    )
    urgency = forms.ChoiceField(choices=Urgency.choices, initial=Urgency.ROUTINE)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["board"].queryset = boards_to_refer_to(user)
        self.fields["record_number"].widget.attrs["autocomplete"] = "off"


class CareTeamForm(forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label="Person")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(pk__in=case.care_team.values("user_id"))
        self.fields["user"].queryset = people.order_by("display_name")


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="Why is the case withdrawn?", max_length=500)
