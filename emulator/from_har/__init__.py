"""From a failure in production to a test: a recorded HAR becomes rules and scenarios that fail the same way.

``har`` reading one · ``exchange`` which of its requests are the provider's · ``forms`` what providers call otherwise ·
``failures`` what went wrong with a request by itself, ``twice`` and ``history`` by what came before and after ·
``rules`` that as rules with budgets · ``jobs`` what was seen of each job, ``outcomes`` how that differs from a sound
job, as a scenario's knobs · ``secrecy`` what may be said of it all · ``written`` the files · ``command`` what is run.

All of it is pure but ``command``. What it cannot know, it says: a HAR shows what a client saw, not what was so.
"""
