from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0020_events_say_whose_they_are")]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="request_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="digest_version",
            field=models.PositiveSmallIntegerField(db_default=1, default=3),
        ),
    ]
