// A log file in a directory of its own.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cell0/v1/event.pb.h"
#include "common/store/append.h"
#include "common/store/scan.h"
#include "common/store/schema.h"

namespace cell0::store {

class LogFile {
 public:
  LogFile() {
    std::string name = (std::filesystem::temp_directory_path() / "cell0-store-test.XXXXXX").string();
    CELL0_CHECK(::mkdtemp(name.data()) != nullptr);
    dir_ = name;
    Database::Options options;
    options.access = Database::Access::kCreate;
    auto opened = Database::open(path(), options);
    REQUIRE(opened);
    database = std::make_unique<Database>(std::move(*opened));
    REQUIRE(make_schema(*database));
    REQUIRE(configure_writer(*database));
    REQUIRE(set_synced(*database, false));
    auto made = Appender::create(*database);
    REQUIRE(made);
    appender = std::make_unique<Appender>(std::move(*made));
  }
  ~LogFile() {
    appender.reset();
    database.reset();
    std::filesystem::remove_all(dir_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::filesystem::path path() const { return dir_ / "log.db"; }

  static std::string envelope(const std::string& source = "chat.general", const std::string& session = "") {
    v1::Envelope made;
    made.set_source(source);
    if (!session.empty()) made.set_session_id(session);
    made.mutable_chat_message()->set_message("hello");
    return made.SerializeAsString();
  }
  void add(std::uint64_t seq, const std::string& type, const std::string& topic, std::uint32_t priority = 5,
           const std::string& body = envelope(), std::int64_t taken_us = 0) {
    auto transaction = Transaction::begin(*database, Transaction::Kind::kWrite);
    REQUIRE(transaction);
    REQUIRE(appender->append({Seq{seq}, taken_us, type, topic, priority, false, body}));
    REQUIRE(transaction->commit());
  }

  std::unique_ptr<Database> database;
  std::unique_ptr<Appender> appender;

 private:
  std::filesystem::path dir_;
};

}  // namespace cell0::store
