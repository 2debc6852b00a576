"""The past of the demo: who founded, opened, joined and logged in when."""

import random
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from accounts import lifecycle
from accounts.audit.trail import Actor, record
from accounts.invitations import OPEN_FOR
from accounts.models import Action, Membership, Role, User
from accounts.signing_in.arrivals import record_for_person
from demo.accounts import ACCOUNTS, ORGANISATIONS
from demo.people import ACME, BROWSERS, INVITED, MAIN, PEOPLE
from demo.timeline import Past
from tokens.kinds import Kind

HANDED_OVER = 3


@dataclass(slots=True)
class Story:
    """Everything that the parts of the demo hand to one another."""

    passwords: dict
    past: Past = field(default_factory=Past)
    # Always the same demo, apart from secrets and the date of today.
    dice: random.Random = field(default_factory=lambda: random.Random(2026))  # noqa: S311 -- no secret
    actors: dict = field(default_factory=dict)
    accounts: dict = field(default_factory=dict)
    tokens: list = field(default_factory=list)

    def admin_of(self, account):
        """Return an actor who administers an account, or its main account."""
        names = {account.name}
        if account.accessible:
            names.add(main_name(account.organisation.name))
        admins = [
            person.email
            for person in PEOPLE
            if any(
                role == Role.ADMIN and name in names for _, name, role in person.places
            )
        ]
        return self.actors[self.dice.choice(admins)]


def main_name(organisation):
    named = {each.name: each.main_name or each.name for each in ORGANISATIONS}
    return named[organisation]


def make_people(story):
    """Create everybody, with the password of their role."""
    hashes = {role: make_password(text) for role, text in story.passwords.items()}
    for number, person in enumerate(PEOPLE):
        user = User(
            email=person.email,
            full_name=person.name,
            password=hashes[person.role],
            is_staff=not person.places,
            created_at=story.past.ago(740 - 30 * number),
        )
        user.save()
        story.actors[person.email] = Actor(
            label=user.email,
            user=user,
            ip=f"203.0.113.{10 + number}",
            agent=BROWSERS[number % len(BROWSERS)],
        )


def plan_accounts(story):
    operator = Actor.console()
    for each in ORGANISATIONS:
        story.past.add(each.age, found, story, each, operator)
    for place in ACCOUNTS:
        story.past.add(place.age, open_place, story, place)
        if place.suspended:
            story.past.add(place.suspended, suspend, story, place)
        if place.deleted:
            story.past.add(place.deleted, delete, story, place)


def found(moment, story, each, operator):
    fields = dict(each.fields)
    if each.trial_left:
        fields["trial_ends_at"] = story.past.now + each.trial_left
    main = lifecycle.found_organisation(name=each.name, by=operator, **fields)
    changes = {"name": each.main_name} if each.main_name else {}
    lifecycle.edit_account(main, **changes, **each.main_fields, by=operator)
    story.accounts[each.name, main.name] = main
    return [main.organisation, main, *main.tokens.all()]


def open_place(moment, story, place):
    main = story.accounts[place.organisation, main_name(place.organisation)]
    lists = {
        name: [story.accounts[place.organisation, each] for each in names]
        for name, names in place.lists.items()
    }
    account = lifecycle.open_account(
        main.organisation,
        kind=place.kind,
        name=place.name,
        by=story.admin_of(main),
        **place.fields,
        **lists,
    )
    story.accounts[place.organisation, place.name] = account
    return [account, *account.tokens.all()]


def suspend(moment, story, place):
    account = story.accounts[place.organisation, place.name]
    by = story.admin_of(account.main)
    lifecycle.suspend_account(account, by=by, reason="The load test is over")
    return [account]


def delete(moment, story, place):
    account = story.accounts[place.organisation, place.name]
    lifecycle.delete_account(account, by=story.admin_of(account.main))
    return [account]


def plan_people(story):
    """Let everybody join soon after their accounts were opened."""
    ages = {(each.organisation, each.name): each.age for each in ACCOUNTS}
    ages |= {(each.name, main_name(each.name)): each.age for each in ORGANISATIONS}
    for person in PEOPLE:
        for organisation, name, role in person.places:
            age = ages[organisation, name] - 0.5
            story.past.add(age, join, story, person, (organisation, name), role)
        if person.suspended:
            story.past.add(45, hand_over, story, person)
            story.past.add(40, suspend_person, story, person)
    story.past.add(1.3, invite, story)


def join(moment, story, person, place, role):
    # Not add_member, which would mail somebody who does not exist.
    account = story.accounts[place]
    user = story.actors[person.email].user
    membership = Membership.objects.create(
        account=account, user=user, role=role, accepted_at=moment
    )
    record(
        Action.USER_ADDED,
        by=story.admin_of(account.main),
        account=account,
        target=user.email,
        user_id=user.pk,
        changes=[["role", None, role]],
    )
    return [membership]


def invite(moment, story):
    """Let somebody be invited who does not answer, and cannot sign in."""
    account, by = story.accounts[ACME, MAIN], story.actors[PEOPLE[0].email]
    membership = Membership.objects.create(
        account=account,
        user=User.objects.create_user(INVITED),
        role=Role.USER,
        invited_until=moment + OPEN_FOR,
        invited_by=by.label,
    )
    record(
        Action.USER_ADDED,
        by=by,
        account=account,
        target=INVITED,
        user_id=membership.user_id,
        changes=[["role", None, Role.USER]],
        mailed=True,
    )
    return [membership.user, membership]


def hand_over(moment, story, person):
    """Let somebody answer for tokens who has gone by now."""
    organisation, name, _ = person.places[0]
    tokens = story.accounts[organisation, name].tokens.of_kind(Kind.API).enabled()
    handed = list(tokens.oldest_first()[:HANDED_OVER])
    for token in handed:
        token.hand_over(person.email, by=story.actors[PEOPLE[0].email])
    return handed


def suspend_person(moment, story, person):
    user = story.actors[person.email].user
    memberships = list(user.memberships.select_related("account"))
    for membership in memberships:
        membership.suspended_at = story.past.now
        membership.save(update_fields=["suspended_at"])
        record(
            Action.USER_SUSPENDED,
            by=story.admin_of(membership.account.main),
            account=membership.account,
            target=user.email,
            user_id=user.pk,
        )
    return memberships


def plan_logins(story):
    """Let everybody who still may log in every few days."""
    for person in PEOPLE:
        if person.suspended or not person.places:
            continue
        for day in range(0, 14, 3):
            days = day + story.dice.random()
            if days < youngest_home(person):
                story.past.add(days, log_in, story, person)


def youngest_home(person):
    ages = {each.name: each.age for each in ORGANISATIONS}
    return min(ages[organisation] for organisation, _, _ in person.places) - 1


def log_in(moment, story, person):
    actor = story.actors[person.email]
    User.objects.filter(pk=actor.user.pk).update(last_login=moment)
    actor.user.memberships.all().come_in(moment)
    record_for_person(Action.LOGIN, actor.user, actor)
    return []
