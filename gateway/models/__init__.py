from gateway.models.dead import OTHERS, DeadToken, DeadUse, Reason

__all__ = ["OTHERS", "DeadToken", "DeadUse", "Reason"]
