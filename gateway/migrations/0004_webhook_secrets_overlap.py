from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0003_refused_calls")]

    operations = [
        migrations.AddField(
            "webhook", "overlap_until", models.DateTimeField(blank=True, null=True)
        ),
    ]
