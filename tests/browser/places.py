"""Every page there is, and the states of it that look different."""

from django.urls import reverse

from accounts.invitations import keys
from tests.browser.world import prepare_job

# The pages of one token.
VERBS = (
    *("page", "rename", "note", "rotate", "expiry"),
    *("delete", "disable", "use_it", "restrict"),
)

# Of tokens that organisations have policies for.
KINDS = ("api", "logs", "metrics", "traces", "shared")


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
    used = [
        reverse(f"tokens:{verb}", args=[world.main.pk, world.used.pk]) for verb in VERBS
    ]
    long = [
        reverse(f"tokens:{verb}", args=[world.main.pk, world.api.pk]) for verb in VERBS
    ]
    others = (world.share, world.off, world.old)
    pages = [reverse("tokens:page", args=[world.main.pk, each.pk]) for each in others]
    return used + long + pages


def sharing_pages(world):
    main = world.main.pk
    return [
        *paths(world.main, "sharing:list", query="?new=1"),
        *paths(world.main, "sharing:list", query="?filter=new"),
        *paths(world.main, "sharing:list", query="?view=new"),
        reverse("sharing:see_as_visitor", args=[main, world.share.pk]),
        reverse("sharing:view_edit", args=[main, world.view.pk]),
        reverse("sharing:view_delete", args=[main, world.view.pk]),
        reverse("sharing:edit", args=[main, world.share.pk]),
        reverse("sharing:filter_edit", args=[main, world.filter.pk]),
        reverse("sharing:filter_delete", args=[main, world.filter.pk]),
    ]


def gateway_pages(world):
    names = ("webhook", "webhook_renew", "webhook_remove")
    return [
        *paths(
            world.main, "gateway:refused_calls", *(f"gateway:{name}" for name in names)
        ),
        *paths(world.main, "gateway:refused_calls", query="?dismissed=1"),
        *paths(world.sub, "gateway:refused_calls", "gateway:webhook"),
    ]


def all_tokens_pages(world):
    actions = ("disable", "rotate", "expiry", "handover", "restrict")
    jobs = [prepare_job(world, each) for each in actions]
    jobs.append(prepare_job(world, "delete", started=True))
    return [
        *paths(world.main, "tokens:all", "leaks:policies", "tokens:policies"),
        *paths(world.main, "accounts:sign_in_settings"),
        *paths(world.main, *(f"tokens:policy_{kind}" for kind in KINDS)),
        *paths(world.main, "tokens:all", query="?q=Terraform&kind=api"),
        *paths(world.main, "tokens:all", query="?q=nothing"),
        *paths(world.main, "tokens:all", query="?kind=nonsense"),
        *paths(world.main, "tokens:health"),
        *paths(world.main, "tokens:health", query="?finding=unfiltered"),
        *paths(world.main, "tokens:health", query="?finding=old-key"),
        *paths(world.sub, "tokens:health", "tokens:calendar"),
        *paths(world.main, "tokens:calendar"),
        *paths(world.main, "tokens:calendar_renew", "tokens:calendar_revoke"),
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


def api_pages(world):
    reference = reverse("api_reference")
    # The first is looked at most thoroughly, and all of it is very long.
    return [f"{reference}?q=rotate", reference, f"{reference}?q=nothing"]


def groups_pages(world):
    row = world.main.group_roles.get_or_create(group="x" * 255, waits=True)[0]
    return [
        *paths(world.main, "accounts:groups"),
        reverse("accounts:group_remove", args=[world.main.pk, row.pk]),
    ]


OF_AN_ADMIN = [
    api_pages,
    tokens_pages,
    tokens_pages_of_children,
    token_pages,
    sharing_pages,
    gateway_pages,
    all_tokens_pages,
    accounts_pages,
    child_pages,
    people_pages,
    groups_pages,
]


def of_staff(world):
    organisation = world.main.organisation_id
    names = ("organisations", "organisation_add", "providers", "provider_add")
    about = ("organisation", "organisation_edit", "organisation_suspend")
    return [
        *(reverse(f"accounts:staff_{name}") for name in names),
        *(reverse(f"accounts:staff_{name}", args=[organisation]) for name in about),
        reverse("accounts:staff_provider_add") + f"?organisation={organisation}",
        reverse("accounts:staff_provider", args=[world.provider.pk]),
        reverse("accounts:staff_provider_edit", args=[world.provider.pk]),
        reverse("accounts:staff_provider_off", args=[world.provider.pk]),
        reverse("tokens:gateway"),
        reverse("tokens:gateway") + "?new=1",
        *(reverse(f"tokens:gateway_{v}", args=[world.gateway.pk]) for v in VERBS),
        reverse("tokens:scanner"),
        *(reverse(f"tokens:scanner_{v}", args=[world.scanner.pk]) for v in VERBS),
        reverse("tokens:whose"),
        reverse("tokens:whose_token", args=[world.used.pk]),
        *paths(world.main, "tokens:api", "accounts:general", "gateway:refused_calls"),
    ]


def of_a_plain_user(world):
    names = ("tokens:api", "tokens:shipping", "sharing:list", "accounts:general")
    return paths(world.main, *names)


def about_oneself():
    names = ("account_reauthenticate", "account_change_password", "account_logout")
    names += ("accounts:invitations",)
    return [*map(reverse, names)]


def after_a_fresh_sign_in(world):
    names = ("accounts:profile", "usersessions_list", "mfa_index", "mfa_activate_totp")
    keys = ("mfa_list_webauthn", "mfa_add_webauthn")
    return [
        *map(reverse, names + keys),
        *paths(world.main, "accounts:audit_export"),
        reverse("accounts:disconnect", args=[world.connection.pk]),
    ]


def of_strangers(world):
    names = ("login", "signup", "inactive", "reset_password", "reset_password_done")
    key = "account_reset_password_from_key"
    return [
        *(reverse(f"account_{name}") for name in names),
        reverse(f"{key}_done"),
        reverse(key, args=["1", "wrong"]),
        reverse("accounts:welcome", args=[1, "wrong"]),
        reverse(
            "accounts:welcome",
            args=[world.invited.pk, keys.make_token(world.invited)],
        ),
        reverse("sharing:visitor", args=["NoSuchId"]),
        reverse("accounts:organisation_sign_in"),
        reverse("leaks:found"),
        reverse("leaks:thanks"),
        "/nowhere/",
    ]
