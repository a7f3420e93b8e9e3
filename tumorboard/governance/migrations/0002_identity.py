"""The identity tables: plain SQL of the data side, which knows no Django."""

from django.db import migrations

from tumorboard.identity.crosswalk import DROP, SCHEMA


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]
    operations = [migrations.RunSQL(SCHEMA, DROP)]
