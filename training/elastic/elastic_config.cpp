#include "training/elastic/elastic_config.hpp"

#include "training/elastic/token.hpp"

namespace myriad::train::elastic {

void add_elastic_keys(Schema& section) {
  section.integer("workers", "Workers that the run starts with").required().range(1, 65536);
  section.integer("min_members", "No step is done by fewer").default_to(1).range(1, 65536);
  section.text("interface", "Network interface to listen on: lo, eth0, ...; any = all; unix:FOLDER/ = UNIX sockets")
      .default_to("lo");
  section.integer("port", "Port of the lighthouse; 0 = a free one").default_to(0).range(0, 65535);
  section.path("token_file", "Secret of the run, mode 0600; absent: variable MYRIAD_ELASTIC_TOKEN");
  section.integer("heartbeat_ms", "Signs of life of idle connections").unit("ms").default_to(100).range(20, 10000);
  section.integer("missed_heartbeats", "Signs of life that may be missing before a worker counts as hung")
      .default_to(5)
      .range(2, 1000);
  section.number("least_deadline", "Work is never called overdue before").unit("s").default_to(2.0).range(0.1, 3600);
  section.number("deadline_factor", "Work is overdue after so many times the median duration")
      .default_to(10.0)
      .range(2, 1000);
  section.number("first_deadline", "Limit of work while no duration is known").unit("s").default_to(600.0).range(1, 86400);
  section.number("start_time_out", "Wait for workers at the start, and below min_members")
      .unit("s")
      .default_to(60.0)
      .range(1, 86400);
  section.number("lighthouse_time_out", "A worker without lighthouse ends after").unit("s").default_to(10.0).range(0.5, 3600);
  section.integer("copies", "Workers that keep a copy of each one's memory: so many may die in one step")
      .default_to(1)
      .range(0, 3);
  section.integer("hash_every", "Steps between comparisons of the workers' states").default_to(1).range(1, 1000000);
  section.integer("max_aborts", "Consecutive aborts of a step that end the run").default_to(20).range(1, 1000);
}

namespace {

TransportConfig transport_config(const Config& section) {
  TransportConfig c;
  c.interface = section.text("interface");
  c.heartbeat_seconds = 1e-3 * static_cast<double>(section.integer("heartbeat_ms"));
  c.token = load_token(section.has("token_file") ? section.path("token_file") : std::filesystem::path());
  return c;
}

}  // namespace

LighthouseConfig lighthouse_config(const Config& section, const std::filesystem::path& journal) {
  LighthouseConfig c;
  c.transport = transport_config(section);
  c.transport.port = static_cast<std::uint16_t>(section.integer("port"));
  c.transport.silence_seconds = c.transport.heartbeat_seconds * static_cast<double>(section.integer("missed_heartbeats"));
  c.workers = static_cast<std::uint32_t>(section.integer("workers"));
  c.min_members = static_cast<std::uint32_t>(section.integer("min_members"));
  if (c.min_members > c.workers) {
    throw section.complaint("min_members", "E2471",
                            fmt::format("{} members are the least of a run of {} workers (it would never start) lower it",
                                        c.min_members, c.workers));
  }
  c.start_seconds = section.number("start_time_out");
  c.first_deadline_seconds = section.number("first_deadline");
  c.least_deadline_seconds = section.number("least_deadline");
  c.deadline_factor = section.number("deadline_factor");
  c.most_aborts = static_cast<std::uint32_t>(section.integer("max_aborts"));
  c.journal = journal;
  return c;
}

ElasticConfig elastic_config(const Config& section, std::string lighthouse) {
  ElasticConfig c;
  c.transport = transport_config(section);
  c.lighthouse = std::move(lighthouse);
  c.lighthouse_seconds = section.number("lighthouse_time_out");
  c.copies = static_cast<std::uint32_t>(section.integer("copies"));
  c.hash_every = static_cast<std::uint64_t>(section.integer("hash_every"));
  return c;
}

}  // namespace myriad::train::elastic
