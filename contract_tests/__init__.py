"""What a provider's API does, asked from outside over HTTP: of the emulator, or of the real service.

``harness`` is in no provider's words: the target, pacing, money, the ledger, the evidence, the walk of a job.
Beside it is a folder a provider, such as ``nebius``: its schema, its ``provider.py``, and a small test for each fact.
Nothing here imports the emulator. ``README.md`` says how to run it and what it may cost.
"""
