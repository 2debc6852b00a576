import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Call refused calls so in code; in the database nothing changes its name."""

    dependencies = [("gateway", "0002_webhooks_that_are_gone")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("deaduse", "dead_use_once_per_caller"),
                migrations.RenameModel("DeadToken", "RefusedToken"),
                migrations.RenameModel("DeadUse", "RefusedCall"),
                migrations.AlterModelTable("refusedtoken", "gateway_deadtoken"),
                migrations.AlterModelTable("refusedcall", "gateway_deaduse"),
                migrations.RenameField("refusedcall", "dead", "refused"),
                migrations.AlterField(
                    "refusedcall",
                    "refused",
                    models.ForeignKey(
                        db_column="dead_id",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="gateway.refusedtoken",
                    ),
                ),
                migrations.AlterField(
                    "refusedcall",
                    "secret",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused_calls",
                        to="tokens.storedsecret",
                    ),
                ),
                migrations.AlterField(
                    "refusedtoken",
                    "token",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="refused",
                        serialize=False,
                        to="tokens.token",
                    ),
                ),
                migrations.AlterField(
                    "refusedtoken",
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused_tokens",
                        to="accounts.account",
                    ),
                ),
                migrations.AddConstraint(
                    "refusedcall",
                    models.UniqueConstraint(
                        fields=(
                            "refused",
                            "secret",
                            "reason",
                            "signal",
                            "address",
                            "agent",
                        ),
                        name="dead_use_once_per_caller",
                    ),
                ),
            ]
        ),
    ]
