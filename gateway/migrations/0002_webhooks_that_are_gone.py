from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0001_dead_uses")]

    operations = [
        migrations.AddField(
            "webhook", "stopped_at", models.DateTimeField(blank=True, null=True)
        ),
    ]
