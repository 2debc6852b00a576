from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):

    dependencies = [("accounts", "0006_recorded_calls")]

    operations = [
        # Wider than the one before: names that were unique in all stay unique.
        migrations.RemoveConstraint(
            model_name="account", name="account_name_unique_per_organisation"
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                "organisation",
                "kind",
                Lower("name"),
                condition=models.Q(deleted_at=None),
                name="account_name_unique_per_kind",
                violation_error_message=(
                    "The organisation already has such an account with this name."
                ),
            ),
        ),
    ]
