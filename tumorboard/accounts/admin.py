"""Django's admin, for accounts only. No patient data is registered in it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest

from tumorboard.accounts import actions
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.events import Event
from tumorboard.audit.record import record


class AccountForm(UserChangeForm):
    """Roles instead of groups: board groups belong to the boards."""

    roles = forms.TypedMultipleChoiceField(
        choices=Role.choices, coerce=Role, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].initial = (
            [role.value for role in self.instance.roles] if self.instance.pk else []
        )


@admin.register(User)
class AccountAdmin(UserAdmin):
    form = AccountForm
    list_display = ("username", "display_name", "job_title", "is_active")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "display_name")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "job_title", "email")}),
        ("What the person is", {"fields": ("roles", "is_active", "is_staff")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "display_name", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Deactivate instead: signed decisions name the person."""
        return False

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        event = Event.USER_CHANGED if change else Event.USER_CREATED
        record(event, by=request.user, target=obj, fields=form.changed_data)
        if "roles" in form.cleaned_data:
            actions.set_roles(user=obj, roles=form.cleaned_data["roles"], by=request.user)


class ReadOnlyGroupAdmin(admin.ModelAdmin):
    """Groups are kept by roles and boards; here they can only be looked at."""

    search_fields = ("name",)
    fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False


admin.site.unregister(Group)
admin.site.register(Group, ReadOnlyGroupAdmin)
