"""The organization that a tenant has where its provider's paths name one, and nobody has named another."""

from hashlib import blake2b
from uuid import UUID


def organization_of(tenant: str) -> str:
    """Return a tenant's own organization, by the tenant's digest: a UUID of version 4, the same at each server."""
    return str(UUID(bytes=blake2b(tenant.encode(), digest_size=16, person=b"ftemu-org").digest(), version=4))
