"""How many rows each dialect's tables have, told at the end of a run."""
import json
from pathlib import Path

TOLD = ("expect", "expect_text", "expect_all", "closed")


def pytest_terminal_summary(terminalreporter):
    for dialect in sorted(p for p in Path(__file__).parent.iterdir() if p.is_dir() and list(p.glob("*.json"))):
        cases = [c for t in dialect.glob("*.json") for c in json.loads(t.read_text(encoding="utf-8"))["cases"]]
        rows = sum(any(kind in step for kind in TOLD) for case in cases for step in case["steps"])
        terminalreporter.write_line(f"{dialect.name}: {len(cases)} cases, {rows} rows (what a client is told)")
