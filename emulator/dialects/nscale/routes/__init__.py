"""Nscale's calls: one file a noun, each with its ``router`` and its ``OPERATIONS``."""

from emulator.dialects.nscale.routes import base_models, datasets, downloads, exports, files, jobs

MODULES = (base_models, files, datasets, jobs, exports, downloads)

OPERATIONS = tuple(operation for module in MODULES for operation in module.OPERATIONS)
"""The calls by the names that faults and the journal use."""
