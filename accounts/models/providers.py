import re

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.urls import reverse

from accounts.crypto.envelope import seal, unseal
from accounts.models.organisations import Organisation

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def domain_of(email):
    """Return the domain of an e-mail address, as a row has it."""
    domain = email.rpartition("@")[2].lower()
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


class TokenAuthMethod(models.TextChoices):
    """How we say who we are at the token endpoint (OpenID Connect Core 1.0, section 9)."""

    BASIC = "client_secret_basic", "HTTP Basic (client_secret_basic)"
    POST = "client_secret_post", "In the body (client_secret_post)"


class IdentityProviderQuerySet(models.QuerySet):
    def on(self):
        return self.filter(is_on=True)

    def of_installation(self):
        return self.filter(organisation=None)

    def for_domain(self, domain):
        """Return those of the organisation that an e-mail domain belongs to."""
        return self.filter(organisation__email_domains__domain=domain)


class IdentityProvider(models.Model):
    """An OpenID Connect provider: the installation's, or one organisation's."""

    # In the addresses that the provider knows, so that it never changes.
    slug = models.CharField(
        max_length=40,
        unique=True,
        error_messages={"unique": "Another provider has this short name."},
    )
    name = models.CharField(max_length=40)
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="identity_providers",
    )
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=255)
    envelope = models.BinaryField()
    enc_kid = models.PositiveBigIntegerField()
    token_auth_method = models.CharField(
        max_length=20, choices=TokenAuthMethod, default=TokenAuthMethod.BASIC
    )
    scope = models.CharField(max_length=200, default="openid profile email")
    # The claim that lists a person's groups; blank when groups mean nothing here.
    groups_claim = models.CharField(max_length=100, blank=True)
    is_on = models.BooleanField(default=False)
    # When it was found to work as it is now.
    tested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    # What it said about itself and its keys, and when that was asked for last.
    metadata = models.JSONField(null=True, blank=True)
    metadata_at = models.DateTimeField(null=True, blank=True)
    keys = models.JSONField(null=True, blank=True)
    keys_at = models.DateTimeField(null=True, blank=True)

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(token_auth_method__in=TokenAuthMethod.values),
                name="provider_token_auth_method_known",
            ),
            models.CheckConstraint(
                condition=models.Q(is_on=False) | models.Q(tested_at__isnull=False),
                name="provider_tested_before_it_is_on",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def callback_url(self):
        """Where the provider sends people back to."""
        path = reverse("accounts:provider_callback", args=[self.slug])
        return settings.APP_URL.rstrip("/") + path

    @property
    def signed_out_url(self):
        """Where the provider leads people who signed out there."""
        return settings.APP_URL.rstrip("/") + reverse("account_login")

    @property
    def logout_url(self):
        """Where the provider tells us who has signed out there."""
        return f"{settings.APP_URL.rstrip('/')}/oidc/{self.slug}/logout/"

    @property
    def sign_in_path(self):
        return reverse("accounts:provider_sign_in", args=[self.slug])

    def seal(self, secret):
        self.envelope, self.enc_kid = seal(secret.encode(), *self._context)

    @property
    def client_secret(self):
        """The secret that it gave us, for calls to it alone; raises Sealed."""
        return unseal(self.envelope, *self._context).decode()

    @property
    def _context(self):
        return b"accounts_identityprovider", self.slug.encode()


class EmailDomain(models.Model):
    """A domain whose addresses an organisation's providers may speak for."""

    domain = models.CharField(max_length=253, unique=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="email_domains"
    )

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(domain=Lower("domain")),
                name="email_domain_is_lower",
            )
        ]

    def __str__(self):
        return self.domain


class RequiredSignInQuerySet(models.QuerySet):
    def of_address(self, email):
        """Return what holds for an address, whether its providers are on or off."""
        found = self.filter(organisation__email_domains__domain=domain_of(email))
        return found.select_related("organisation")


class RequiredSignIn(models.Model):
    """That people of an organisation's domains sign in with its providers only."""

    organisation = models.OneToOneField(
        Organisation,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="required_sign_in",
    )
    # Who may use a password all the same, when the provider is away.
    break_glass = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = RequiredSignInQuerySet.as_manager()

    def __str__(self):
        return f"required sign-in of {self.organisation}"
