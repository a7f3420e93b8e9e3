"""What stewards choose from, search for and write down about governance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import Group
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.governance.console import catalog, emergencies, granting, pinning, rules, studying
from tumorboard.governance.models import (
    BreakGlass,
    Effect,
    Kind,
    Policy,
    Privilege,
    Securable,
    Study,
    TagProposal,
)
from tumorboard.governance.policies.functions import MASKS, ROW_FILTERS
from tumorboard.governance.policies.words import CLASSES, KINDS, NO_KIND, SENSITIVITIES, Rule
from tumorboard.governance.purposes import PURPOSES, WORDS
from tumorboard.governance.tags import TRANSFORMS
from tumorboard.lake import tables
from tumorboard.ui.filters import ANY, DAY, Filter

PURPOSE_CHOICES = [(purpose, WORDS[purpose]) for purpose in PURPOSES]
SENSITIVITY_CHOICES = [(word, word.capitalize()) for word in SENSITIVITIES]
UNCHANGED = ("", "As declared")


def why(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


def several(label: str, choices: Iterable[Any], words: str = "") -> forms.MultipleChoiceField:
    """Any number of a list, ticked."""
    ticks = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(
        label=label, choices=list(choices), required=False, widget=ticks, help_text=words
    )


class PersonField(forms.CharField):
    """Somebody with an active account, by user name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 150, "label": "User name", **kwargs})

    def clean(self, value: Any) -> User | None:
        username = super().clean(value)
        if not username:
            return None
        found = User.objects.filter(username=username, is_active=True).first()
        if found is None:
            raise forms.ValidationError("Nobody with an active account has this user name.")
        return found


def end_of(day: Any) -> datetime | None:
    """The last moment of a day that is given."""
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None


# ---- catalog and tags


class CatalogFilter(Filter):
    q = forms.CharField(label="Name, meaning or column", max_length=100)
    schema = forms.ChoiceField(label="Schema", choices=[ANY, *((s, s) for s in catalog.SCHEMAS)])
    kind = forms.ChoiceField(label="Kind", choices=[ANY, *Kind.choices])


class ColumnFilter(Filter):
    q = forms.CharField(label="Column, meaning or tag", max_length=100)


class ProposalFilter(Filter):
    q = forms.CharField(label="Schema, table, column or reason", max_length=100)
    state = forms.ChoiceField(label="State", choices=[ANY, *TagProposal.State.choices])


class TagForm(forms.Form):
    """Tags of a schema, a table or a column. What is left out stays as declared."""

    klass = forms.ChoiceField(label="Class", required=False, choices=[UNCHANGED, *((c, c) for c in CLASSES)])
    kinds = several("Kinds", KINDS.items(), "None ticked: as declared")
    sensitivity = forms.ChoiceField(
        label="Sensitivity",
        required=False,
        choices=[UNCHANGED, *SENSITIVITY_CHOICES],
    )
    transform = forms.ChoiceField(
        label="De-identifying transform",
        required=False,
        choices=[("", "None"), *TRANSFORMS.items()],
        help_text="Stops what lineage carries along. Always takes a second steward",
    )
    reason = why("Why")


# ---- grants


def securable_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in Securable.objects.values_list("name", flat=True)]


