"""Every route of ours, declared by hand: what it asks, and the methods it answers.

A route that is missing here fails the walk, and so does one whose view asks something
else. `OPERATIONS` are rows of the authorization matrix; a verb is asked per kind.
"""

SHOWN = frozenset({"GET", "HEAD"})
DONE = frozenset({"POST"})
BOTH = SHOWN | DONE

POLICY_KINDS = ("api", "logs", "metrics", "traces", "shared")

ACCOUNT = {
    "accounts:general": (SHOWN, ["account.view"]),
    "accounts:account_details": (SHOWN, ["account.view"]),
    "accounts:account_edit": (BOTH, ["account.edit"]),
    "accounts:account_edit_find": (DONE, ["account.edit"]),
    "accounts:account_suspend": (BOTH, ["account.suspend"]),
    "accounts:account_reactivate": (DONE, ["account.suspend"]),
    "accounts:account_delete": (BOTH, ["account.delete"]),
    "accounts:user_list": (SHOWN, ["user.list"]),
    "accounts:user_add": (DONE, ["user.invite"]),
    "accounts:user_role": (DONE, ["user.role"]),
    "accounts:user_suspend": (DONE, ["user.suspend"]),
    "accounts:user_unsuspend": (DONE, ["user.suspend"]),
    "accounts:user_remove": (BOTH, ["user.remove"]),
    "accounts:user_invite": (DONE, ["user.invite"]),
    "accounts:user_reset": (DONE, ["user.reset"]),
    "accounts:user_reset_factors": (DONE, ["user.reset"]),
    "accounts:user_sign_out": (DONE, ["user.reset"]),
    "accounts:audit_list": (SHOWN, ["audit.view"]),
    "accounts:audit_export": (BOTH, ["audit.export"]),
    "tokens:shipping": (SHOWN, ["ship.list"]),
    "tokens:shipping_create": (DONE, ["ship.create"]),
    "tokens:api": (SHOWN, ["api.list"]),
    "tokens:api_create": (DONE, ["api.create"]),
    "tokens:find": (DONE, ["api.list"]),
    "tokens:health": (SHOWN, ["api.list"]),
    "tokens:calendar": (SHOWN, ["calendar.edit"]),
    "tokens:calendar_make": (DONE, ["calendar.edit"]),
    "tokens:calendar_renew": (BOTH, ["calendar.edit"]),
    "tokens:calendar_revoke": (BOTH, ["calendar.edit"]),
    **dict.fromkeys(
        (
            "tokens:bulk_disable",
            "tokens:bulk_rotate",
            "tokens:bulk_expiry",
            "tokens:bulk_delete",
            "tokens:bulk_handover",
            "tokens:bulk_restrict",
            "tokens:bulk_start",
            "tokens:bulk_stop",
            "tokens:bulk_undo",
        ),
        (DONE, ["api.list", "api.enable"]),
    ),
    "tokens:bulk_job": (SHOWN, ["api.list", "api.enable"]),
    "tokens:policies": (SHOWN, ["policy.view"]),
    "gateway:refused_calls": (SHOWN, ["refused_calls.list"]),
    "gateway:refused_calls_moved": (SHOWN, ["refused_calls.list"]),
    "gateway:revive": (DONE, ["refused_calls.act"]),
    "gateway:dismiss": (DONE, ["refused_calls.act"]),
    "gateway:reminders_on": (DONE, ["webhook.edit"]),
    "gateway:reminders_off": (DONE, ["webhook.edit"]),
    "gateway:webhook": (BOTH, ["webhook.edit"]),
    "gateway:webhook_test": (DONE, ["webhook.edit"]),
    "gateway:webhook_reveal": (DONE, ["webhook.edit"]),
    "gateway:webhook_renew": (BOTH, ["webhook.edit"]),
    "gateway:webhook_remove": (BOTH, ["webhook.edit"]),
    "sharing:list": (SHOWN, ["shared.list", "filter.list", "view.list"]),
    "sharing:see_as_visitor": (SHOWN, ["shared.view", "shared.link"]),
    "sharing:link": (DONE, ["shared.link"]),
    "sharing:code": (DONE, ["shared.link"]),
    "sharing:view_create": (DONE, ["view.create"]),
    "sharing:view_edit": (BOTH, ["view.edit"]),
    "sharing:view_delete": (BOTH, ["view.delete"]),
    "sharing:view_up": (DONE, ["view.edit"]),
    "sharing:view_down": (DONE, ["view.edit"]),
    "sharing:create": (DONE, ["shared.create"]),
    "sharing:preview": (DONE, ["shared.create"]),
    "sharing:edit": (BOTH, ["shared.rename", "shared.expiry", "shared.filters"]),
    "sharing:edit_preview": (
        DONE,
        ["shared.rename", "shared.expiry", "shared.filters"],
    ),
    "sharing:filter_create": (DONE, ["filter.create"]),
    "sharing:filter_edit": (BOTH, ["filter.edit"]),
    "sharing:filter_delete": (BOTH, ["filter.delete"]),
}
MAIN_ONLY = {
    "leaks:policies": (BOTH, ["policy.edit"]),
    "accounts:sign_in_settings": (BOTH, ["policy.edit"]),
    **{f"tokens:policy_{kind}": (BOTH, ["policy.edit"]) for kind in POLICY_KINDS},
    **{
        f"tokens:policy_{kind}_preview": (DONE, ["policy.edit"])
        for kind in POLICY_KINDS
    },
    "accounts:groups": (SHOWN, ["group.edit"]),
    "accounts:group_add": (DONE, ["group.edit"]),
    "accounts:group_preview": (DONE, ["group.edit"]),
    "accounts:group_remove": (BOTH, ["group.edit"]),
    "accounts:group_confirm": (DONE, ["group.edit"]),
    "accounts:account_list": (SHOWN, ["account.create"]),
    "accounts:account_new": (BOTH, ["account.create"]),
    "accounts:account_new_find": (DONE, ["account.create"]),
    "tokens:all": (SHOWN, ["api.list"]),
    "tokens:all_export": (DONE, ["api.list"]),
}
# The kind is in the query: the matrix is asked again for it.
BY_KIND = {"tokens:deleted": (SHOWN, ["account.view"], "list")}
TOKEN = {
    "tokens:page": (SHOWN, "list"),
    "tokens:reveal": (DONE, "reveal"),
    "tokens:rename": (BOTH, "rename"),
    "tokens:note": (BOTH, "note"),
    "tokens:enable": (DONE, "enable"),
    "tokens:disable": (BOTH, "disable"),
    "tokens:expiry": (BOTH, "expiry"),
    "tokens:restrict": (BOTH, "restrict"),
    "tokens:rotate": (BOTH, "rotate"),
    "tokens:finish": (DONE, "rotate"),
    "tokens:roll_back": (DONE, "rotate"),
    "tokens:usage": (SHOWN, "list"),
    "tokens:first_call": (SHOWN, "list"),
    "tokens:use_it": (SHOWN, "list"),
    "tokens:delete": (BOTH, "delete"),
    "tokens:restore": (DONE, "create"),
}
STAFF = {
    "accounts:account_restore": DONE,
    "accounts:staff_organisations": SHOWN,
    "accounts:staff_organisation": SHOWN,
    "accounts:staff_organisation_add": BOTH,
    "accounts:staff_organisation_edit": BOTH,
    "accounts:staff_organisation_suspend": BOTH,
    "accounts:staff_organisation_resume": DONE,
    "accounts:staff_providers": SHOWN,
    "accounts:staff_provider": SHOWN,
    "accounts:staff_provider_add": BOTH,
    "accounts:staff_provider_edit": BOTH,
    "accounts:staff_provider_test": DONE,
    "accounts:staff_provider_on": DONE,
    "accounts:staff_provider_off": BOTH,
    "tokens:whose": BOTH,
    "tokens:whose_token": SHOWN,
    "tokens:whose_disable": DONE,
    **{
        f"tokens:{kind}{verb}": methods
        for kind in ("gateway", "scanner")
        for verb, methods in {
            "": SHOWN,
            "_create": DONE,
            "_page": SHOWN,
            "_reveal": DONE,
            "_rename": BOTH,
            "_note": BOTH,
            "_disable": BOTH,
            "_enable": DONE,
            "_expiry": BOTH,
            "_restrict": BOTH,
            "_rotate": BOTH,
            "_finish": DONE,
            "_use_it": SHOWN,
            "_first_call": SHOWN,
            "_delete": BOTH,
            "_restore": DONE,
        }.items()
    },
}
ONESELF = {
    "accounts:home": SHOWN,
    "accounts:dashboard": SHOWN,
    "accounts:switcher": SHOWN,
    "accounts:jump": SHOWN,
    "accounts:theme": DONE,
    "accounts:profile": BOTH,
    "accounts:invitations": SHOWN,
    "accounts:invitation_accept": DONE,
    "accounts:invitation_decline": DONE,
    "accounts:connect": BOTH,
    "accounts:disconnect": BOTH,
    "accounts:session_end": DONE,
}
# What addresses of pages about oneself are asked with.
ADDRESSED = {
    "accounts:dashboard": ["settings/general"],
    "accounts:session_end": [1],
    "accounts:disconnect": [1],
    "accounts:invitation_accept": [1],
    "accounts:invitation_decline": [1],
    "accounts:welcome": [1, "key"],
    "accounts:welcome_decline": [1, "key"],
}
# The page of a link, with or without a login.
VISITORS = {"sharing:visitor": SHOWN, "sharing:open": DONE, "sharing:renew": DONE}
# What opens by a secret in its address alone.
FEEDS = {
    "tokens:calendar_feed": SHOWN,
    "accounts:welcome": BOTH,
    "accounts:welcome_decline": DONE,
}
PUBLIC = {"livez": SHOWN, "readyz": SHOWN, "found/thanks/": SHOWN}
# Whoever found a token has no login.
STRANGERS = {"leaks:found": BOTH, "accounts:organisation_sign_in": BOTH}
# Whoever signed out is led on, or to the login.
SIGNED_OUT = {"accounts:signed_out": SHOWN}
# Where browsers come by on their way to a provider and back.
PROVIDERS = {"accounts:provider_sign_in": SHOWN, "accounts:provider_callback": SHOWN}
