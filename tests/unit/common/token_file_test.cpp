#include "common/token_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

using namespace cell0;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() { REQUIRE(::mkdtemp(path_) != nullptr); }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string below(const std::string& name) const { return std::string(path_) + "/" + name; }

 private:
  char path_[32] = "/tmp/cell0-token-XXXXXX";
};

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("the first who asks makes the token, later ones read the same") {
  const TemporaryDirectory directory;
  const std::string state = directory.below("a/b/state");
  CHECK(read_admin_token(state).error().code == ErrorCode::kNotFound);
  SystemRandom random;
  const auto token = read_or_make_admin_token(state, random);
  REQUIRE(token.ok());
  CHECK(token->starts_with("cell0_"));
  CHECK(token->size() == 6 + 43);
  CHECK(mode_of(state) == 0700);
  CHECK(mode_of(admin_token_path(state)) == 0600);
  CHECK(*read_or_make_admin_token(state, random) == *token);
  CHECK(*read_admin_token(state) == *token);
  const auto files = std::filesystem::directory_iterator(state);
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("the umask does not weaken or break the file") {
  const TemporaryDirectory directory;
  SystemRandom random;
  const mode_t before = ::umask(0);
  const auto token = read_or_make_admin_token(directory.below("s"), random);
  ::umask(before);
  CHECK(token.ok());
  CHECK(mode_of(admin_token_path(directory.below("s"))) == 0600);
}

TEST_CASE("many who start at once get one token") {
  const TemporaryDirectory directory;
  const std::string state = directory.below("state");
  std::vector<std::string> tokens(8);
  std::vector<std::thread> threads;
  for (std::string& token : tokens) {
    threads.emplace_back([&state, &token] {
      SystemRandom random;
      const auto made = read_or_make_admin_token(state, random);
      if (made.ok()) token = *made;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::set<std::string> distinct(tokens.begin(), tokens.end());
  CHECK(distinct.size() == 1);
  CHECK(!distinct.begin()->empty());
}

TEST_CASE("a file that others can read or write is refused with words") {
  const TemporaryDirectory directory;
  const std::string state = directory.below("state");
  SystemRandom random;
  REQUIRE(read_or_make_admin_token(state, random).ok());
  for (const mode_t mode : {0644u, 0640u, 0620u, 0601u}) {
    CAPTURE(mode);
    ::chmod(admin_token_path(state).c_str(), mode);
    const auto token = read_or_make_admin_token(state, random);
    REQUIRE(!token.ok());
    CHECK(token.error().code == ErrorCode::kForbidden);
    CHECK(token.error().text.find("must be 0600") != std::string::npos);
  }
}

TEST_CASE("what is no token, or no plain file, is refused") {
  const TemporaryDirectory directory;
  const std::string state = directory.below("state");
  std::filesystem::create_directories(state);
  const std::string path = admin_token_path(state);
  const mode_t before = ::umask(077);
  for (const std::string text : {"", "cell0_short", "password-password-password-password-password",
                                 "cell0_0123456789abcdef0123456789abcdef with more"}) {
    CAPTURE(text);
    std::ofstream(path) << text;
    CHECK(read_admin_token(state).error().code == ErrorCode::kInvalid);
  }
  std::ofstream(path) << "cell0_0123456789abcdef0123456789abcdef\n";
  CHECK(*read_admin_token(state) == "cell0_0123456789abcdef0123456789abcdef");
  ::umask(before);
  std::filesystem::rename(path, state + "/elsewhere");
  std::filesystem::create_symlink(state + "/elsewhere", path);
  CHECK(!read_admin_token(state).ok());
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK(!read_admin_token(state).ok());
}

TEST_CASE("a state directory that cannot be made names its key") {
  SystemRandom random;
  const auto token = read_or_make_admin_token("/proc/cell0-test", random);
  REQUIRE(!token.ok());
  CHECK(token.error().text.starts_with("state.dir: /proc/cell0-test cannot be made"));
}

TEST_CASE("equal is equal") {
  CHECK(constant_time_equal("", ""));
  CHECK(constant_time_equal("abc", "abc"));
  CHECK(!constant_time_equal("abc", "abd"));
  CHECK(!constant_time_equal("xbc", "abc"));
  CHECK(!constant_time_equal("abc", "abcd"));
}
