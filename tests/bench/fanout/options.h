// "--name value" arguments of the bench programs, strictly: what is not known, or not a number, ends the program
// with 2.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cell0::bench {

class Options {
 public:
  explicit Options(std::string_view usage) : usage_(usage) {}

  void text(const std::string& name, std::string& into) {
    setters_[name] = [&into](const std::string& value) { return into = value, true; };
  }
  template <typename Fn>
  void each(const std::string& name, Fn add) {  // may be given several times; add(value) says whether it is right
    setters_[name] = add;
  }
  template <typename Number>
  void number(const std::string& name, Number& into) {
    setters_[name] = [&into](const std::string& value) {
      char* end = nullptr;
      const double parsed = std::strtod(value.c_str(), &end);
      if (value.empty() || *end != '\0' || parsed < 0) return false;
      into = static_cast<Number>(parsed);
      return true;
    };
  }

  void parse(int argc, char** argv) const {
    for (int i = 1; i < argc; i += 2) {
      const auto setter = setters_.find(argv[i]);
      if (setter == setters_.end()) fail(std::string(argv[i]) + " is not an option");
      if (i + 1 == argc) fail(std::string(argv[i]) + " needs a value");
      if (!setter->second(argv[i + 1])) fail(std::string(argv[i]) + ": \"" + argv[i + 1] + "\" is not right");
    }
  }

  [[noreturn]] void fail(const std::string& text) const {
    std::fprintf(stderr, "%s\n%.*s", text.c_str(), static_cast<int>(usage_.size()), usage_.data());
    std::exit(2);
  }

 private:
  std::string_view usage_;
  std::map<std::string, std::function<bool(const std::string&)>> setters_;
};

}  // namespace cell0::bench
