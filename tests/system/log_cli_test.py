"""`cell0 log`: info, export while the broker runs, import into a new log that a broker goes on with."""
import json
import sqlite3
import subprocess
from pathlib import Path

from cell0_test import Fabric, wait_until


def chat(text):
    return {"type": "chat_message", "source": "chat.general", "data": {"message": text, "sender": "tester"}}


def cell0(fabric, *arguments, **options):
    return subprocess.run([fabric.bin_dir / "cell0", "log", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, **options)


def test_info_and_export_while_the_broker_runs(fabric):
    seqs = [fabric.publish(chat(f"hello {n}"))["seq"] for n in range(30)]
    path = fabric.state_dir / "log.db"
    info = json.loads(cell0(fabric, "info", path, "--json").stdout)
    assert info["types"]["chat_message"] == 30 and info["last_seq"] >= seqs[-1] and not info["holes"]
    assert "30 chat_message" in cell0(fabric, "info", path).stdout
    lines = [json.loads(line) for line in
             cell0(fabric, "export", path, "--types", "chat_message", "--since", seqs[9]).stdout.splitlines()]
    assert [line["seq"] for line in lines] == seqs[10:]
    assert [line["data"]["message"] for line in lines] == [f"hello {n}" for n in range(10, 30)]


def test_an_exported_log_is_imported_and_served(fabric, tmp_path):
    seqs = [fabric.publish(chat(f"hello {n}"))["seq"] for n in range(30)]
    lines = cell0(fabric, "export", fabric.state_dir / "log.db").stdout
    with Fabric(tmp_path / "other") as other:
        done = cell0(other, "import", other.state_dir / "log.db", input=lines)
        assert done.returncode == 0, done.stderr
        again = cell0(other, "export", other.state_dir / "log.db").stdout
        assert again == lines
        assert cell0(other, "verify", other.state_dir / "log.db").returncode == 0
        refused = cell0(other, "import", other.state_dir / "log.db", input=lines)
        assert refused.returncode == 2 and "is there" in refused.stderr
        other.start_broker()
        other.start_gateway()
        wait_until(lambda: other.get("/readyz").status == 200, "the gateway to be ready")
        page = other.get("/api/v1/events?types=chat_message&limit=100").json()
        assert [e["seq"] for e in page["events"]] == seqs
        assert other.publish(chat("after"))["seq"] > seqs[-1]


def test_a_line_that_is_wrong_leaves_no_log(fabric, tmp_path):
    done = cell0(fabric, "import", tmp_path / "new.db", input='{"seq":1}\n')
    assert done.returncode == 2 and "line 1: taken_us" in done.stderr
    assert not (tmp_path / "new.db").exists()


def test_the_file_is_understood_with_the_sqlite3_shell(fabric):
    """The queries of docs/log.md."""
    seqs = [fabric.publish(chat(f"hello {n}"))["seq"] for n in range(30)]
    log = sqlite3.connect(f"file:{fabric.state_dir / 'log.db'}?mode=ro", uri=True)
    rows = log.execute("SELECT seq, type, topic, priority, durability FROM event WHERE type = 'chat_message' "
                       "ORDER BY seq DESC LIMIT 5").fetchall()
    assert [row[0] for row in rows] == seqs[:-6:-1]
    assert rows[0][1:] == ("chat_message", "events.chat_message", 4, "durable")
    text = (Path(__file__).resolve().parents[2] / "docs/log.md").read_text(encoding="utf-8")
    queries = [q for block in text.split("```sql\n")[1:] for q in block.split("```")[0].split(";") if q.strip()]
    assert len(queries) >= 6
    log.text_factory = bytes  # a body read as text is not all text
    for query in queries:
        log.execute(query).fetchall()
