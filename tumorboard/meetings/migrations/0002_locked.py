"""The database itself refuses to change what was signed, and signatures and addenda at all."""

from django.db import migrations

DECIDED = ("decision", "recommendation", "dissent", "discussionnote", "recusal")
FINAL = ("signoff", "addendum")

FUNCTIONS = """
CREATE FUNCTION meetings_refuse_if_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    item bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.item_id ELSE NEW.item_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM meetings_signoff WHERE item_id = item)
        OR (TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM meetings_signoff WHERE item_id = OLD.item_id)) THEN
        RAISE EXCEPTION 'the decision is signed: % on % refused', TG_OP, TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION meetings_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'signatures and addenda are final: % on % refused', TG_OP, TG_TABLE_NAME;
END $$;
"""


def triggers() -> str:
    locked = [
        f"CREATE TRIGGER refuse_if_signed BEFORE INSERT OR UPDATE OR DELETE ON meetings_{name} "
        "FOR EACH ROW EXECUTE FUNCTION meetings_refuse_if_signed();"
        for name in DECIDED
    ]
    final = [
        f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON meetings_{name} "
        "FOR EACH ROW EXECUTE FUNCTION meetings_refuse_change();"
        for name in FINAL
    ]
    return "\n".join([FUNCTIONS, *locked, *final])


def without() -> str:
    drops = [f"DROP TRIGGER refuse_if_signed ON meetings_{name};" for name in DECIDED]
    drops += [f"DROP TRIGGER refuse_change ON meetings_{name};" for name in FINAL]
    return "\n".join([*drops, "DROP FUNCTION meetings_refuse_if_signed();", "DROP FUNCTION meetings_refuse_change();"])


class Migration(migrations.Migration):
    dependencies = [("meetings", "0001_initial")]
    operations = [migrations.RunSQL(triggers(), without())]
