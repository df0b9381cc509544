"""Nebius AI Studio of 2025, which answers nowhere any more but here: its old hosts answer as Token Factory.

What is held of Token Factory is held of it as well, by the same tests, but where it differed: those are left out here,
and what was its own has a test of its own. ``schema.json`` is the program's own document without the prose, for its own
was not kept: what of it is documented are the pages of creating, retrieving and listing jobs.
"""
