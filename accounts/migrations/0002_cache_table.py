from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    # allauth's login limits count in the cache, which all workers have to share.
    call_command("createcachetable", "cache", database=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_and_accounts")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
