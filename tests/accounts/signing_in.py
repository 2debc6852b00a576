"""How tests sign in with a password, and what the trail says of it."""

from django.urls import reverse

from accounts.models import AuditEvent

PASSWORD = "correct horse battery"
OTHER = "staple tortoise lamp"


def sign_in(client, email="dana@acme.example", password=PASSWORD, **extra):
    url = reverse("account_login")
    return client.post(url, {"login": email, "password": password}, **extra)


def events(action):
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))
