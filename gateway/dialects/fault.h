// Why a request was not served, in a word that each dialect has its own rendering for (a code, a close, just the text).
#pragma once

#include <string>

#include "common/result.h"

namespace cell0::gateway {

enum class Fault {
  kParse,            // the text is not what the dialect is written in
  kInvalidRequest,   // it is, but it is no request
  kUnknownMethod,    // a request for what does not exist
  kInvalidParams,    // the same request will fail again
  kUnauthenticated,  // a token would help, or a better one
  kForbidden,        // this one does not permit it
  kRate,             // too much at once; later may work
  kTimeout,          // no answer in time: whether it happened is not known
  kNotFound,         // there is no such entity
  kInvalidState,     // not in the state that this connection is in
  kRouting,          // it cannot be passed on now
  kServer,           // not now: a part that is needed is away
  kInternal,
};

inline Fault fault_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kTooLarge:
      return Fault::kInvalidParams;
    case ErrorCode::kNotFound:
      return Fault::kNotFound;
    case ErrorCode::kUnauthenticated:
      return Fault::kUnauthenticated;
    case ErrorCode::kForbidden:
      return Fault::kForbidden;
    case ErrorCode::kConflict:
      return Fault::kInvalidState;
    case ErrorCode::kFull:
      return Fault::kRate;
    case ErrorCode::kTimeout:
      return Fault::kTimeout;
    case ErrorCode::kUnavailable:
    case ErrorCode::kGone:
      return Fault::kServer;
    case ErrorCode::kInternal:
      break;
  }
  return Fault::kInternal;
}

}  // namespace cell0::gateway
