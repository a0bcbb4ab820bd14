"""Each rule sees the breach it is for, and leaves what is right alone."""
import pytest

import rules
from node_range import admits

BREACHES = [
    # rule, why, files
    (rules.who_includes_whom, "a broker that knows the gateway", {"broker/a.cpp": '#include "gateway/hub.h"\n'}),
    (rules.who_includes_whom, "a transport that knows a dialect",
     {"gateway/transport/a.cpp": '#include "gateway/dialects/cell0d.h"\n'}),
    (rules.who_includes_whom, "an emitter that knows another",
     {"emitters/log/a.h": '#pragma once\n#include "emitters/system/b.h"\n'}),
    (rules.who_includes_whom, "an HTTP parser that knows ZeroMQ", {"common/http/a.cpp": '#include "common/link/b.h"\n'}),
    (rules.who_includes_whom, "a folder that is no box", {"utils/a.cpp": '#include "utils/a.h"\n'}),
    (rules.foreign_headers, "a second place for ZeroMQ", {"gateway/hub.cpp": "#include <zmq.hpp>\n"}),
    (rules.foreign_headers, "SQLite before its time", {"broker/a.cpp": "#include <sqlite3.h>\n"}),
    (rules.orphans, "a source that nobody builds",
     {"common/a.cpp": "", "common/CMakeLists.txt": "add_library(x ba.cpp a.cpp.in)"}),
    (rules.orphans, "a header that nobody includes", {"common/a.h": ""}),
    (rules.pragma_once, "a header without a guard", {"common/a.h": "int x;\n"}),
    (rules.folder_readmes, "a folder without a README", {"common/a.h": ""}),
    (rules.top_level, "a stray file", {"notes.txt": ""}),
    (rules.file_length, "a very long file", {"web/a.ts": "\n" * 601}),
    (rules.machine_paths, "somebody's checkout", {"docs/a.md": "cd /wor" "k/main\n"}),
    (rules.unfinished, "a note to self", {"common/a.cpp": "// TO" "DO later\n"}),
    (rules.node_engines, "no engines", {"web/package.json": "{}"}),
    (rules.node_engines, "a package for newer Nodes",
     {"web/package-lock.json": '{"packages": {"node_modules/x": {"engines": {"node": "^20.19.0 || >=22.12.0"}}}}'}),
    (rules.scripts, "a careless script", {"deploy/a.sh": "#!/usr/bin/env bash\nrm -r $dir\n"}),
]


@pytest.mark.parametrize("rule, why, files", BREACHES, ids=[why for _, why, _ in BREACHES])
def test_a_breach_is_seen(rule, why, files):
    assert rule(files), why


GOOD = {
    "CMakeLists.txt": "add_subdirectory(common)\n",
    "common/README.md": "what two processes need\n",
    "common/CMakeLists.txt": "cell0_library(x SOURCES a.cpp link/socket.cpp)\n",
    "common/a.h": "#pragma once\n",
    "common/a.cpp": '#include "common/a.h"\n#include <asio.hpp>\n',
    "common/link/socket.cpp": "#include <zmq.hpp>\n",
    "web/README.md": "",
    "web/package.json": '{"engines": {"node": ">=18"}}',
}


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.__name__)
def test_what_is_right_passes(rule):
    assert rule(GOOD) == []


@pytest.mark.parametrize("range_text, version, expected", [
    (">=18", (18, 20, 4), True), (">= 20", (18, 20, 4), False), ("^18.0.0 || >=20.0.0", (18, 20, 4), True),
    ("^20.19.0 || >=22.12.0", (18, 20, 4), False), ("18.x", (18, 20, 4), True), ("*", (18, 20, 4), True),
    ("^14.13.1 || >=16.0.0", (18, 20, 4), True), (">=10 <18", (18, 20, 4), False), ("~18.20", (18, 20, 4), True),
    ("~18.19.0", (18, 20, 4), False), ("16 - 18", (18, 20, 4), True), (">18", (18, 20, 4), False)])
def test_node_ranges(range_text, version, expected):
    assert admits(range_text, version) is expected
