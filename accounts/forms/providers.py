"""The form of a sign-in provider, for staff."""

import re

from django import forms
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.identity.discovery import WELL_KNOWN
from accounts.identity.http import is_acceptable
from accounts.identity.providers import add_provider, change_provider, prepare
from accounts.identity.trial import try_out
from accounts.models import IdentityProvider, User
from accounts.models.providers import SLUG, domain_of
from accounts.names import NameField, ValueField
from accounts.rule_violations import RuleViolation

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{4,253}}\Z)(?:{LABEL}\.)+{LABEL}")
MOST_DOMAINS = 50
MOST_SECRET = 1000
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
TAKEN = "Somebody took the short name or a domain at this moment. Choose another one."
OFF = {"autocomplete": "off", "spellcheck": "false"}


class DomainsField(forms.CharField):
    """Domains of e-mail addresses, each in its one spelling."""

    def to_python(self, value):
        words = re.split(r"[\s,;]+", super().to_python(value).lower())
        return sorted({self._domain(word.lstrip("@")) for word in words if word})

    def _domain(self, text):
        try:
            domain = text.encode("idna").decode()
        except UnicodeError:
            domain = ""
        if not DOMAIN.fullmatch(domain):
            raise ValidationError(f"“{text[:80]}” is no domain.")
        return domain

    def validate(self, value):
        super().validate(value)
        if len(value) > MOST_DOMAINS:
            raise ValidationError(f"At most {MOST_DOMAINS} domains.")

    def run_validators(self, value):
        super().run_validators(" ".join(value))

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value


