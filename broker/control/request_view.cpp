#include "broker/control/request_view.h"

#include "cell0/v1/control.pb.h"
#include "common/wire.h"

namespace cell0::broker {

using wire::Type;

RequestView RequestView::of(std::string_view message) {
  RequestView view;
  wire::Reader reader(message);
  while (reader.next()) {
    if (reader.is(v1::Request::kIdFieldNumber, Type::kVarint)) {
      view.id = reader.number();
    } else if (reader.type() == Type::kBytes) {
      view.body_field = reader.field();
      view.body = reader.bytes();
    }
  }
  view.well_formed = reader.ok();
  return view;
}

namespace {

bool read_key(std::string_view bytes, PublishView::Key& key) {
  wire::Reader reader(bytes);
  while (reader.next()) {
    if (reader.is(v1::EventKey::kIndexFieldNumber, Type::kVarint)) {
      key.index = reader.number();
    } else if (reader.is(v1::EventKey::kEntityFieldNumber, Type::kBytes)) {
      key.entity = reader.bytes();
    } else if (reader.is(v1::EventKey::kKeyFieldNumber, Type::kBytes)) {
      key.key = reader.bytes();
    } else if (reader.is(v1::EventKey::kDigestFieldNumber, Type::kVarint)) {
      key.digest = reader.number();
    }
  }
  return reader.ok();
}

bool read_fence(std::string_view bytes, PublishView& view) {
  wire::Reader reader(bytes);
  while (reader.next()) {
    if (reader.is(v1::Fence::kServiceFieldNumber, Type::kBytes)) {
      view.fence_service = reader.bytes();
    } else if (reader.is(v1::Fence::kEpochFieldNumber, Type::kVarint)) {
      view.fence_epoch = reader.number();
    }
  }
  return reader.ok() && !view.fence_service.empty();
}

}  // namespace

Result<void> PublishView::read(std::string_view body) {
  emitter_id = {};
  incarnation = first_n = answered_through = 0;
  fence_service = {};
  fence_epoch = 0;
  envelopes.clear();
  keys.clear();
  wire::Reader reader(body);
  while (reader.next()) {
    if (reader.is(v1::PublishRequest::kEnvelopesFieldNumber, Type::kBytes)) {
      envelopes.push_back(reader.bytes());
    } else if (reader.is(v1::PublishRequest::kEmitterIdFieldNumber, Type::kBytes)) {
      emitter_id = reader.bytes();
    } else if (reader.is(v1::PublishRequest::kIncarnationFieldNumber, Type::kVarint)) {
      incarnation = reader.number();
    } else if (reader.is(v1::PublishRequest::kFirstNFieldNumber, Type::kVarint)) {
      first_n = reader.number();
    } else if (reader.is(v1::PublishRequest::kAnsweredThroughFieldNumber, Type::kVarint)) {
      answered_through = reader.number();
    } else if (reader.is(v1::PublishRequest::kKeysFieldNumber, Type::kBytes)) {
      Key key;
      if (!read_key(reader.bytes(), key) || (!keys.empty() && key.index <= keys.back().index)) {
        return Error{ErrorCode::kInvalid, "publish.keys: not encoded cell0.v1.EventKeys by ascending index"};
      }
      keys.push_back(key);
    } else if (reader.is(v1::PublishRequest::kFenceFieldNumber, Type::kBytes)) {
      if (!read_fence(reader.bytes(), *this)) {
        return Error{ErrorCode::kInvalid, "publish.fence: not an encoded cell0.v1.Fence with a service"};
      }
    }
  }
  if (!reader.ok()) return Error{ErrorCode::kInvalid, "publish: not an encoded cell0.v1.PublishRequest"};
  return {};
}

}  // namespace cell0::broker
