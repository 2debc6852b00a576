from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery


def end_what_stood_still(apps, schema_editor):
    """Leave the rest of jobs whose page was closed: nobody expects them to go on now."""
    jobs = apps.get_model("tokens", "BulkJob").objects.exclude(started_at=None)
    items = apps.get_model("tokens", "BulkItem").objects
    items.filter(job__in=jobs, outcome="waiting").update(
        outcome="refused", reason="The job was stopped before its turn."
    )
    sizes = items.filter(job=OuterRef("pk")).order_by().values("job")
    sizes = sizes.annotate(size=Count("pk")).values("size")
    jobs.filter(items__isnull=False).update(size=Subquery(sizes))


class Migration(migrations.Migration):
    dependencies = [("tokens", "0012_bulk_jobs_have_a_keeper_by_default")]

    operations = [
        migrations.AddField(
            model_name="bulkjob",
            name="free_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="bulkjob",
            name="size",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="bulkjob",
            name="ip",
            field=models.GenericIPAddressField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="bulkjob",
            name="agent",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddIndex(
            model_name="bulkjob",
            index=models.Index(
                condition=models.Q(("free_at__isnull", False)),
                fields=["free_at", "id"],
                name="bulk_job_due",
            ),
        ),
        migrations.RunPython(end_what_stood_still, migrations.RunPython.noop),
    ]
