#include "src/comm/agree.hpp"

#include <new>
#include <string>

#include "src/base/json.hpp"

namespace myriad {

namespace {

/// Whether the communicator itself failed: then nothing can be agreed on any more.
bool is_comm_failure(const Error& error) {
  return error.id() == "E1101" || error.id() == "E1102" || error.id() == "E1103";
}

/// Kind, id and text of any exception, as JSON.
std::string describe(const std::exception_ptr& error) {
  Json json;
  const auto fill = [&](ErrorKind kind, std::string_view id, std::string_view text) {
    json.set("kind", static_cast<std::int64_t>(kind));
    json.set("id", id);
    json.set("text", text);
  };
  const auto unforeseen = [&](const std::exception& e) {
    fill(ErrorKind::internal, "E1110", fmt::format("unexpected failure ({}); please report it", e.what()));
  };
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    if (is_comm_failure(e)) throw;
    fill(e.kind(), e.id(), e.what());
  } catch (const std::bad_alloc& e) {
    fill(ErrorKind::resources, "E1111", MemorySentence(e, -1).text());
  } catch (const std::system_error& e) {
    if (!is_lack_of_resources(e)) {
      unforeseen(e);
    } else {
      fill(ErrorKind::resources, "E1111",
           fmt::format("the system refused a thread or another resource ({}); raise its limits, or ask for fewer threads",
                       e.what()));
    }
  } catch (const std::exception& e) {
    unforeseen(e);
  } catch (...) {
    fill(ErrorKind::internal, "E1110", "unexpected failure (of unknown type); please report it");
  }
  return to_json_text(json);
}

}  // namespace

void agree_on_error(Comm& comm, std::exception_ptr error) {
  std::string text = error ? describe(error) : std::string();
  const int size = comm.size();
  const std::int64_t strongest = comm.max(error ? size - comm.rank() : 0);
  if (strongest == 0) return;
  const std::int64_t failures = comm.sum(error ? 1 : 0);
  const int lowest = size - static_cast<int>(strongest);
  const std::int64_t length =
      comm.max(comm.rank() == lowest ? static_cast<std::int64_t>(text.size()) : 0);
  text.resize(static_cast<std::size_t>(length));
  comm.broadcast(std::as_writable_bytes(std::span(text)), lowest);
  const Json json = parse_json(text, "agreed error");
  std::string message = json.at("text").as_string();
  if (failures < size) message += fmt::format(" [rank {}]", lowest);
  throw AgreedError(static_cast<ErrorKind>(json.at("kind").as_int()), json.at("id").as_string(),
                    message);
}

void run_agreed(Comm& comm, const std::function<void()>& work) {
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  agree_on_error(comm, error);
}

StopReason agree_on_stop(Comm& comm, StopReason mine) {
  return static_cast<StopReason>(comm.max(static_cast<std::int64_t>(mine)));
}

bool agree_on_any(Comm& comm, bool mine) {
  return comm.max(mine ? 1 : 0) != 0;
}

}  // namespace myriad
