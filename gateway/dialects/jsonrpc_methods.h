// Every method of the jsonrpc dialect and its parameters (dialects.md section 2).
#pragma once

#include <string_view>
#include <vector>

#include "common/json.h"
#include "gateway/dialects/command.h"

namespace cell0::gateway {

// The command of a request with these parameters: `params` is an object, or null without any; `raw` its text. An
// InvalidCommand, if the method is not known or one of its parameters is wrong; unknown parameters are ignored.
Command decode_jsonrpc_method(std::string_view method, const rapidjson::Value* params, std::string_view raw);

// Those that a client may ask for, in the order of dialects.md.
const std::vector<std::string_view>& jsonrpc_method_names();

}  // namespace cell0::gateway
