"""Free loopback ports."""
import random
import socket

# Below the ports that Linux gives to outgoing connections, any of which might take one before it is listened on; and
# not where cell0 itself listens by default.
CANDIDATES = [port for port in range(10_000, 32_000) if not 18_000 <= port < 19_000]
CLAIMS_MAX = 200  # of one process: what was given long ago is listened on or done with
_claims = []  # a name in the abstract namespace for each port that this process was given, so that no other test is


def free_ports(count):
    """`count` different TCP ports that are free on 127.0.0.1 and ::1, and that no other test process has been given."""
    hosts = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if has_ipv6_loopback() else [])
    ports = []
    for port in random.SystemRandom().sample(CANDIDATES, len(CANDIDATES)):
        if len(ports) == count:
            return ports
        if all(_is_free(family, (host, port)) for family, host in hosts) and _claim(port):
            ports.append(port)
    raise RuntimeError(f"no {count} free ports among {len(CANDIDATES)}")


def has_ipv6_loopback():
    return _is_free(socket.AF_INET6, ("::1", 0))


def _is_free(family, address):
    with socket.socket(family) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def _claim(port):
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0cell0-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    if len(_claims) > CLAIMS_MAX:
        _claims.pop(0).close()
    return True
