#include "tests/unit/training/elastic/cluster.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <new>
#include <random>
#include <thread>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/log.hpp"
#include "training/elastic/protocol.hpp"
#include "training/elastic/token.hpp"

namespace myriad::test {

using namespace myriad::train;
using namespace myriad::train::elastic;

namespace {

constexpr std::size_t k_in = MixtureNetwork::k_inputs, k_data = 1000;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t mixed(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

MixtureProblem::MixtureProblem(std::size_t table_size)
    : parameters(k_parameters),
      table(table_size),
      first_moment(k_parameters),
      second_moment(k_parameters),
      inputs_(k_data * k_in),
      labels_(k_data) {
  std::mt19937 random(20);
  std::normal_distribution<float> normal;
  std::vector<float> centres(20 * k_in);
  for (float& c : centres) c = normal(random);
  for (std::size_t s = 0; s < k_data; ++s) {
    const std::size_t centre = random() % 20;
    labels_[s] = static_cast<int>(centre % MixtureNetwork::k_classes);
    for (std::size_t i = 0; i < k_in; ++i) inputs_[s * k_in + i] = centres[centre * k_in + i] + normal(random);
  }
  for (float& p : parameters) p = 0.2F * normal(random);
}

void MixtureProblem::compute(std::uint32_t m, std::uint64_t step, std::span<float> gradient, std::span<float> memory) const {
  for (std::uint32_t i = 0; i < k_samples; ++i) {
    const std::size_t s = mixed(step * 1000 + m * k_samples + i) % k_data;
    MixtureNetwork::loss(parameters.data(), inputs_.data() + s * k_in, labels_[s], gradient.data());
    gradient[k_parameters] += 1.0F;
  }
  if (memory.empty()) return;
  for (std::size_t i = 0; i < k_parameters; ++i) {
    const float all = gradient[i] + memory[i];
    const bool sent = (i + step) % 2 == 0;
    gradient[i] = sent ? all : 0.0F;
    memory[i] = sent ? 0.0F : all;
  }
}

void MixtureProblem::apply(std::uint64_t step, std::span<const float> gradient) {
  odd_batches += gradient[k_parameters] == static_cast<float>(k_micro_batches * k_samples) ? 0 : 1;
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = 0.5F * table[i] + static_cast<float>((i * 7 + step) % 1009);
  const float t = static_cast<float>(step + 1), c1 = 1.0F - std::pow(0.9F, t), c2 = 1.0F - std::pow(0.99F, t);
  for (std::size_t i = 0; i < k_parameters; ++i) {
    const float g = gradient[i] / gradient[k_parameters];
    first_moment[i] = 0.9F * first_moment[i] + 0.1F * g;
    second_moment[i] = 0.99F * second_moment[i] + 0.01F * g * g;
    parameters[i] -= 0.01F * (first_moment[i] / c1) / (std::sqrt(second_moment[i] / c2) + 1e-8F);
  }
}

void MixtureProblem::run_alone(std::uint64_t steps) {
  std::vector<std::vector<float>> memory(k_micro_batches, std::vector<float>(k_parameters));
  for (std::uint64_t step = 0; step < steps; ++step) {
    std::vector<std::vector<float>> leaves(k_micro_batches, std::vector<float>(k_parameters + 1));
    for (std::uint32_t m = 0; m < k_micro_batches; ++m) compute(m, step, leaves[m], memory[m]);
    // ((0+1)+(2+3))+((4+5)+(6+7)) and so on: halves of the next power of two.
    const std::function<std::vector<float>(std::size_t, std::size_t)> sum = [&](std::size_t first, std::size_t width) {
      if (width == 1) return leaves[first];
      std::vector<float> left = sum(first, width / 2);
      if (first + width / 2 >= leaves.size()) return left;
      const std::vector<float> right = sum(first + width / 2, width / 2);
      for (std::size_t i = 0; i < left.size(); ++i) left[i] += right[i];
      return left;
    };
    apply(step, sum(0, 16));
  }
}

Hash128 MixtureProblem::hash() const {
  Xxh3 hash;
  for (const auto* v : {&parameters, &table, &first_moment, &second_moment}) hash.update(std::as_bytes(std::span(*v)));
  return hash.finish();
}

double MixtureProblem::loss() const {
  double sum = 0.0;
  for (std::size_t s = 0; s < k_data; ++s) sum += MixtureNetwork::loss<float>(parameters.data(), inputs_.data() + s * k_in, labels_[s], nullptr);
  return sum / k_data;
}

namespace {

/// The body of a worker process.
void work(const WorkerPlan& plan, ElasticConfig config, WorkerResult& result) {
  MixtureProblem problem(plan.table);
  ElasticGroup* group = nullptr;
  bool fired = false;
  const auto reach = [&](FaultPoint point, std::uint64_t step) {
    if (fired || plan.fault.point != point || plan.fault.step != step ||
        (group != nullptr && group->epoch() < plan.fault.least_epoch))
      return;
    fired = true;
    result.fault_time = now_seconds();
    ::raise(plan.fault.signal);
  };
  ElasticProblem p;
  p.micro_batches = MixtureProblem::k_micro_batches;
  p.gradient_elements = MixtureProblem::k_parameters + 1 + plan.gradient_extra;
  p.memory_elements = plan.memory ? MixtureProblem::k_parameters : 0;
  p.state = {{"parameters", problem.parameters},
             {"table", problem.table},
             {"first", problem.first_moment},
             {"second", problem.second_moment}};
  std::uint32_t computed = 0;
  p.compute = [&](std::uint32_t m, std::uint64_t step, std::span<float> gradient, std::span<float> memory) {
    reach(FaultPoint::before_compute, step);
    problem.compute(m, step, gradient, memory);
    if (plan.after_compute) plan.after_compute(m, step, gradient);
    if (++computed % 2 == 0) reach(FaultPoint::mid_micro_batch, step);  // its second one: work is done, nothing is sent
  };
  p.apply = [&](std::uint64_t step, std::span<const float> gradient) {
    reach(FaultPoint::after_commit, step);
    problem.apply(step, gradient);
    if (plan.after_apply) plan.after_apply(step, problem);
    computed = 0;
    result.next_step = step + 1;
  };
  config.transport.faults.frame = [&](const MessageHeader& h) {
    if (kind_of(h) == MessageKind::vote) reach(FaultPoint::before_vote, h.round);
    if (kind_of(h) == MessageKind::ready) reach(FaultPoint::before_ready, h.round);
    return plan.frame ? plan.frame(h) : FrameFault::none;
  };
  ElasticGroup elastic(std::move(p), std::move(config));
  group = &elastic;
  std::uint64_t as_one_of_all = 0;
  while (elastic.next_step() < plan.steps) {
    const bool goes_on = elastic.step();
    result.members = elastic.members();
    result.most_members = std::max(result.most_members.load(), elastic.members());
    if (plan.stop_after > 0 && elastic.epoch() >= plan.stop_epoch && elastic.members() == plan.members &&
        ++as_one_of_all == plan.stop_after)
      elastic.request_stop();
    if (!goes_on) break;
  }
  const Hash128 hash = problem.hash();
  result.hash_high = hash.high;
  result.hash_low = hash.low;
  result.odd_batches = problem.odd_batches;
  result.damaged = elastic.transport().damaged();
  result.stale = elastic.stale();
  for (const auto& [id, bytes] : elastic.bytes()) {
    result.bytes_sent += bytes.sent;
    result.bytes_received += bytes.received;
  }
  elastic.leave();
}

/// Warnings only, unless somebody wants to see more.
void log_as_wanted() {
  LogOptions options;
  options.threshold = std::getenv("ELASTIC_LOG") != nullptr ? LogLevel::info : LogLevel::warning;
  configure_log(options);
}

int ended(pid_t pid, int& status) {
  for (const double start = now_seconds(); now_seconds() - start < 60.0;) {
    if (::waitpid(pid, &status, WNOHANG) == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return -1;
}

}  // namespace

Cluster::Cluster(LighthouseConfig lighthouse, bool unix_sockets) : lighthouse_config_(std::move(lighthouse)) {
  std::string name = (std::filesystem::temp_directory_path() / "elastic-XXXXXX").string();
  folder_ = std::string(::mkdtemp(name.data())) + "/";
  LighthouseConfig& c = lighthouse_config_;
  c.journal = folder_ + "journal.json";
  c.transport.token = make_token();
  c.transport.interface = unix_sockets ? "unix:" + folder_ + "lighthouse.sock" : "lo";
  void* shared = ::mmap(nullptr, k_most * sizeof(WorkerResult), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  results_ = static_cast<WorkerResult*>(shared);
  for (std::size_t i = 0; i < k_most; ++i) new (results_ + i) WorkerResult();
  start_lighthouse();
}

Cluster::~Cluster() {
  for (pid_t pid : workers_) {
    if (pid > 0 && ::kill(pid, SIGKILL) == 0) ::waitpid(pid, nullptr, 0);
  }
  if (lighthouse_ > 0) kill_lighthouse();
  ::munmap(results_, k_most * sizeof(WorkerResult));
  std::filesystem::remove_all(folder_);
}

void Cluster::start_lighthouse() {
  const std::string address_file = folder_ + "address";
  std::filesystem::remove(address_file);
  if (restarted_) lighthouse_config_.transport.faults = {};
  restarted_ = true;
  lighthouse_ = ::fork();
  if (lighthouse_ == 0) {
    int code = 100;
    try {
      log_as_wanted();
      Lighthouse lighthouse(lighthouse_config_);
      publish_text(address_file, lighthouse.address());
      code = static_cast<int>(lighthouse.run());
      publish_text(folder_ + "report.json", to_json_text(lighthouse.report()), Existing::replace);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "lighthouse: %s\n", error.what());
    }
    ::_exit(code);
  }
  wait_until([&] { return std::filesystem::exists(address_file); });
  address_ = read_text_file(address_file);
}

std::size_t Cluster::start_worker(const WorkerPlan& plan) {
  const std::size_t place = workers_.size();
  const pid_t pid = ::fork();
  if (pid == 0) {
    int code = 0;
    WorkerResult& result = results_[place];
    try {
      log_as_wanted();
      ElasticConfig config;
      config.transport = lighthouse_config_.transport;
      if (!plan.token.empty()) config.transport.token = plan.token;
      if (config.transport.interface != "lo") config.transport.interface = "unix:" + folder_;
      config.lighthouse = address_;
      config.copies = plan.copies;
      config.lighthouse_seconds = plan.lighthouse_seconds;
      work(plan, std::move(config), result);
    } catch (const Error& error) {
      std::strncpy(result.error.data(), error.id().c_str(), result.error.size() - 1);
      code = exit_code(error.kind());
    }
    ::_exit(code);
  }
  workers_.push_back(pid);
  return place;
}

bool Cluster::wait_until(const std::function<bool()>& condition) const {
  for (const double start = now_seconds(); now_seconds() - start < 60.0;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

int Cluster::wait_worker(std::size_t worker) {
  int status = 0;
  const int code = ended(workers_[worker], status);
  if (code >= 0) workers_[worker] = 0;
  return code;
}

bool Cluster::is_stopped(std::size_t worker) const {
  int status = 0;
  return ::waitpid(workers_[worker], &status, WNOHANG | WUNTRACED) == workers_[worker] && WIFSTOPPED(status);
}

void Cluster::signal_worker(std::size_t worker, int number) const { ::kill(workers_[worker], number); }

void Cluster::kill_lighthouse() {
  ::kill(lighthouse_, SIGKILL);
  ::waitpid(lighthouse_, nullptr, 0);
  lighthouse_ = 0;
}

bool Cluster::wait_dead_lighthouse() {
  int status = 0;
  const int code = ended(lighthouse_, status);
  if (code >= 0) lighthouse_ = 0;
  return code == 128 + SIGKILL;
}

LighthouseEnd Cluster::wait_lighthouse() {
  int status = 0;
  const int code = ended(lighthouse_, status);
  if (code < 0) return LighthouseEnd::stopped;
  lighthouse_ = 0;
  if (std::filesystem::exists(folder_ + "report.json")) report_ = read_json_file(folder_ + "report.json");
  return static_cast<LighthouseEnd>(code);
}

}  // namespace myriad::test
