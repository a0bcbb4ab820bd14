"""Asks the service `sessions` by the broker's control socket, as a gateway does, and reads what sessions published."""
import json
import time

import zmq

from .waiting import wait_until

REFUSED = {4: "unsupported", 5: "no_worker", 6: "no_key", 7: "timeout", 8: "worker_died", 9: "busy"}


class Refused(Exception):
    """`code`: the worker's word, or the broker's."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


class SessionsClient:
    def __init__(self, control_endpoint, proto, scopes=("*",), anonymous=False):
        self.control_pb2, self.event_pb2 = proto
        self.scopes, self.anonymous = scopes, anonymous
        self._id = 0
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(control_endpoint)

    def close(self):
        self._socket.close()

    # --- the service

    def call(self, method, key="", body=None, gather=False, request_id=""):
        """The reply's JSON; with gather a list of them by worker."""
        answer = self._ask(service=self.control_pb2.ServiceRequest(
            service="sessions", method=method, key=key, body=json.dumps(body or {}).encode(), gather=gather,
            timeout_ms=15_000, request_id=request_id, caller=self.control_pb2.ServiceCaller(
                entity_id="tester", entity_type="user", anonymous=self.anonymous, scopes=self.scopes)))
        if answer.HasField("failure"):
            raise Refused(REFUSED.get(answer.failure.code, "failure"), answer.failure.text)
        replies = answer.service.replies
        if gather:
            return {reply.worker: json.loads(reply.body) for reply in replies}
        if replies[0].HasField("error"):
            raise Refused(replies[0].error.code, replies[0].error.text)
        return json.loads(replies[0].body)

    def spawn(self, kind="demo", **more):
        """The id of a new session."""
        return self.call("spawn", body={"orchestratorId": "vp_1", "sessionType": kind, **more})["session"]["id"]

    def execute(self, session, task, **more):
        """The id of its new task."""
        return self.call("execute", session, {"task": task, **more})["taskId"]

    def spawn_when_served(self, *args, **more):
        """As spawn, once a worker is there."""
        def attempt():
            try:
                return self.spawn(*args, **more)
            except Refused as refused:
                if refused.code != "no_worker":
                    raise
                return None
        return wait_until(attempt, "an orchestrator that serves")

    # --- events

    def events(self, session):
        """All that the session published: [(type, data message)], oldest first."""
        found, since = [], 0
        while True:
            page = self._ask(history=self.control_pb2.HistoryRequest(
                since=since, filter=self.control_pb2.Filter(topics=[f"sessions.{session}"]))).history
            for delivered in page.events:
                envelope = self.event_pb2.Envelope.FromString(delivered.envelope)
                found.append((delivered.type, getattr(envelope, delivered.type)))
            since = page.scanned_through
            if page.end:
                return found

    def types(self, session):
        return [kind for kind, _ in self.events(session)]

    def await_event(self, session, kind, within=15.0, fits=lambda data: True):
        """The first event of that type that fits."""
        def look():
            return next((data for k, data in self.events(session) if k == kind and fits(data)), None)
        return wait_until(look, f"{kind} of {session}", within)

    def await_end(self, session, task_id, within=30.0):
        """The task's result (JSON), or its error (a text)."""
        def ended():
            for kind, data in self.events(session):
                if kind in ("task_completed", "task_failed") and data.task_id == task_id:
                    return json.loads(data.result.text) if kind == "task_completed" else data.error
            return None
        return wait_until(ended, f"the end of {task_id}", within)

    def run(self, session, task, **more):
        """Executes and waits for the end: (its result or error, all text of the session)."""
        return self.await_end(session, self.execute(session, task, **more)), self.text(session)

    def text(self, session):
        return "".join(d.chunk for k, d in self.events(session) if k == "stream_chunk" and d.metadata.type == "text")

    # --- the wire

    def _ask(self, **body):
        self._id += 1
        self._socket.send(self.control_pb2.Request(id=self._id, **body).SerializeToString())
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self._socket.poll(200):
                response = self.control_pb2.Response.FromString(self._socket.recv())
                if response.id == self._id:
                    return response
        raise AssertionError(f"the broker does not answer {next(iter(body))}")
