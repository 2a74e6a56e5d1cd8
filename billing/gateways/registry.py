"""Which gateways there are. The setting ``GATEWAYS`` decides; a test swaps one by that setting."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from billing.gateways.errors import NotSetUp
from billing.gateways.protocol import CardTaker, Charger, Gateway, Metered, Subscriber


def gateway_named(name: str) -> Gateway:
    """The gateway, configured from the settings. Raises `NotSetUp` for an unknown or unconfigured one."""
    paths: dict[str, str] = settings.GATEWAYS
    if name not in paths:
        raise NotSetUp(
            "gateway_unknown", f'No gateway is called "{name}": the desk knows {", ".join(paths)}.'
        )
    return cast(Gateway, import_string(paths[name])())


def charger_named(name: str) -> Charger:
    """The gateway, where we charge through it. Raises `NotSetUp` for one that the desk cannot charge."""
    found = gateway_named(name)
    if not hasattr(found, "charge"):
        raise NotSetUp("gateway_does_not_charge", f"The desk does not charge through {name}.")
    return cast(Charger, found)


def card_taker_named(name: str) -> CardTaker:
    """The gateway, where customers can leave a card on its page. Raises `NotSetUp` for any other."""
    found = gateway_named(name)
    if not hasattr(found, "open_setup"):
        raise NotSetUp("gateway_without_card_pages", f"Nobody can leave a card at {name}.")
    return cast(CardTaker, found)


def subscriber_named(name: str) -> Subscriber:
    """The gateway, where it collects subscriptions. Raises `NotSetUp` for one whose the desk cannot end."""
    found = gateway_named(name)
    if not hasattr(found, "cancel_at"):
        raise NotSetUp("gateway_without_subscriptions", f"The desk cannot end subscriptions at {name}.")
    return cast(Subscriber, found)


def metered_named(name: str) -> Metered:
    """The gateway, where it bills by what it is told was used. Raises `NotSetUp` for one that does not."""
    found = gateway_named(name)
    if not hasattr(found, "tell_usage"):
        raise NotSetUp("gateway_without_meters", f"{name} is not told what was used.")
    return cast(Metered, found)
