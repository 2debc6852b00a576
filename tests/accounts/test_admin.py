"""The Django admin: off unless asked for, for superusers, and without secrets."""

import importlib
import re

import pytest
from django.apps import apps
from django.urls import clear_url_caches, reverse

import config.urls
from accounts.admin import Window, site
from accounts.audit.trail import Actor, record
from accounts.models import Action, User
from tests.factories import (
    FilterFactory,
    MembershipFactory,
    SharedViewFactory,
    ShareFactory,
    TokenFactory,
)

MODELS = {
    "accounts.user",
    "accounts.organisation",
    "accounts.account",
    "accounts.membership",
    "accounts.auditevent",
    "tokens.token",
    "sharing.filter",
    "sharing.share",
    "sharing.sharedview",
}


@pytest.fixture
def mounted(settings):
    settings.DJANGO_ADMIN = True
    importlib.reload(config.urls)
    clear_url_caches()
    yield
    settings.DJANGO_ADMIN = False
    importlib.reload(config.urls)
    clear_url_caches()


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("root@tollgate.example", "known password")


@pytest.fixture
def pages(mounted, main, admin):
    """Every page of the admin, with rows that have something to hide."""
    token = TokenFactory(account=main)
    share = ShareFactory(account=main, filters=[FilterFactory(account=main)])
    MembershipFactory(account=main)
    SharedViewFactory(account=main)
    record(Action.LOGIN, by=Actor("x", agent="y"), account=main)
    urls = [reverse("admin:index"), reverse("admin:app_list", args=["accounts"])]
    for label in MODELS:
        name = f"admin:{label.replace('.', '_')}"
        urls.append(reverse(f"{name}_changelist"))
        row = apps.get_model(label).objects.first()
        urls.append(reverse(f"{name}_change", args=[row.pk]))
        urls.append(reverse(f"{name}_history", args=[row.pk]))
    return urls, [token, share]


def test_admin_is_not_there_by_default(client, superuser):
    client.force_login(superuser)

    assert client.get("/django-admin/").status_code == 404


def test_admin_shows_no_secret(client, superuser, pages):
    urls, secrets = pages
    client.force_login(superuser)

    texts = [client.get(url) for url in urls]

    assert {response.status_code for response in texts} == {200}
    everything = "".join(response.text for response in texts)
    for token in secrets:
        assert token.secret_text not in everything
        assert token.secret_text[:20] not in everything
    row = superuser.password.rpartition("$")[2]
    assert row not in everything
    assert not re.search(r"field-(lookup|envelope|password|digest)\b", everything)
    assert "known password" not in everything


def test_admin_knows_only_what_is_registered_by_name():
    assert {model._meta.label_lower for model in site._registry} == MODELS
    assert all(isinstance(window, Window) for window in site._registry.values())


@pytest.mark.parametrize("who", ["admin", "staff", "member", "outsider"])
@pytest.mark.parametrize(
    "path", ["", "login/", "accounts/user/", "no/such/", "jsi18n/"]
)
def test_admin_does_not_exist_for_others(client, mounted, request, who, path):
    client.force_login(request.getfixturevalue(who))

    assert client.get(f"/django-admin/{path}").status_code == 404
    assert client.post(f"/django-admin/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "login/", "accounts/user/"])
def test_admin_sends_strangers_to_the_one_login(client, mounted, db, path):
    response = client.get(f"/django-admin/{path}", follow=True)

    last, _ = response.redirect_chain[-1]
    assert last.startswith("/login/?next=/django-admin/")
    assert "/login/" not in last.partition("next=")[2]


def test_deactivated_superuser_is_a_stranger(client, mounted, superuser):
    client.force_login(superuser)
    User.objects.filter(pk=superuser.pk).update(is_active=False)

    assert client.get("/django-admin/").status_code == 302


@pytest.mark.parametrize("label", sorted(MODELS))
def test_admin_changes_nothing(client, superuser, pages, label):
    client.force_login(superuser)
    name = f"admin:{label.replace('.', '_')}"
    row = apps.get_model(label).objects.first()

    answers = [
        client.post(reverse(f"{name}_add")),
        client.post(reverse(f"{name}_change", args=[row.pk]), {"name": "x"}),
        client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert apps.get_model(label).objects.filter(pk=row.pk).exists()


def test_admin_has_no_second_way_to_change_a_password(client, mounted, superuser):
    client.force_login(superuser)

    assert client.get(reverse("admin:password_change")).status_code == 404


@pytest.mark.parametrize("label", sorted(MODELS))
def test_admin_searches(client, superuser, pages, label):
    client.force_login(superuser)
    url = reverse(f"admin:{label.replace('.', '_')}_changelist")

    assert client.get(url, {"q": "a"}).status_code in (200, 302)


def test_only_the_admin_is_sent_a_nonce(client, mounted, superuser):
    client.force_login(superuser)

    of_admin = client.get(reverse("admin:accounts_user_changelist"))
    of_ours = client.get(reverse("accounts:profile"))

    nonce = re.search(
        r"style-src 'self' 'nonce-([^']+)'", of_admin["Content-Security-Policy"]
    )
    assert nonce[1] in of_admin.text
    assert "nonce" not in of_ours["Content-Security-Policy"]
    assert "nonce=" not in of_ours.text
    assert "unsafe" not in of_admin["Content-Security-Policy"]
