"""The commands of ``ftemu`` that talk to a running server: one file a command, and what they share.

``command`` what a command is, and running one · ``parser`` reading a command line · ``server`` the one place that asks
· ``tables`` how people read what is answered · ``files`` what is read and written · ``rule`` a rule as options ·
``parameters`` what parameters take.

They know the control API and nothing of what is behind it. What ships with the emulator (effects, presets, scenarios)
they read themselves, so that it can be told without a server. A module is imported when its command is used, and not
before: ``ftemu health`` answers in milliseconds.
"""
