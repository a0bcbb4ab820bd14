// Immutable bytes that many connections share: encoded once, counted, freed with the last reference.
//
// For one thread: the counter is a plain integer, which is what makes handing a blob to 10,000 connections cheap. A
// blob may have a second form for some of them (compressed), made once, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace cell0::gateway {

class BlobPtr {
 public:
  BlobPtr() = default;  // holds nothing: false, size 0
  BlobPtr(const BlobPtr& other) : block_(other.block_) {
    if (block_ != nullptr) ++block_->references;
  }
  BlobPtr(BlobPtr&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlobPtr& operator=(BlobPtr other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlobPtr() { release(block_); }

  // One allocation and one copy.
  static BlobPtr copy(std::string_view bytes) {
    void* memory = ::operator new(sizeof(Block) + bytes.size());
    BlobPtr blob;
    blob.block_ = new (memory) Block{1, bytes.size(), nullptr};
    if (!bytes.empty()) std::memcpy(blob.block_ + 1, bytes.data(), bytes.size());
    return blob;
  }

  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  std::string_view view() const {
    return block_ == nullptr ? std::string_view{} : std::string_view{static_cast<const char*>(payload()), block_->size};
  }
  explicit operator bool() const { return block_ != nullptr; }

  // Its second form: what `make(view())` returned when it was first asked for; the blob itself if that was "".
  // REQUIRES: it holds something.
  template <typename Make>
  BlobPtr other_form(Make&& make) const {
    if (block_->other == nullptr) {
      BlobPtr made = copy_unless_empty(make(view()));
      block_->other = made ? std::exchange(made.block_, nullptr) : block_;
    }
    BlobPtr other;
    other.block_ = block_->other;
    ++other.block_->references;
    return other;
  }

 private:
  struct Block {
    std::size_t references;
    std::size_t size;  // the bytes follow
    Block* other;      // the second form, counted; itself, not counted: there is none; nullptr: never asked for
  };
  const void* payload() const { return block_ + 1; }
  static BlobPtr copy_unless_empty(std::string_view bytes) { return bytes.empty() ? BlobPtr() : copy(bytes); }
  static void release(Block* block) {
    if (block == nullptr || --block->references > 0) return;
    if (block->other != block) release(block->other);
    ::operator delete(block);
  }

  Block* block_ = nullptr;
};

}  // namespace cell0::gateway
