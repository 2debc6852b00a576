from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from demo.dashboards import plan_views, tell_visits
from demo.people import PEOPLE, STAFF
from demo.refused_calls import tell_refusals
from demo.restrictions import plan_ends, plan_restrictions
from demo.shared_tokens import plan_links
from demo.story import Story, make_people, plan_accounts, plan_logins, plan_people
from demo.tokens import plan_tokens
from demo.traffic import tell_uses


class Command(BaseCommand):
    help = "Make the demo organisations once; a second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument(
            "--logins", action="store_true", help="list the demo's logins, make nothing"
        )
        parser.add_argument(
            "--first", action="store_true", help="say what to do first, make nothing"
        )

    def handle(self, *, logins, first, **options):
        if not settings.DEMO:
            raise CommandError("There is no demo: set DEMO=true and its passwords.")
        if logins:
            self.list_logins()
        elif first:
            self.say_what_first()
        elif not User.objects.filter(email=STAFF.email).exists():
            make()

    def list_logins(self):
        for person in (each for each in PEOPLE if not each.suspended):
            password = settings.DEMO_PASSWORDS[person.role]
            self.stdout.write(
                f"demo login: {person.email} {password} ({person.role}, {person.home})"
            )

    def say_what_first(self):
        if folder := settings.MAILERS["default"]["OPTIONS"].get("file_path"):
            self.stdout.write(f"Mails are not sent, but kept in {folder}/.")
        person = PEOPLE[0]
        self.stdout.write(
            f"First: sign in as {person.email} with {settings.DEMO_PASSWORDS[person.role]}, "
            "open Manage tokens and add one: its row has a line to paste."
        )


def make():
    """Make people, then tell their past in the order in which it happened."""
    story = Story(settings.DEMO_PASSWORDS)
    with transaction.atomic():
        make_people(story)
        plan_accounts(story)
        plan_people(story)
        plan_tokens(story)
        plan_links(story)
        plan_views(story)
        plan_restrictions(story)
        plan_logins(story)
        story.past.unfold()
        tell_uses(story)
        plan_ends(story)
        tell_visits(story)
        tell_refusals(story)
