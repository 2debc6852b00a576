from gateway.models.deliveries import Delivery, Way
from gateway.models.refused_calls import (
    OTHER_CALLERS,
    Reason,
    RefusedCall,
    RefusedToken,
)
from gateway.models.reminders import RemindedToken, Reminder, RemindersOff
from gateway.models.senders import UseSender
from gateway.models.webhooks import Webhook

__all__ = [
    "OTHER_CALLERS",
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
