// The log on spdlog, which brings levels, locking and the terminal; the lines are ours, so that any bytes are safe in
// them.
#include "common/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include <mutex>

#include "common/json.h"
#include "common/utf8.h"

namespace cell0 {
namespace {

constexpr std::size_t kTextBytesMax = 4096;  // of the text and of each value, in the text format: a line stays readable

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

std::string_view name_of(LogLevel level) {
  constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error", "off"};
  return kNames[static_cast<std::size_t>(level)];
}

bool as_text(LogFormat format) {
  return format == LogFormat::kText || (format == LogFormat::kAuto && ::isatty(STDERR_FILENO) == 1);
}

std::string now() { return to_iso8601(SystemClock().wall()); }

struct JsonValue {
  JsonWriter& json;
  void operator()(std::string_view text) { json.string(text); }
  void operator()(bool flag) { json.boolean(flag); }
  void operator()(auto figure) { json.number(figure); }
};

std::string json_line(std::string_view program, LogLevel level, std::string_view text, LogFields fields) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("time", now());
  json.member("level", name_of(level));
  json.member("program", program);
  json.member("message", text);
  for (const LogField& field : fields) {
    json.key(field.key);
    std::visit(JsonValue{json}, field.value);
  }
  json.end_object();
  return line;
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=") != std::string_view::npos;
}

std::string text_value(const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    const std::string shown = printable(*text, kTextBytesMax);
    return needs_quotes(shown) ? '"' + shown + '"' : shown;
  }
  std::string shown;
  JsonWriter json(shown);
  std::visit(JsonValue{json}, value);
  return shown;
}

std::string text_line(std::string_view program, LogLevel level, std::string_view text, LogFields fields) {
  std::string line = now();
  line.append(" ").append(name_of(level)).append(name_of(level).size() < 5 ? "  " : " ").append(program).append(": ");
  line += printable(text, kTextBytesMax);
  for (const LogField& field : fields) line.append(" ").append(field.key).append("=").append(text_value(field.value));
  return line;
}

class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit CallbackSink(Log::Sink to) : sink_(std::move(to)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    sink_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  Log::Sink sink_;
};

}  // namespace

class Log::Impl {
 public:
  Impl(Options options, bool text, spdlog::sink_ptr sink)
      : program_(std::move(options.program)), text_(text), logger_(program_, std::move(sink)) {
    logger_.set_pattern("%^%v%$");
    logger_.set_level(to_spdlog(options.level));
    logger_.flush_on(spdlog::level::trace);
  }

  void write(LogLevel level, std::string_view text, LogFields fields) {
    const std::string line =
        text_ ? text_line(program_, level, text, fields) : json_line(program_, level, text, fields);
    logger_.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }
  bool enabled(LogLevel level) const { return level != LogLevel::kOff && logger_.should_log(to_spdlog(level)); }
  void set_level(LogLevel level) { logger_.set_level(to_spdlog(level)); }

 private:
  std::string program_;
  bool text_;
  spdlog::logger logger_;
};

Log::Log(Options options) {
  const bool text = as_text(options.format);
  // Colours only where a person looks: the sink itself finds out whether it is a terminal.
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(text ? spdlog::color_mode::automatic
                                                                         : spdlog::color_mode::never);
  impl_ = std::make_unique<Impl>(std::move(options), text, std::move(sink));
}

Log::Log(Options options, Sink sink) {
  const bool text = options.format == LogFormat::kText;
  impl_ = std::make_unique<Impl>(std::move(options), text, std::make_shared<CallbackSink>(std::move(sink)));
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view text, LogFields fields) {
  if (impl_->enabled(level)) impl_->write(level, text, fields);
}

bool Log::enabled(LogLevel level) const { return impl_->enabled(level); }

void Log::set_level(LogLevel level) { impl_->set_level(level); }

std::optional<LogThrottle::Pass> LogThrottle::admit(MonoTime now) {
  if (last_ && now - *last_ < interval_) {
    ++suppressed_;
    return std::nullopt;
  }
  last_ = now;
  return Pass{std::exchange(suppressed_, 0)};
}

}  // namespace cell0
