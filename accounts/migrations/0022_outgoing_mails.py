import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0021_events_know_their_request")]

    operations = [
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                ("address", models.EmailField(max_length=254)),
                ("message_id", models.CharField(max_length=120, unique=True)),
                ("envelope", models.BinaryField()),
                ("enc_kid", models.PositiveBigIntegerField()),
                (
                    "free_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, null=True
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("answer", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("free_at__isnull", False)),
                        fields=["free_at", "id"],
                        name="mail_due",
                    )
                ],
            },
        ),
    ]
