"""The rules. Each takes {path: text} and returns its complaints, "path:line: what is wrong; what would be right"."""
import json
import posixpath
import re

import tables
from node_range import admits

SOURCE = re.compile(r"\.(cpp|c|h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def _includes(files):
    """(path, line number, '<' or '"', header) of every include in every source file."""
    for path, text in files.items():
        if SOURCE.search(path):
            for match in INCLUDE.finditer(text):
                yield path, text.count("\n", 0, match.start(2)) + 1, match[1], match[2]


def who_includes_whom(files):
    complaints = []
    for path, line, quote, header in _includes(files):
        if quote == "<":
            continue
        boxes = [folder for folder in tables.MAY_INCLUDE if path.startswith(folder)]
        if not boxes:
            complaints.append(f"{path}:{line}: this folder is no box; add it to tests/lint/tables.py")
            continue
        allowed = tables.MAY_INCLUDE[max(boxes, key=len)]
        forbidden = [low for high, low in tables.MUST_NOT_INCLUDE if path.startswith(high)]
        if not header.startswith(tuple(allowed)) or header.startswith(tuple(forbidden)):
            complaints.append(f'{path}:{line}: must not include "{header}"; allowed: {", ".join(allowed)}')
    return complaints


def foreign_headers(files):
    complaints = []
    for path, line, _, header in _includes(files):
        for prefix, homes in tables.FOREIGN_HEADERS.items():
            if header.startswith(prefix) and not path.startswith(tuple(homes) or ("\0",)):
                complaints.append(f"{path}:{line}: <{header}> is only for {', '.join(homes) or 'nobody yet'}")
    return complaints


def orphans(files):
    """A .cpp that no CMakeLists.txt of its box lists, a header that nobody includes."""
    lists = {posixpath.dirname(p): t for p, t in files.items() if posixpath.basename(p) == "CMakeLists.txt"}
    central = "".join(t for p, t in files.items() if p.startswith("cmake/"))
    included = {header for _, _, _, header in _includes(files)}
    complaints = []
    for path in files:
        if path.endswith((".cpp", ".c")):
            box = path.split("/")[0]
            folders = [f for f in lists if f.split("/")[0] in ("", box)]
            listed = any(_lists(lists[f], posixpath.relpath(path, f or ".")) for f in folders)
            if not listed and path not in central:
                complaints.append(f"{path}: no CMakeLists.txt builds it")
        elif path.endswith(".h") and not path.startswith(tables.PUBLIC_HEADERS) and path not in included:
            complaints.append(f"{path}: nothing includes it")
    return complaints


def _lists(text, name):
    return re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w.-])", text) is not None


def pragma_once(files):
    return [f"{path}: a header begins with #pragma once" for path, text in files.items()
            if path.endswith(".h") and "#pragma once" not in text]


def folder_readmes(files):
    folders = {p.split("/")[0] for p in files if "/" in p and not p.startswith(".")}
    return [f"{folder}/README.md is missing: 10-30 lines, purpose, entry point, the way of the data"
            for folder in sorted(folders) if f"{folder}/README.md" not in files]


def top_level(files):
    complaints = []
    for path in files:
        first, slash, _ = path.partition("/")
        allowed = tables.TOP_LEVEL_FOLDERS if slash else tables.TOP_LEVEL_FILES
        if first not in allowed:
            complaints.append(f"{path}: {first} does not belong at the top level")
    return complaints


def file_length(files):
    return [f"{path}: {text.count(chr(10))} lines; at most {tables.LINES_MAX}, split it by what it does"
            for path, text in files.items()
            if text.count("\n") > tables.LINES_MAX and not path.endswith(tables.LINES_EXEMPT)]


# Written in pieces, so that this file does not complain about itself.
MACHINE_PATH = re.compile("(?<![\\w.])/(" + "wor" + "k/main|" + "wor" + "k/shared|" + "Use" + "rs/|" + "tm" + "p/w/)")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")


def machine_paths(files):
    return _lines_matching(files, MACHINE_PATH, "a path of somebody's machine")


def unfinished(files):
    return _lines_matching(files, UNFINISHED, "unfinished: do it, or write down in docs/ why not")


def _lines_matching(files, pattern, why):
    return [f"{path}:{number}: {why}" for path, text in files.items() if not path.endswith(tables.LINES_EXEMPT)
            for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


def node_engines(files):
    """Every package.json says its engines, and every locked package runs on Debian 12's Node."""
    complaints = []
    for path, text in files.items():
        if posixpath.basename(path) == "package.json":
            engine = json.loads(text).get("engines", {}).get("node")
            if not engine or not admits(engine, tables.NODE):
                complaints.append(f"{path}: engines.node is {engine!r}; it must admit {_dotted(tables.NODE)}")
        elif posixpath.basename(path) == "package-lock.json":
            for name, package in json.loads(text)["packages"].items():
                engine = package.get("engines", {}).get("node") if isinstance(package.get("engines"), dict) else None
                if engine and not admits(engine, tables.NODE):
                    complaints.append(f"{path}: {name} wants Node {engine}, we have {_dotted(tables.NODE)}")
                if "resolved" in package and not package["resolved"].startswith("https://registry.npmjs.org/"):
                    complaints.append(f"{path}: {name} is resolved from a private place; omit the field")
    return complaints


def _dotted(version):
    return ".".join(map(str, version))


def scripts(files):
    """A file with a shell's first line sets -u at least, and has no carriage returns."""
    complaints = []
    for path, text in files.items():
        if "\r" in text:
            complaints.append(f"{path}: carriage returns")
        if text.startswith("#!/usr/bin/env bash") and not re.search(r"^set -[a-z]*u", text, re.MULTILINE):
            complaints.append(f"{path}: a bash script begins with set -euo pipefail")
        if text.startswith("#!") and "python3" in text.splitlines()[0] and "/usr/bin/python3" not in text.splitlines()[0]:
            complaints.append(f"{path}: scripts say /usr/bin/python3, Debian's")
    return complaints


ALL = [who_includes_whom, foreign_headers, orphans, pragma_once, folder_readmes, top_level, file_length, machine_paths,
       unfinished, node_engines, scripts]
