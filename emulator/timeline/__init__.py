"""The simulator. Nothing trains, so nothing needs to run: a job is a timeline, and reading it is arithmetic.

At creation a **plan** is drawn from the recipe and a seed, once. It says when each phase begins, at what pace the
steps fall, how the losses run, and how it ends. Every read is a pure function::

    view(job, plan, actions, now) -> what an observer at `now` sees

    created        +30 s     +40 s                                          +4 min     +4 min 50 s
      |-- validating --|- queued -|------ running: step 1 ... 360 ------------|- saving -|-- succeeded
      ^ submitted      ^ validated      ^ checkpoint      ^ checkpoint        ^ trained
                                              |
                                             now      what lies left of `now` is seen, and nothing right of it

An **action** (cancel, pause, resume) is a row with a time. It never edits the plan: it bends how the plan is read.
A pause makes plan time stand still, so that everything after it falls later; a cancel stops the reading for good::

    host      0 ---- 1 ---- 2 ---- 3 ---- 4 ---- 5 ---- 6
    plan      0 ---- 1 ---- 2 ........... 2 ---- 3 ---- 4         paused at 2, resumed at 4

Nothing here awaits, sleeps, reads a clock, draws from a global random source or touches a disk. A server that was
killed goes on by being asked again; a job of 100,000 steps is as small as one of three.

The four laws (properties in ``tests/timeline/test_laws.py``):

1. History is append-only: what is seen at `a` is a prefix of what is seen at any `b >= a`.
2. The future cannot change the past: an action later than `now` does not alter ``view(..., now)``.
3. Every path is in the table: consecutive statuses are equal or in ``TRANSITIONS``.
4. The end is the end: once terminal, every later view is equal.

One kind of scenario breaks law 4 on purpose, for events alone: ``last_event_late_s`` tells of a job's last event after
its end. History stays append-only. An event that is late has the time at which it happened, not that of its telling.

``job`` what was asked · ``scenario`` how it is to go · ``planning`` how a plan is decided · ``plan`` what will happen ·
``curves`` the losses · ``actions`` what somebody did ·
``view`` what is seen · ``history`` events and checkpoints of a view · ``artifacts`` the files of a checkpoint.
"""
