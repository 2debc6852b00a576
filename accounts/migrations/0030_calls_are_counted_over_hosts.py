from django.db import migrations, models


def write_no_log(apps, schema_editor):
    """Counts of a minute are worth no waiting for the disk or a replica."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE accounts_callcount SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0029_groups_count_for_an_hour")]

    operations = [
        migrations.CreateModel(
            "CallCount",
            [
                ("slot", models.BigIntegerField(primary_key=True, serialize=False)),
                ("minute", models.BigIntegerField()),
                ("calls", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.RunPython(write_no_log, migrations.RunPython.noop),
    ]
