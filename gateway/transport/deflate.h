// Messages compressed and back (RFC 7692 section 7.2), each for itself: no window outlives its message. The only user
// of zlib in the gateway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cell0::gateway {

// Payloads outside of these bounds are sent as they are. Below, the gain is some bytes; above, compressing would hold
// the loop for more than some 5 ms.
inline constexpr std::size_t kDeflateBytesMin = 1024;
inline constexpr std::size_t kDeflateBytesMax = 1024 * 1024;

// One compressed message in.
class Inflater {
 public:
  static constexpr std::size_t kBytes = 42 * 1024;  // what one costs, from the first bytes on

  enum class Outcome : std::uint8_t {
    kOk,
    kTooBig,  // `out` would have become larger than `bytes_max`
    kBadData,
  };
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends what `bytes` inflate to, in slices: `out` never holds, nor reserves, more than `bytes_max`. After an error
  // it is of no more use until reset().
  Outcome add(std::string_view bytes, std::string& out, std::size_t bytes_max);

  // Whether a message may end here. REQUIRES: the last add() was of the four bytes 00 00 ff ff (section 7.2.2).
  bool complete() const;

  void reset();  // for another message

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  bool open_ = false;              // a deflate stream has begun and its final block has not been seen
  bool open_before_last_ = false;  // as it was when the last add() began
};

// Compresses: 50 KiB from the first use on, for a whole process.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The same messages, those compressed that are worth it; "" if none is. REQUIRES: `frames` are whole frames as
  // append_ws_frame() makes them.
  std::string frames(std::string_view frames);

 private:
  struct Stream;
  bool compress(std::string_view payload, std::string& packed);  // false: it would not become smaller
  std::unique_ptr<Stream> stream_;
};

}  // namespace cell0::gateway
