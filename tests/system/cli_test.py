"""`cell0` from a shell: pub, sub, history, their output and exit codes."""
import json
import os
import subprocess

import pytest
from cell0_test import wait_until

CHAT = {"message": "hello", "sender": "tester", "channel": "general"}


@pytest.fixture
def broker(empty_fabric):
    """A fabric with a broker only: the command line needs no gateway."""
    empty_fabric.broker = empty_fabric.start_broker()
    return empty_fabric


def arguments(fabric, *words):
    flags = ["--control", fabric.endpoint("control"), "--fanout", fabric.endpoint("fanout")]
    return [str(w) for w in [fabric.bin_dir / "cell0", *flags, "--set", f"state.dir={fabric.state_dir}", *words]]


def cell0(fabric, *words, stdin=""):
    """(exit code, standard output as JSON lines, standard error)"""
    done = subprocess.run(arguments(fabric, *words), input=stdin, capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def pub(fabric, text, **data):
    code, lines, error = cell0(fabric, "pub", "--type", "chat_message", "--source", "chat.general", "--data",
                               json.dumps({**CHAT, "message": text, **data}))
    assert code == 0, error
    return lines[0]["seq"]


class Sub:
    """A running `cell0 sub`; its lines as they come."""

    def __init__(self, fabric, *flags):
        self.process = subprocess.Popen(arguments(fabric, "sub", *flags), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def line(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.terminate()
        rest, error = self.process.communicate(timeout=20)
        return self.process.returncode, rest, error


@pytest.fixture
def sub(broker):
    """Starts `cell0 sub` and returns once it surely listens: it has shown an event."""
    running = []

    def start(*flags):
        one = Sub(broker, *flags)
        running.append(one)
        return one
    yield start
    for one in running:
        one.end()


def test_pub_says_the_seq_and_history_shows_the_event(broker):
    seq = pub(broker, "one", extra={"kept": [1, 2]})
    code, lines, _ = cell0(broker, "history")
    assert code == 0
    event = lines[-1]
    assert event["seq"] == seq
    assert event["type"] == "chat_message"
    assert event["data"]["message"] == "one"
    assert event["data"]["extra"] == {"kept": [1, 2]}
    assert event["source"] == "chat.general"
    assert event["topic"] == "events.chat_message"
    assert event["priority"] == 4
    assert event["timestamp"].endswith("Z") and len(event["id"]) == 36


def test_pub_takes_json_lines(broker):
    lines = [{"type": "chat_message", "data": CHAT}, {"type": "my_type", "data": {"b": 1, "a": 2}, "priority": 2,
                                                      "topic": "channels.x", "session_id": "s1", "source": "me"}]
    code, answers, error = cell0(broker, "pub", stdin="\n".join(map(json.dumps, lines)) + "\n\n")
    assert (code, error) == (0, "")
    assert [a["duplicate"] for a in answers] == [False, False]
    _, events, _ = cell0(broker, "history", "--types", "my_type")
    assert events[0]["data"] == {"b": 1, "a": 2}
    assert (events[0]["priority"], events[0]["topic"], events[0]["session_id"], events[0]["source"]) == \
        (2, "channels.x", "s1", "me")


def test_pub_of_many_lines_keeps_their_order(broker):
    count = 20_000
    stdin = "".join(f'{{"n":{n}}}\n' for n in range(count))
    code, answers, error = cell0(broker, "pub", "--type", "many", stdin=stdin)
    assert (code, error) == (0, "")
    seqs = [a["seq"] for a in answers]
    assert len(seqs) == count and seqs == sorted(seqs)
    _, events, _ = cell0(broker, "history", "--types", "many", "--limit", "0")
    assert [e["data"]["n"] for e in events] == list(range(count))


@pytest.mark.parametrize("flags, stdin, names", [
    (["--type", "chat_message", "--data", '{"message":1,"sender":"x"}'], "", "chat_message.message"),
    (["--type", "chat_message", "--data", '{"sender":"x"}'], "", "chat_message.message"),
    (["--type", "chat_message", "--data", "nonsense"], "", "not JSON"),
    (["--type", "no good", "--data", "{}"], "", "type"),
    ([], '{"data":{}}\n', "type"),
    ([], '{"type":"x"}\n', "data"),
    ([], '{"type":"x","data":{},"priority":11}\n', "priority")], ids=str)
def test_what_is_wrong_with_an_event_is_named(broker, flags, stdin, names):
    code, lines, error = cell0(broker, "pub", *flags, stdin=stdin)
    assert code == 2
    assert lines == []
    assert names in error


def test_pub_waits_while_large_events_fill_its_queue(broker):
    lines = "".join(json.dumps({"type": "bulk", "data": {"n": n, "x": "z" * 100_000}}) + "\n" for n in range(500))
    code, answers, error = cell0(broker, "pub", stdin=lines)
    assert (code, error) == (0, "")
    assert [a["seq"] - answers[0]["seq"] for a in answers] == list(range(500))


@pytest.mark.parametrize("stdin", ["/dev/null", "/"])
def test_pub_ends_where_there_is_nothing_to_read(broker, stdin):
    flags = os.O_RDONLY | (os.O_DIRECTORY if stdin == "/" else 0)
    fd = os.open(stdin, flags)
    try:
        assert subprocess.run(arguments(broker, "pub"), stdin=fd, timeout=20, check=False).returncode == 0
    finally:
        os.close(fd)
    closed = "exec \"$@\" <&-"
    done = subprocess.run(["sh", "-c", closed, "sh", *arguments(broker, "pub")], timeout=20, check=False)
    assert done.returncode == 0


def test_output_that_cannot_be_written_is_a_failure_but_a_reader_that_left_is_none(broker):
    pub(broker, "hello")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(arguments(broker, "history"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=20,
                              check=False)
    assert done.returncode == 1 and "standard output: cannot be written" in done.stderr
    left = subprocess.run(["bash", "-c", '"$@" | true; exit ${PIPESTATUS[0]}', "sh", *arguments(broker, "history")],
                          capture_output=True, timeout=20, check=False)
    assert left.stderr == b""


def test_history_filters_and_pages(broker):
    seqs = [pub(broker, f"m{n}") for n in range(5)]
    cell0(broker, "pub", "--type", "log_stream", "--source", "log.x", "--data", '{"level":"ERROR","message":"bad"}')
    assert [e["seq"] for e in cell0(broker, "history", "--since", seqs[1], "--types", "chat_*")[1]] == seqs[2:]
    assert [e["seq"] for e in cell0(broker, "history", "--through", seqs[1])[1]] == seqs[:2]
    assert [e["seq"] for e in cell0(broker, "history", "--types", "chat_message", "--newest", "-n", 2)[1]] == seqs[3:]
    assert [e["type"] for e in cell0(broker, "history", "--min-priority", 3)[1]] == ["log_stream"]
    assert [e["type"] for e in cell0(broker, "history", "--sources", "log.*")[1]] == ["log_stream"]
    assert cell0(broker, "history", "--topics", "channels.*") == (0, [], "")


def test_sub_shows_what_comes_and_stops_at_its_count(broker, sub):
    follower = sub("--types", "chat_message", "--count", "3", "--since", "0")
    seqs = [pub(broker, f"m{n}") for n in range(3)]
    assert [follower.line()["seq"] for _ in seqs] == seqs
    assert follower.process.wait(20) == 0


def test_sub_since_goes_on_without_a_seam(broker, sub):
    first = pub(broker, "first")
    seqs = [pub(broker, f"before {n}") for n in range(3)]
    follower = sub("--since", str(first))
    assert [follower.line()["seq"] for _ in seqs] == seqs
    after = [pub(broker, f"after {n}") for n in range(3)]
    assert [follower.line()["seq"] for _ in after] == after
    assert follower.end()[0] == 0, "INT and TERM are a clean stop"


def test_sub_survives_a_killed_broker_and_misses_nothing(broker, sub):
    follower, after, error = follow_over_a_kill(broker, sub, lambda: None)
    assert follower.line()["seq"] == after
    assert "may be missing" not in error()


def test_sub_says_what_may_be_missing_when_the_log_was_lost(broker, sub):
    follower, after, error = follow_over_a_kill(broker, sub, lambda: lose_the_log(broker))
    assert follower.line()["seq"] == after
    assert "may be missing" in error()


def follow_over_a_kill(broker, sub, meanwhile):
    """A follower that saw one event before; the seq of one published after; and a function that ends it: its stderr."""
    seq = pub(broker, "before")
    follower = sub("--since", str(seq - 1))
    assert follower.line()["seq"] == seq
    broker.broker.kill()
    meanwhile()
    broker.broker.restart()
    after = wait_until(lambda: try_pub(broker), "the broker to take events again")

    def end():
        code, _, error = follower.end()
        assert code == 0
        return error

    return follower, after, end


def lose_the_log(broker):
    for file in broker.state_dir.glob("log.db*"):
        file.unlink()


def try_pub(fabric):
    code, lines, _ = cell0(fabric, "--timeout", "1", "pub", "--type", "chat_message", "--data", json.dumps(CHAT))
    return lines[0]["seq"] if code == 0 else None


@pytest.mark.parametrize("words", [["history"], ["pub", "--type", "x", "--data", "{}"], ["sub"]], ids=lambda w: w[0])
def test_without_a_broker_the_error_names_the_address(empty_fabric, words):
    code, lines, error = cell0(empty_fabric, "--timeout", "0.5", *words)
    assert code == 3
    assert lines == []
    assert empty_fabric.endpoint("control") in error


@pytest.mark.parametrize("words", [["bogus"], [], ["pub", "--priority", "11"], ["history", "--types", "a*b"],
                                   ["--set", "no.such=1", "history"], ["--set", "nonsense", "history"],
                                   ["sub", "-n", "-1"], ["sub", "--since=-5"], ["history", "--through=-5"]], ids=str)
def test_bad_usage_is_exit_code_2(empty_fabric, words):
    code, _, error = cell0(empty_fabric, *words)
    assert code == 2
    assert error


def test_check_config(empty_fabric, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text("[gateway.listen]\nhttp = 8081\n")
    bad.write_text("[gateway.listen]\nhttp = 80800\n")
    assert empty_fabric.run("cell0", "check-config", good)[0] == 0
    status, text = empty_fabric.run("cell0", "check-config", bad)
    assert status == 2
    assert "gateway.listen.http" in text and "80800" in text
