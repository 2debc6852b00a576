from django.db import migrations, models
from django.db.models import F
from django.utils import timezone


def begin_with_the_hour(apps, schema_editor):
    apps.get_model("tokens", "TokenUsage").objects.update(last_at=F("hour"))


class Migration(migrations.Migration):
    dependencies = [("tokens", "0006_usage_by_secret")]

    operations = [
        migrations.AddField(
            model_name="tokenusage",
            name="last_at",
            field=models.DateTimeField(default=timezone.now),
        ),
        migrations.RunPython(begin_with_the_hour, migrations.RunPython.noop),
    ]
