"""An orchestrator of a few lines: the service `sessions` behind a real broker, for tests of what is before it.

Its tasks say in words what to do: "say a b c" streams these chunks, "tool" calls one, "fail why" fails, "hold a b" streams
the words and waits for finish(), "refuse <code>" and "nonsense" are what a spawn is answered; anything else is done at
once. Everything is published before it is replied.
"""
import json
import threading
import time
import uuid
from datetime import datetime, timezone

import zmq

SERVICE = "sessions"
RENEW_S = 1.0


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class SessionsWorker:
    """Serves from a thread until stop(), or kill(): then it is silent, as a dead one is."""

    def __init__(self, control_endpoint, proto, name="test-orchestrator", capacity=1000):
        self.control_pb2, self.event_pb2 = proto
        self.name, self.capacity = name, capacity
        self.sessions, self.tasks, self.calls = {}, {}, []
        self.registered = threading.Event()
        self._endpoint, self._incarnation = control_endpoint, uuid.uuid4().bytes
        self._epoch, self._id, self._n = 0, 0, 0
        self._replied = {}  # request id -> reply
        self._held = []
        self._finish, self._stop, self._kill = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self.registered.wait(20), "the broker takes no worker"

    def finish(self):
        """The tasks that are held come to their end."""
        self._finish.set()

    def stop(self):
        self._stop.set()
        self._thread.join(10)

    def kill(self):
        self._kill.set()
        self._thread.join(10)

    # --- the wire

    def _run(self):
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 200)
        self._socket.connect(self._endpoint)
        try:
            self._register()
            renewed = time.monotonic()
            while not self._stop.is_set() and not self._kill.is_set():
                if time.monotonic() - renewed > RENEW_S:
                    self._send(worker=self._hello())
                    renewed = time.monotonic()
                if self._finish.is_set():
                    self._finish.clear()
                    held, self._held = self._held, []
                    for session, task, words in held:
                        self._end_task(session, task, words)
                if self._socket.poll(20):
                    self._take(self._receive())
            if self._stop.is_set():
                bye = self._hello()
                bye.leaving = True
                self._send(worker=bye)
                while self._socket.poll(2000) and self._receive().WhichOneof("body") != "worker":
                    pass  # until the broker knows
        finally:
            self._socket.close()

    def _hello(self):
        return self.control_pb2.WorkerRequest(service=SERVICE, worker=self.name, incarnation=self._incarnation,
                                              epoch=self._epoch, capacity=self.capacity)

    def _register(self):
        self._send(worker=self._hello())
        while not self._kill.is_set():
            if self._socket.poll(500):
                response = self._receive()
                if response.WhichOneof("body") == "worker":
                    self._epoch = response.worker.epoch
                    self.registered.set()
                    return
            else:  # the broker may have come up later
                self._send(worker=self._hello())

    def _send(self, **body):
        self._id += 1
        self._socket.send(self.control_pb2.Request(id=self._id, **body).SerializeToString())
        return self._id

    def _receive(self):
        return self.control_pb2.Response.FromString(self._socket.recv())

    def _take(self, response):
        if response.WhichOneof("body") == "service_call":
            self._serve(response.service_call)

    def _publish(self, of, kind, /, **fields):
        """Until it is committed; calls that come meanwhile are served afterwards."""
        event = self.event_pb2.Envelope(id=uuid.uuid4().bytes, source="test.orchestrator", time_us=time.time_ns() // 1000,
                                        topic=f"sessions.{of['id']}", session_id=of["id"])
        fill(getattr(event, kind), fields)
        self._n += 1
        publish = self.control_pb2.PublishRequest(
            emitter_id=self.name, incarnation=int.from_bytes(self._incarnation[:6], "big"), first_n=self._n,
            answered_through=self._n - 1, envelopes=[event.SerializeToString()],
            fence=self.control_pb2.Fence(service=SERVICE, epoch=self._epoch))
        asked, later = self._send(publish=publish), []
        while True:
            assert self._socket.poll(10_000), "the broker does not answer a publish"
            response = self._receive()
            if response.id == asked:
                outcome = response.publish.outcomes[0]
                assert outcome.status == 1, f"{kind}: {outcome}"
                break
            later.append(response)
        for response in later:
            self._take(response)

    # --- the service

    def _serve(self, call):
        self.calls.append(call)
        request_id = call.request_id
        if request_id and request_id in self._replied:
            return self._reply(call, self._replied[request_id])
        body = json.loads(call.body) if call.body else {}
        reply = getattr(self, "on_" + call.method)(call, body)
        if reply is None:
            return
        if request_id:
            self._replied[request_id] = reply
        self._reply(call, reply)

    def _reply(self, call, reply):
        message = self.control_pb2.ServiceReplyRequest(service=SERVICE, call=call.call, epoch=self._epoch)
        if "error" in reply:
            message.error.code, message.error.text = reply["error"]
        else:
            message.body = reply["body"].encode() if "body" in reply else json.dumps(reply["json"]).encode()
        message.keys.extend(self.control_pb2.ServiceKey(key=k, will=self._will(k)) for k in reply.get("keys", []))
        message.keys_gone.extend(reply.get("gone", []))
        self._send(service_reply=message)
        for step in reply.pop("then", []):
            step()

    def _will(self, session_id):
        event = self.event_pb2.Envelope(id=uuid.uuid4().bytes, source="test.orchestrator", time_us=time.time_ns() // 1000,
                                        topic=f"sessions.{session_id}", session_id=session_id)
        fill(event.session_status_update, {"session": {**self.sessions[session_id], "status": "failed"}})
        return event.SerializeToString()

    def on_spawn(self, call, body):
        words = body["task"]["description"].split()
        if words[:1] == ["refuse"]:
            return {"error": (words[1], f"refused: {words[1]}")}
        if words[:1] == ["nonsense"]:
            return {"body": '{"session": 7}'}
        if words[:1] == ["silent"]:
            return None
        session_id = body.get("id") or f"session_{uuid.uuid4().hex}"
        task = {"id": f"task_{uuid.uuid4().hex}", **body["task"], "createdAt": now(), "updatedAt": now()}
        session = {"id": session_id, "orchestratorId": body["orchestratorId"], "task": task, "type": body["sessionType"],
                   "status": "initializing", "startedAt": now(),
                   "memoryContext": {"scratchpad": {}, "episodic": [], "semantic": {}},
                   "metrics": {"tokensUsed": 0, "duration": 0, "tasksCompleted": 0, "errorsEncountered": 0,
                               "averageResponseTime": 0}}
        self.sessions[session_id] = session
        self._publish(session, "session_spawned", session=session)
        spawned = dict(session)

        def run():
            session["status"] = "running"
            self._publish(session, "session_status_update", session=session)
        return {"json": {"session": spawned}, "keys": [session_id], "then": [run]}

    def on_execute(self, call, body):
        session = self.sessions.get(call.key)
        if session is None:
            return {"error": ("unknown_session", f"no session {call.key}")}
        task_id = f"task_{uuid.uuid4().hex}"
        words = body["task"]["description"].split()
        return {"json": {"sessionId": call.key, "taskId": task_id},
                "then": [lambda: self._begin_task(session, task_id, words)]}

    def _begin_task(self, session, task, words):
        ids = {"session_id": session["id"], "task_id": task}
        self._publish(session, "task_executing", **ids)
        self._publish(session, "stream_start", **ids)
        if words[0] in ("say", "hold"):
            for index, word in enumerate(words[1:]):
                self._publish(session, "stream_chunk", session_id=session["id"], chunk=word,
                              metadata={"type": "text", "index": index})
        if words[0] == "tool":
            tool = {"session_id": session["id"], "tool_name": "look"}
            self._publish(session, "tool_call_start", **tool, tool_input={"at": 1}, status="started", timestamp=now())
            self._publish(session, "tool_call_result", **tool, status="completed", result={"seen": True}, timestamp=now())
        if words[0] == "hold":
            self._held.append((session, task, words))
        else:
            self._end_task(session, task, words)

    def _end_task(self, session, task, words):
        ids = {"session_id": session["id"], "task_id": task}
        self._publish(session, "stream_end", **ids)
        if words[0] == "fail":
            return self._publish(session, "task_failed", **ids, error=" ".join(words[1:]))
        session["metrics"]["tasksCompleted"] += 1
        self._publish(session, "task_completed", **ids, result={"text": " ".join(words[1:])})

    def on_status(self, call, body):
        if call.key not in self.sessions:
            return {"error": ("unknown_session", f"no session {call.key}")}
        return {"json": {"session": self.sessions[call.key]}}

    def on_stop(self, call, body):
        session = self.sessions.pop(call.key, None)
        if session is None:
            return {"error": ("unknown_session", f"no session {call.key}")}
        session.update(status="terminated", endedAt=now())
        self._publish(session, "session_status_update", session=session)
        return {"json": {"session": session}, "gone": [call.key]}

    def on_list(self, call, body):
        return {"json": {"sessions": list(self.sessions.values())}}

    def on_daemon_status(self, call, body):
        running = {"status": "running", "lastCheck": now()}
        return {"json": {
            "activeSessions": len(self.sessions), "queuedTasks": 0, "uptime": 1000,
            "metrics": {"totalSessionsSpawned": len(self.sessions), "totalTasksProcessed": 0, "totalTokensUsed": 0,
                        "averageSessionDuration": 0, "activeSessions": len(self.sessions), "successRate": 1},
            "subsystems": {name: running for name in ("sessionManager", "memoryManager", "llmClient")}}}


def fill(message, fields):
    """JSON values into a message of ours, whose names are snake_case where JSON's are camelCase."""
    for name, value in fields.items():
        name = "".join("_" + c.lower() if c.isupper() else c for c in name)
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.message_type is None:
            setattr(message, name, value)
        elif field.message_type.name == "JsonValue":
            getattr(message, name).text = json.dumps(value).encode()
        else:
            fill(getattr(message, name), value)
