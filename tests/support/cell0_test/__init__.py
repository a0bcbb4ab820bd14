"""Real cell0 processes under test: start them, talk to them, hurt them, look at what they said.

Used by tests/system; run by Debian's /usr/bin/python3. Every wait has a deadline and is for a condition.
"""
from .conversation import Closed, Conversation
from .fabric import Fabric
from .http import Response, request
from .ports import free_ports
from .process import Process
from .program_client import ProgramClient
from .waiting import DEADLINE_S, wait_until
from .websocket import WebSocket

__all__ = ["Closed", "Conversation", "DEADLINE_S", "Fabric", "Process", "ProgramClient", "Response", "WebSocket",
           "free_ports", "request", "wait_until"]
