from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0020_policies_ask_for_scopes"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkjob",
            name="calls_per_minute",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="bulkjob",
            name="networks",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="bulkjob",
            name="action",
            field=models.CharField(
                choices=[
                    ("disable", "Disable"),
                    ("rotate", "Rotate"),
                    ("expiry", "Expiry"),
                    ("delete", "Delete"),
                    ("enable", "Enable"),
                    ("restore", "Restore"),
                    ("handover", "Hand over"),
                    ("restrict", "Restrict"),
                ],
                max_length=8,
            ),
        ),
    ]
