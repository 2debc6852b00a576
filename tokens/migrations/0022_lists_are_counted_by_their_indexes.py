from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0028_roles_come_from_groups"),
        ("tokens", "0021_many_tokens_are_restricted"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="token",
            name="token_by_created",
        ),
        migrations.RemoveIndex(
            model_name="token",
            name="token_by_name",
        ),
        migrations.RemoveIndex(
            model_name="token",
            name="token_by_use",
        ),
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["account", "kind", "created_at", "id"],
                name="token_by_created",
            ),
        ),
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["account", "kind", "name_key", "id"],
                name="token_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["account", "kind", "last_used_at", "id"],
                name="token_by_use",
            ),
        ),
    ]