class GrantFilter(Filter):
    q = forms.CharField(label="Person or group", max_length=150)
    securable = forms.ChoiceField(label="What reaches")
    privilege = forms.ChoiceField(label="Privilege", choices=[ANY, *Privilege.choices])
    effect = forms.ChoiceField(label="Effect", choices=[ANY, *Effect.choices])
    state = forms.ChoiceField(
        label="State", choices=[ANY, (granting.IN_FORCE, "In force"), (granting.ENDED, "Ended")]
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["securable"].choices = [("", "Anything"), *securable_choices()]


class GrantForm(forms.Form):
    effect = forms.ChoiceField(
        label="Effect", choices=Effect.choices, help_text="A denial wins over every grant"
    )
    user = PersonField(required=False, help_text="Either a person …")
    group = forms.ModelChoiceField(
        Group.objects.order_by("name"), label="Group", required=False, help_text="… or a group"
    )
    privilege = forms.ChoiceField(label="Privilege", choices=Privilege.choices)
    securable = forms.ModelChoiceField(
        Securable.objects.order_by("name"), label="On", to_field_name="name", help_text="And what is below it"
    )
    purposes = several("Purposes", PURPOSE_CHOICES, "A grant that opens data names them")
    until = forms.DateField(label="Last day", required=False, widget=DAY)
    ticket = forms.CharField(label="Ticket", max_length=60, required=False)


# ---- policies


class PolicyFilter(Filter):
    q = forms.CharField(label="Name, scope or reason", max_length=100)
    state = forms.ChoiceField(label="State", choices=[ANY, *Policy.State.choices])
    effect = forms.ChoiceField(label="Effect", choices=[ANY, *Policy.Effect.choices])
    purpose = forms.ChoiceField(label="Purpose", choices=[ANY, *PURPOSE_CHOICES])


class SimulationFilter(Filter):
    role = forms.ChoiceField(label="For people who are", choices=[("", "In any role"), *Role.choices])


FUNCTIONS = [
    ("", "None: refuse"),
    ("Row filters", [(name, rules.function_words(name)) for name in ROW_FILTERS]),
    ("Column masks", [(name, mask.words.capitalize()) for name, mask in MASKS.items()]),
]
KIND_CHOICES = [*KINDS.items(), (NO_KIND, "None: nobody has looked at the column")]


class PolicyForm(forms.Form):
    """A draft, in the order of POLICY name ON scope TO .. EXCEPT .. WHEN .. PURPOSE .. -> effect."""

    LISTS: ClassVar[tuple[str, ...]] = (
        "principals", "excepted", "classes", "kinds", "sensitivities", "purposes",
    )  # fmt: skip
    name = forms.SlugField(
        label="Name", max_length=80, help_text="A built-in policy of the same name is replaced"
    )
    scope = forms.ChoiceField(label="On", help_text="And what is below it")
    principals = several("To", [], "None ticked: everybody")
    excepted = several("Except", [])
    classes = several("Columns of class", ((c, c) for c in CLASSES), "None ticked: any class")
    kinds = several("Columns of kind", KIND_CHOICES, "None ticked: any kind")
    sensitivities = several("Columns of sensitivity", SENSITIVITY_CHOICES)
    purposes = several("For purposes", PURPOSE_CHOICES, "None ticked: every purpose")
    effect = forms.ChoiceField(label="Effect", choices=Policy.Effect.choices)
    function = forms.ChoiceField(
        label="Function", required=False, choices=FUNCTIONS, help_text="From the reviewed registry"
    )
    reason = why("Why")

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["scope"].choices = securable_choices()
        groups = [(name, rules.principal(name)) for name in _group_names()]
        for name in ("principals", "excepted"):
            self.fields[name].choices = groups

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        functions = {Policy.Effect.ROW_FILTER: ROW_FILTERS, Policy.Effect.MASK: MASKS}
        wanted = functions.get(given.get("effect"), {"": ""})
        if not self.errors and given["function"] not in wanted:
            self.add_error("function", "This function does not go with the effect.")
        return given

    def rule(self) -> Rule:
        values = self.cleaned_data
        lists = {name: tuple(values[name]) for name in self.LISTS}
        lists["principals"] = lists["principals"] or ("*",)
        return Rule(values["name"], values["scope"], values["effect"], values["function"], **lists)


def _group_names() -> list[str]:
    return list(Group.objects.order_by("name").values_list("name", flat=True))


def of_rule(rule: Rule) -> dict[str, Any]:
    """What a draft form starts with."""
    lists = {name: [word for word in getattr(rule, name) if word != "*"] for name in PolicyForm.LISTS}
    own = {name: getattr(rule, name) for name in ("name", "scope", "effect", "function")}
    return {**own, **lists}


# ---- explain and view as


def _studies() -> list[tuple[str, str]]:
    return [("", "None"), *((str(s.uuid), s.code) for s in Study.objects.filter(purpose="research"))]


class ExplainFilter(Filter):
    """Who, what and why; the patient by record number, which never stands in an address."""

    private = ("record_number",)
    person = forms.CharField(label="User name", max_length=150)
    table = forms.ChoiceField(label="Table")
    column = forms.ChoiceField(label="Column")
    purpose = forms.ChoiceField(label="Purpose", choices=PURPOSE_CHOICES)
    study = forms.ChoiceField(label="Study")
    record_number = forms.CharField(label="Patient's record number", max_length=60)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        listed = {table.name: table for table in tables.all_tables()}
        self.fields["table"].choices = [("", "Choose"), *((name, name) for name in listed)]
        self.fields["study"].choices = _studies()
        known = listed.get(str((data or {}).get("table", "")))
        columns = [(column, column) for column in known.columns] if known else []
        self.fields["column"].choices = [("", "Choose after the table"), *columns]


class ViewFilter(Filter):
    role = forms.ChoiceField(label="As somebody who is", choices=[("", "…"), *Role.choices])
    person = forms.CharField(label="or as the person", max_length=150, help_text="User name")
    purpose = forms.ChoiceField(label="Purpose", choices=PURPOSE_CHOICES)
    study = forms.ChoiceField(label="Study")
    q = forms.CharField(label="Table", max_length=100)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["study"].choices = _studies()


# ---- studies


class StudyFilter(Filter):
    q = forms.CharField(label="Code or title", max_length=100)
    window = forms.ChoiceField(label="Protocol", choices=[ANY, *studying.WINDOWS.items()])


class StudyForm(forms.Form):
    code = forms.SlugField(label="Code", max_length=40)
    title = forms.CharField(label="Title", max_length=200)
    starts_on = forms.DateField(label="First day", widget=DAY)
    ends_on = forms.DateField(label="Last day", widget=DAY, required=False)


class MemberForm(forms.Form):
    user = PersonField()


class ConsentForm(forms.Form):
    """Record numbers, one a line. They are looked up, each on record, and not kept."""

    MOST = 500
    numbers = forms.CharField(
        label="Record numbers", widget=forms.Textarea(attrs={"rows": 4}), help_text="One a line"
    )
    until = forms.DateField(label="Last day", required=False, widget=DAY)

    def clean_numbers(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["numbers"].splitlines()]
        found = list(dict.fromkeys(line for line in lines if line))
        if len(found) > self.MOST:
            raise forms.ValidationError(f"At most {self.MOST} at a time.")
        return found


class WithdrawForm(forms.Form):
    record_number = forms.CharField(label="Record number", max_length=60)


class QualityForm(forms.Form):
    unit = forms.CharField(label="Unit", max_length=120, help_text="As the patients' records name the site")
    user = PersonField(required=False, help_text="Either a person …")
    group = forms.ModelChoiceField(
        Group.objects.order_by("name"), label="Group", required=False, help_text="… or a group"
    )
    until = forms.DateField(label="Last day", required=False, widget=DAY)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and (given.get("user") is None) == (given.get("group") is None):
            raise forms.ValidationError("Quality work is given to one person or one group.")
        return given


# ---- emergencies, snapshots


class EmergencyFilter(Filter):
    q = forms.CharField(label="Who", max_length=150)
    state = forms.ChoiceField(label="State", choices=[ANY, *emergencies.STATES.items()])


class ReviewForm(forms.Form):
    outcome = forms.ChoiceField(
        label="Outcome", choices=BreakGlass.Outcome.choices, widget=forms.RadioSelect,
        help_text="What was not justified ends at once",
    )  # fmt: skip
    note = why("Why you judge it so")


class SnapshotFilter(Filter):
    q = forms.CharField(label="Made by, or name of a table", max_length=150)


class ScrubFilter(Filter):
    q = forms.CharField(label="Table or what is wrong", max_length=100)
    state = forms.ChoiceField(
        label="State", choices=[ANY, (pinning.DAMAGED, "Damaged"), (pinning.SOUND, "Sound")]
    )
