"""What a tenant does by itself: automations, started by a change of a record or by an incoming webhook."""

from fake_planhat.automations.runs import Automations
from fake_planhat.automations.sending import NotDelivered, Reply, Sender, Webhook

__all__ = ["Automations", "NotDelivered", "Reply", "Sender", "Webhook"]
