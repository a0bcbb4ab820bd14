"""One process of ours: started, signalled by its pid, its output kept in a file."""
import os
import signal
import subprocess


class Process:
    """A running program. The output of all its lives is appended to one log file."""

    def __init__(self, name, command, log_path, env):
        self.name = name
        self.command = [str(c) for c in command]
        self.log_path = log_path
        self._env = env
        self._child = None
        self.start()

    def start(self):
        assert not self.alive(), f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self._child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._env)

    @property
    def pid(self):
        return self._child.pid

    def alive(self):
        return self._child is not None and self._child.poll() is None

    def log(self):
        with open(self.log_path, "r", encoding="utf-8", errors="replace") as log:
            return log.read()

    def kill(self):
        """As the kernel's out-of-memory killer does it."""
        self._child.kill()
        self._child.wait(10)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, within=15.0):
        """Its exit status; negative: the signal that ended it."""
        return self._child.wait(within)

    def stop(self, within=15.0):
        """TERM, and its exit status. One that does not stop in time is killed and that is an error."""
        if not self.alive():
            return self._child.returncode
        self._child.terminate()
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {within:g} s of a TERM") from None

    def restart(self):
        self.start()

    def paused(self):
        """A context in which the process is stopped (SIGSTOP) and afterwards goes on."""
        return _Paused(self)

    def memory_bytes(self):
        """Resident memory now."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Paused:
    def __init__(self, process):
        self._process = process

    def __enter__(self):
        self._process.signal(signal.SIGSTOP)

    def __exit__(self, *_):
        self._process.signal(signal.SIGCONT)
