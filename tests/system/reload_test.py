"""HUP: a process takes the level of its log over from its configuration; a mistake in there changes nothing."""
import signal

import pytest
from cell0_test.http import request
from cell0_test.waiting import wait_until


def start(fabric, program, config):
    """Its process, once it takes signals."""
    if program == "cell0-broker":
        return fabric.start_broker(config=config)
    if program == "cell0-gateway":
        fabric.start_broker()
        return fabric.start_gateway(config=config)
    fabric.start_broker()
    fabric.start_gateway()
    process = fabric.start_program(program, config=config)
    events = f"{fabric.http_url}/api/v1/events?types=system_status&limit=1"
    wait_until(lambda: request("GET", events).json()["count"] == 1, "its first event")
    return process


@pytest.mark.parametrize("program", ["cell0-broker", "cell0-gateway", "cell0-emit-system"])
def test_hup_reads_the_level_of_the_log_again(empty_fabric, tmp_path, program):
    file = tmp_path / "cell0.toml"
    file.write_text('[log]\nlevel = "error"\n')
    process = start(empty_fabric, program, file)
    assert '"level":"info"' not in process.log()

    file.write_text('[log]\nlevel = "info"\nno_such_key = 1\n')
    process.signal(signal.SIGHUP)
    wait_until(lambda: "not reloaded" in process.log(), "what is wrong with the configuration")
    assert "no_such_key" in process.log()

    file.write_text('[log]\nlevel = "info"\n')
    process.signal(signal.SIGHUP)
    wait_until(lambda: "reloaded: log.level" in process.log(), "a line of the new level")
    assert process.alive()
