"""Notices of refused calls: the mail that goes out, and the account's webhook."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
)

from accounts.audit import Actor
from accounts.models import Membership
from accounts.permissions import Operation, for_account
from accounts.refusals import Refused
from gateway import calling, letters
from gateway.forms import WebhookForm
from gateway.models import Delivery, Way, Webhook
from tokens.handover import hand_out

PAGE = "gateway/webhook.html"
BETWEEN_TESTS = timedelta(seconds=5)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.WEBHOOK_EDIT)
def webhook_edit(request, account):
    webhook = Webhook.objects.filter(account=account).first()
    posted = request.POST if request.method == "POST" else None
    form = WebhookForm(posted, initial={"url": webhook.url if webhook else ""})
    if form.is_valid():
        form.point(account, by=Actor.of(request))
        messages.success(request, "The webhook is saved. Send it a test.")
        return redirect("gateway:webhook", account.pk)
    context = {
        "form": form,
        "webhook": webhook,
        "ways": _ways(account),
        "admins": Membership.objects.caretakers(account)[:20],
        "page": letters.page_of(account),
    }
    return render(request, PAGE, context, status=422 if form.is_bound else 200)


def _ways(account):
    return {each.way: each for each in account.deliveries.all()}


@require_POST
@for_account(Operation.WEBHOOK_EDIT)
def webhook_test(request, account):
    webhook = _webhook(account)
    delivery = _turn(account)
    body = letters.body(account, [], 0)
    answer = calling.call(webhook, calling.TEST, body)
    if answer.is_fine:
        delivery.settle(str(answer))
    else:
        delivery.put_off(str(answer))
    if request.htmx:
        context = {"answer": answer, "delivery": delivery}
        return render(request, "gateway/webhook_tested.html", context)
    words = "took the test" if answer.is_fine else "did not take the test"
    messages.info(request, f"The webhook {words}: {answer}")
    return redirect("gateway:webhook", account.pk)


def _turn(account):
    """Return the Delivery once it is time for another test, so that none floods."""
    now = timezone.now()
    delivery, _ = Delivery.objects.get_or_create(
        account=account, way=Way.WEBHOOK, defaults={"free_at": now}
    )
    rested = Q(tried_at=None) | Q(tried_at__lt=now - BETWEEN_TESTS)
    if not Delivery.objects.filter(rested, pk=delivery.pk).update(tried_at=now):
        raise Refused("too_soon", "It was called a moment ago. Wait a few seconds.")
    return delivery


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
