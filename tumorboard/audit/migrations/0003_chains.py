"""The record of many fields, in eight chains; what an earlier version had recorded moves into the first.

`audit_append` is the only writer. It takes a chain nobody writes to, numbers and links each body to the one
before, and inserts. The chain's lock is held until the transaction ends, and a later statement of the same
transaction finds it free (its own), so nobody ever waits for a second chain: no fork, no deadlock.
"""

import json

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

APPEND = """
CREATE SEQUENCE audit_seq;

CREATE FUNCTION audit_take_chain() RETURNS smallint LANGUAGE plpgsql AS $$
DECLARE
    mine CONSTANT integer := pg_backend_pid() % 8;
BEGIN
    FOR later IN 0..7 LOOP
        IF pg_try_advisory_xact_lock(1953850740, (mine + later) % 8) THEN
            RETURN (mine + later) % 8;
        END IF;
    END LOOP;
    PERFORM pg_advisory_xact_lock(1953850740, mine);
    RETURN mine;
END $$;

-- Each query in a plpgsql function sees what was committed before it, so the head is read after the lock.
CREATE FUNCTION audit_append(bodies text[]) RETURNS SETOF audit_auditevent LANGUAGE plpgsql AS $$
DECLARE
    chain CONSTANT smallint := audit_take_chain();
    empty CONSTANT jsonb := %s;
    event audit_auditevent;
    previous text := repeat('0', 64);
    counted bigint := 0;
    body text;
BEGIN
    SELECT e.shard_seq, e.hash INTO counted, previous FROM audit_auditevent e
        WHERE e.shard = chain ORDER BY e.shard_seq DESC LIMIT 1;
    counted := coalesce(counted, 0);
    previous := coalesce(previous, repeat('0', 64));
    FOREACH body IN ARRAY bodies LOOP
        event := jsonb_populate_record(NULL::audit_auditevent, empty || body::jsonb);
        counted := counted + 1;
        event.seq := nextval('audit_seq');
        event.shard := chain;
        event.shard_seq := counted;
        event.previous_hash := previous;
        previous := encode(sha256(convert_to(
            concat_ws('/', previous, chain, counted, event.seq, body), 'UTF8')), 'hex');
        event.hash := previous;
        INSERT INTO audit_auditevent VALUES (event.*);
        RETURN NEXT event;
    END LOOP;
END $$;

CREATE TRIGGER audit_refuse_change BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

TEXTS = """actor_id actor_label auth_method break_glass_id channel code_version commit_hash event job_id
    on_behalf_of outcome patient_digest patient_key phase policy_hash purpose query_fingerprint request_id
    row_filter rule session_hash source_ip table target_id target_kind trace_id user_agent""".split()
EMPTY = {**dict.fromkeys(TEXTS, ""), **{n: [] for n in ("actor_roles", "columns", "patient_keys")},
         "detail": {}, "masks": {}}
KEPT = ("event", "actor_id", "actor_label", "purpose", "patient_key", "target_kind", "target_id", "table",
        "version", "columns", "detail")


def move(apps, schema_editor):
    """What was recorded before, in its order, as the new record."""
    from tumorboard.audit.models import canonical
    from tumorboard.audit.numbers import uuid7

    with schema_editor.connection.cursor() as cursor:
        for before in apps.get_model("audit", "AuditEventBefore").objects.order_by("seq").iterator():
            told = {n: getattr(before, n) for n in KEPT}
            told = {n: v for n, v in told.items() if v is not None and v != EMPTY.get(n)}
            body = {"event_id": uuid7(), "at": before.at, "phase": "complete", **told}
            cursor.execute("SELECT audit_append(%s)", [[canonical(body).decode()]])


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.RenameModel("AuditEvent", "AuditEventBefore"),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('seq', models.BigIntegerField(help_text='order of writing; a number may be missing', primary_key=True, serialize=False)),
                ('shard', models.SmallIntegerField(help_text='which of the chains')),
                ('shard_seq', models.BigIntegerField(help_text='1, 2, 3 ... in its chain, without a gap')),
                ('event_id', models.UUIDField(help_text='UUIDv7')),
                ('at', models.DateTimeField()),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('phase', models.CharField(choices=[('intent', 'Asked for'), ('complete', 'Done'), ('deny', 'Refused'), ('fail', 'Failed')], max_length=16)),
                ('outcome', models.TextField(blank=True, help_text='how it ended, in a code')),
                ('row_count', models.BigIntegerField(null=True)),
                ('bytes_out', models.BigIntegerField(null=True)),
                ('duration_ms', models.BigIntegerField(null=True)),
                ('actor_id', models.CharField(blank=True, max_length=64)),
                ('actor_label', models.CharField(max_length=150)),
                ('actor_roles', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='roles at that moment', size=None)),
                ('on_behalf_of', models.TextField(blank=True, help_text='who a process acted for')),
                ('auth_method', models.TextField(blank=True)),
                ('session_hash', models.TextField(blank=True, help_text="SHA-256 of the session's key")),
                ('purpose', models.CharField(blank=True, max_length=32)),
                ('break_glass_id', models.TextField(blank=True)),
                ('event', models.CharField(help_text='a code of tumorboard.audit.events.Event', max_length=64)),
                ('patient_key', models.CharField(blank=True, help_text='the patient, where it is about one', max_length=64)),
                ('patient_keys', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='the patients, where it is about 2 to 1,000', size=None)),
                ('patient_count', models.BigIntegerField(help_text='how many, above that', null=True)),
                ('patient_digest', models.TextField(blank=True, help_text='SHA-256 of their sorted keys, one a line, above that')),
                ('target_kind', models.CharField(blank=True, max_length=64)),
                ('target_id', models.CharField(blank=True, max_length=128)),
                ('table', models.CharField(blank=True, max_length=128)),
                ('version', models.BigIntegerField(null=True)),
                ('commit_hash', models.TextField(blank=True)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='columns read; * for all', size=None)),
                ('query_fingerprint', models.TextField(blank=True, help_text='the shape of the question, without its values')),
                ('rule', models.TextField(blank=True, help_text='the deciding rule in words')),
                ('masks', models.JSONField(default=dict, help_text='column: mask')),
                ('row_filter', models.TextField(blank=True)),
                ('policy_hash', models.TextField(blank=True)),
                ('source_ip', models.TextField(blank=True)),
                ('user_agent', models.TextField(blank=True)),
                ('channel', models.TextField(blank=True, help_text='web, api, task, cli or export')),
                ('request_id', models.TextField(blank=True)),
                ('trace_id', models.TextField(blank=True)),
                ('job_id', models.TextField(blank=True)),
                ('code_version', models.TextField(blank=True)),
                ('detail', models.JSONField(default=dict, help_text="never a patient's value")),
            ],
            options={
                'ordering': ('seq',),
                'indexes': [models.Index(fields=['patient_key', 'seq'], name='audit_of_patient'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('patient_keys', []), _negated=True), fields=['patient_keys'], name='audit_of_patients'), models.Index(fields=['actor_id', 'seq'], name='audit_of_actor'), models.Index(fields=['at'], name='audit_time')],
                'constraints': [models.UniqueConstraint(fields=('shard', 'shard_seq'), name='audit_chain')],
            },
        ),
        migrations.RunSQL(APPEND.replace("%s", f"'{json.dumps(EMPTY)}'")),
        migrations.RunPython(move),
        migrations.DeleteModel("AuditEventBefore"),
    ]
