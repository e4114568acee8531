#include "training/method_schema.hpp"

namespace myriad::train {

void add_method_keys(Schema& s) {
  s.choice("signal", "What workers exchange", {"gradient", "momentum", "pseudo_gradient", "mean_local_gradient"}).default_to("gradient");
  s.number("signal_eta", "momentum: weight of the new gradient (EF21-SGDM)").default_to(0.1).above(0).range(0, 1);
  s.number("control_alpha", "mean_local_gradient: step of the control variates (SCALLION)").default_to(1.0).above(0).range(0, 1);
  s.number("control_beta", "mean_local_gradient: weight of the new gradient in their momentum (SCAFCOM); 0: none").default_to(0.0).range(0, 1);

  Schema& compressor = s.section("compressor", "What a message keeps of a vector");
  compressor
      .choice("name", "Method",
              {"identity", "topk", "topk_sampled", "randk", "qsgd", "dithering", "natural", "sign", "e3m0", "e4m3", "e5m2", "int8"})
      .default_to("identity");
  compressor.choice("values", "identity, topk, topk_sampled, randk: format of values", {"fp32", "fp16", "bf16"}).default_to("fp32");
  compressor.number("ratio", "topk, topk_sampled, randk: share of the elements").default_to(0.01).range(1e-5, 0.5);
  compressor.number("sample", "topk_sampled: share that the threshold is found from").default_to(0.01).range(0.001, 1);
  compressor.flag("unbiased", "randk: values times size / elements").default_to(false);
  compressor.integer("levels", "qsgd, dithering: levels").default_to(7).range(1, 127);
  compressor.integer("block", "Elements with one scale; 0: the method's own").default_to(0).range(0, 65536);
  compressor.choice("scale", "sign: l1, l2 (not contractive); e3m0: power_of_two, largest", {"default", "l1", "l2", "power_of_two", "largest"})
      .default_to("default");
  compressor.flag("stochastic", "e3m0: unbiased rounding").default_to(false);

  Schema& feedback = s.section("feedback", "What a worker remembers of what compression lost");
  feedback.choice("name", "Method", {"none", "ef14", "ef21", "econtrol", "dgc"}).default_to("none");
  feedback.choice("init", "ef21, econtrol: the first message", {"dense", "compressed"}).default_to("dense");
  feedback.number("eta", "econtrol: weight of the error, up to twice the compressor's alpha; absent: alpha").range(0, 2);
  feedback.number("momentum", "dgc: momentum").default_to(0.9).range(0, 0.99);
  feedback.flag("mask", "dgc: forget the momentum of what was sent").default_to(true);
  feedback.flag("nesterov", "dgc: look ahead").default_to(false);
  feedback.number("clip", "dgc: norm at which the sum of the gradients is clipped; 0: off").default_to(0.0).at_least(0);
  feedback.number("smoothness", "ef21: smoothness constants of the workers (EF21-W)").list(1);

  Schema& exchange = s.section("exchange", "Who sends what to whom");
  exchange.choice("pattern", "Pattern", {"allreduce", "two_hop", "allgather", "server"}).default_to("allreduce");
  exchange.choice("server_feedback", "two_hop, server: error feedback of the answers", {"none", "ef14"}).default_to("none");
  exchange.choice("downlink", "server: the answer", {"dense", "compressed"}).default_to("dense");
  Schema& rule = exchange.section("rule", "How vectors are combined");
  rule.choice("name", "Rule", {"mean", "median", "trimmed_mean", "krum", "multi_krum", "bulyan"}).default_to("mean");
  rule.integer("f", "Workers that may send anything").default_to(1).at_least(0);

  Schema& schedule = s.section("schedule", "When workers exchange");
  schedule.choice("name", "Schedule", {"every", "local", "streaming", "delayed_local"}).default_to("every");
  schedule.integer("period", "local, streaming, delayed_local: local steps between exchanges").default_to(100).range(1, 1000);
  schedule.integer("fragments", "streaming: parts of the parameters; divides the period").default_to(1).range(1, 1000);
  schedule.integer("delay", "streaming: steps until what was sent is used").default_to(0).range(0, 999);
  schedule.number("dense_until", "every: share of the steps with dense exchange").default_to(0.0).range(0, 1);
  schedule.integer("sparsity_warmup", "every: steps until topk has its ratio").default_to(0).at_least(0);
  schedule.number("participation", "every, ef21: probability to take part in a step (EF21-PP)").default_to(1.0).above(0).range(0, 1);
  schedule.integer("sampled", "mean_local_gradient: workers of a round; 0: all").default_to(0).at_least(0);

  Schema& inner = s.section("inner", "Optimiser of the parameters");
  inner.choice("name", "Optimiser; frozen_adam is that of 1-bit Adam", {"sgd", "adamw", "frozen_adam"}).default_to("sgd");
  inner.number("learning_rate", "Step").default_to(0.01).above(0);
  inner.number("momentum", "sgd: momentum").default_to(0.0).at_least(0).below(1);
  inner.number("beta1", "adamw, frozen_adam: decay of the first moment").default_to(0.9).at_least(0).below(1);
  inner.number("beta2", "adamw, frozen_adam: decay of the second moment").default_to(0.999).at_least(0).below(1);
  inner.number("epsilon", "adamw, frozen_adam: guard of the division").default_to(1e-8).above(0);
  inner.number("weight_decay", "Decoupled decay, times the step").default_to(0.0).at_least(0);
  inner.flag("bias_correction", "adamw, frozen_adam: correct the moments for their start").default_to(true);
  inner.number("v_floor", "frozen_adam: second moments below this share of the median stay").default_to(1e-16).at_least(0);

  Schema& outer = s.section("outer", "local schedules: what progress does to the common parameters");
  outer.choice("name", "Optimiser", {"sgd", "nesterov", "co2", "scaffold"}).default_to("sgd");
  outer.number("learning_rate", "Step").default_to(1.0).above(0).range(0, 2);
  outer.number("momentum", "nesterov, co2: momentum").default_to(0.0).range(0, 0.95);
  outer.number("mix", "Share of their own parameters that workers keep").default_to(0.0).at_least(0).below(1);
  outer.number("clip", "co2: bound of the momentum's elements; 0: off").default_to(0.0).at_least(0);
  outer.choice("penalty", "co2: division by the gap between start and base", {"auto", "gap", "none"}).default_to("auto");
}

Schema method_schema() {
  Schema s("training_method", "A distributed training method");
  add_method_keys(s);
  return s;
}

MethodConfig read_method(const Config& c) {
  MethodConfig m;
  m.signal = c.text("signal");
  if (m.signal == "momentum") m.signal_eta = c.number("signal_eta");
  const bool controlled = m.signal == "mean_local_gradient";
  if (controlled) m.control_beta = c.number("control_beta");
  if (controlled && m.control_beta == 0.0) m.control_alpha = c.number("control_alpha");

  const Config compressor = c.section("compressor");
  m.compressor.name = compressor.text("name");
  const std::string& by = m.compressor.name;
  const bool sparse = by == "topk" || by == "topk_sampled" || by == "randk";
  if (sparse) m.compressor.ratio = compressor.number("ratio");
  if (sparse || by == "identity") m.compressor.values = compressor.text("values");
  if (by == "topk_sampled") m.compressor.sample = compressor.number("sample");
  if (by == "randk") m.compressor.unbiased = compressor.flag("unbiased");
  if (by == "qsgd" || by == "dithering") m.compressor.levels = compressor.integer("levels");
  if (!sparse && by != "identity") m.compressor.block = compressor.integer("block");
  if (by == "sign" || by == "e3m0") m.compressor.scale = compressor.text("scale") == "default" ? "" : compressor.text("scale");
  if (by == "e3m0") m.compressor.stochastic = compressor.flag("stochastic");

  const Config feedback = c.section("feedback");
  m.feedback.name = feedback.text("name");
  if (m.feedback.name == "ef21" || m.feedback.name == "econtrol") m.feedback.init = feedback.text("init");
  if (m.feedback.name == "econtrol" && feedback.has("eta")) m.feedback.eta = feedback.number("eta");
  if (m.feedback.name == "ef21" && feedback.has("smoothness")) m.feedback.smoothness = feedback.numbers("smoothness");
  if (m.feedback.name == "dgc") {
    m.feedback.momentum = feedback.number("momentum");
    m.feedback.mask = feedback.flag("mask");
    m.feedback.nesterov = feedback.flag("nesterov");
    m.feedback.clip = feedback.number("clip");
  }

  const Config exchange = c.section("exchange");
  m.exchange.pattern = exchange.text("pattern");
  m.exchange.server_feedback = exchange.text("server_feedback");
  m.exchange.downlink = exchange.text("downlink");
  m.exchange.rule.name = exchange.text("rule.name");
  if (m.exchange.rule.name != "mean" && m.exchange.rule.name != "median") m.exchange.rule.f = exchange.integer("rule.f");

  const Config schedule = c.section("schedule");
  m.schedule.name = schedule.text("name");
  const bool every = m.schedule.name == "every";
  if (every) {
    m.schedule.dense_until = schedule.number("dense_until");
    m.schedule.sparsity_warmup = schedule.integer("sparsity_warmup");
    m.schedule.participation = schedule.number("participation");
  } else {
    m.schedule.period = schedule.integer("period");
  }
  if (m.schedule.name == "streaming") {
    m.schedule.fragments = schedule.integer("fragments");
    m.schedule.delay = schedule.integer("delay");
  }
  if (controlled) m.schedule.sampled = schedule.integer("sampled");

  const Config inner = c.section("inner");
  m.inner.name = inner.text("name");
  m.inner.learning_rate = inner.number("learning_rate");
  m.inner.weight_decay = inner.number("weight_decay");
  if (m.inner.name == "sgd") {
    m.inner.momentum = inner.number("momentum");
  } else {
    m.inner.beta1 = inner.number("beta1");
    m.inner.beta2 = inner.number("beta2");
    m.inner.epsilon = inner.number("epsilon");
    m.inner.bias_correction = inner.flag("bias_correction");
  }
  if (m.inner.name == "frozen_adam") m.inner.v_floor = inner.number("v_floor");

  if (every) return m;
  const Config outer = c.section("outer");
  m.outer.name = outer.text("name");
  m.outer.learning_rate = outer.number("learning_rate");
  if (m.outer.name == "nesterov" || m.outer.name == "co2") m.outer.momentum = outer.number("momentum");
  if (m.outer.name == "sgd" || m.outer.name == "nesterov") m.outer.mix = outer.number("mix");
  if (m.outer.name == "co2") {
    m.outer.clip = outer.number("clip");
    m.outer.penalty = outer.text("penalty");
  }
  return m;
}

namespace {

void refuse_without_effect(const std::string& key, const std::string& origin) {
  MYRIAD_VALIDATE(false, ErrorKind::config_invalid, "E2430",
                  "{}: '{}' has no effect in this method (its parts do not look at it) leave it out, or choose the part that it belongs to",
                  origin, key);
}

}  // namespace

LoadedMethod load_method(const std::filesystem::path& path, const std::vector<std::string>& settings) {
  const auto schema = std::make_shared<Schema>(method_schema());
  const Config alone = Config::from_file(schema, path);
  read_method(alone);
  for (const std::string& key : alone.unused_given_keys()) refuse_without_effect(key, alone.origin(key));
  std::vector<ConfigOverride> overrides;
  for (const std::string& text : settings) overrides.push_back(parse_set(text));
  const Config config = Config::from_file(schema, path, overrides);
  LoadedMethod loaded{read_method(config), config.sha256()};
  for (const std::string& key : config.unused_given_keys()) {
    // Keys of the file that belong to a part which a setting has replaced are not in anybody's mind.
    if (config.origin(key) != alone.origin(key)) refuse_without_effect(key, path.string() + ", settings");
  }
  return loaded;
}

}  // namespace myriad::train
