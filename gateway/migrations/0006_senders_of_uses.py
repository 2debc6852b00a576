from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0005_reminders")]

    operations = [
        migrations.CreateModel(
            "UseSender",
            [
                (
                    "name",
                    models.CharField(max_length=32, primary_key=True, serialize=False),
                ),
                ("sequence", models.PositiveBigIntegerField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
    ]
