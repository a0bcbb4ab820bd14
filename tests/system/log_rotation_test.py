"""The log emitter follows its file through rotation, truncation and disappearance."""
import pytest


@pytest.fixture
def followed(fabric, tmp_path):
    """(path of the log, client that gets log_stream events)"""
    path = tmp_path / "app.txt"
    path.write_text("written before the start\n")
    client = fabric.connect("/cell0d?types=log_stream")
    client.until_type("connection_established")
    fabric.start_emitter("log", emit__log__files=[path], emit__log__journald=False)
    # lines appended until the emitter has found the file and speaks
    for n in range(200):
        append(path, f"hello {n}")
        try:
            client.until_event(says("hello"), within=0.2)
            break
        except AssertionError:
            continue
    yield path, client
    client.close()


def append(path, line):
    with open(path, "a", encoding="utf-8") as log:
        log.write(line + "\n")


def says(text):
    return lambda event: text in event["data"]["message"]


def test_a_renamed_file_is_left_for_the_new_one(followed):
    path, client = followed
    append(path, "the last line of the old file")
    path.rename(path.with_suffix(".1"))
    append(path, "the first line of the new file")
    client.until_event(says("last line of the old"))
    client.until_event(says("first line of the new"))


def test_a_truncated_file_is_read_from_its_start(followed):
    path, client = followed
    append(path, "x" * 500)
    client.until_event(says("xxx"))
    path.write_text("after the truncation\n")
    client.until_event(says("after the truncation"))


def test_a_file_that_vanishes_is_waited_for(followed):
    path, client = followed
    path.unlink()
    append(path, "it is back")
    client.until_event(says("it is back"))
    with open(path, "ab") as log:
        log.write(b"bytes \xff\xfe that are not UTF-8\n")
    client.until_event(says("that are not UTF-8"))


def test_levels_are_understood(followed):
    path, client = followed
    append(path, "2026-11-20 10:00:00 ERROR disk: it burns")
    event = client.until_event(says("it burns"))
    assert event["data"]["level"] == "ERROR"
    assert event["priority"] == 3
