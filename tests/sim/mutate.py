#!/usr/bin/python3
"""Applies a mutation (a unified diff below a line that says what it breaks) to a source tree, exactly or not at all.

    mutate.py check ROOT PATCH...    says which ones do not apply any more; exit 1 if there are any
    mutate.py apply ROOT PATCH       changes the files under ROOT

Needs neither git nor patch: it has to work in an exported tree. A hunk is found by its lines, wherever they stand, but
they have to stand there once.
"""
import re
import sys
from pathlib import Path

HUNK = re.compile(r"^@@ .*?^(?=@@ |--- |\Z)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^--- a/\S+\n\+\+\+ b/(\S+)\n(.*?)(?=^--- a/|\Z)", re.MULTILINE | re.DOTALL)


def hunks_of(text):
    """[(old text, new text)] of one file's part of the diff."""
    hunks = []
    for match in HUNK.finditer(text):
        lines = match[0].splitlines(keepends=True)[1:]
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        hunks.append((old, new))
    return hunks


def mutated(root, patch):
    """{path: its new text}. ValueError: the patch does not apply."""
    files = FILE.findall(patch.read_text(encoding="utf-8"))
    if not files:
        raise ValueError(f"{patch.name}: no diff in it")
    result = {}
    for name, body in files:
        path = root / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for number, (old, new) in enumerate(hunks_of(body), 1):
            if text.count(old) != 1:
                raise ValueError(f"{patch.name}: hunk {number} of {name} fits {text.count(old)} places, not one; "
                                 "make the mutation anew for what stands there now")
            text = text.replace(old, new)
        result[path] = text
    return result


def main(command, root, *patches):
    failed = False
    for patch in map(Path, patches):
        try:
            texts = mutated(Path(root), patch)
        except ValueError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        if command == "apply":
            for path, text in texts.items():
                path.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("check", "apply"):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
