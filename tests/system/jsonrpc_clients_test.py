"""JSON-RPC clients that others wrote speak with us: json-rpc-2.0 over ws, jayson, rpc-websockets. (python3-websockets
speaks in the conformance tables.)"""
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("client", ["json-rpc-2.0", "jayson", "rpc-websockets"])
def test_a_conversation(fabric, client):
    assert shutil.which("node"), "Node is not installed"
    assert (HERE / "node_modules/jayson").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    url = f"ws://127.0.0.1:{fabric.ports['jsonrpc']}/"
    program = subprocess.run(["node", HERE / "jsonrpc_client.mjs", client, url, fabric.admin_token],
                             capture_output=True, text=True, timeout=60, check=False)
    assert (program.returncode, program.stdout) == (0, "ok\n"), program.stderr
