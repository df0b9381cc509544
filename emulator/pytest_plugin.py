"""The pytest plugin: the fixtures ``ft_emulator`` (a tenant of the test's own) and ``ft_client`` (the SDK for it).

One server a session, and a worker of pytest-xdist, is started when the first test asks for it. Each test has a tenant
of its own, whose key follows from the test's id, as a token that every provider takes: a run repeats byte for byte on a
clock that does, and no test sees another's jobs. When the test is over the tenant is forgotten; if it failed, its
report shows what was asked.

Under ``--ft-emulator-url`` a running server is used, which others may use as well. Keys then have a part that is drawn
once a process, so that two runs of a test never meet; ``--ft-emulator-run NAME`` gives them that part instead, for runs
that repeat: two at once need two names, and what a killed run left is wiped before each test.

The clock is the server's unless a marker says otherwise, so real at the server's pace: what a client meets in the end,
and where code looks at several things in a round, a ``poll`` clock would let states pass by unseen.

Only pytest and the standard library are imported here: a run that does not use it pays some milliseconds.
"""

from collections.abc import Generator, Iterator, Mapping
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import openai

    from emulator.client import Running, Tenant

NAME = "ft_emulator"
TAKES: Mapping[str, tuple[type, ...]] = {
    "scenario": (str,),
    "clock": (str,),
    "seed": (str, int, float),
    "dialect": (str,),
    "seed_file": (str, PathLike),
    "faults": (str, Mapping, list, tuple),
}
"""The arguments of the marker, and what each may be."""
MARKER = (
    f"{NAME}({', '.join(f'{name}=…' for name in TAKES)}): how the fine-tuning emulator's tenant of a test begins: how "
    "its jobs go; real, manual or poll time; what makes it another run; whose API base_url() is; files and jobs to "
    "begin with; what goes wrong with requests. Of several markers, the nearest wins, argument by argument."
)
SECTION = f"{NAME} journal"
NOT_SPOKEN = (
    "ft_client is OpenAI's official client, and this provider's API is not one that it speaks: give your own client "
    "ft_emulator.base_url(), ft_emulator.organization and ft_emulator.api_key"
)
OPTIONS = (
    ("url", "URL", "use this running server instead of starting one"),
    ("token", "TOKEN", "that server's control token (default: FTEMU_CONTROL_TOKEN)"),
    ("run", "NAME", "with a running server: keys repeat from run to run; runs at one time need names of their own"),
    ("chaos", "PRESET", "let requests of every test go wrong, drawn from the test's id: flaky, degraded or hostile"),
)
IN_FILES = ("url", "chaos")
"""Options that a configuration file may have as well."""

