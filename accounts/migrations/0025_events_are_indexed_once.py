"""Drop the indexes of single columns that others begin with: each costs every event.

Past Django's own way, for which SQLite would write the whole trail anew.
"""

from django.conf import settings
from django.db import migrations, models
from django.db.models.deletion import PROTECT

# The names that Django gave them on every database.
INDEXES = {
    "account_id": "accounts_auditevent_account_id_3b31a3eb",
    "chain_id": "accounts_auditevent_chain_id_d1a5483d",
    "organisation_id": "accounts_auditevent_organisation_id_fea4abe3",
    "user_id": "accounts_auditevent_user_id_94cf0a49",
}


def without_index(field, to, *, null=True, related_name="+"):
    return migrations.AlterField(
        "auditevent",
        field,
        models.ForeignKey(
            to,
            null=null,
            on_delete=PROTECT,
            related_name=related_name,
            db_index=False,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_organisations_may_have_policies")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX IF EXISTS "{name}"',
                    f'CREATE INDEX "{name}" ON "accounts_auditevent" ("{column}")',
                )
                for column, name in INDEXES.items()
            ],
            state_operations=[
                without_index("account", "accounts.account"),
                without_index("organisation", "accounts.organisation"),
                without_index("user", settings.AUTH_USER_MODEL),
                without_index(
                    "chain", "accounts.auditchain", null=False, related_name="events"
                ),
            ],
        )
    ]
