#include "common/time_text.h"

#include <string>

namespace cell0 {
namespace {

Error wrong(std::string_view text) {
  return {ErrorCode::kInvalid, "\"" + std::string(text.substr(0, 40)) +
                                   "\" is not a time (2026-02-12T10:30:00Z, or @1770892200 in seconds since 1970)"};
}

// Takes things off the front; once something was not there, ok() is false for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  // One of these characters.
  char take(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return ok_ = false, '\0';
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

  // Exactly so many digits.
  int digits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const char digit = take("0123456789");
      if (!ok_) return 0;
      value = value * 10 + (digit - '0');
    }
    return value;
  }

  // As many digits as there are, one at least; not ok over 10^12.
  std::int64_t number() {
    constexpr std::int64_t kMax = 1'000'000'000'000;
    std::int64_t value = digits(1);
    while (ok_ && is_digit()) value = value * 10 + digits(1), ok_ = ok_ && value <= kMax;
    return value;
  }

  // ".5" as microseconds; 0 if there is none.
  std::int64_t fraction_us() {
    if (peek() != '.') return 0;
    take(".");
    std::int64_t us = 0;
    int digits_taken = 0;
    do {
      const int digit = digits(1);
      if (++digits_taken <= 6) us = us * 10 + digit;
    } while (ok_ && is_digit());
    for (; digits_taken < 6; ++digits_taken) us *= 10;
    return us;
  }

 private:
  bool is_digit() const { return peek() >= '0' && peek() <= '9'; }

  std::string_view rest_;
  bool ok_ = true;
};

// What is behind the seconds: Z, or how far the clock is ahead of UTC.
std::chrono::minutes offset(Scanner& scan) {
  const char sign = scan.take("Zz+-");
  if (!scan.ok() || sign == 'Z' || sign == 'z') return {};
  const int hours = scan.digits(2);
  scan.take(":");
  const int minutes = scan.digits(2);
  if (hours > 23 || minutes > 59) scan.take("");
  const std::chrono::minutes ahead(hours * 60 + minutes);
  return sign == '-' ? -ahead : ahead;
}

}  // namespace

Result<WallTime> parse_time(std::string_view text) {
  Scanner scan(text);
  if (scan.peek() == '@') {
    scan.take("@");
    const std::chrono::seconds seconds(scan.number());
    const std::chrono::microseconds fraction(scan.fraction_us());
    if (!scan.ok() || !scan.at_end()) return wrong(text);
    return WallTime(seconds + fraction);
  }
  const std::chrono::year year(scan.digits(4));
  scan.take("-");
  const std::chrono::month month(static_cast<unsigned>(scan.digits(2)));
  scan.take("-");
  const std::chrono::year_month_day date(year, month, std::chrono::day(static_cast<unsigned>(scan.digits(2))));
  scan.take("Tt ");
  const int hours = scan.digits(2);
  scan.take(":");
  const int minutes = scan.digits(2);
  scan.take(":");
  const int seconds = scan.digits(2);  // 60: a leap second, which our clock does not know, is the next one
  const std::chrono::microseconds fraction(scan.fraction_us());
  const std::chrono::minutes ahead = offset(scan);
  if (!scan.ok() || !scan.at_end() || !date.ok() || hours > 23 || minutes > 59 || seconds > 60) return wrong(text);
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds) + fraction - ahead;
}

}  // namespace cell0
