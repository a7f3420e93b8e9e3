from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.boards.models import Board, BoardMember, BoardRole
from tumorboard.cases.models import Case
from tumorboard.cases.status import BEFORE_MEETING
from tumorboard.meetings.codes import FollowUpState, Kind, NoRecommendation, Outcome, Profession, Reason
from tumorboard.meetings.evidence import ADDENDA, LEVELS, Scale
from tumorboard.meetings.models import Meeting

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
NO_RECOMMENDATION = [("", "There are recommendations"), *NoRecommendation.choices]
EVIDENCE = [
    ("", "No scale"),
    *(
        (scale.label, [(f"{scale.value} {level}", level) for level in LEVELS[scale]])
        for scale in Scale
        if LEVELS[scale]
    ),
]


def members_of(board: Board) -> Any:
    current = BoardMember.objects.current().filter(board=board).values("user_id")
    return User.objects.filter(pk__in=current).order_by("display_name")


class PlanForm(forms.Form):
    board = forms.ModelChoiceField(Board.objects.none())
    starts_at = forms.DateTimeField(
        label="Begins", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    room = forms.CharField(max_length=120, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["board"].queryset = Board.objects.of(user, BoardRole.CHAIR, BoardRole.COORDINATOR)


class AgendaForm(forms.Form):
    case = forms.ModelChoiceField(Case.objects.none(), to_field_name="uuid")
    minutes = forms.IntegerField(min_value=1, max_value=120, initial=10)
    presenter = forms.ModelChoiceField(User.objects.none(), required=False)

    def __init__(
        self, *args: Any, meeting: Meeting, user: User, names: dict[str, str], **kwargs: Any
    ) -> None:
        """`names`: patient_key -> how the list shows the patient."""
        super().__init__(*args, **kwargs)
        self.fields["case"].queryset = candidates(meeting, user)
        self.fields["case"].label_from_instance = lambda case: (
            f"{names.get(case.patient_key, '')} {case.question}"[:90]
        )
        self.fields["presenter"].queryset = members_of(meeting.board)


def candidates(meeting: Meeting, user: User) -> Any:
    """Cases that may be put on this agenda."""
    cases = Case.objects.visible_to(user).filter(board=meeting.board, status__in=BEFORE_MEETING)
    return cases.in_worklist_order()


class GuestForm(forms.Form):
    name = forms.CharField(max_length=120, label="Guest")
    profession = forms.ChoiceField(choices=Profession.choices)


class RecommendationForm(forms.Form):
    kind = forms.ChoiceField(choices=Kind.choices, label="What")
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Recommendation")
    agents = forms.CharField(required=False, label="Substances", help_text="Separated by commas.")
    study_id = forms.CharField(required=False, max_length=40, label="Study", help_text="Register number.")
    priority = forms.IntegerField(min_value=1, max_value=12, initial=1)
    evidence = forms.ChoiceField(choices=EVIDENCE, required=False, label="Evidence level")
    evidence_addenda = forms.MultipleChoiceField(
        choices=[(addendum, addendum) for addendum in ADDENDA],
        required=False,
        label="NCT/DKTK addenda",
        widget=forms.CheckboxSelectMultiple,
    )
    evidence_on = forms.DateField(required=False, widget=DATE, label="Evidence as of")
    knowledge_version = forms.CharField(required=False, max_length=60, label="Knowledge base and version")
    owner = forms.ModelChoiceField(User.objects.none(), required=False, label="Who sees to it")
    due_on = forms.DateField(required=False, widget=DATE, label="Until")
    supporting_facts = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, board: Board, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members_of(board)

    def arguments(self) -> dict[str, Any]:
        """As `actions.record_recommendation` takes them."""
        values = dict(self.cleaned_data)
        scale, _, level = values.pop("evidence").partition(" ")
        values["agents"] = [name.strip() for name in values["agents"].split(",") if name.strip()]
        values["supporting_facts"] = values["supporting_facts"].split()
        return {**values, "evidence_scale": scale or Scale.NONE, "evidence_level": level}


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(choices=Outcome.choices, widget=forms.RadioSelect, label="Agreement")
    missing = forms.CharField(
        required=False, label="If deferred: what is missing", widget=forms.Textarea(attrs={"rows": 2})
    )
    no_recommendation = forms.ChoiceField(
        choices=NO_RECOMMENDATION, required=False, label="If nothing is recommended: why"
    )
    caveats = forms.CharField(
        required=False,
        label="Caveats",
        help_text="Needed while facts are in conflict.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class FollowUpForm(forms.Form):
    state = forms.ChoiceField(choices=FollowUpState.choices, widget=forms.RadioSelect, label="State")
    reasons = forms.MultipleChoiceField(
        choices=Reason.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Needed when it was not, or only partly, carried out.",
    )
    on = forms.DateField(widget=DATE, label="Known since", initial=timezone.localdate)
    text = forms.CharField(required=False, label="Remarks", widget=forms.Textarea(attrs={"rows": 2}))
