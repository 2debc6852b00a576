import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

WAYS = [("mail", "Mail"), ("webhook", "Webhook")]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_calls_of_people"),
        ("gateway", "0004_webhook_secrets_overlap"),
        ("tokens", "0007_last_call_of_an_hour"),
    ]

    operations = [
        migrations.CreateModel(
            "RemindersOff",
            [
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("since", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            "RemindedToken",
            [
                (
                    "id",
                    models.AutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("way", models.CharField(choices=WAYS, max_length=7)),
                ("ends_at", models.DateTimeField()),
                ("days", models.PositiveSmallIntegerField()),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminded",
                        to="tokens.token",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("token", "way"), name="reminded_token_once_per_way"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "Reminder",
            [
                (
                    "id",
                    models.AutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("way", models.CharField(choices=WAYS, max_length=7)),
                ("free_at", models.DateTimeField()),
                ("failures", models.PositiveIntegerField(default=0)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=300)),
                ("sent_on", models.DateField(blank=True, null=True)),
                ("trial_ends_at", models.DateTimeField(blank=True, null=True)),
                ("trial_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminders",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("account"),
                        models.F("way"),
                        name="reminder_once_per_way",
                    )
                ],
            },
        ),
    ]