class ProviderForm(forms.ModelForm):
    """A provider of the installation, or of one organisation with its domains."""

    name = NameField(
        max_length=40,
        help_text="On the button: “Sign in with …”.",
        widget=forms.TextInput(OFF),
    )
    slug = forms.CharField(
        max_length=40,
        label="Short name",
        help_text="In its addresses, such as acme-okta. It cannot be changed later.",
        widget=forms.TextInput(OFF),
    )
    issuer = ValueField(
        max_length=500,
        help_text="As the provider calls itself, such as https://login.acme.example.",
        widget=forms.URLInput(OFF),
    )
    client_id = ValueField(
        max_length=255, label="Client ID", widget=forms.TextInput(OFF)
    )
    secret = forms.CharField(
        max_length=MOST_SECRET,
        label="Client secret",
        strip=True,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    scope = ValueField(
        max_length=200,
        label="Scopes",
        initial="openid profile email",
        help_text="What it is asked for. Some providers need “groups” for groups.",
        widget=forms.TextInput(OFF),
    )
    groups_claim = ValueField(
        max_length=100,
        label="Claim with groups",
        required=False,
        help_text="Such as groups. Blank: groups mean nothing here.",
        widget=forms.TextInput(OFF),
    )
    domains = DomainsField(
        max_length=4000,
        label="E-mail domains",
        help_text=(
            "Such as acme.example, acme.co.uk. Its providers speak for these addresses "
            "and no others. Make sure that they are the organisation's own."
        ),
        widget=forms.Textarea({**OFF, "rows": 2}),
    )

    class Meta:
        model = IdentityProvider
        fields = [
            "name",
            "slug",
            "issuer",
            "client_id",
            "token_auth_method",
            "scope",
            "groups_claim",
        ]
        labels = {"token_auth_method": "The secret is sent"}

    WHO = ("name", "slug", "domains")
    CLIENT = ("issuer", "client_id", "secret", "token_auth_method")
    ASKED = ("scope", "groups_claim")

    def __init__(self, *args, organisation=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        if organisation is None:
            del self.fields["domains"]
        elif self.instance.pk:
            self.initial["domains"] = [each.domain for each in self._domains()]
        if self.instance.pk:
            del self.fields["slug"]
            self.fields["secret"].required = False
            self.fields["secret"].help_text = "Blank: the one that it has."

    def _domains(self):
        return self.organisation.email_domains.all()

    @property
    def sections(self):
        """The fields by heading, in the order of the page."""
        headings = {
            "Whose it is": self.WHO,
            "What the provider gave you": self.CLIENT,
            "What it is asked for": self.ASKED,
        }
        return [
            (heading, [self[name] for name in names if name in self.fields])
            for heading, names in headings.items()
        ]

    def clean_slug(self):
        slug = self.cleaned_data["slug"].lower()
        if not SLUG.fullmatch(slug):
            raise ValidationError("Use letters a to z, digits and single hyphens.")
        return slug

    def clean_issuer(self):
        issuer = self.cleaned_data["issuer"].removesuffix(WELL_KNOWN)
        if not is_acceptable(issuer) or "?" in issuer:
            raise ValidationError(
                "Enter an address that begins with https://, or http:// on this machine."
            )
        return issuer

    def clean_scope(self):
        scope = " ".join(self.cleaned_data["scope"].split())
        if not SCOPE.fullmatch(scope) or "openid" not in scope.split():
            raise ValidationError("Write scopes with spaces between; one is openid.")
        return scope

    def add(self, *, by):
        """Return the new provider, or None and the reason on its field."""
        return self._done(
            lambda wanted: add_provider(organisation=self.organisation, by=by, **wanted)
        )

    def change(self, *, by):
        """Return the changed provider, or None and the reason."""
        provider = IdentityProvider.objects.get(pk=self.instance.pk)
        fields = self._wanted()
        del fields["domains"]
        to_test = prepare(provider, fields.pop("secret"), **fields)
        if provider.is_on and to_test and not self._works(provider):
            return None
        return self._done(lambda wanted: change_provider(provider, by=by, **wanted))

    def _works(self, provider):
        """Try out what is new of a provider that people sign in with right now."""
        last = try_out(provider)[-1]
        if last.is_fine:
            provider.tested_at = timezone.now()
        else:
            self.add_error(
                None, f"Nothing was saved, since it would not work. {last.said}"
            )
        return last.is_fine

    def _done(self, do):
        try:
            return do(self._wanted())
        except RuleViolation as refusal:
            self.add_error(refusal.field, refusal.message)
        except IntegrityError:
            self.add_error(None, TAKEN)
        return None

    def _wanted(self):
        return {"domains": [], **self.cleaned_data}


class RequiredForm(forms.Form):
    """Whether an organisation's people have to sign in with its provider."""

    required = forms.TypedChoiceField(
        label="How people of your domains sign in",
        choices=[
            ("", "With the provider, a password or a passkey"),
            ("yes", "With the provider only"),
        ],
        coerce=bool,
        empty_value=False,
        required=False,
        widget=forms.RadioSelect,
    )
    break_glass = forms.ModelChoiceField(
        User.objects.none(),
        label="Who may use a password all the same",
        required=False,
        empty_label="Nobody",
        help_text=(
            "For when the provider is away. Each time all admins get a mail. Choose "
            "somebody with a second factor."
        ),
    )

    def __init__(self, *args, account, **kwargs):
        super().__init__(*args, **kwargs)
        admins = account.memberships.admins().values("user")
        people = User.objects.filter(pk__in=admins).exclude(
            password__startswith=UNUSABLE_PASSWORD_PREFIX
        )
        self.fields["break_glass"].queryset = people.order_by("email")


class AddressForm(forms.Form):
    """The address of somebody whose organisation may have a provider."""

    email = forms.EmailField(
        max_length=254,
        label="E-mail",
        widget=forms.EmailInput({"autofocus": True, "autocomplete": "username"}),
    )

    def providers(self):
        """Return the providers of the address, or none and the reason at the field."""
        rows = IdentityProvider.objects.on().for_domain(self.domain)
        found = list(rows.order_by("name"))
        if not found:
            self.add_error(
                "email",
                f"No organisation here has a sign-in of its own for {self.domain}.",
            )
        return found

    @property
    def domain(self):
        return domain_of(self.cleaned_data["email"])
