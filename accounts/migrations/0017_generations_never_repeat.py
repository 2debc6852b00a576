import secrets

from django.db import migrations


def draw(apps, schema_editor):
    """Let no slot stand at a count, which a database that is restored may repeat."""
    for generation in apps.get_model("accounts", "Generation").objects.all():
        generation.number = secrets.randbits(63)
        generation.save(update_fields=["number"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_people_come_to_organisations")]

    operations = [migrations.RunPython(draw, migrations.RunPython.noop)]
