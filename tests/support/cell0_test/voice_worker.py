"""A worker of the service `voice`: owns the audio sessions that it begins, and says at the end of one what it heard, in
hexadecimal, as a stt_result of that session.

    voice_worker.py <directory of the generated protobuf> <control endpoint> <name>
"""
import json
import sys
import time
import uuid

from service_worker import ServiceWorker


class VoiceWorker(ServiceWorker):
    def __init__(self, proto_directory, endpoint, name):
        super().__init__(proto_directory, endpoint, "voice", name, False)
        self.audio = {}

    def take_call(self, call):
        body = {} if call.method == "audio" else json.loads(call.body)
        self.tell("call", method=call.method, body=body, entity=call.caller.entity_id)
        getattr(self, "on_" + call.method)(call, body)

    def on_start(self, call, body):
        session = body["session_id"]
        self.audio[session], self.keys[session] = b"", b""
        self.reply(call, {}, keys=[session])

    def on_audio(self, call, _):
        self.audio[call.key] += call.body
        self.reply(call, {})

    def on_end(self, call, body):
        session = body["session_id"]
        del self.keys[session]
        event = self.event_pb2.Envelope(id=uuid.uuid4().bytes, source="coda.voice", time_us=time.time_ns() // 1000,
                                        session_id=session)
        event.stt_result.text, event.stt_result.confidence = self.audio.pop(session).hex(), 1
        event.stt_result.duration_ms = 1
        self.n += 1
        publish = self.control_pb2.PublishRequest(emitter_id=f"test.{self.name}", incarnation=self.emitter, first_n=self.n,
                                                  answered_through=self.n - 1, envelopes=[event.SerializeToString()])
        self.send(lambda _: self.reply(call, {}, gone=[session]), publish=publish)


if __name__ == "__main__":
    VoiceWorker(*sys.argv[1:4]).run()
