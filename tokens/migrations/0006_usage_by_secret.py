from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tokens", "0005_count_enabled_and_deleted_tokens")]

    operations = [
        migrations.RemoveConstraint(
            model_name="tokenusage", name="usage_once_per_token_hour_and_caller"
        ),
        migrations.AlterField(
            model_name="tokenusage",
            name="id",
            field=models.BigAutoField(primary_key=True, serialize=False),
        ),
        migrations.AddField(
            model_name="tokenusage",
            name="stored_secret_id",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="tokenusage",
            constraint=models.UniqueConstraint(
                fields=["token", "hour", "stored_secret_id", "address", "agent"],
                name="usage_once_per_hour_secret_and_caller",
            ),
        ),
    ]
