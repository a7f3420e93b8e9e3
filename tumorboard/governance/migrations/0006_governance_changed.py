"""Tells the gate, at commit, that something changed which a decision may rest on: rows that flow are then
decided anew (tumorboard/governance/gate/epoch.py)."""

from django.db import migrations

# Table -> what counts as a change of it.
WATCHED = {
    "accounts_user": "update of is_active, password, session_seal",
    "accounts_user_groups": "insert or update or delete",
    "django_session": "delete",
    "governance_breakglass": "insert or update or delete",
    "governance_capability": "update or delete",
    "governance_columntag": "insert or update or delete",
    "governance_consent": "insert or update or delete",
    "governance_patientreach": "insert or update or delete",
    "governance_patientunit": "insert or update or delete",
    "governance_policy": "insert or update or delete",
    "governance_qualityassignment": "insert or update or delete",
    "governance_securablegroupgrant": "insert or update or delete",
    "governance_securableusergrant": "insert or update or delete",
    "governance_study": "update or delete",
    "governance_studymember": "insert or update or delete",
}
FUNCTION = """
create function governance_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('governance_changed', '');
    return null;
end $$
"""
TRIGGER = (
    "create trigger governance_changed after {what} on {table} "
    "for each statement execute function governance_changed()"
)


def steps():
    yield migrations.RunSQL(FUNCTION, "drop function governance_changed()")
    for table, what in WATCHED.items():
        yield migrations.RunSQL(
            TRIGGER.format(table=table, what=what), f"drop trigger governance_changed on {table}"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_gate"),
        ("accounts", "__first__"),
        ("sessions", "0001_initial"),
    ]
    operations = list(steps())
