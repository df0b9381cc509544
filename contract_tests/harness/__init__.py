"""What contract tests of any provider need: a target asked politely, money counted, nothing left behind.

``options``    the command line
``target``     whom the tests ask, and whether that costs somebody's money
``secret``     API keys, which appear in no output
``line``       the only way to the target: paced, patient, recorded
``gate``       what every request that creates something passes, so that it is in the ledger before it is sent
``ledger``     the file of what was created and is not gone yet
``cleanup``    the undoing of what a ledger holds, at the end of a run or after a dead one
``spending``   the ceiling
``answers``    an answer, whose members are there or the test fails in words
``schema``     the published schema
``fixtures``   what each provider's tests have of all that
``facts``      the marks of a test: the fact, and free or spends
``evidence``   what was found, as a file
``earlier``    what an earlier run found, of which a run keeps what it did not try
``walk``       a job, looked at until it ends
``own``        the emulator, started for the run
``run``        one run, from the first request to the evidence
"""
