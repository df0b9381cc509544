"""Whom something is told: an endpoint, whose it is, and how its provider tells."""

from dataclasses import dataclass

from emulator.core.webhooks.manner import Manner
from emulator.core.world import World
from emulator.storage.accounts import Account
from emulator.storage.webhooks import StoredWebhook


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An endpoint of an account of a world, at a provider that tells in this manner."""

    world: World
    account: Account
    manner: Manner
    webhook: StoredWebhook
