"""Secrets that are never stored, and signatures as Standard Webhooks has them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: ``v1,`` and the base 64 of
an HMAC-SHA256 over ``id.timestamp.body``; several are divided by spaces, as while two secrets are valid.

A secret is f(server seed, endpoint, how often it was changed): who knows a server's seed knows its secrets, as befits
an emulator, and a server that is started with another seed signs with others.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from emulator.storage.webhooks import StoredWebhook

PREFIX = "whsec_"
SECRET_BYTES = 32
SHOWN = 4


def secret(seed: str, webhook_id: str, number: int) -> bytes:
    """Return an endpoint's secret after so many changes."""
    key = blake2b(seed.encode(), person=b"ftemu-webhook").digest()
    return blake2b(f"{webhook_id}/{number}".encode(), key=key, digest_size=SECRET_BYTES).digest()


def written(key: bytes) -> str:
    """Return a secret as its owner is told it."""
    return PREFIX + b64encode(key).decode()


def hint(key: bytes) -> str:
    """Return what is shown of a secret ever after (unverified: what the mask looks like)."""
    return f"{PREFIX}...{written(key)[-SHOWN:]}"


def valid(seed: str, webhook: StoredWebhook, now: datetime) -> list[bytes]:
    """Return the secrets that an endpoint has at an instant, the newest first."""
    numbers = [webhook.secret]
    if webhook.old_until_at and now < webhook.old_until_at:
        numbers.append(webhook.secret - 1)
    return [secret(seed, webhook.id, number) for number in numbers]


def signature(keys: Sequence[bytes], message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the header ``webhook-signature`` of a body that is sent at a host time."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return " ".join(f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys)
