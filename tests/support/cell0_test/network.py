"""Two "machines" with a cable between them: network namespaces on a switch in a third one.

Nothing of it touches the machine's own network. A thread goes into a namespace (`inside`); sockets and processes that it
makes there stay there.
"""
import contextlib
import ctypes
import os
import subprocess
import uuid

CLONE_NEWNET = 0x40000000


class NoNamespaces(Exception):
    """They are not to be had here; the text says what failed."""


class Network:
    def __init__(self, *hosts):
        self._prefix = f"c0{uuid.uuid4().hex[:6]}"
        self.hosts, self._made = hosts, []
        try:
            self._build()
        except BaseException:
            self.remove()
            raise

    def address(self, host):
        return f"10.231.0.{self.hosts.index(host) + 1}"

    @contextlib.contextmanager
    def inside(self, host):
        """For this thread, and for what it starts meanwhile."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{self._name(host)}", "rb") as there:
            self._enter(there)
            try:
                yield
            finally:
                self._enter(home)

    def cut(self, host):
        """Pulls the host's cable out of the switch: what is sent is lost, and nobody is told."""
        self._ip("-n", self._name("switch"), "link", "set", self._port(host), "down")

    def heal(self, host):
        self._ip("-n", self._name("switch"), "link", "set", self._port(host), "up")

    def remove(self):
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False)
        self._made = []

    def _build(self):
        for host in ("switch", *self.hosts):
            self._ip("netns", "add", self._name(host))
            self._made.append(self._name(host))
            self._ip("-n", self._name(host), "link", "set", "lo", "up")
        switch = self._name("switch")
        self._ip("-n", switch, "link", "add", "br0", "type", "bridge")
        self._ip("-n", switch, "link", "set", "br0", "up")
        for host in self.hosts:
            name, port = self._name(host), self._port(host)
            self._ip("link", "add", port, "netns", switch, "type", "veth", "peer", "name", "eth0", "netns", name)
            self._ip("-n", switch, "link", "set", port, "master", "br0", "up")
            self._ip("-n", name, "addr", "add", f"{self.address(host)}/24", "dev", "eth0")
            self._ip("-n", name, "link", "set", "eth0", "up")

    def _name(self, host):
        return f"{self._prefix}-{host}"

    def _port(self, host):
        return f"p{self.hosts.index(host)}"

    @staticmethod
    def _enter(namespace):
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise NoNamespaces(f"setns: {os.strerror(ctypes.get_errno())}")

    @staticmethod
    def _ip(*words):
        try:
            done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise NoNamespaces("there is no `ip` (package iproute2)") from None
        if done.returncode != 0:
            raise NoNamespaces(f"ip {' '.join(words)}: {done.stderr.strip()}")
