from gateway.models.deliveries import Delivery, Way
from gateway.models.refused_calls import OTHERS, DeadToken, DeadUse, Reason
from gateway.models.webhooks import Webhook

__all__ = ["OTHERS", "DeadToken", "DeadUse", "Delivery", "Reason", "Way", "Webhook"]
