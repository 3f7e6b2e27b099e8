"""Files as a source: whole lines in blocks, whatever the compression, the cut and the damage."""

import gzip
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors import files
from connectors.files import FileSource
from events.batch import LINE_MAX
from events.block import PADDING, Events
from events.place import Problems

FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda raw: raw,
    "gzip": gzip.compress,
    "gzip of two members": lambda raw: gzip.compress(raw[: len(raw) // 2]) + gzip.compress(raw[len(raw) // 2 :]),
    "zstd": zstandard.compress,
    "zstd of two frames": lambda raw: zstandard.compress(raw[:7]) + zstandard.compress(raw[7:]),
}


def source(path: Path, *, block_bytes: int = 100, number: int = 3) -> FileSource:
    return FileSource(path, feed="gates", number=number, time_max=77, block_bytes=block_bytes)


def blocks(opened: FileSource) -> Iterator[Events]:
    while (block := opened.next_block()) is not None:
        yield block


def lines(opened: FileSource) -> list[tuple[int, bytes]]:
    """Return every line with its log position."""
    found = []
    for block in blocks(opened):
        position = block.position
        for line in io.BytesIO(block.data[: block.size].tobytes()):
            found.append((position, line.removesuffix(b"\n")))
            position += len(line)
    return found


def expected(raw: bytes, number: int = 3) -> list[tuple[int, bytes]]:
    found, position = [], number << 48
    if raw.startswith(files.BOM):
        raw, position = raw.removeprefix(files.BOM), position + len(files.BOM)
    for line in raw.split(b"\n"):
        found.append((position, line))
        position += len(line) + 1
    return found if found[-1][1] else found[:-1]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"")), max_size=12),
    ends=st.booleans(),
    block_bytes=st.integers(1, 150),
)
def test_every_line_comes_once_at_its_position_and_can_be_read_again(
    tmp_path_factory: pytest.TempPathFactory, form: str, texts: list[bytes], ends: bool, block_bytes: int
) -> None:
    raw = b"\n".join(texts) + (b"\n" if ends and texts else b"")
    assume(not raw.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")))  # then it is not plain
    path = tmp_path_factory.mktemp("feed") / "events"
    path.write_bytes(FORMS[form](raw))
    opened = source(path, block_bytes=block_bytes)
    found = lines(opened)
    assert found == expected(raw)
    assert [opened.line(position) for position, _ in found] == [line for _, line in found]
    assert not any(problem.code in ("D001", "D005") for problem in opened.problems)  # hints are no damage
    opened.close()


def test_blocks_are_whole_lines_padded_and_name_their_feed(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"a":1}\n' * 50)
    found = list(blocks(source(path)))
    assert len(found) > 1
    for block in found:
        assert (block.feed, block.received, block.time_max) == ("gates", None, 77)
        assert len(block.data) >= block.size + PADDING
        assert block.data[block.size - 1] == ord("\n")
    assert sum(block.size for block in found) == 400


def test_a_block_may_be_written_to_behind_its_text_without_harm_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events"
    raw = b"".join(b"%d\n" % number for number in range(200))
    path.write_bytes(raw)
    text = b""
    for block in blocks(source(path, block_bytes=64)):
        text += block.data[: block.size].tobytes()
        block.data[block.size :] = ord("x")
    assert text == raw


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("raw", [b"", b"\n", b"no newline"])
def test_empty_and_tiny_files_are_fine(tmp_path: Path, form: str, raw: bytes) -> None:
    path = tmp_path / "events"
    path.write_bytes(FORMS[form](raw))
    assert lines(source(path)) == expected(raw)


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_what_a_cut_off_file_held_is_delivered_and_the_cut_is_a_problem(tmp_path: Path, form: str) -> None:
    raw = b"".join(b'{"id":%d,"salt":%d}\n' % (number, number * 7919 % 10007) for number in range(200_000))
    path = tmp_path / "events"
    packed = FORMS[form](raw)
    path.write_bytes(packed[: len(packed) // 2])
    opened = source(path, block_bytes=1 << 20)
    text = b"".join(block.data[: block.size].tobytes() for block in blocks(opened))
    assert len(text) > 100_000
    assert raw.startswith(text)
    assert [problem.code for problem in opened.problems] == ["D005"]
    assert "early" in opened.problems[0].en
    assert "提前" in opened.problems[0].zh


def test_damage_within_a_file_ends_it_with_a_problem(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(os.urandom(300_000)))
    packed[150_000:150_050] = bytes(50)
    path = tmp_path / "events.gz"
    path.write_bytes(packed)
    opened = source(path, block_bytes=1 << 20)
    for _ in blocks(opened):
        pass
    assert [problem.code for problem in opened.problems] == ["D005"]


@pytest.mark.parametrize(
    "extra", [pytest.param(-1, id="below"), pytest.param(0, id="at"), pytest.param(1, id="above"), 5_000_000]
)
def test_a_line_about_the_cut_comes_as_one_line_and_its_neighbours_unharmed(tmp_path: Path, extra: int) -> None:
    long = b"x" * (files.LINE_CUT + extra)
    path = tmp_path / "events"
    path.write_bytes(b"before\n" + long + b"\nafter\n")
    found = lines(source(path, block_bytes=4096))
    assert [line for _, line in found[::2]] == [b"before", b"after"]
    assert len(found) == 3
    assert long.startswith(found[1][1])
    assert len(found[1][1]) > LINE_MAX  # so that decode refuses it
    assert found[2][0] == (3 << 48) + 7 + len(long) + 1


def test_the_rest_of_a_line_that_was_cut_is_never_an_event(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"x" * files.LINE_CUT + b'{"kind":"gate"}' * 1000 + b"\nafter\n")
    assert [line[:5] for _, line in lines(source(path, block_bytes=1 << 20))] == [b"xxxxx", b"after"]


def test_standard_input_is_read_to_its_end_and_lines_can_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.write(writer, gzip.compress(b"one\ntwo\n"))
    os.close(writer)
    with os.fdopen(reader) as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        opened = FileSource("-", feed="stdin", number=0, time_max=0)
        assert lines(opened) == [(0, b"one"), (4, b"two")]
        assert opened.line(4) == b"two"
        assert opened.bytes_total is None
        opened.close()


def test_progress_counts_the_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.gz"
    path.write_bytes(gzip.compress(b"line\n" * 1000))
    opened = source(path)
    for _ in blocks(opened):
        pass
    assert opened.bytes_read == opened.bytes_total == path.stat().st_size


def test_what_cannot_be_opened_is_a_problem_with_its_path(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(Problems) as caught:
            source(path)
        assert caught.value.problems[0].place.path == str(path)


def test_nothing_is_spooled_of_a_plain_file_nor_after_it_was_told_to_forget(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(b"x\n")
    packed.write_bytes(gzip.compress(b"x\n" * 1000))
    before = set(os.listdir("/proc/self/fd"))
    opened = source(plain)
    assert len(set(os.listdir("/proc/self/fd")) - before) == 1
    opened.close()
    opened = source(packed)
    opened.forget()
    assert len(lines(opened)) == 1000
    opened.close()
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("raw", [b'{"a":1}\n{"a":2}\n', b"one line", b"", b"x" * 300 + b"\ny"])
@pytest.mark.parametrize("block_bytes", [1, 7, 100])
def test_a_byte_order_mark_is_no_part_of_the_first_line(
    tmp_path: Path, form: str, raw: bytes, block_bytes: int
) -> None:
    (tmp_path / "f").write_bytes(FORMS[form](files.BOM + raw))
    opened = source(tmp_path / "f", block_bytes=block_bytes)
    found = lines(opened)
    assert found == [(position + 3, line) for position, line in expected(raw)]
    assert all(opened.line(position) == line for position, line in found)
    assert opened.problems == []


def test_only_the_first_bytes_of_a_file_are_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a\n" + files.BOM + b"b\n")
    assert [line for _, line in lines(source(tmp_path / "f"))] == [b"a", files.BOM + b"b"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ('{"id":1}\n'.encode("utf-16"), "D006"),
        ('{"id":1}\n'.encode("utf-16-be"), "D006"),
        ('{"id":1}\n'.encode("utf-16-le"), "D006"),
        (b'[{"id":1},\n{"id":2}]\n', "W501"),
        (b'\n [\n  {"id":1}]', "W501"),
        (b'{\r\n  "id": 1\r\n}\n', "W501"),
        (b'{"id":1}\n[{"id":1}]\n', None),
        (b"[1]\n{}\n", None),
        (b"\0\0\0\0\n", None),
        (b"{", None),
    ],
)
def test_a_file_that_is_no_ndjson_at_all_is_told_by_its_first_bytes(
    tmp_path: Path, raw: bytes, code: str | None
) -> None:
    (tmp_path / "f").write_bytes(raw)
    opened = source(tmp_path / "f")
    assert b"\n".join(line for _, line in lines(opened)) == raw.removesuffix(b"\n")  # dead letters speak of each line
    assert [problem.code for problem in opened.problems] == ([code] if code else [])
    assert all(problem.zh and problem.advice_zh for problem in opened.problems)


def test_why_a_file_cannot_be_read_is_told_in_both_languages(tmp_path: Path) -> None:
    for path, en, zh in (
        (tmp_path, "it is a folder", "这是一个目录"),
        (tmp_path / "no", "no such file", "没有这个文件"),
    ):
        with pytest.raises(Problems) as caught:
            source(path)
        [problem] = caught.value.problems
        assert en in problem.en
        assert zh in problem.zh
        assert "cannot" not in problem.zh


def test_a_file_that_is_cut_while_it_is_read_is_a_problem_and_one_that_grows_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"0123456\n" * 5000)
    opened = source(path, block_bytes=8000)
    found = opened.next_block()
    assert found is not None
    os.truncate(path, 20_000)
    rest = sum(block.size for block in blocks(opened))
    assert found.size + rest == 20_000
    assert [problem.code for problem in opened.problems] == ["D005"]
    assert "cut from 40000 to 20000 bytes" in opened.problems[0].en
    assert "截短" in opened.problems[0].zh
    path.write_bytes(b"0123456\n" * 5000)
    opened = source(path, block_bytes=8000)
    found = opened.next_block()
    assert found is not None
    with path.open("ab") as file:
        file.write(b"more\n")
    assert [line for _, line in lines(opened)][-1] == b"more"
