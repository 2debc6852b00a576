from django.urls import include, path

from accounts.views import (
    account_forms,
    account_states,
    accounts,
    audit,
    dashboard,
    disconnecting,
    general,
    groups,
    home,
    invitations,
    profile,
    provider_sign_in,
    providers,
    quick_find,
    sessions,
    sign_in_settings,
    staff,
    switcher,
    users,
)

app_name = "accounts"
urlpatterns = [
    path("", home.home, name="home"),
    path("switcher/", switcher.switcher, name="switcher"),
    path("jump/", quick_find.jump, name="jump"),
    path("dashboard/<path:page>", dashboard.lead_on, name="dashboard"),
    path("theme/", home.theme, name="theme"),
    path(
        "accounts/<int:account_id>/",
        include(
            [
                path("general/", general.general, name="general"),
                path("accounts/", accounts.account_list, name="account_list"),
                path("accounts/new/", account_forms.account_new, name="account_new"),
                path(
                    "accounts/new/find/",
                    account_forms.account_new_find,
                    name="account_new_find",
                ),
                path("settings/", accounts.account_details, name="account_details"),
                path("edit/", account_forms.account_edit, name="account_edit"),
                path(
                    "edit/find/",
                    account_forms.account_edit_find,
                    name="account_edit_find",
                ),
                path(
                    "suspend/", account_states.account_suspend, name="account_suspend"
                ),
                path(
                    "reactivate/",
                    account_states.account_reactivate,
                    name="account_reactivate",
                ),
                path("delete/", account_states.account_delete, name="account_delete"),
                path(
                    "restore/", account_states.account_restore, name="account_restore"
                ),
            ]
        ),
    ),
    path(
        "accounts/<int:account_id>/sign-in/",
        sign_in_settings.sign_in_settings,
        name="sign_in_settings",
    ),
    path("profile/", profile.profile, name="profile"),
    path("invitations/", invitations.invitations, name="invitations"),
    # By the id of the organisation.
    path(
        "invitations/<int:pk>/accept/",
        invitations.invitation_accept,
        name="invitation_accept",
    ),
    path(
        "invitations/<int:pk>/decline/",
        invitations.invitation_decline,
        name="invitation_decline",
    ),
    path("welcome/<int:pk>/<str:key>/", invitations.welcome, name="welcome"),
    path(
        "welcome/<int:pk>/<str:key>/decline/",
        invitations.welcome_decline,
        name="welcome_decline",
    ),
    path("profile/connect/", provider_sign_in.connect, name="connect"),
    path("profile/disconnect/<int:pk>/", disconnecting.disconnect, name="disconnect"),
    path(
        "sign-in/", provider_sign_in.organisation_sign_in, name="organisation_sign_in"
    ),
    path("signed-out/", provider_sign_in.signed_out, name="signed_out"),
    # Where allauth has them, too, which never comes to it.
    path(
        "oidc/<slug:slug>/login/",
        provider_sign_in.provider_sign_in,
        name="provider_sign_in",
    ),
    path(
        "oidc/<slug:slug>/login/callback/",
        provider_sign_in.provider_callback,
        name="provider_callback",
    ),
    path("sessions/<int:pk>/end/", sessions.session_end, name="session_end"),
    path("accounts/<int:account_id>/users/", users.user_list, name="user_list"),
    path("accounts/<int:account_id>/users/add/", users.user_add, name="user_add"),
    path(
        "accounts/<int:account_id>/users/<int:pk>/",
        include(
            [
                path("role/", users.user_role, name="user_role"),
                path("suspend/", users.user_suspend, name="user_suspend"),
                path("unsuspend/", users.user_unsuspend, name="user_unsuspend"),
                path("remove/", users.user_remove, name="user_remove"),
                path("invite/", users.user_invite, name="user_invite"),
                path("reset/", users.user_reset, name="user_reset"),
                path("factors/", users.user_reset_factors, name="user_reset_factors"),
                path("sign-out/", users.user_sign_out, name="user_sign_out"),
            ]
        ),
    ),
    path(
        "accounts/<int:account_id>/groups/",
        include(
            [
                path("", groups.groups, name="groups"),
                path("add/", groups.group_add, name="group_add"),
                path("preview/", groups.group_preview, name="group_preview"),
                path("<int:pk>/remove/", groups.group_remove, name="group_remove"),
                path("<int:pk>/confirm/", groups.group_confirm, name="group_confirm"),
            ]
        ),
    ),
    path("accounts/<int:account_id>/audit/", audit.audit_list, name="audit_list"),
    path(
        "accounts/<int:account_id>/audit/export/",
        audit.audit_export,
        name="audit_export",
    ),
    path("staff/", staff.staff_organisations, name="staff_organisations"),
    path(
        "staff/organisations/add/",
        staff.staff_organisation_add,
        name="staff_organisation_add",
    ),
    path(
        "staff/organisations/<int:pk>/",
        include(
            [
                path("", staff.staff_organisation, name="staff_organisation"),
                path(
                    "edit/",
                    staff.staff_organisation_edit,
                    name="staff_organisation_edit",
                ),
                path(
                    "suspend/",
                    staff.staff_organisation_suspend,
                    name="staff_organisation_suspend",
                ),
                path(
                    "resume/",
                    staff.staff_organisation_resume,
                    name="staff_organisation_resume",
                ),
            ]
        ),
    ),
    path("staff/providers/", providers.staff_providers, name="staff_providers"),
    path(
        "staff/providers/add/", providers.staff_provider_add, name="staff_provider_add"
    ),
    path(
        "staff/providers/<int:pk>/",
        include(
            [
                path("", providers.staff_provider, name="staff_provider"),
                path(
                    "edit/", providers.staff_provider_edit, name="staff_provider_edit"
                ),
                path(
                    "test/", providers.staff_provider_test, name="staff_provider_test"
                ),
                path("on/", providers.staff_provider_on, name="staff_provider_on"),
                path("off/", providers.staff_provider_off, name="staff_provider_off"),
            ]
        ),
    ),
]
