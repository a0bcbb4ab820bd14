"""The Python emitter of emitters/README.md, taken from there and run: what it sends reaches a client."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 15


@pytest.fixture
def program(tmp_path):
    """The README's program in a file, beside the generated modules that it imports."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "emitters/README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    assert len(code.strip().splitlines()) <= LINES_MAX
    subprocess.run(["protoc", f"--python_out={tmp_path}", "-I", ROOT / "proto",
                    ROOT / "proto/cell0/v1/event.proto", ROOT / "proto/cell0/v1/options.proto"], check=True)
    path = tmp_path / "emitter.py"
    path.write_text(code, encoding="utf-8")
    return path


def test_lines_become_chat_messages(fabric, program):
    with fabric.connect("/cell0d?types=chat_message") as client:
        client.until_type("connection_established")
        env = {**os.environ, "CELL0_LINK_INGEST": fabric.endpoint("ingest"), "PYTHONPATH": str(program.parent)}
        lines = [f"line {n} ✓" for n in range(20)]
        subprocess.run([sys.executable, program], input="\n".join(lines) + "\n", text=True, encoding="utf-8",
                       env=env, check=True, timeout=30)
        events = [client.until_event(what=f"the event {line!r}") for line in lines]
        assert [e["data"]["message"] for e in events] == lines
        assert {e["source"] for e in events} == {"chat.general"}
        assert {e["data"]["sender"] for e in events} == {"python"}
