"""The emitter's thread: the only one that touches the socket (ZeroMQ, a DEALER on the broker's control socket).

ZeroMQ does not say whether the peer lives: it queues for one that is gone, and forgets what a killed one had read. So the
thread says hello first and sends nothing more before the answer; when nothing is answered for ANSWER_WITHIN_S, it opens
the socket anew, says hello again, and the window sends what is not answered.
"""
import logging
import random
import socket
import threading
import time

import zmq

from .v1 import control_pb2
from .window import tell

ANSWER_WITHIN_S = 3.0
BACKOFF_S = (0.05, 5.0)  # of a broker that is there and cannot take events now: first, at most
log = logging.getLogger("cell0")


class Link:
    """Drives `window`, which the condition `lock` guards; it is notified when there is room. Hello says `name`."""

    def __init__(self, endpoint, name, window, lock):
        self._endpoint, self._name, self._window, self._lock = endpoint, name, window, lock
        self._context = zmq.Context()
        self._wake_out, self._wake_in = socket.socketpair()
        for end in (self._wake_out, self._wake_in):
            end.setblocking(False)
        self._stopping = False
        self.connected = False
        self._socket = None
        self._waiting_since = 0.0  # for an answer
        self._pause_until, self._pause = 0.0, BACKOFF_S[0]
        self._thread = threading.Thread(target=self._run, name=f"cell0 {name}", daemon=True)
        self._thread.start()

    def wake(self):
        """There is something to do. Any thread."""
        try:
            self._wake_out.send(b"x")
        except BlockingIOError:
            pass  # it is woken already

    def stop(self):
        self._stopping = True
        self.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # --- the thread

    def _run(self):
        try:
            self._open()
            while not self._stopping:
                self._wait()
                self._read()
                self._check_silence()
                self._write()
        finally:
            self._socket.close(linger=0)
            self._context.term()
            self._wake_out.close()
            self._wake_in.close()

    def _open(self):
        if self._socket is not None:
            self._socket.close(linger=0)
        self.connected = False
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        self._socket.connect(self._endpoint)
        hello = control_pb2.Request(id=1)
        hello.hello.name, hello.hello.role = self._name, "emitter"
        self._socket.send(hello.SerializeToString())
        self._waiting_since = time.monotonic()

    def _wait(self):
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._wake_in.fileno(), zmq.POLLIN)
        poller.poll(max(1, int(self._seconds_to_wait() * 1000)))
        try:
            self._wake_in.recv(4096)
        except BlockingIOError:
            pass

    def _seconds_to_wait(self):
        now, longest = time.monotonic(), 60.0
        if self._is_waiting():
            longest = self._waiting_since + ANSWER_WITHIN_S - now
        if self._pause_until > now:
            longest = min(longest, self._pause_until - now)
        return max(0.0, longest)

    def _is_waiting(self):
        with self._lock:
            return not self.connected or self._window.has_open()

    def _read(self):
        while True:
            try:
                encoded = self._socket.recv(zmq.DONTWAIT)
            except zmq.Again:
                return
            self._waiting_since = time.monotonic()
            self._take(control_pb2.Response.FromString(encoded))

    def _take(self, response):
        if response.HasField("hello"):
            self._take_hello(response.hello)
        elif response.HasField("publish"):
            with self._lock:
                fine = self._window.answered(response.id, response.publish)
                settled = self._window.take_settled()
                self._lock.notify_all()
            tell(settled)
            if fine:
                self._pause = BACKOFF_S[0]
            else:
                self._pause_a_while()
        elif response.HasField("failure") and self.connected:
            self._take_failure(response)

    def _take_hello(self, hello):
        self.connected = True
        with self._lock:
            limits = self._window.limits
            limits.event_bytes = min(limits.event_bytes, hello.event_bytes_max or limits.event_bytes)
            limits.batch_events = min(limits.batch_events, hello.publish_events_max or limits.batch_events)
            limits.batch_bytes = min(limits.batch_bytes, hello.publish_bytes_max // 2 or limits.batch_bytes)
            self._window.send_again()

    def _take_failure(self, response):
        log.warning("the broker refused a request: %s", response.failure.text)
        with self._lock:
            if response.failure.code in (control_pb2.Failure.INVALID, control_pb2.Failure.TOO_LARGE):
                self._window.failed(response.id, response.failure.text)
            else:
                self._window.send_again()
            settled = self._window.take_settled()
        tell(settled)
        self._pause_a_while()

    def _pause_a_while(self):
        self._pause_until = time.monotonic() + self._pause * random.uniform(0.5, 1.0)
        self._pause = min(self._pause * 2, BACKOFF_S[1])

    def _check_silence(self):
        if self._is_waiting() and time.monotonic() - self._waiting_since >= ANSWER_WITHIN_S:
            if self.connected:
                log.warning("no answer from the broker at %s; trying again", self._endpoint)
            self._open()

    def _write(self):
        if not self.connected or time.monotonic() < self._pause_until:
            return
        while True:
            with self._lock:
                idle, request = not self._window.has_open(), self._window.next_request()
            if request is None:
                return
            if idle:
                self._waiting_since = time.monotonic()
            self._socket.send(request[1])
