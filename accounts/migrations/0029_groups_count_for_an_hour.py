"""Note when the provider spoke last for somebody whose groups gave a membership."""

from django.db import migrations, models


def note_when_heard(apps, schema_editor):
    rows = apps.get_model("accounts.Membership").objects.exclude(granted_by=None)
    seen = apps.get_model("accounts.SeenGroups").objects.filter(
        provider=models.OuterRef("granted_by"), user=models.OuterRef("user")
    )
    rows.update(heard_at=models.Subquery(seen.values("seen_at")[:1]))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0028_roles_come_from_groups")]

    operations = [
        migrations.AddField(
            "membership", "heard_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunPython(note_when_heard, migrations.RunPython.noop),
    ]
