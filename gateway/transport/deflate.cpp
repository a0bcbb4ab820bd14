#include "gateway/transport/deflate.h"

#include <zlib.h>

#include <algorithm>

#include "common/check.h"
#include "gateway/transport/deflate_offer.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

constexpr std::size_t kSliceBytes = 16 * 1024;
constexpr int kInflateWindowBits = 15;  // whatever window a client compresses with
constexpr int kLevel = 3;               // 240 MB/s of JSON; 6 saves a tenth more and takes twice as long
constexpr int kMemoryLevel = 5;
constexpr std::string_view kFlushTail("\x00\x00\xff\xff", 4);  // of Z_SYNC_FLUSH: section 7.2.1 strips it

// zlib's "raw deflate" is a negative number of window bits.
constexpr int raw(int window_bits) { return -window_bits; }

Bytef* input_of(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib does not write to it
}

// As std::string grows, but never beyond what it may hold: its own reserve() at least doubles.
void append_within(std::string& out, std::string_view bytes, std::size_t bytes_max) {
  const std::size_t needed = out.size() + bytes.size();
  if (needed > out.capacity()) {
    std::string grown;
    grown.reserve(std::min(bytes_max, std::max(needed, 2 * out.capacity())));
    grown.append(out);
    out.swap(grown);
  }
  out.append(bytes);
}

}  // namespace

// --- In.

struct Inflater::Stream {
  z_stream z{};
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
  CELL0_CHECK(inflateInit2(&stream_->z, raw(kInflateWindowBits)) == Z_OK);  // else: no memory
}

Inflater::~Inflater() { inflateEnd(&stream_->z); }

void Inflater::reset() {
  CELL0_CHECK(inflateReset(&stream_->z) == Z_OK);
  open_ = open_before_last_ = false;
}

Inflater::Outcome Inflater::add(std::string_view bytes, std::string& out, std::size_t bytes_max) {
  z_stream& z = stream_->z;
  z.next_in = input_of(bytes);
  z.avail_in = static_cast<uInt>(bytes.size());
  open_before_last_ = open_;
  char slice[kSliceBytes];
  int result = Z_OK;
  do {
    // A compressor that cannot flush ends a stream with each block (section 7.2.3.4): another one begins.
    if (!open_) inflateReset(&z);
    open_ = true;
    const std::size_t room = bytes_max - std::min(bytes_max, out.size());
    z.next_out = reinterpret_cast<Bytef*>(slice);
    z.avail_out = static_cast<uInt>(std::min(kSliceBytes, room + 1));
    result = inflate(&z, Z_SYNC_FLUSH);
    const std::size_t made = static_cast<std::size_t>(z.next_out - reinterpret_cast<Bytef*>(slice));
    if (made > room) return Outcome::kTooBig;
    append_within(out, {slice, made}, bytes_max);
    if (result == Z_STREAM_END) open_ = false;
  } while ((result == Z_OK && (z.avail_in > 0 || z.avail_out == 0)) || (result == Z_STREAM_END && z.avail_in > 0));
  const bool fine = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;  // the last: nothing to do
  return fine ? Outcome::kOk : Outcome::kBadData;
}

bool Inflater::complete() const {
  constexpr int kBetweenBlocks = 128;  // data_type: no bits left over, and the next thing is a block's header
  return !open_before_last_ || stream_->z.data_type == kBetweenBlocks;
}

// --- Out.

struct Deflater::Stream {
  z_stream z{};
};

Deflater::Deflater() = default;

Deflater::~Deflater() {
  if (stream_) deflateEnd(&stream_->z);
}

bool Deflater::compress(std::string_view payload, std::string& packed) {
  if (!stream_) {
    stream_ = std::make_unique<Stream>();
    CELL0_CHECK(deflateInit2(&stream_->z, kLevel, Z_DEFLATED, raw(kDeflateWindowBits), kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);  // else: no memory
  }
  z_stream& z = stream_->z;
  CELL0_CHECK(deflateReset(&z) == Z_OK);
  packed.resize(payload.size());
  z.next_in = input_of(payload);
  z.avail_in = static_cast<uInt>(payload.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  CELL0_CHECK(deflate(&z, Z_SYNC_FLUSH) == Z_OK);
  if (z.avail_in > 0 || z.avail_out == 0) return false;  // perhaps not all of it is there
  packed.resize(packed.size() - z.avail_out);
  const std::size_t kept = packed.size() - kFlushTail.size();
  CELL0_CHECK(packed.compare(kept, std::string::npos, kFlushTail) == 0);
  packed.resize(kept);
  return true;
}

std::string Deflater::frames(std::string_view frames) {
  std::string out;
  std::string packed;
  bool any = false;
  while (!frames.empty()) {
    const WsFrameView frame = first_ws_frame(frames);
    const std::size_t size = frame.payload.size();
    const bool worth_it = size >= kDeflateBytesMin && size <= kDeflateBytesMax && compress(frame.payload, packed);
    any = any || worth_it;
    if (worth_it)
      append_ws_frame(out, frame.op, packed, WsCompressed::kYes);
    else
      out.append(frames.substr(0, frame.size));
    frames.remove_prefix(frame.size);
  }
  return any ? out : std::string();
}

}  // namespace cell0::gateway
