from django.db import migrations


def add_versions(apps, schema_editor):
    """Note the version that each token had when the call made it: the first."""
    calls = apps.get_model("accounts", "RecordedCall").objects
    for call in calls.exclude(secrets={}):
        call.secrets = {name: [row, 1] for name, row in call.secrets.items()}
        call.save(update_fields=["secrets"])


class Migration(migrations.Migration):

    dependencies = [("accounts", "0013_tries_and_last_codes")]

    operations = [migrations.RunPython(add_versions, migrations.RunPython.noop)]
