"""Organisations in which every page has something to show, and names that strain it."""

from dataclasses import dataclass, field
from datetime import timedelta

from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.identity.providers import add_provider
from accounts.members import add_member
from accounts.models import AccountKind, IdentityProvider, RequiredSignIn, Role
from gateway.models import Webhook
from leaks.models import Leak
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    MembershipFactory,
    SharedViewFactory,
    ShareFactory,
    TokenFactory,
    UserFactory,
)
from tests.gateway.uses import refuse
from tokens.kinds import Kind
from tokens.models import BulkJob, CalendarFeed, Token, TokenUsage

LONG = "Nightly export of every dashboard of the platform team in Frankfurt to the archive on the other side"
UNBROKEN = "x" * 100
HEBREW = "מפתח הייצוא הלילי של צוות התשלומים"


@dataclass
class World:
    main: object = None
    admin: object = None
    secrets: list = field(default_factory=list)

    def token(self, **fields):
        token = TokenFactory(**fields)
        self.secrets.append(token.secret_text)
        return token


def furnish():
    world = World(main=MainFactory(name=LONG, plan="enterprise"))
    world.admin = UserFactory(email="dana@acme.example", full_name=HEBREW)
    MembershipFactory(account=world.main, user=world.admin)
    add_accounts(world)
    add_sign_in(world)
    add_people(world)
    add_tokens(world)
    add_links(world)
    add_refusals(world)
    by = Actor(label=world.admin.email, user=world.admin)
    world.secrets.append(CalendarFeed.renew(world.main, by=by).reveal())
    return world


def add_accounts(world):
    world.sub = ChildFactory(main=world.main, name=UNBROKEN)
    for kind in (AccountKind.METRICS, AccountKind.TRACING, AccountKind.SECURITY):
        child = ChildFactory(main=world.main, kind=kind, name=f"{kind} {LONG}"[:100])
        setattr(world, kind, child)
    gone = ChildFactory(main=world.main, name="Gone")
    type(gone).objects.filter(pk=gone.pk).update(deleted_at=timezone.now())


def add_sign_in(world):
    """Let people sign in with a provider of theirs, which is required, and with others."""
    organisation = world.main.organisation
    domains = [f"{UNBROKEN[:60]}.example", "acme.example"]
    world.provider = provider("acme", organisation, name=UNBROKEN[:40], domains=domains)
    for slug, name in (("everybody", LONG[:40]), ("untested", HEBREW)):
        provider(slug, None, name=name, domains=[])
    tested = IdentityProvider.objects.exclude(slug="untested")
    tested.update(is_on=True, tested_at=timezone.now())
    RequiredSignIn.objects.create(organisation=organisation)
    world.connection = SocialAccount.objects.create(
        provider="acme", uid="x", user=world.admin
    )
    SocialAccount.objects.create(provider="untested", uid="x", user=world.admin)
    waits = ChildFactory(main=world.main, name="Waits")
    MembershipFactory(account=waits, user=world.admin, granted_by=world.provider)


def provider(slug, organisation, **fields):
    return add_provider(
        organisation=organisation,
        slug=slug,
        issuer=f"https://login.{slug}.example/{UNBROKEN}",
        client_id=UNBROKEN,
        secret="secret",
        by=BY,
        **fields,
    )


def add_people(world):
    for name, role in ((LONG, Role.USER), (UNBROKEN, Role.READ_ONLY)):
        mail = f"{name[:50].replace(' ', '.')}@{'a-long-domain.' * 5}example"
        user = UserFactory(full_name=name, email=mail)
        world.member = MembershipFactory(account=world.main, user=user, role=role)
    invite(world.main, f"{UNBROKEN[:60]}@x.example", full_name=LONG)
    invite(MainFactory(name=LONG), world.admin.email)
    world.invited = invite(world.main, "new@x.example")


def invite(account, email, **fields):
    return add_member(account, email=email, role=Role.READ_ONLY, by=BY, **fields)


def add_tokens(world):
    for name in (LONG, UNBROKEN, HEBREW):
        world.api = world.token(account=world.main, name=name)
        world.token(account=world.main, name=name, kind=Kind.LOGS)
    world.used = world.token(account=world.main, name="Terraform")
    hour = timezone.now() - timedelta(hours=3)
    Token.objects.filter(pk=world.used.pk).update(
        last_used_at=hour, last_used_address="2001:db8:85a3::8a2e:370:7334"
    )
    old = world.used.secrets.get().pk
    world.used.rotate(by=BY, overlap=timedelta(hours=24))
    new = world.used.secrets.current().get().pk
    callers = [
        (old, "192.0.2.7", UNBROKEN),
        (old, LONG[:45], LONG),
        (new, "::1", HEBREW),
    ]
    counts = {(world.used.pk, *caller): 12345 for caller in callers}
    TokenUsage.objects.add_calls(counts, timezone.now().replace(minute=0, second=0))
    world.old = world.token(account=world.main, name="Old")
    world.old.delete_softly(by=BY)
    world.off = world.token(account=world.main, name="Off")
    world.off.disable(by=BY, reason=LONG)
    world.gateway = world.token(account=None, name=LONG, kind=Kind.GATEWAY)
    world.scanner = world.token(account=None, name=LONG, kind=Kind.SCANNER)
    Leak.objects.create(
        token=world.used, secret=world.used.secrets.current().get(), place=UNBROKEN
    )


def add_links(world):
    world.filter = FilterFactory(account=world.main, field="env", value=UNBROKEN)
    other = FilterFactory(account=world.main, field="team", value=HEBREW)
    for name in (LONG, UNBROKEN, HEBREW):
        filters = [world.filter, other]
        world.share = ShareFactory(account=world.main, name=name, filters=filters)
        world.secrets.append(world.share.secret_text)
    ShareFactory(account=world.main, name="Wide", filters=[])
    for title in (LONG, UNBROKEN, HEBREW):
        address = f"https://grafana.example.com/d/{UNBROKEN}"
        world.view = SharedViewFactory(account=world.main, title=title, address=address)


def add_refusals(world):
    for reason, name in (("deleted", "Old"), ("disabled", "Off")):
        token = Token.objects.get(account=world.main, name=name)
        refuse(token, reason, address="2001:db8:85a3:1111:2222:8a2e:370:7334")
        refuse(token, reason, address="192.0.2.7", calls=1234567)
    refuse(world.api, "wrong_kind", signal="query-metrics")
    Webhook.add(world.main, f"https://192.0.2.1/{UNBROKEN}", by=BY)


def prepare_job(world, action, *, started=False):
    tokens = list(Token.objects.filter(account=world.main, deleted_at=None))
    job = BulkJob.prepare(tokens, account=world.main, user=world.admin, action=action)
    if started:
        job.start(by=BY, size=len(tokens))
    return job.pk
