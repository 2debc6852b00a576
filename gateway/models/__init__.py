from gateway.models.deliveries import Delivery, Way
from gateway.models.refused_calls import OTHERS, Reason, RefusedCall, RefusedToken
from gateway.models.reminders import RemindedToken, Reminder, RemindersOff
from gateway.models.senders import UseSender
from gateway.models.webhooks import Webhook

__all__ = [
    "OTHERS",
    "Delivery",
    "Reason",
    "RefusedCall",
    "RefusedToken",
    "RemindedToken",
    "Reminder",
    "RemindersOff",
    "UseSender",
    "Way",
    "Webhook",
]
