"""A server of OpenAI's streamed chat completions that behaves as its path says: /good/v1, /refuse/v1, /stall/v1, ..."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def chunk(text, **more):
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, **more}]}


class ChatServer:
    """On a free port until close(). `requests`: the bodies of all requests so far."""

    def __init__(self):
        self.requests, self.closing = [], threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, behaviour):
        return f"http://127.0.0.1:{self._server.server_address[1]}/{behaviour}/v1"

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.requests.append(body)
                behaviour = self.path.split("/")[1]
                try:
                    getattr(self, behaviour)(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # whoever asked has had enough
                self.close_connection = True

            def log_message(self, *_):
                pass

            def stream(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()

            def say(self, data):
                self.wfile.write(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

            def good(self, body):
                """Says the prompt back, word by word, after a tool call; 7 tokens."""
                self.stream()
                call = {"index": 0, "id": "c1", "function": {"name": "look", "arguments": "{\"at\":1}"}}
                self.say({"choices": [{"delta": {"reasoning_content": "hm"}}]})
                self.say({"choices": [{"delta": {"tool_calls": [call]}}]})
                for word in body["messages"][-1]["content"].split():
                    self.say(chunk(word + " "))
                self.say(chunk("", finish_reason="stop"))
                self.say({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}})
                self.say("[DONE]")

            def refuse(self, _):
                answer = json.dumps({"error": {"message": "the model is not there", "type": "not_found"}}).encode()
                self.send_response(404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def stall(self, _):
                self.stream()
                self.say(chunk("and then"))
                owner.closing.wait()

            def broken(self, _):
                self.stream()
                self.say(chunk("and then"))
                self.say("{\"choices\": [")

            def hangup(self, _):
                self.stream()
                self.say(chunk("and then"))

            def failing(self, _):
                self.stream()
                self.say(chunk("and then"))
                self.say({"error": {"message": "out of memory"}})

            def flood(self, _):
                self.stream()
                while not owner.closing.is_set():
                    self.say(chunk("x" * 4000))

        return Handler
