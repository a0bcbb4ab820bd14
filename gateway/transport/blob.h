// Immutable bytes that many connections share: encoded once, counted, freed with the last reference.
//
// For one thread: the counter is a plain integer, which is what makes handing a blob to 10,000 connections cheap.
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
  ~BlobPtr() {
    if (block_ != nullptr && --block_->references == 0) ::operator delete(block_);
  }

  // One allocation and one copy.
  static BlobPtr copy(std::string_view bytes) {
    void* memory = ::operator new(sizeof(Block) + bytes.size());
    BlobPtr blob;
    blob.block_ = new (memory) Block{1, bytes.size()};
    if (!bytes.empty()) std::memcpy(blob.block_ + 1, bytes.data(), bytes.size());
    return blob;
  }

  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  std::string_view view() const {
    return block_ == nullptr ? std::string_view{} : std::string_view{static_cast<const char*>(payload()), block_->size};
  }
  explicit operator bool() const { return block_ != nullptr; }

 private:
  struct Block {
    std::size_t references;
    std::size_t size;  // the bytes follow
  };
  const void* payload() const { return block_ + 1; }

  Block* block_ = nullptr;
};

}  // namespace cell0::gateway
