"""A window for superusers, to look things up. Nothing is changed here: changes go through
the pages and commands, which know the rules and write the audit trail."""

from functools import update_wrapper

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.middleware.csp import get_nonce
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override

from accounts.models import Account, AuditEvent, Membership, Organisation, User

STYLES_WITH_NONCE = settings.SECURE_CSP | {"style-src": [CSP.SELF, CSP.NONCE]}


class Site(admin.AdminSite):
    site_header = site_title = "Tollgate, for looking things up"

    def has_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def admin_view(self, view, cacheable=False):  # noqa: FBT002 -- Django's signature
        guarded = super().admin_view(view, cacheable)

        def hidden(request, *args, **kwargs):
            if not self.has_permission(request):
                raise Http404
            return guarded(request, *args, **kwargs)

        return csp_override(STYLES_WITH_NONCE)(update_wrapper(hidden, guarded))

    def each_context(self, request):
        return super().each_context(request) | {"csp_nonce": get_nonce(request)}

    @method_decorator(login_not_required)
    def login(self, request, extra_context=None):
        """Lead to the one way to sign in, which asks for the second factor."""
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(reverse("admin:index"))

    def password_change(self, request, extra_context=None):
        raise Http404


site = Site(name="admin")


class Window(admin.ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(User, site=site)
class UserWindow(Window):
    fields = (
        "email",
        "full_name",
        "is_active",
        "is_staff",
        "is_superuser",
        "created_at",
        "last_login",
    )
    list_display = ("email", "full_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "full_name")


@admin.register(Organisation, site=site)
class OrganisationWindow(Window):
    list_display = ("name", "plan", "trial_ends_at", "suspended_at")
    list_filter = ("plan",)
    search_fields = ("name",)


@admin.register(Account, site=site)
class AccountWindow(Window):
    list_display = ("name", "kind", "organisation", "suspended_at", "deleted_at")
    list_filter = ("kind",)
    list_select_related = ("organisation",)
    search_fields = ("name",)


@admin.register(Membership, site=site)
class MembershipWindow(Window):
    list_display = ("user", "account", "role", "suspended_at")
    list_filter = ("role",)
    list_select_related = ("user", "account")
    search_fields = ("user__email", "account__name")


@admin.register(AuditEvent, site=site)
class AuditEventWindow(Window):
    exclude = ("chain", "key_id", "digest")
    list_display = ("created_at", "actor_label", "action", "target", "account")
    list_filter = ("action",)
    list_select_related = ("account",)
    search_fields = ("actor_label", "target")
