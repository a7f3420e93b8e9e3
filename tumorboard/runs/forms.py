"""What stewards choose from, search for and write down."""

from __future__ import annotations

from typing import Any

from django import forms

from tumorboard.audit.events import Event
from tumorboard.audit.models import Phase
from tumorboard.governance.purposes import PURPOSES
from tumorboard.lake import tables
from tumorboard.runs.codes import LABELS
from tumorboard.runs.console import quarantine
from tumorboard.runs.console.columns import BOTH, DOWN, UP
from tumorboard.runs.models import QuarantinedRow
from tumorboard.runs.status import JobState
from tumorboard.ui.filters import ANY, DAY, Filter

CHANNELS = ("web", "api", "task", "cli", "export")


class IngestFilter(Filter):
    q = forms.CharField(label="Started by, source or run", max_length=100)


class QuarantineFilter(Filter):
    private = ("q",)
    q = forms.CharField(label="Reason, field, place or file", max_length=100)
    source = forms.ChoiceField(label="Source")
    stage = forms.ChoiceField(label="Stage", choices=[ANY, *QuarantinedRow.Stage.choices])
    state = forms.ChoiceField(
        label="State", choices=[(quarantine.OPEN, "Open"), (quarantine.SETTLED, "Settled"), ANY]
    )

    def __init__(self, data: Any = None, *, sources: list[str]) -> None:
        super().__init__(data)
        self.fields["source"].choices = [ANY, *((source, source) for source in sources)]


class JobFilter(Filter):
    state = forms.ChoiceField(label="State", choices=[ANY, *JobState.choices])
    kind = forms.ChoiceField(label="Kind", choices=[ANY, *LABELS.items()])
    by = forms.CharField(label="Requested by", max_length=150)


class LineageFilter(Filter):
    """A table, perhaps one of its columns, and which way to look. The columns are those of the table."""

    table = forms.ChoiceField(label="Table")
    column = forms.ChoiceField(label="Column")
    way = forms.ChoiceField(
        label="Way", choices=[(BOTH, "Both"), (UP, "Where it comes from"), (DOWN, "Where it goes")]
    )
    q = forms.CharField(label="Table or column in the list", max_length=100)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        listed = {table.name: table for table in tables.all_tables()}
        self.fields["table"].choices = [("", "All"), *((name, name) for name in listed)]
        chosen = listed.get(str((data or {}).get("table", "")))
        columns = list(chosen.columns) if chosen else []
        self.fields["column"].choices = [("", "None"), *((name, name) for name in columns)]


class ModelFilter(Filter):
    q = forms.CharField(label="Name or version", max_length=60)


class AuditFilter(Filter):
    private = ("record_number",)
    record_number = forms.CharField(label="Patient's record number", max_length=60)
    actor = forms.CharField(label="Who", max_length=150)
    event = forms.ChoiceField(label="Event", choices=[ANY, *sorted(Event.choices, key=lambda c: c[1])])
    purpose = forms.ChoiceField(label="Purpose", choices=[ANY, *((p, p.capitalize()) for p in PURPOSES)])
    phase = forms.ChoiceField(label="Outcome", choices=[ANY, *Phase.choices])
    table = forms.CharField(label="Table", max_length=128)
    channel = forms.ChoiceField(label="By way of", choices=[ANY, *((c, c) for c in CHANNELS)])
    since = forms.DateField(label="From", widget=DAY)
    until = forms.DateField(label="To", widget=DAY)


class SettleForm(forms.Form):
    """What was done about the rows that are ticked (`row`), or about all that were shown (`shown`)."""

    settlement = forms.CharField(
        label="What was done", max_length=300, help_text="For the rows ticked, or for all shown on this page"
    )

    def rows(self) -> list[int]:
        ids = self.data.getlist("shown" if "all" in self.data else "row")
        return [int(number) for number in ids if number.isdecimal() and len(number) < 19]


class HeadForm(forms.Form):
    """The head of the audit log as it was noted earlier, outside this database."""

    seq = forms.IntegerField(label="Number of the event", min_value=1, required=False)
    hash = forms.RegexField(label="Its hash", regex=r"^[0-9a-f]{64}$", required=False)

    def noted(self) -> tuple[int, str] | None:
        """None when nothing was given. Only to be asked of a valid form."""
        seq, digest = self.cleaned_data["seq"], self.cleaned_data["hash"]
        return (seq, digest) if seq and digest else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("seq")) != bool(given.get("hash")) and not self.errors:
            raise forms.ValidationError("Give both the number and the hash, or neither.")
        return given


class SignForm(forms.Form):
    """A signature: in which part, why in spite of what is not met, and the password again."""

    part = forms.ChoiceField(label="Sign as")
    deviation = forms.CharField(
        label="Why what is not met is accepted",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
        help_text="Stays with the signature, for everybody to read",
    )
    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="A signature needs it again",
    )

    def offer(self, parts: list[str], *, deviates: bool) -> None:
        self.fields["part"].choices = [(part, part.capitalize()) for part in parts]
        self.fields["deviation"].required = deviates


class StopForm(forms.Form):
    """To stop a model one person and a reason are enough."""

    state = forms.ChoiceField(label="Make it")
    reason = forms.CharField(label="Why", max_length=300)

    def offer(self, states: list[Any]) -> None:
        self.fields["state"].choices = [(state.value, state.label) for state in states]
