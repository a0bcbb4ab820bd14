"""Each emitter's private listener: healthy without a broker, ready with one, and its figures; a second one of a kind."""
from cell0_test import free_ports, request, wait_until


def get(port, path):
    try:
        return request("GET", f"http://127.0.0.1:{port}{path}")
    except OSError:
        return None


def test_an_emitter_says_how_it_is_and_what_it_has_published(empty_fabric):
    fabric = empty_fabric
    [port] = free_ports(1)  # the system emitter's own place is the first
    emitter = fabric.start_emitter("system", emit__admin_port=port, emit__system__metrics_interval_ms=100)
    wait_until(lambda: get(port, "/healthz"), "the listener")
    assert get(port, "/healthz").status == 200
    assert get(port, "/readyz").status == 503
    fabric.start_broker()
    wait_until(lambda: get(port, "/readyz").status == 200, "the emitter to be ready")

    def accepted():
        page = get(port, "/metrics").text
        assert "cell0_emit_connected 1" in page and "cell0_process_resident_bytes" in page
        return 'cell0_emit_events_total{result="accepted"} 0\n' not in page
    wait_until(accepted, "an event to be counted")
    assert get(port, "/elsewhere").status == 404

    second = fabric.start_emitter("system", emit__admin_port=port)
    wait_until(lambda: "no /metrics of this process: emit.admin_port" in second.log(), "the second one to say so")
    assert second.alive() and emitter.alive()
