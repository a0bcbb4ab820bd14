"""A WebSocket client that is somebody else's program: a line on its stdin is a message to send, a line on
its stdout is one it received. wscat does just that on pipes, with its prompt before some lines."""
import json
import subprocess
import threading

from .conversation import Closed, Conversation


class ProgramClient(Conversation):
    def __init__(self, command):
        super().__init__()
        self._program = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, encoding="utf-8", bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._program.stdout:
            line = line.lstrip("> ")
            if line.strip():
                self._inbox.put(line)
        self._inbox.put(Closed(None, f"the program ended with status {self._program.wait()}"))

    def send(self, message):
        """A dict goes as JSON, str as it is (one line)."""
        print(message if isinstance(message, str) else json.dumps(message), file=self._program.stdin, flush=True)

    def close(self):
        self._program.terminate()
        self._program.wait(10)
