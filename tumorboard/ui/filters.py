"""What a list is narrowed by."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.http import QueryDict

ANY = ("", "Any")
DAY = forms.DateInput(attrs={"type": "date"})


def any_of(words: str, *names: str) -> Q:
    """Rows in which one of the named fields holds the words."""
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__icontains": words})
    return found


class Filter(forms.Form):
    """Nothing in it is required. What is wrong is said beside its field; the rest still filters.

    `private` fields may name a file or a patient, so they never stand in an address.
    """

    private: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="filter-%s", **kwargs)
        for field in self.fields.values():
            field.required = False

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data

    def query(self) -> str:
        """The public choices as the query of an address; empty when there are none."""
        address = QueryDict(mutable=True)
        for name in self.fields:
            if name not in self.private and self.data.get(name):
                address[name] = self.data[name]
        return f"?{address.urlencode()}" if address else ""
