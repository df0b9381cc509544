"""The marker: what each argument does, that the nearest wins, and what is said of a wrong one."""

from tests.plugin.conftest import Project

TESTS = """
from datetime import UTC, datetime

pytestmark = pytest.mark.ft_emulator(clock="manual", scenario="stuck_in_queue")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

def status_of(client, emulator):
    job = start(client)
    emulator.clock.advance(days=1)
    return client.fine_tuning.jobs.retrieve(job.id).status

def test_the_modules(ft_client, ft_emulator):
    assert ft_emulator.clock.now() == EPOCH
    assert status_of(ft_client, ft_emulator) == "queued"
    assert status_of(ft_client, ft_emulator) == "queued"

@pytest.mark.ft_emulator(scenario="fails_at_step=1")
class TestClass:
    def test_the_classs(self, ft_client, ft_emulator):
        assert ft_emulator.clock.get()["mode"] == "manual"
        assert status_of(ft_client, ft_emulator) == "failed"

    @pytest.mark.ft_emulator(scenario="succeeds", clock="real")
    def test_its_own(self, ft_client, ft_emulator):
        assert ft_emulator.clock.get()["mode"] == "real"
        assert abs((ft_emulator.clock.now() - datetime.now(UTC)).total_seconds()) < 3600
        assert status_of(ft_client, ft_emulator) == "succeeded"

@pytest.mark.ft_emulator(clock="poll")
def test_a_reset_goes_back_to_how_it_began(ft_client, ft_emulator):
    ft_emulator.clock.advance(hours=2)
    ft_emulator.reset()
    assert (ft_emulator.clock.now(), ft_emulator.clock.get()["mode"]) == (EPOCH, "poll")
    assert status_of(ft_client, ft_emulator) == "queued"

def test_the_markers_scenario_goes_on_after_the_next_ones(ft_client, ft_emulator):
    ft_emulator.scenarios.next("succeeds")
    assert [status_of(ft_client, ft_emulator) for _ in range(3)] == ["succeeded", "queued", "queued"]
    ft_emulator.scenarios.next("succeeds", count=5)
    ft_emulator.scenarios.clear()
    ft_emulator.scenarios.clear()
    assert status_of(ft_client, ft_emulator) == "queued"
    up = ft_emulator.scenarios.up_next()
    assert (up["scenario"], up["count"]) == ("stuck_in_queue", None)
    ft_emulator.scenarios.clear(standing=True)
    assert ft_emulator.scenarios.up_next() is None

@pytest.mark.parametrize("seed", [pytest.param(None, marks=pytest.mark.ft_emulator(seed=None)), 1])
def test_no_seed_is_a_seed_like_none(ft_emulator, seed):
    print("key", seed, ft_emulator.api_key)

PRESETS = ["flaky", ["flaky"], {"effects": "flaky"}]

@pytest.mark.parametrize("faults", [pytest.param(each, marks=pytest.mark.ft_emulator(faults=each)) for each in PRESETS])
def test_faults_as_a_preset(ft_emulator, faults):
    rules = ft_emulator.faults.list()
    assert {rule["id"].rpartition("-")[0] for rule in rules} == {"flaky"}
    seeds = {rule["budget"]["seed"] for rule in rules}
    assert seeds != {""} and len(seeds) == 1
    ft_emulator.reset()
    assert ft_emulator.faults.list() == rules

@pytest.mark.ft_emulator(dialect="nebius")
def test_a_dialect(ft_client, ft_emulator):
    assert ft_emulator.base_url() == f"{ft_emulator.url}/nebius/v1"
    assert str(ft_client.base_url) == f"{ft_emulator.url}/nebius/v1/"
    ft_client.files.list()

@pytest.mark.ft_emulator(seed_file="seed.yaml")
def test_a_seed_file(ft_client, ft_emulator):
    assert [file.filename for file in ft_client.files.list()] == ["rows.jsonl"]
    assert ft_emulator.clock.now() == EPOCH
    ft_client.files.delete(ft_client.files.list().data[0].id)
    ft_emulator.reset()
    assert len(ft_client.files.list().data) == 1

@pytest.mark.ft_emulator(faults="status=418")
def test_faults_as_a_text(ft_client, ft_emulator):
    with pytest.raises(Exception) as failed:
        ft_client.files.list()
    assert failed.value.status_code == 418

RULE = {"effects": "status=418", "match": "jobs.*", "first": 1, "id": "mine"}

@pytest.mark.ft_emulator(faults=["latency=0.001", RULE])
def test_faults_as_rules(ft_client, ft_emulator):
    ft_client.files.list()
    with pytest.raises(Exception) as failed:
        ft_client.fine_tuning.jobs.list()
    ft_client.fine_tuning.jobs.list()
    assert [(each["id"], each["hits"]) for each in ft_emulator.faults.list()][1] == ("mine", 1)
"""
SEED_FILE = """
tenants:
- keys: [somebody]
  files: [{path: rows.jsonl}]
"""
WRONG = {
    "clok='poll'": "there is no argument of the marker 'clok'; did you mean clock?",
    "'poll'": "the marker takes keywords only, got 'poll'; takes scenario, clock, seed, dialect, seed_file, faults",
    "clock='pol'": "the marker's clock: got 'pol', takes one of real, manual, poll; did you mean poll?",
    "clock=None": "the marker's clock: got None, takes str",
    "seed=True": "the marker's seed: got True, takes str or int or float",
    "scenario='suceeds'": "there is no scenario 'suceeds'; did you mean succeeds?",
    "dialect='nebus'": "there is no dialect 'nebus'; did you mean nebius?",
    "seed_file='none.yaml'": "the marker's seed_file: there is no file ",
    "seed_file='two.yaml'": "takes a seed file of one tenant, got 2 tenants; write its files and jobs at the top, or ",
    "seed_file='bad.yaml'": "files[0]: there is no member of a file 'nam'; did you mean name?",
    "faults='stats=500'": "there is no effect 'stats'; did you mean status?",
    "faults='flakey'": "or, as a preset, one of degraded, flaky, hostile",
    "faults={'effects': 'status=500', 'frist': 1}": "faults: there is no part of a rule 'frist'; did you mean first?",
    "faults=[1]": "faults: got 1, takes a text such as 'status=503' or 'flaky', or a rule's parts by name",
    "faults={'first': 1}": "faults: a rule has effects, such as 'status=503'",
}


