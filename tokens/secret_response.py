"""The ways a secret leaves: to the script that copies it, to an operator's terminal."""

from django.http import JsonResponse
from django.shortcuts import render

from accounts.audit.trail import Actor
from accounts.rule_violations import RuleViolation
from tokens.secrets import Secret


def hand_out(request, token, *, back, write=Secret.reveal, **told):
    """Hand out a secret to the script that copies it, and to nothing else.

    `write` puts it into what is copied; `told` is what the audit trail says besides.
    Without the script there is a page that says so and leads `back`.
    """
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        context = {"token": token, "back": back}
        return render(request, "tokens/copy.html", context, status=406)
    try:
        secret = token.reveal(by=Actor.of(request), **told)
    except RuleViolation as refusal:
        return JsonResponse({"detail": refusal.message}, status=refusal.status)
    return JsonResponse({"secret": write(secret)})


def print_out(secret, stream):
    """Write a secret on a line of its own, for a terminal or a pipe."""
    stream.write(secret.reveal() + "\n")
