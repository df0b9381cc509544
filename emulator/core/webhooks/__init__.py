"""Webhooks: endpoints that are told of the ends of jobs, in no provider's words.

Jobs need nobody to run them; to tell somebody unasked, somebody has to wake. What is told is a row (``delivery``), made
of the ends that lie between what an endpoint was told of and now, so that nothing is lost with a process: whoever
looks next finds the ends and the rows. An endpoint is told of each job once, and of none that had ended before it was
there. Here is what is decided; who wakes is ``emulator.deliveries``, what goes over the wire is
``emulator.dialects.sending``.

``endpoints`` made, changed, removed · ``deliveries`` ends made rows, and what comes of attempts · ``signing`` secrets
and signatures · ``places`` where deliveries may go · ``manner`` how a provider tells ·
``subscriber`` whom.
"""
