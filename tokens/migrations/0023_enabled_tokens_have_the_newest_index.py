from django.db import migrations

NAME = "token_enabled"


def make_anew(apps, schema_editor):
    """Make SQLite's index of enabled tokens again.

    Without statistics SQLite takes the newest of two indexes that fit as well: since 0022
    that of all tokens, which reads every disabled one to find the others.
    """
    if schema_editor.connection.vendor != "sqlite":
        return
    token = apps.get_model("tokens", "Token")
    [index] = [each for each in token._meta.indexes if each.name == NAME]
    schema_editor.remove_index(token, index)
    schema_editor.add_index(token, index)


class Migration(migrations.Migration):
    dependencies = [("tokens", "0022_lists_are_counted_by_their_indexes")]

    operations = [migrations.RunPython(make_anew, migrations.RunPython.noop)]
