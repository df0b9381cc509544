"""Nebius Token Factory: ``https://api.tokenfactory.nebius.com/v1``.

``schema.json`` is its published document without the prose. How each fact is known stands beside it: observed in
recorded traffic, documented by the provider, or unverified, which is what a run against the service is for.
"""
