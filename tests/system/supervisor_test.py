"""deploy/lib/supervisor.sh: what dies comes back and that is said; stopping keeps the order."""
import re
import signal
import subprocess
from pathlib import Path

import pytest

from cell0_test import wait_until

SUPERVISOR = Path(__file__).parents[2] / "deploy/lib/supervisor.sh"
STAYS = ["sleep", "1000"]


class Supervised:
    def __init__(self, state):
        self.state = state
        (state / "run").mkdir()
        self.child = None

    def start(self, **services):
        lines = ["\t".join([name.replace("_", "-"), *command]) for name, command in services.items()]
        (self.state / "run/services").write_text("\n".join(lines) + "\n")
        self.child = subprocess.Popen(["bash", SUPERVISOR, self.state], stdout=subprocess.PIPE, text=True)

    def pid(self, name):
        path = self.state / f"run/{name}.pid"
        return int(path.read_text()) if path.exists() and path.read_text().strip() else None

    def log(self):
        path = self.state / "logs/supervisor.log"
        return path.read_text() if path.exists() else ""

    def stop(self):
        self.child.terminate()
        return self.child.wait(30)


@pytest.fixture
def supervised(tmp_path):
    it = Supervised(tmp_path)
    yield it
    if it.child and it.child.poll() is None:
        it.stop()


def test_a_killed_process_is_started_again(supervised):
    supervised.start(broker=STAYS)
    first = wait_until(lambda: supervised.pid("broker"), "the start")
    subprocess.run(["kill", "-9", str(first)], check=True)
    wait_until(lambda: supervised.pid("broker") not in (None, first), "the restart")
    assert "broker killed by signal 9" in supervised.log()


def test_the_pauses_between_restarts_double(supervised):
    supervised.start(emit_bad=["false"])
    wait_until(lambda: "in 4 s" in supervised.log(), "the third restart")
    assert re.findall(r"emit-bad ended with status 1 after \d s; starting it again in (\d+) s", supervised.log())[:3] == [
        "1", "2", "4"]


def test_emitters_stop_first_and_the_broker_last(supervised):
    supervised.start(broker=STAYS, gateway_0=STAYS, gateway_1=STAYS, emit_system=STAYS, orchestrator=STAYS)
    wait_until(lambda: supervised.pid("orchestrator"), "the start")
    assert supervised.stop() == 0
    stops = re.findall(r"([\w-]+): stopped", supervised.log())
    assert set(stops[:2]) == {"emit-system", "orchestrator"} and stops[-1] == "broker" and len(stops) == 5


def test_one_that_refuses_its_configuration_ends_the_start(supervised):
    supervised.start(broker=STAYS, gateway_0=["bash", "-c", "echo no such key; exit 2"])
    assert supervised.child.wait(15) == 0
    assert "gateway-0 refuses its configuration (status 2): no such key" in supervised.log()


def test_a_state_directory_has_one_supervisor(supervised):
    supervised.start(broker=STAYS)
    wait_until(lambda: supervised.pid("broker"), "the start")
    second = subprocess.run(["bash", SUPERVISOR, supervised.state], capture_output=True, text=True)
    assert second.returncode == 1
    assert "another supervisor" in second.stderr


def test_its_processes_do_not_outlive_it(supervised):
    supervised.start(broker=STAYS)
    pid = wait_until(lambda: supervised.pid("broker"), "the start")
    supervised.child.send_signal(signal.SIGKILL)
    supervised.child.wait()
    wait_until(lambda: not is_running(pid), "the end of the process")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
