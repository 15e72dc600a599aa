"""The mapping file: what is understood, and how the author is told what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ventanilla.adapters.history import read_mapping
from ventanilla.adapters.history.steps import COMMANDS, Text
from ventanilla.core.errors import NotUnderstood

GOOD = """
format = "ventanilla-map/1"
name = "acme"
title = "Acme"

[source]
key = ["Ticket"]

[instants]
format = "%d.%m.%Y %H:%M"
zone = "Europe/Berlin"

[instants.columns.Solved]
format = "unix"

[[steps]]
do = "open"
at = "Created"
channel = { column = "Origin", values = { Tel = "phone" } }
facts = { region = "Region" }

[[steps]]
do = "resolve"
at = "Solved"
when = { column = "State", is = ["solved"] }
code = { constant = "solved" }
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "acme.toml"


def refused(path: Path, text: str) -> str:
    """Return the message with which *text* is refused."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotUnderstood) as error:
        read_mapping(path)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value).removeprefix(f"{path}: ")


class TestReadMapping:
    def test_good(self, path: Path) -> None:
        """A mapping is read whole, with defaults for what is left out."""
        path.write_text(GOOD)
        mapping = read_mapping(path)
        assert (mapping.name, mapping.source.key, mapping.source.kind) == ("acme", ["Ticket"], "csv")
        assert (mapping.source.encoding, mapping.source.delimiter) == ("utf-8", ",")
        assert (mapping.instants.zone, mapping.instants.ambiguous) == ("Europe/Berlin", "first")
        assert mapping.instants.columns["Solved"].format == "unix"
        first, second = mapping.steps
        assert getattr(first, "channel", None) == Text(column="Origin", values={"Tel": "phone"})
        assert [when.is_ for when in second.conditions()] == [["solved"]]

    def test_examples_are_good(self) -> None:
        """Every mapping that we show can be read."""
        examples = sorted(Path(__file__).parents[2].joinpath("examples").glob("*.toml"))
        assert examples
        for example in examples:
            assert read_mapping(example).steps

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("[source]", "colour = 1\n[source]", ("unknown key", "`colour`", "the top")),
            ('key = ["Ticket"]', 'key = ["Ticket"]\nkeys = 1', ("unknown key", "`keys`", "`source`")),
            ('at = "Solved"', 'at = "Solved"\nby = "x"', ("unknown key", "`by`", "steps[1]")),
            ("values = { Tel", "value = { Tel", ("unknown key", "`value`", "steps[0].channel")),
            ('do = "resolve"', 'do = "solve"', ("'solve'", "steps[1]", *COMMANDS)),
            ('do = "resolve"\n', "", ("missing key", "`do`", "steps[1]", *COMMANDS)),
            ('at = "Solved"\n', "", ("missing key", "`at`", "steps[1]")),
            ('code = { constant = "solved" }', "", ("missing key", "`code`", "steps[1]")),
            ('key = ["Ticket"]', "", ("missing key", "`key`", "source")),
            ('key = ["Ticket"]', "key = []", ("length >= 1", "source.key")),
            ('key = ["Ticket"]', 'key = "Ticket"', ("array", "source.key")),
            ('name = "acme"', 'name = "Acme Corp"', ("name",)),
            ("ventanilla-map/1", "ventanilla-map/2", ("'ventanilla-map/2'", "format")),
            ("[source]", '[source]\nkind = "xlsx"', ("'xlsx'", "source.kind")),
            ("[source]", '[source]\ndelimiter = ";;"', ("length", "source.delimiter")),
            ("[source]", '[source]\nencoding = "utf-9"', ("unknown encoding 'utf-9'", "source.encoding")),
            ("Europe/Berlin", "Europe/Bärlin", ("unknown time zone 'Europe/Bärlin'", "instants.zone")),
            ("Europe/Berlin", "../etc/passwd", ("unknown time zone '../etc/passwd'", "instants.zone")),
            ('format = "unix"', 'zone = "Mars"', ("unknown time zone 'Mars'", "Solved")),
            ('zone = "Europe', 'ambiguous = "both"\nzone = "Europe', ("'both'", "instants.ambiguous")),
            ('column = "Origin"', 'column = "Origin", pattern = "("', ("'('", "no regular expression", "steps[0]")),
            ('column = "Origin", ', "", ("either a column or a constant", "steps[0].channel")),
            (
                'column = "Origin"',
                'column = "O", constant = "o"',
                ("either a column or a constant", "steps[0].channel"),
            ),
            ('region = "Region"', "region = { }", ("either a column or a constant", "steps[0].facts")),
            ('do = "open"', 'do = "close"', ("unknown key", "steps[0]")),
        ],
    )
    def test_bad(self, path: Path, old: str, new: str, said: tuple[str, ...]) -> None:
        """What is unknown, missing or wrong is named with its place."""
        assert old in GOOD
        message = refused(path, GOOD.replace(old, new, 1))
        for word in said:
            assert word in message

    def test_first_step_opens(self, path: Path) -> None:
        """A mapping whose first step is no opening is refused."""
        head, opening, resolving = GOOD.replace("[[steps]]", "|[[steps]]").split("|")
        assert 'the first step must be do = "open"' in refused(path, head + resolving + opening)

    def test_no_steps(self, path: Path) -> None:
        """A mapping without steps is refused."""
        head = GOOD.partition("[[steps]]")[0]
        assert "missing key `steps`" in refused(path, head)
        assert "steps" in refused(path, "steps = []\n" + head)

    def test_no_toml(self, path: Path) -> None:
        """What is no TOML is refused with the line."""
        assert refused(path, 'format = "ventanilla-map/1"\nname: acme\n').startswith("no TOML: ")
        assert "line 2" in refused(path, 'format = "ventanilla-map/1"\nname: acme\n')

    def test_no_utf8(self, path: Path) -> None:
        """A mapping in another encoding than UTF-8 is refused."""
        path.write_bytes(GOOD.replace("Acme", "Ácme").encode("cp1252"))
        with pytest.raises(NotUnderstood, match="UTF-8"):
            read_mapping(path)

    def test_missing(self, path: Path) -> None:
        """A mapping that is not there is refused with the system's words."""
        with pytest.raises(NotUnderstood, match=r"acme\.toml: No such file"):
            read_mapping(path)

    def test_folder(self, tmp_path: Path) -> None:
        """A folder is no mapping."""
        with pytest.raises(NotUnderstood, match="Is a directory"):
            read_mapping(tmp_path)

    @pytest.mark.parametrize("encoding", ["hex", "rot13", "zip"])
    def test_encoding_of_no_text(self, path: Path, encoding: str) -> None:
        """A codec that is none for text is an unknown encoding, and said so before any row is read."""
        said = refused(path, GOOD.replace("[source]", f'[source]\nencoding = "{encoding}"'))
        assert f"unknown encoding '{encoding}'" in said

    def test_encoding_with_a_nul(self, path: Path) -> None:
        """An encoding with a NUL in its name is unknown."""
        assert "unknown encoding" in refused(path, GOOD.replace("[source]", '[source]\nencoding = "a\\u0000b"'))

    @pytest.mark.parametrize("zone", ["America", "x" * 5_000])
    def test_zone_that_is_a_folder(self, path: Path, zone: str) -> None:
        """A time zone cut short, so that it names a folder, or one too long for a file name is unknown."""
        assert "unknown time zone" in refused(path, GOOD.replace("Europe/Berlin", zone))


