"""Every page, looked at on every screen, in light and dark, by who may see it."""

import pytest
from django.urls import reverse

from tests.browser.examination import examine
from tests.browser.people import confirm_identity, with_password
from tests.browser.world import furnish, prepare_job


@pytest.fixture
def world(db):
    return furnish()


def paths(account, *names, query=""):
    return [reverse(name, args=[account.pk]) + query for name in names]


def tokens_pages(world):
    main = world.main
    return [
        *paths(main, "tokens:shipping", "tokens:api", "sharing:list", "tokens:deleted"),
        *paths(main, "tokens:shipping", query="?product=metrics"),
        *paths(main, "tokens:shipping", query="?product=traces&new=1"),
        *paths(main, "tokens:api", query="?new=1"),
        *paths(main, "tokens:api", query="?q=nothing"),
        *paths(main, "tokens:api", query=f"?added={world.api.pk}"),
    ]


def tokens_pages_of_children(world):
    return [
        *paths(world.sub, "tokens:api", "sharing:list", "tokens:shipping"),
        *paths(world.metrics, "tokens:api", "sharing:list"),
        *paths(world.security, "tokens:shipping"),
        *paths(world.tracing, "tokens:shipping"),
    ]


def token_pages(world):
    verbs = ("rename", "rotate", "expiry", "delete", "disable")
    used = [
        reverse(f"tokens:{verb}", args=[world.main.pk, world.used.pk]) for verb in verbs
    ]
    long = [
        reverse(f"tokens:{verb}", args=[world.main.pk, world.api.pk]) for verb in verbs
    ]
    return used + long


def sharing_pages(world):
    main = world.main.pk
    return [
        *paths(world.main, "sharing:list", query="?new=1"),
        *paths(world.main, "sharing:list", query="?filter=new"),
        reverse("sharing:edit", args=[main, world.share.pk]),
        reverse("sharing:filter_edit", args=[main, world.filter.pk]),
        reverse("sharing:filter_delete", args=[main, world.filter.pk]),
    ]


def all_tokens_pages(world):
    jobs = [prepare_job(world, each) for each in ("disable", "rotate", "expiry")]
    jobs.append(prepare_job(world, "delete", started=True))
    return [
        *paths(world.main, "tokens:all"),
        *paths(world.main, "tokens:all", query="?q=Terraform&kind=api"),
        *paths(world.main, "tokens:all", query="?q=nothing"),
        *paths(world.main, "tokens:all", query="?kind=nonsense"),
        *(reverse("tokens:bulk_job", args=[world.main.pk, job]) for job in jobs),
    ]


def accounts_pages(world):
    kinds = ("sub", "metrics", "tracing", "security")
    queries = [f"?kind={kind}" for kind in kinds]
    return [
        *(
            path
            for query in queries
            for path in paths(
                world.main, "accounts:account_list", "accounts:account_new", query=query
            )
        ),
        *paths(world.main, "accounts:account_list", query="?q=nothing"),
        *paths(world.main, "accounts:general", "accounts:account_details"),
        *paths(world.main, "accounts:account_edit"),
    ]


def child_pages(world):
    names = ("general", "account_details", "account_edit", "account_suspend")
    return [
        *paths(world.sub, *(f"accounts:{name}" for name in names)),
        *paths(world.sub, "accounts:account_delete"),
        *paths(world.metrics, "accounts:account_edit", "accounts:general"),
        *paths(world.security, "accounts:account_edit", "accounts:account_details"),
        *paths(world.tracing, "accounts:account_edit"),
    ]


def people_pages(world):
    return [
        *paths(world.main, "accounts:user_list", "accounts:audit_list"),
        *paths(world.main, "accounts:user_list", query="?new=1"),
        *paths(world.main, "accounts:user_list", query="?q=nothing"),
        *paths(world.main, "accounts:audit_list", query="?who=nobody"),
        *paths(world.sub, "accounts:user_list", "accounts:audit_list"),
        reverse("accounts:user_remove", args=[world.main.pk, world.member.pk]),
        reverse("accounts:switcher"),
        reverse("accounts:switcher") + "?q=nothing",
        reverse("accounts:jump"),
        reverse("accounts:jump") + "?q=export",
        reverse("accounts:jump") + "?q=nothing",
        "/accounts/999999/general/",
    ]


AREAS = [
    tokens_pages,
    tokens_pages_of_children,
    token_pages,
    sharing_pages,
    all_tokens_pages,
    accounts_pages,
    child_pages,
    people_pages,
]


def examine_all(page, base, paths, **how):
    """Return what is wrong, by path."""
    found = {}
    for path in paths:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found[path] = examine(page, page.goto(base + path), **how)
    return {path: wrong for path, wrong in found.items() if wrong}


@pytest.mark.parametrize("area", AREAS)
def test_pages_of_an_admin(visit, site, world, accessibility, area):
    page = visit(world.admin, "/profile/")
    how = {"secrets": world.secrets, "accessibility": accessibility}

    assert examine_all(page, site, area(world), **how) == {}


def test_pages_of_staff(visit, site, world, staff, accessibility):
    organisation = world.main.organisation_id
    names = ("staff_organisation", "staff_organisation_edit")
    page = visit(staff, "/profile/")

    found = examine_all(
        page,
        site,
        [
            *map(reverse, ("accounts:staff_organisations", "tokens:gateway")),
            *map(reverse, ("accounts:staff_organisation_add", "tokens:whose")),
            *(reverse(f"accounts:{name}", args=[organisation]) for name in names),
            reverse("accounts:staff_organisation_suspend", args=[organisation]),
            reverse("tokens:gateway") + "?new=1",
            reverse("tokens:whose_token", args=[world.used.pk]),
            *(
                reverse(f"tokens:gateway_{verb}", args=[world.gateway.pk])
                for verb in ("rename", "rotate", "expiry", "delete")
            ),
            *paths(world.main, "tokens:api", "accounts:general"),
        ],
        secrets=world.secrets,
        accessibility=accessibility,
    )
    assert found == {}


def test_pages_of_a_plain_user(visit, site, world, accessibility):
    page = visit(world.member.user, "/profile/")
    names = ("tokens:api", "tokens:shipping", "sharing:list", "accounts:general")

    assert (
        examine_all(
            page,
            site,
            paths(world.main, *names),
            secrets=world.secrets,
            accessibility=accessibility,
        )
        == {}
    )


def test_pages_about_oneself(visit, site, world, accessibility):
    page = visit(with_password(world.admin), "/reauthenticate/?next=/profile/")
    names = ("account_reauthenticate", "account_change_password", "account_logout")
    factors = ("mfa_index", "mfa_activate_totp", "mfa_list_webauthn")

    found = examine_all(page, site, map(reverse, names), accessibility=accessibility)
    page.goto(site + "/reauthenticate/?next=/profile/")
    confirm_identity(page)
    found |= examine_all(
        page,
        site,
        [
            *map(reverse, ("accounts:profile", "usersessions_list", *factors)),
            reverse("mfa_add_webauthn"),
            *paths(world.main, "accounts:audit_export"),
        ],
        accessibility=accessibility,
    )
    assert found == {}


def test_pages_of_strangers(visit, site, accessibility, db):
    page = visit(None, "/login/")
    names = (
        "account_login",
        "account_signup",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
    )
    paths = [*map(reverse, names), "/password/reset/key/1-wrong/", "/nowhere/"]

    assert examine_all(page, site, paths, accessibility=accessibility) == {}
