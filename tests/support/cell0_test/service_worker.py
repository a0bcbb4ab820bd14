"""A worker of a service, in a process of its own, so that it can be killed, stopped and continued.

    service_worker.py <directory of the generated protobuf> <control endpoint> <service> <name> [--exclusive]

Prints a line of JSON for all that happens to it. What it can do: echo, own (a key, with a will), disown, put (a state),
state (that it began with), publish (under its fence; replies with the outcome), keys, hold (never replies), twice, late.
Registers by itself, as cell0's own workers do: again with its keys when the broker has started anew.
"""
import importlib
import json
import os
import sys
import time
import uuid

import zmq

RENEW_S = 0.5
SILENCE_S = 2.0


class ServiceWorker:
    def __init__(self, proto_directory, endpoint, service, name, exclusive):
        sys.path.insert(0, proto_directory)
        self.control_pb2 = importlib.import_module("cell0.v1.control_pb2")
        self.event_pb2 = importlib.import_module("cell0.v1.event_pb2")
        self.service, self.name, self.exclusive = service, name, exclusive
        self.incarnation, self.emitter = os.urandom(16), int.from_bytes(os.urandom(6), "big")
        self.epoch, self.keys, self.state, self.replies = 0, {}, None, {}
        self.id, self.n, self.asked, self.held = 0, 0, {}, []
        self.heard = time.monotonic()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.connect(endpoint)

    def run(self):
        self.tell("started", pid=os.getpid())
        self.register()
        renewed = time.monotonic()
        while True:
            if self.socket.poll(100):
                self.take(self.control_pb2.Response.FromString(self.socket.recv()))
            now = time.monotonic()
            if now - self.heard > SILENCE_S:
                self.heard = now
                self.register()
            elif now - renewed > RENEW_S and self.epoch:
                renewed = now
                self.send(worker=self.hello(self.epoch))

    def tell(self, what, **more):
        print(json.dumps({"what": what, **more}), flush=True)

    # --- to the broker

    def send(self, then=None, **body):
        self.id += 1
        if then:
            self.asked[self.id] = then
        self.socket.send(self.control_pb2.Request(id=self.id, **body).SerializeToString())

    def hello(self, epoch):
        return self.control_pb2.WorkerRequest(service=self.service, worker=self.name, incarnation=self.incarnation,
                                              epoch=epoch, capacity=100, exclusive=self.exclusive)

    def register(self):
        self.epoch = 0
        request = self.hello(0)
        request.keys.extend(self.owned(key) for key in self.keys)
        request.accepted.extend(self.replies)
        self.send(worker=request)

    def owned(self, key):
        return self.control_pb2.ServiceKey(key=key, will=self.keys[key])

    def event(self, text):
        event = self.event_pb2.Envelope(id=uuid.uuid4().bytes, source=f"test.{self.name}",
                                        time_us=time.time_ns() // 1000)
        event.chat_message.message, event.chat_message.sender = text, self.name
        return event.SerializeToString()

    # --- from the broker

    def take(self, response):
        self.heard = time.monotonic()
        kind = response.WhichOneof("body")
        if kind == "worker":
            self.take_answer(response.worker)
        elif kind == "service_call":
            self.take_call(response.service_call)
        elif kind == "failure" and response.id not in self.asked:
            self.tell("refused", text=response.failure.text)
            self.register()  # the broker has started anew
        elif response.id in self.asked:
            self.asked.pop(response.id)(response)

    def take_answer(self, answer):
        worker = self.control_pb2.WorkerAnswer
        if answer.status == worker.FENCED:
            self.tell("fenced", lost=sorted(self.keys))
            self.keys.clear()
            return self.register()
        if answer.epoch == self.epoch:
            return
        self.epoch = answer.epoch
        for key in answer.lost:
            self.keys.pop(key, None)
        if answer.has_state:
            self.state = answer.state
        self.tell("active" if answer.status == worker.ACTIVE else "standby", epoch=self.epoch, lost=list(answer.lost))

    def take_call(self, call):
        self.tell("call", method=call.method, request_id=call.request_id)
        if call.request_id in self.replies:
            return self.reply(call, self.replies[call.request_id])
        body = json.loads(call.body or b"{}")
        getattr(self, "on_" + call.method)(call, body)

    def reply(self, call, body, keys=(), gone=()):
        if call.request_id:
            self.replies[call.request_id] = body
        request = self.control_pb2.ServiceReplyRequest(service=self.service, call=call.call, epoch=self.epoch,
                                                       body=json.dumps(body).encode())
        request.keys.extend(self.owned(key) for key in keys)
        request.keys_gone.extend(gone)
        self.send(self.replied, service_reply=request)

    def replied(self, response):
        answer = response.service_reply
        if answer.late or answer.fenced:
            self.tell("nobody waited", late=answer.late, fenced=answer.fenced)

    # --- what it can do

    def on_echo(self, call, body):
        self.reply(call, {"worker": self.name, "said": body, "caller": call.caller.entity_id})

    def on_own(self, call, body):
        self.keys[body["key"]] = self.event(body["will"])
        self.reply(call, {}, keys=[body["key"]])

    def on_disown(self, call, body):
        del self.keys[body["key"]]
        self.reply(call, {}, gone=[body["key"]])

    def on_keys(self, call, _):
        self.reply(call, {"keys": sorted(self.keys)})

    def on_hold(self, call, _):
        self.held.append(call)

    def on_twice(self, call, body):
        self.reply(call, {"time": 1})
        self.reply(call, {"time": 2})

    def on_late(self, call, body):
        time.sleep(body["seconds"])
        self.reply(call, {})

    def on_put(self, call, body):
        state = self.control_pb2.ServiceStateRequest(service=self.service, epoch=self.epoch,
                                                     state=body["state"].encode())
        self.send(lambda response: self.reply(call, {"fenced": response.service_state.fenced}), service_state=state)

    def on_state(self, call, _):
        self.reply(call, {"state": None if self.state is None else self.state.decode()})

    def on_publish(self, call, body):
        epoch = body.get("epoch", self.epoch)
        self.n += 1
        publish = self.control_pb2.PublishRequest(
            emitter_id=f"test.{self.name}", incarnation=self.emitter, first_n=self.n, answered_through=self.n - 1,
            envelopes=[self.event(body["text"])], fence=self.control_pb2.Fence(service=self.service, epoch=epoch))
        self.send(lambda response: self.reply(call, {"status": response.publish.outcomes[0].status}), publish=publish)


if __name__ == "__main__":
    ServiceWorker(*sys.argv[1:5], "--exclusive" in sys.argv).run()
