"""Free loopback ports."""
import socket


def free_ports(count):
    """`count` different TCP ports that were free on 127.0.0.1 and ::1 a moment ago."""
    held = []
    try:
        while len(held) < count * 2:
            v4 = socket.socket(socket.AF_INET)
            v4.bind(("127.0.0.1", 0))
            held.append(v4)
            v6 = socket.socket(socket.AF_INET6)
            try:
                v6.bind(("::1", v4.getsockname()[1]))
            except OSError:  # taken there, or this machine has no ::1
                if has_ipv6_loopback():
                    held.pop().close()
                    v6.close()
                    continue
            held.append(v6)
        return [s.getsockname()[1] for s in held[::2]]
    finally:
        for s in held:
            s.close()


def has_ipv6_loopback():
    with socket.socket(socket.AF_INET6) as s:
        try:
            s.bind(("::1", 0))
        except OSError:
            return False
    return True
