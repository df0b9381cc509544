"""``ftemu reset``: a tenant back to the seed file, or to nothing."""

from emulator.commands.command import Verb

fill = Verb(
    "reset",
    "put the tenant back to the seed file, or to nothing; its snapshots stay",
    "ftemu reset --key my-tests-key",
    ask=lambda server, asked: server.ask("POST", "/reset"),
    show=lambda answer, whose: [f"{whose[0].upper()}{whose[1:]} starts anew (tenant {answer['tenant']})."],
).fill
