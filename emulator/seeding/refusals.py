"""What is wrong with a seed, said where it stands in it and without a value: API keys stand there as well."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from emulator.errors import ApiError, Exhausted, Flaw, Invalid, Misfiled, Missing, Refused, TooLarge, Untrainable
from emulator.seeding.form import complaint, place
from emulator.settings import BadSetting
from emulator.storage.document import BadState


@contextmanager
def told_at(where: str) -> Iterator[None]:
    """Say of whatever is refused where it stands; an empty place: all that it is in."""
    within = f"{where}." if where else ""
    try:
        yield
    except (BadSetting, BadState) as error:
        raise BadSetting(f"{within}{error}") from None
    except ValidationError as error:
        raise BadSetting(f"{within}{complaint(error)}") from None
    except ApiError as error:
        raise BadSetting(f"{where}: {_said(error)}") from None
    except OSError as error:
        raise BadSetting(f"{where}: {error.filename} cannot be read: {error.strerror}") from None


def _said(error: ApiError) -> str:
    match error:
        case Invalid(flaws):
            said = "; ".join(f"{_where(flaw)}: {flaw.msg.removeprefix('Value error, ')}" for flaw in flaws)
        case TooLarge(bytes_max):
            said = f"it has more than {bytes_max} bytes"
        case Exhausted(kind):
            said = f"its scenario is that no job is taken, the {kind} being used up"
        case Untrainable(model):
            said = f"model: {model[:100]!r} is none that can be trained"
        case Misfiled(_, purpose, member):
            said = f"{member}: the file is for {purpose!r}, a job takes one for 'fine-tune'"
        case Missing(kind, id_):
            said = f"there is no {kind} {id_[:100]!r}"
        case Refused(message):
            said = message
        case _:
            said = str(error)
    return said


def _where(flaw: Flaw) -> str:
    """Return where a seed file has what a request has there."""
    return "scenario" if flaw.loc[0] == "header" else place(flaw.loc[1:])