def test_each_argument_holds_and_the_nearest_marker_wins(project: Project) -> None:
    project.write(test_marker=TESTS)
    (project.folder / "seed.yaml").write_text(SEED_FILE)
    (project.folder / "rows.jsonl").write_text('{"text": "a row"}\n')
    ran = project.run("-n", "0")

    assert ran.code == 0, ran.out
    assert len(ran.outcomes("PASSED")) == 14


def test_a_wrong_argument_is_an_error_of_that_test_alone_and_says_what_is_meant(project: Project) -> None:
    tests = [
        f"@pytest.mark.ft_emulator({given})\ndef test_{number}(ft_emulator): pass\n"
        for number, given in enumerate(WRONG)
    ]
    project.write(test_wrong="\n".join([*tests, "def test_right(ft_emulator): pass\n"]))
    (project.folder / "two.yaml").write_text("tenants: [{keys: [a]}, {keys: [b]}]")
    (project.folder / "bad.yaml").write_text("files: [{nam: a, content: b}]")
    ran = project.run("-n", "0")

    assert ran.outcomes("PASSED") == ["test_right"]
    assert len(ran.outcomes("ERROR")) == len(WRONG)
    assert [said for said in WRONG.values() if said not in ran.out] == []
    assert "Traceback" not in ran.out
    assert "During handling" not in ran.out


def test_the_marker_is_among_those_that_pytest_tells_of(project: Project) -> None:
    assert "@pytest.mark.ft_emulator(scenario=" in project.run("--markers").out
