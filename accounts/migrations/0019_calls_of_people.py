from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0018_warm_days_up_to_the_main_accounts")]

    operations = [
        migrations.AddField(
            model_name="recordedcall",
            name="user_id",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="recordedcall",
            name="token_id",
            field=models.IntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="recordedcall",
            constraint=models.UniqueConstraint(
                models.F("user_id"),
                models.F("key"),
                name="recorded_call_once_per_person_and_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordedcall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("token_id", None), ("user_id", None), _connector="XOR"
                ),
                name="recorded_call_is_of_a_token_or_a_person",
            ),
        ),
    ]
