"""The dashboard in Debian's chromium and the client library (tests/browser): on a real fabric, and on a mock gateway."""
import os
import subprocess
from pathlib import Path

REPO = Path(__file__).parents[2]


def run_node_tests(name, **environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith("CELL0_")} | environment
    subprocess.run(["node", "--test", "--test-concurrency=1", REPO / "tests/browser" / name], env=env, check=True,
                   timeout=280)


def test_the_dashboard_and_the_client_library_on_a_real_fabric(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__web_dir=REPO / "web/dist")
    for name in "dashboard.test.mjs", "client.test.mjs", "rpc_client.test.mjs":
        run_node_tests(name, CELL0_URL=empty_fabric.http_url,
                       CELL0_TOKEN_FILE=str(empty_fabric.state_dir / "admin.token"))


def test_logging_in_where_anonymous_clients_may_do_nothing(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__web_dir=REPO / "web/dist", gateway__auth__anonymous_scopes="")
    run_node_tests("login.test.mjs", CELL0_URL=empty_fabric.http_url,
                   CELL0_TOKEN_FILE=str(empty_fabric.state_dir / "admin.token"))


def test_a_plain_page_of_another_origin(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway()
    run_node_tests("cors.test.mjs", CELL0_URL=empty_fabric.http_url,
                   CELL0_TOKEN_FILE=str(empty_fabric.state_dir / "admin.token"))


def test_the_dashboard_under_load_and_faults():
    run_node_tests("dashboard_mock.test.mjs")


def test_the_dashboard_shows_the_whole_demo_scene(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__web_dir=REPO / "web/dist")
    empty_fabric.start_emitter("demo", "--rate", "100")  # a round of half a minute within two seconds
    run_node_tests("demo.test.mjs", CELL0_URL=empty_fabric.http_url)


def test_sessions_followed_by_the_client_library_and_its_hooks(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.start_gateway(gateway__web_dir=REPO / "web/dist")
    empty_fabric.start_program("cell0-orchestrator")
    run_node_tests("sessions.test.mjs", CELL0_URL=empty_fabric.http_url,
                   CELL0_TOKEN_FILE=str(empty_fabric.state_dir / "admin.token"))
