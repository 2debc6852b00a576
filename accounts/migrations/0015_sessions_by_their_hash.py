from hashlib import sha256

from django.db import migrations

# As long as what is in the browser; what has been hashed is longer.
COOKIE_CHARACTERS = 32
NAME_CHARACTERS = 40


def hash_keys(apps, schema_editor):
    """Leave everybody signed in: the cookies stay, the tables get their hashes."""
    for app, model in (("sessions", "Session"), ("usersessions", "UserSession")):
        rows = apps.get_model(app, model).objects.using(schema_editor.connection.alias)
        for key in list(rows.values_list("session_key", flat=True)):
            if len(key) == COOKIE_CHARACTERS:
                hashed = sha256(key.encode()).hexdigest()[:NAME_CHARACTERS]
                rows.filter(session_key=key).update(session_key=hashed)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_recorded_secrets_have_versions"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]
    operations = [migrations.RunPython(hash_keys, migrations.RunPython.noop)]
