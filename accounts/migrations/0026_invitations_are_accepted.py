from django.db import migrations, models
from django.db.models.functions import Coalesce


def accept_all(apps, schema_editor):
    """Whoever was a member so far stays one."""
    apps.get_model("accounts", "Membership").objects.filter(accepted_at=None).update(
        accepted_at=Coalesce("entered_at", "created_at")
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0025_events_are_indexed_once")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="accepted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="invited_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="invited_by",
            field=models.CharField(blank=True, db_default="", max_length=254),
        ),
        migrations.RunPython(accept_all, migrations.RunPython.noop),
    ]
