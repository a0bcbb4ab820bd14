"""What the house allows. Change a table here together with docs/architecture.md, not to silence a complaint."""

# Who may include whom: the folders of a file's own box and of those below it. The longest matching folder
# counts. Generated headers of proto/ are "cell0/v1/". Tests may include everything.
MAY_INCLUDE = {
    "common/": ["common/", "cell0/v1/"],
    "broker/": ["broker/", "common/", "cell0/v1/"],
    "gateway/transport/": ["gateway/transport/", "common/"],
    # A dialect knows no socket: of transport/ only the framing of bytes, of gateway/ what it renders and for whom.
    "gateway/dialects/": ["gateway/dialects/", "gateway/transport/frame.h", "gateway/event.h", "gateway/renderer.h",
                          "common/", "cell0/v1/"],
    "gateway/": ["gateway/", "common/", "cell0/v1/"],
    "emitters/sdk/": ["emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/runtime/": ["emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/system/": ["emitters/system/", "emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/log/": ["emitters/log/", "emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/kernel/": ["emitters/kernel/", "emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/model/": ["emitters/model/", "emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/chat/": ["emitters/chat/", "emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/demo/": ["emitters/demo/", "emitters/runtime/", "emitters/sdk/", "common/", "cell0/v1/"],
    "emitters/runners/": ["emitters/runners/", "common/"],
    "emitters/daemons/": ["emitters/daemons/", "emitters/runners/", "emitters/runtime/", "emitters/sdk/", "common/",
                          "cell0/v1/"],
    "emitters/orchestrator/": ["emitters/orchestrator/", "emitters/runners/", "emitters/runtime/", "emitters/sdk/",
                               "common/", "cell0/v1/"],
    "cli/": ["cli/", "common/", "cell0/v1/"],
    "tests/": [""],
}

# Who must not know whom although the table above would let them: (file's folder, what it must not include).
MUST_NOT_INCLUDE = [
    ("common/http/", "common/link/"),
    ("common/link/", "common/http/"),
    ("common/http/", "cell0/v1/"),
]

# A foreign library lives in one file or folder: header prefix -> where it may be included.
FOREIGN_HEADERS = {
    "websocketpp/": ["gateway/transport/ws_engine.cpp"],
    "llhttp": ["common/http/request_parser.cpp"],
    "toml++/": ["common/config/toml_reader.cpp"],
    "CLI/": ["common/config/command_line.cpp", "cli/", "tests/bench/"],
    "spdlog/": ["common/log.cpp"],
    "fmt/": [],
    "prometheus/": ["common/metrics.cpp"],
    "zmq": ["common/link/socket.cpp", "tests/"],
    "rapidjson/": ["common/json.h", "common/json.cpp", "common/event_json.cpp", "gateway/dialects/"],
    "sqlite3": ["common/store/database.cpp", "tests/support/"],
    "curl/": ["emitters/model/http_get.cpp", "emitters/runners/http_stream.cpp"],
    "jwt.h": ["common/auth/jwt.cpp"],
    "openssl/": ["common/auth/", "tests/unit/common/auth/"],
    "doctest/": ["tests/"],
}

# Headers for programs that are not ours: nobody here need include them.
PUBLIC_HEADERS = ("emitters/sdk/",)

TOP_LEVEL_FOLDERS = {".ci", "broker", "cli", "cmake", "common", "deploy", "docs", "emitters", "gateway", "proto",
                     "tests", "web"}
TOP_LEVEL_FILES = {".clang-format", ".clang-tidy", ".dockerignore", ".editorconfig", ".gitignore", "CHANGELOG.md",
                   "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"}

LINES_MAX = 600
LINES_EXEMPT = ("package-lock.json", "LICENSE")

NODE = (18, 20, 4)  # Debian 12's