TENANT = pytest.StashKey["Tenant"]()
LEFT = pytest.StashKey[str]()
"""The journal of a tenant that is forgotten, of a test whose teardown failed."""
RUN = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup(NAME, "fine-tuning emulator")
    for name, metavar, about in OPTIONS:
        group.addoption(f"--ft-emulator-{name}", metavar=metavar, default="", help=about)
        if name in IN_FILES:
            parser.addini(f"{NAME}_{name}", f"as --ft-emulator-{name}", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse a URL that is none, and a preset that there is not, before any test runs."""
    config.addinivalue_line("markers", MARKER)
    if (url := _option(config, "url")) and not _is_url(url):
        raise pytest.UsageError(f"--ft-emulator-url: got {url!r}, takes a URL like http://127.0.0.1:8080")
    if name := _option(config, "chaos"):
        from emulator.core.presets import presets  # noqa: PLC0415 -- only a run with chaos pays for it
        from emulator.shorthand import unknown  # noqa: PLC0415 -- as above

        if name not in presets():
            raise pytest.UsageError(f"--ft-emulator-chaos: {unknown('preset', name, presets())}")


@pytest.fixture(scope="session")
def ft_emulator_settings() -> Mapping[str, Any]:
    """Return the settings of the server that is started, by keyword; override it: ``return {"pace": 0.001}``."""
    return {}


@pytest.fixture(scope="session")
def ft_emulator_server(request: pytest.FixtureRequest, ft_emulator_settings: Mapping[str, Any]) -> "Running":
    """Give the server of the session; a tenant for more than a test is ``Tenant(ft_emulator_server, "a-key")``."""
    from emulator.client import Running, Unanswered  # noqa: PLC0415 -- only those pay for it who use it
    from emulator.errors import StorageFailed  # noqa: PLC0415 -- as above
    from emulator.server import Emulator, NotRunning  # noqa: PLC0415 -- as above

    config = request.config
    try:
        if url := _option(config, "url"):
            server = Running(url, token=_token(config))
            config.add_cleanup(server.close)
            server.base_url()  # it is there, and an emulator
            _check_keys(server)
            return server
        emulator = Emulator(**ft_emulator_settings).start()
    except (Unanswered, NotRunning, StorageFailed, ValueError) as error:
        raise _failed(error) from None
    # Not a fixture's teardown: the journal of the last test is read after that of all fixtures.
    config.add_cleanup(emulator.stop)
    try:
        _check_keys(emulator.server)
    except Unanswered as error:
        raise _failed(error) from None
    return emulator.server


@pytest.fixture
def ft_emulator(request: pytest.FixtureRequest, ft_emulator_server: "Running") -> "Tenant":
    """Give the test a tenant of its own: where its client connects, its clock, faults, scenarios, journal and state."""
    from emulator.client import Unanswered  # noqa: PLC0415 -- only those pay for it who use it
    from emulator.client.beginning import Begun  # noqa: PLC0415 -- as above
    from emulator.tokens import service_token  # noqa: PLC0415 -- as above

    item = request.node
    try:
        asked = _asked(item)
        seed = asked.get("seed")
        digest = _digest(item.nodeid, "" if seed is None else str(seed))
        key = service_token(_digest(_run(item.config), digest))
        if "seed_file" in asked:
            asked["seed_file"] = _place(item, asked["seed_file"])
        tenant = Begun(ft_emulator_server, key, asked, chaos=_option(item.config, "chaos"), chance=digest)
        item.stash[TENANT] = tenant
        if _option(item.config, "url"):
            tenant.forget()
        tenant.begin()
    except (Unanswered, ValueError) as error:
        raise _failed(error) from None
    return tenant


@pytest.fixture
def ft_client(ft_emulator: "Tenant") -> Iterator["openai.OpenAI"]:
    """Give the official client, ``openai.OpenAI``, for the test's tenant; skip the test where it is not installed."""
    if ft_emulator.has_organization:
        raise _failed(NOT_SPOKEN)
    try:
        import openai  # noqa: PLC0415 -- need not be installed
    except ImportError:
        pytest.skip("ft_client needs the official SDK: pip install openai")
    # To load the certificates takes 25 ms a client, and on loopback there are none.
    http = openai.DefaultHttpxClient(verify=False, trust_env=False) if ft_emulator.server.is_near else None
    with openai.OpenAI(base_url=ft_emulator.base_url(), api_key=ft_emulator.api_key, http_client=http) as client:
        yield client


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Forget the test's tenant once all its fixtures are torn down."""
    try:
        result = yield
    except BaseException:
        item.stash[LEFT] = _journal(item)
        _forget(item, failed=True)
        raise
    _forget(item, failed=False)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the journal of the test's tenant to the report of a failure."""
    report = yield
    if report.failed and (shown := item.stash.get(LEFT, "") or _journal(item)):
        report.sections.append((SECTION, shown))
    return report


def _failed(why: object) -> BaseException:
    """Return what makes a test fail with a sentence and no traceback."""
    return pytest.fail.Exception(f"{NAME}: {why}", pytrace=False)


def _option(config: pytest.Config, name: str) -> str:
    """Return an option of the command line, or else of a configuration file."""
    given = config.getoption(f"{NAME}_{name}")
    return str(given or (config.getini(f"{NAME}_{name}") if name in IN_FILES else "")).strip()


def _is_url(text: str) -> bool:
    """Say whether a text has the form of a server's URL."""
    from urllib.parse import urlsplit  # noqa: PLC0415 -- only a run with a running server pays for it

    try:
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is no number, half an address in brackets
        return False


def _check_keys(server: "Running") -> None:
    """Raise Unanswered, saying what to do, where a server takes listed keys only: those of tests are none of them."""
    from emulator.client import Tenant, Unanswered  # noqa: PLC0415 -- only those pay for it who use it
    from emulator.tokens import service_token  # noqa: PLC0415 -- as above

    try:
        Tenant(server, service_token("of no test")).clock.get()
    except Unanswered as error:
        if "api_key" not in str(error):
            raise
        said = "each test has an API key of its own, and the server takes listed keys only: take its api_key away"
        raise Unanswered(f"{said} (--api-key, FTEMU_API_KEY, ft_emulator_settings)", status=error.status) from None


def _token(config: pytest.Config) -> str:
    from emulator.settings import from_environment  # noqa: PLC0415 -- only a run with a running server pays for it

    return _option(config, "token") or str(from_environment().get("control_token", ""))


def _run(config: pytest.Config) -> str:
    """Return the part that the keys of a run have; none where the server is the run's own."""
    if RUN not in config.stash:
        from secrets import token_hex  # noqa: PLC0415 -- as above

        config.stash[RUN] = (_option(config, "run") or token_hex(16)) if _option(config, "url") else ""
    return config.stash[RUN]


def _digest(*parts: str) -> str:
    """Return hex digits for texts of any length and characters, others for others."""
    said = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _asked(item: pytest.Item) -> dict[str, Any]:
    """Return the arguments of a test's markers; raise ValueError for one that there is not, or of the wrong kind."""
    asked: dict[str, Any] = {}
    for mark in item.iter_markers(NAME):
        if mark.args:
            raise ValueError(f"the marker takes keywords only, got {mark.args[0]!r}; takes {', '.join(TAKES)}")
        for name, value in mark.kwargs.items():
            if (name, value) != ("seed", None):  # as none: a parametrized test may have runs with one and without
                _check(name, value)
            asked.setdefault(name, value)
    return asked


def _check(name: str, value: object) -> None:
    from emulator.settings import BadSetting, read  # noqa: PLC0415 -- only those pay for it who use it
    from emulator.shorthand import unknown  # noqa: PLC0415 -- as above

    if name not in TAKES:
        raise ValueError(unknown("argument of the marker", name, TAKES))
    if isinstance(value, bool) or not isinstance(value, TAKES[name]):
        kinds = " or ".join(kind.__name__ for kind in TAKES[name])
        raise ValueError(f"the marker's {name}: got {value!r}, takes {kinds}")  # noqa: TRY004 -- a usage error
    if name == "clock":
        try:
            read(name, str(value))
        except BadSetting as error:
            raise ValueError(f"the marker's clock: {error}") from None


def _place(item: pytest.Item, path: str | PathLike[str]) -> Path:
    """Return where a seed file lies: beside the test, or within the folder that test ids count from."""
    places = [folder / path for folder in (item.path.parent, item.config.rootpath)]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise ValueError(f"the marker's seed_file: there is no file {' nor '.join(map(str, places))}")
    return found


def _forget(item: pytest.Item, *, failed: bool) -> None:
    """Remove a test's tenant; what goes wrong with that does not hide what went wrong before."""
    tenant = item.stash.get(TENANT, None)
    if tenant is None:
        return
    from emulator.client import Unanswered  # noqa: PLC0415 -- loaded by then

    del item.stash[TENANT]
    try:
        tenant.forget()
    except Unanswered as error:
        if not failed:
            raise _failed(f"the test's tenant could not be removed: {error}") from None


def _journal(item: pytest.Item) -> str:
    """Return what a test's tenant asked, a line a request; nothing where it has no tenant."""
    tenant = item.stash.get(TENANT, None)
    if tenant is None:
        return ""
    from emulator.client import Unanswered  # noqa: PLC0415 -- loaded by then
    from emulator.client.lines import last  # noqa: PLC0415 -- only a failure pays for it

    try:
        return last(tenant.journal.entries())
    except Unanswered as error:
        return f"the journal cannot be read: {error}"
