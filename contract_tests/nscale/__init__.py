"""Nscale: ``https://fine-tuning.api.nscale.com/api/v1/organizations/{organization_id}``, offline since 20 May 2026.

There is no published document: ``schema.json`` is the emulator's own, made of the provider's pages. How each fact is
known stands beside it: observed by the provider's own client and its authors, documented, or unverified. A run against
the service would tell which hold, if it came back.
"""
