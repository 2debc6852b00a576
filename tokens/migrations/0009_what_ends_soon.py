from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tokens", "0008_tokens_have_a_keeper")]

    operations = [
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                condition=models.Q(
                    ("deleted_at", None),
                    ("disabled_at", None),
                    ("expires_at__isnull", False),
                ),
                fields=["expires_at"],
                name="token_ending",
            ),
        ),
    ]
