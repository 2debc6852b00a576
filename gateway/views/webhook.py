"""Notices: whom mails go to, what is told ahead of an end, and the account's webhook."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
)

from accounts.audit.trail import Actor
from accounts.models import Membership
from accounts.permissions import Operation, for_account
from accounts.web.form_status import status_of
from accounts.web.resubmission import leave_for, made_once
from gateway.forms import WebhookForm
from gateway.models import RemindersOff, Way, Webhook, reminders
from gateway.notifications import content, webhook_tests
from tokens.secret_response import hand_out

TEMPLATE = "gateway/webhook.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.WEBHOOK_EDIT)
def webhook_edit(request, account):
    webhook = Webhook.objects.filter(account=account).first()
    posted = request.POST if request.method == "POST" else None
    form = WebhookForm(posted, initial={"url": webhook.url if webhook else ""})
    if posted and made_once(request, lambda: _point(request, account, form)):
        messages.success(request, "The webhook is saved. Send it a test.")
        return leave_for(request, "gateway:webhook", account.pk)
    ways = {each.way: each for each in account.deliveries.all()}
    context = {
        "form": form,
        "webhook": webhook,
        "ways": ways,
        "hook": ways.get(Way.WEBHOOK),
        "admins": Membership.objects.caretakers(account)[:20],
        "page": content.page_of(account),
        "reminders": {each.way: each for each in account.reminders.all()},
        "reminds": not RemindersOff.objects.filter(account=account).exists(),
    }
    return render(request, TEMPLATE, context, status=status_of(form))


def _point(request, account, form):
    return form.is_valid() and form.point(account, by=Actor.of(request))


@require_POST
@for_account(Operation.WEBHOOK_EDIT)
def reminders_on(request, account):
    reminders.switch_on(account, by=Actor.of(request))
    return _switched(
        request, account, "Admins are told before tokens or the trial end."
    )


@require_POST
@for_account(Operation.WEBHOOK_EDIT)
def reminders_off(request, account):
    reminders.switch_off(account, by=Actor.of(request))
    return _switched(request, account, "Nobody is told before tokens or the trial end.")


def _switched(request, account, words):
    messages.success(request, words)
    return redirect("gateway:webhook", account.pk)


@require_POST
@for_account(Operation.WEBHOOK_EDIT)
def webhook_test(request, account):
    _webhook(account)
    delivery = webhook_tests.begin(account)
    if request.htmx:
        context = {"account": account, "hook": delivery}
        return render(request, f"{TEMPLATE}#tested", context)
    messages.info(request, "The webhook is called. Its answer is on this page soon.")
    return redirect("gateway:webhook", account.pk)


@require_POST
@for_account(Operation.WEBHOOK_EDIT)
@never_cache
def webhook_reveal(request, account):
    return hand_out(
        request, _webhook(account), back=reverse("gateway:webhook", args=[account.pk])
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.WEBHOOK_EDIT)
def webhook_renew(request, account):
    webhook = _webhook(account)
    if request.method == "POST":
        webhook.renew(by=Actor.of(request))
        messages.success(request, "The webhook is signed with a new secret.")
        return redirect("gateway:webhook", account.pk)
    return render(request, "gateway/webhook_renew.html", {"webhook": webhook})


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.WEBHOOK_EDIT)
def webhook_remove(request, account):
    webhook = _webhook(account)
    if request.method == "POST":
        webhook.remove(by=Actor.of(request))
        messages.success(request, "The webhook is removed.")
        return redirect("gateway:webhook", account.pk)
    return render(request, "gateway/webhook_remove.html", {"webhook": webhook})


def _webhook(account):
    return get_object_or_404(Webhook.objects.select_related("account"), account=account)
