from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tokens', '0002_token_knows_its_organisation'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='token',
            name='token_has_account_unless_gateway',
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['organisation', 'created_at', 'id'], name='token_all_by_created'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['organisation', 'name_key', 'id'], name='token_all_by_name'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['organisation', 'kind', 'id'], name='token_all_by_kind'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['organisation', 'last_used_at', 'id'], name='token_all_by_use'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['organisation', 'expires_at', 'id'], name='token_all_by_expiry'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('deleted_at', None), models.Q(('disabled_at', None), _negated=True)), fields=['organisation', 'created_at', 'id'], name='token_all_disabled'),
        ),
        migrations.AddConstraint(
            model_name='token',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'gateway'), ('account', None), ('organisation', None)), models.Q(models.Q(('kind', 'gateway'), _negated=True), models.Q(('account', None), _negated=True), models.Q(('organisation', None), _negated=True)), _connector='OR'), name='token_has_account_unless_gateway'),
        ),
        migrations.AddConstraint(
            model_name='token',
            constraint=models.UniqueConstraint(models.F('name_key'), condition=models.Q(('deleted_at', None), ('kind', 'gateway')), name='token_name_unique_for_gateways'),
        ),
    ]
