"""Settings: one field, one option, one variable; wrong ones are refused with what is taken."""

from pathlib import Path

import pytest

from emulator.settings import BadSetting, Settings, described_fields, from_environment, read


def test_a_variable_is_read_as_its_option_is() -> None:
    given = {"FTEMU_PORT": "0", "FTEMU_DATA_DIR": "/srv/x", "FTEMU_QUIET": "yes", "FTEMU_API_KEY": "a, b", "HOME": "/"}

    assert from_environment(given) == {"port": 0, "data_dir": Path("/srv/x"), "quiet": True, "api_key": ("a", "b")}


def test_a_model_is_an_id_or_an_id_with_a_name_and_its_context() -> None:
    texts = "Qwen/Qwen3-4B,*,e082db90=DeepSeek,e082db90=DeepSeek@16384,unsloth/x@main"

    assert Settings(model=read("model", texts)).models == (
        *("Qwen/Qwen3-4B", "*", "e082db90", "e082db90", "unsloth/x@main"),
    )


def test_an_unknown_variable_is_refused_by_name_with_the_nearest() -> None:
    with pytest.raises(BadSetting, match=r"unknown variable FTEMU_PROT; did you mean FTEMU_PORT\?"):
        from_environment({"FTEMU_PROT": "1"})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("clock", "pol", r"got 'pol', takes one of real, manual, poll; did you mean poll\?"),
        ("port", "70000", "got '70000', takes a whole number from 0 to 65535"),
        ("port", "٣x", "takes a whole number"),
        ("pace", "nan", "got 'nan', takes a number from 0 to 1000"),
        ("pace", "fast", "got 'fast', takes a number from 0 to 1000"),
        ("quiet", "maybe", "got 'maybe', takes true or false"),
        ("epoch", "yesterday", "takes an ISO 8601 instant"),
        ("data_dir", "", "got '', takes a value; an empty one may be a variable that is not set"),
        ("api_key", "", "takes a value"),
        ("api_key", "one,,two", "takes a value"),
        ("root_path", "x/", "takes a path such as /emulator"),
        *(
            ("model", text, "takes an id, or for Nscale ID=NAME")
            for text in ("=b", "a=", "a=b@x", "a=b@-5", "a=@5", "a=b@0")
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_taken(name: str, text: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        read(name, text)


def test_every_default_is_a_value_that_its_setting_takes() -> None:
    for name, field in described_fields().items():
        if field.default not in (None, (), ""):
            assert read(name, str(field.default)) == field.default


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 -- compared, not bound
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("a.host", "http://a.host:80"),
    ],
)
def test_a_server_that_listens_everywhere_answers_at_its_own_machine(host: str, url: str) -> None:
    assert Settings(host=host, port=80).url() == url


def test_a_server_that_chooses_its_port_does_not_know_where_it_answers() -> None:
    with pytest.raises(BadSetting, match="--url says where"):
        Settings(port=0).url()
