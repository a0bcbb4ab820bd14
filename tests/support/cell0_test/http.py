"""HTTP requests with the standard library; an error status is an answer, not an exception."""
import json
import urllib.error
import urllib.request
from dataclasses import dataclass


@dataclass
class Response:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8")


def request(method, url, body=None, headers=None, within=10.0):
    """`body`: bytes as they are, anything else as JSON."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    call = urllib.request.Request(url, data=body, headers=headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(call, timeout=within) as answer:
            return _response(answer.status, answer)
    except urllib.error.HTTPError as error:
        return _response(error.code, error)


def _response(status, answer):
    return Response(status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
