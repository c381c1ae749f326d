// SPDX-License-Identifier: Apache-2.0
/// [[volumes]]: substances that reach synapses through the space between them, and where their pulses come from.

#include <fmt/format.h>

#include <algorithm>

#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

using Kind = PulseSpec::Kind;

class VolumeReader {
 public:
  VolumeReader(Reader& reader, Draft& draft, const At& block) : reader_(reader), spec_(draft.spec), block_(block) {}

  void read() {
    reader_.only_keys(block_, {"name", "tau", "baseline", "rewards", "pulses"});
    v_.where = reader_.where(block_);
    const At name_at = reader_.require(block_, "name", "for example name = \"dopamine\"");
    if (const auto name = reader_.text(name_at)) v_.name = *name;
    const auto same = [&](const VolumeSpec& v) { return v.name == v_.name; };
    if (!v_.name.empty() && std::any_of(spec_.volumes.begin(), spec_.volumes.end(), same)) reader_.problem(name_at, "is the name of a volume above");
    if (const auto tau = reader_.positive(reader_.get(block_, "tau"), "ms")) v_.tau_ms = *tau;
    if (const auto baseline = reader_.not_negative(reader_.get(block_, "baseline"), "1")) v_.baseline = *baseline;
    const At listed = reader_.get(block_, "rewards");
    const bool none = listed && listed.is(Node::Kind::array) && listed.node->items.empty();  // as a script may well find
    if (const auto rewards = none ? std::nullopt : read_piecewise(reader_, listed, "1", engine::not_negative))
      v_.pulses.push_back({.kind = Kind::times, .times_ms = rewards->times_ms, .amounts = rewards->values});
    for (const At& table : reader_.tables(block_, "pulses")) pulses(table);
    spec_.volumes.push_back(std::move(v_));
  }

 private:
  void pulses(const At& table) {
    const auto type = reader_.word(reader_.require(table, "type", "one of spikes, pairing, random"), {"spikes", "pairing", "random"});
    if (!type) return;
    PulseSpec p{.kind = std::vector{Kind::spikes, Kind::pairing, Kind::random}[*type]};
    const std::size_t before = reader_.problems().size();
    if (const auto amount = reader_.not_negative(reader_.require(table, "amount", "what a pulse adds to the concentration, for example amount = 0.5"), "1")) p.amount = *amount;
    if (p.kind == Kind::spikes) of_spikes(table, p);
    else if (p.kind == Kind::pairing) of_pairs(table, p);
    else at_random(table, p);
    if (reader_.problems().size() == before) v_.pulses.push_back(std::move(p));
  }

  void of_spikes(const At& table, PulseSpec& p) {
    reader_.only_keys(table, {"type", "amount", "source", "delay"});
    if (const auto source = read_slice(reader_, reader_.require(table, "source", "for example source = \"E\""), spec_)) p.source = *source;
    const At at = reader_.require(table, "delay", "for example delay = \"1 ms\"");
    if (const auto delay = reader_.positive(at, "ms")) p.delay_low_ms = p.delay_high_ms = *delay;
    at_least_a_step(at, p.delay_low_ms);
  }

  void of_pairs(const At& table, PulseSpec& p) {
    reader_.only_keys(table, {"type", "amount", "source", "target", "within", "delay"});
    p.source = one_neuron(table, "source");
    p.target = one_neuron(table, "target");
    const At within = reader_.get(table, "within");
    if (const auto value = reader_.positive(within, "ms")) p.within_ms = *value;
    at_least_a_step(within, p.within_ms);
    const At at = reader_.require(table, "delay", "for example delay = { uniform = [\"1 s\", \"3 s\"] }");
    const auto delay = read_values(reader_, at, {.unit = "ms", .range = engine::positive});
    if (!delay) return;
    if (!delay->is_constant() && delay->kind != Values::Kind::uniform) return reader_.problem(at, "must be a time or { uniform = [low, high] }");
    p.delay_low_ms = delay->a;
    p.delay_high_ms = delay->is_constant() ? delay->a : delay->b;
    if (p.delay_high_ms < p.delay_low_ms) reader_.problem(at, "the second time must not be shorter than the first");
    at_least_a_step(at, p.delay_low_ms);
  }

  void at_random(const At& table, PulseSpec& p) {
    reader_.only_keys(table, {"type", "amount", "interval"});
    const At at = reader_.require(table, "interval", "the mean time between pulses, for example interval = \"10 s\"");
    if (const auto interval = reader_.positive(at, "ms")) p.interval_ms = *interval;
    at_least_a_step(at, p.interval_ms);
  }

  Slice one_neuron(const At& table, std::string_view key) {
    const At at = reader_.require(table, key, fmt::format("the neuron that fires {}, for example {} = \"E[0]\"", key == "source" ? "first" : "second", key));
    const auto slice = at ? read_slice(reader_, at, spec_) : std::nullopt;
    if (slice && slice->size() > 1) reader_.problem(at, fmt::format("names {} neurons, but one is needed, for example \"{}[0]\"", slice->size(), spec_.populations[static_cast<std::size_t>(slice->population)].name));
    return slice.value_or(Slice{});
  }

  void at_least_a_step(const At& at, double value) {
    if (at && value < 0.5 * spec_.simulation.dt_ms) reader_.problem(at, fmt::format("must be at least one time step ({} ms)", spec_.simulation.dt_ms));
  }

  Reader& reader_;
  NetworkSpec& spec_;
  const At& block_;
  VolumeSpec v_;
};

}  // namespace

void read_volumes(Reader& reader, const At& root, Draft& draft) {
  for (const auto& block : reader.tables(root, "volumes")) VolumeReader(reader, draft, block).read();
}

}  // namespace ranvier::io
