"""The files of the repository: what git tracks, or without git what lies there."""
import os
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
IGNORED_FOLDERS = {"build", "out", "node_modules", "dist", "__pycache__", ".git", ".cache", ".pytest_cache"}


def repository_files(root=REPO):
    """{path relative to the root: text}; files that are not UTF-8 text are left out."""
    files = {}
    for path in _tracked(root) or _walked(root):
        try:
            files[path] = (root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return files


def _tracked(root):
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), "ls-files", "-z"]
    try:
        out = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [p for p in out.decode().split("\0") if p]


def _walked(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in IGNORED_FOLDERS]
        for name in names:
            yield str((Path(folder) / name).relative_to(root))