class TestDigest:
    @pytest.fixture
    def good(self, path: Path) -> bytes:
        path.write_text(GOOD)
        return read_mapping(path).digest()

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('title = "Acme"', ""),
            ('title = "Acme"', 'title = "Acme, mended"'),
            ('name = "acme"', "# whose it is\nname = 'acme'"),
            ("[source]", '[source]\nencoding = "utf-8"'),
        ],
    )
    def test_same_meaning(self, path: Path, good: bytes, old: str, new: str) -> None:
        """Title, comments, spelling and written-out defaults change nothing."""
        path.write_text(GOOD.replace(old, new, 1))
        assert read_mapping(path).digest() == good

    def test_order_of_tables(self, path: Path, good: bytes) -> None:
        """The order of keys in a table changes nothing."""
        path.write_text(GOOD.replace('do = "open"\nat = "Created"', 'at = "Created"\ndo = "open"'))
        assert read_mapping(path).digest() == good

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("Tel =", "Fon ="),
            ('"phone"', '"mail"'),
            ("Europe/Berlin", "Europe/Madrid"),
            ('is = ["solved"]', 'is = ["closed"]'),
            ('at = "Solved"', 'at = "Created"'),
        ],
    )
    def test_other_meaning(self, path: Path, good: bytes, old: str, new: str) -> None:
        """Whatever a row would come to mean is in the digest."""
        path.write_text(GOOD.replace(old, new, 1))
        assert read_mapping(path).digest() != good
        assert len(good) == 16
