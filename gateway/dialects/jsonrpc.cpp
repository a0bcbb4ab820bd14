#include "gateway/dialects/jsonrpc.h"

#include <array>

#include "gateway/dialects/json_text.h"
#include "gateway/dialects/jsonrpc_methods.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

using Value = rapidjson::Value;

Request invalid(std::string text, std::string id = "null", Fault fault = Fault::kInvalidRequest) {
  return {InvalidCommand{std::move(text), fault, {}}, {std::move(id), false, nullptr}};
}

bool is_id(const Value& value, std::string_view raw) {
  const bool number = !raw.empty() && (raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9'));
  return number || value.IsString() || value.IsNull();
}

// params that are no object; none if they are one, or absent, or an empty list.
std::optional<std::string> wrong_params(const Value* params) {
  if (params == nullptr || params->IsObject()) return std::nullopt;
  if (params->IsArray() && params->Empty()) return std::nullopt;
  if (params->IsArray()) return "params are named here: an object, not a list";
  return "params is not an object";
}

Request decode_request(const Value& value, std::string_view raw) {
  if (!value.IsObject()) return invalid("a request is an object");
  const auto members = json_members(raw);
  const JsonMember* const id = find_member(members, "id");
  if (id != nullptr && !is_id(*json_member(value, "id"), id->value)) {
    return invalid("id is not a string, a number or null");
  }
  if (const std::string twice = repeated_name(members); !twice.empty()) {
    return invalid(twice.substr(0, 100) + " is there twice",
                   id == nullptr || twice == "id" ? "null" : std::string(id->value));
  }
  std::string id_text = id == nullptr ? "null" : std::string(id->value);
  if (json_string(value, "jsonrpc") != "2.0") return invalid("jsonrpc is not \"2.0\"", std::move(id_text));
  const auto method = json_string(value, "method");
  if (!method) return invalid("method is not a string", std::move(id_text));

  ReplyContext context{std::move(id_text), id == nullptr, nullptr};
  const Value* params = json_member(value, "params");
  if (auto wrong = wrong_params(params)) {
    const Fault fault = params->IsArray() ? Fault::kInvalidParams : Fault::kInvalidRequest;
    return {InvalidCommand{std::move(*wrong), fault, {}}, std::move(context)};
  }
  if (params != nullptr && params->IsArray()) params = nullptr;
  const std::string_view raw_params = params == nullptr ? "{}" : find_member(members, "params")->value;
  return {decode_jsonrpc_method(*method, params, raw_params), std::move(context)};
}

Decoded decode_batch(const Value& value, std::string_view text) {
  if (value.Empty()) return {{invalid("a batch of nothing")}, false};
  if (value.Size() > JsonRpcDialect::kBatchMax) {
    return {{invalid("a batch of " + std::to_string(value.Size()) + " requests, at most " +
                     std::to_string(JsonRpcDialect::kBatchMax) + " are taken")},
            false};
  }
  Decoded decoded;
  decoded.is_batch = true;
  const auto batch = std::make_shared<ReplyBatch>();
  const auto items = json_items(text);
  for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
    Request request = decode_request(value[i], items[i]);
    if (!request.context.silent) {
      request.context.batch = batch;
      ++batch->missing;
    }
    decoded.requests.push_back(std::move(request));
  }
  return decoded;
}

}  // namespace

Decoded JsonRpcDialect::decode(std::string_view text) const {
  const auto parsed = parse_any_json(text, {kDepthMax});
  if (!parsed) return {{invalid(parsed.error().text, "null", Fault::kParse)}, false};
  if (parsed->IsArray()) return decode_batch(*parsed, text);
  return {{decode_request(*parsed, text)}, false};
}

// What the server says unasked has no id; a response always has.
void JsonRpcDialect::reply(std::string& out, const ReplyContext& context, const Reply& reply) const {
  if (context.silent) return;
  std::string text = jsonrpc_text(context.id, reply);
  if (context.batch == nullptr) return append_ws_frame(out, WsOpcode::kText, text);
  ReplyBatch& batch = *context.batch;
  if (batch.text.size() + text.size() > kBatchBytesMax) {
    text = jsonrpc_text(
        context.id, ErrorReply{"the replies of this batch are too large together: ask for it alone", Fault::kServer});
  }
  batch.text += (batch.text.empty() ? "[" : ",") + text;
  if (--batch.missing == 0) append_ws_frame(out, WsOpcode::kText, batch.text + "]");
}

}  // namespace cell0::gateway
