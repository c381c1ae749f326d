// SPDX-License-Identifier: Apache-2.0
/// Draws and packs the rows of a shard, 256 sources at a time, without a global sort: the rules hand over synapses in
/// small batches; each becomes a record keyed by (source, delay, code); the records of a group of sources (a few MB)
/// are sorted by counting, first by source, then within a source by (delay, code), and appended to the shard's stream.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "core/grid_time.hpp"
#include "engine/assemble.hpp"
#include "engine/values.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

constexpr std::uint32_t window_slots = 65536;

/// | source in group : 8 | delay : 16 | code : 8 |, then the synapse as it will be stored.
struct Record {
  std::uint32_t key, word;
};
struct WideRecord {  // for exact synapses: slot and weight
  std::uint32_t key, word, weight;
};

/// The codes of a shard, numbered as they come.
class CodeBook {
 public:
  std::uint32_t number(const Code& code) {
    const auto key = std::tuple(code.multiplier, code.base, static_cast<int>(code.layout), code.receptor);
    const auto [it, fresh] = numbers_.try_emplace(key, static_cast<std::uint32_t>(codes_.size()));
    if (fresh) codes_.push_back(code);
    if (codes_.size() > 256)
      throw InputError("too many different weight scales and slot windows in one network (more than 256 on a shard)\n  try: fewer distinct constant weights (give them as a column), or more threads");
    return it->second;
  }
  std::vector<Code> codes_;

 private:
  std::map<std::tuple<std::int64_t, std::uint32_t, int, std::uint8_t>, std::uint32_t> numbers_;
};

/// First slot of the window each block's receptors lie in: blocks share a window of 65,536 slots while they fit.
std::vector<std::uint32_t> windows(const Network& network, const Shard& shard) {
  std::vector<std::uint32_t> base;
  std::size_t current = 0;
  for (const Block& b : shard.blocks) {
    const std::size_t end = b.slot + b.padded() * static_cast<std::size_t>(network.populations[static_cast<std::size_t>(b.population)].slot_arrays);
    if (end - current > window_slots) current = b.slot;
    base.push_back(static_cast<std::uint32_t>(current));
  }
  return base;
}

/// One projection as seen by one shard: turns batches into records.
template <class R>
class ProjectionOnShard final : public BatchSink {
 public:
  ProjectionOnShard(const Network& network, const Shard& shard, std::size_t index, const WeightPlan& plan, std::uint32_t window, const Block& block, CodeBook& book)
      : spec_(network.spec.projections[index]), plan_(plan), weight_(spec_.weight), delay_(spec_.delay_ms), per_ms_(static_cast<float>(1 / network.dt())),
        per_quantum_(static_cast<float>(std::ldexp(1.0, -plan.exponent))), book_(book), window_(window) {
    (void)shard;
    const std::uint64_t seed = network.spec.simulation.seed_network;
    const auto object = static_cast<std::uint32_t>(spec_.words_of >= 0 ? spec_.words_of : static_cast<int>(index));
    const Slice& target = spec_.target;
    const auto slice_index = [&](std::int64_t cell) {  // first slice index at or after this cell of the population
      return std::clamp<std::int64_t>((cell - target.first + target.stride - 1) / target.stride, 0, target.size());
    };
    const std::int64_t begin = block.first <= target.first ? 0 : slice_index(block.first);
    const std::int64_t block_last = block.first + static_cast<std::int64_t>(block.n);
    const std::int64_t end = block_last <= target.first ? 0 : slice_index(block_last);
    const Receptor& receptor = network.populations[static_cast<std::size_t>(target.population)].receptors[static_cast<std::size_t>(spec_.receptor)];
    slot_first_ = static_cast<std::int64_t>(block.slot + static_cast<std::size_t>(receptor.slot) * block.padded()) - block.first + target.first;
    sites_ = receptor.sites;
    site_slots_ = static_cast<std::int64_t>(block.padded());
    context_ = {.projection = &spec_, .source_population = &network.spec.populations[static_cast<std::size_t>(spec_.source.population)],
                .target_population = &network.spec.populations[static_cast<std::size_t>(target.population)],
                .choice_key = stream_key(seed, Purpose::choice, object), .split_key = stream_key(seed, Purpose::split, object),
                .n_sources = spec_.source.size(), .n_targets = target.size() * sites_, .target_first = begin * sites_, .target_last = end * sites_,
                .needs_words = !(weight_.constant() && delay_.constant()), .same_population = spec_.source.population == target.population, .sites = sites_};
    if (end > begin) rule_ = make_rule(context_);
    constant_delay_ = delay_.constant() ? static_cast<std::uint32_t>(std::max<long>(1, std::lround(delay_.constant_value() / network.dt()))) : 0;
  }

  /// Appends the records of the population's sources [first, last).
  void collect(std::int64_t first, std::int64_t last, std::vector<R>& records) {
    if (!rule_) return;
    const Slice& s = spec_.source;
    const auto index = [&](std::int64_t cell) { return std::clamp<std::int64_t>((cell - s.first + s.stride - 1) / s.stride, 0, s.size()); };
    const std::int64_t begin = first <= s.first ? 0 : index(first), end = last <= s.first ? 0 : index(last);
    if (end <= begin) return;
    records_ = &records;
    source_origin_ = s.first - first;
    rule_->emit(begin, end, *this);
  }

  void take(const Batch& b) override {
    const std::uint32_t* steps = delays(b);
    const std::size_t at = records_->size();
    records_->resize(at + b.n);
    R* out = records_->data() + at;
    switch (plan_.layout) {
      case Layout::constant: return fill(b, steps, out, [&](std::size_t) { return std::pair(plan_.scale, 0u); });
      case Layout::compact: {
        weight_.draw(b.weight_word.data(), b.number.data(), b.n, weights_.data());
        quantise(weights_.data(), b.n, per_quantum_, magnitude_.data());
        return fill(b, steps, out, [&](std::size_t k) { return std::pair(weights_[k] < 0 ? -plan_.scale : plan_.scale, magnitude_[k]); });
      }
      case Layout::exact:
        return fill(b, steps, out, [&](std::size_t k) {
          const double w = weight_.draw_one(b.weight_word[k], b.number[k]);
          return std::pair(w < 0 ? -plan_.scale : plan_.scale, static_cast<std::uint32_t>(std::min(std::round(std::ldexp(std::fabs(w), -plan_.exponent)), 4294967295.0)));
        });
    }
  }

  std::uint32_t delay_min = 0xFFFFFFFFu, delay_max = 0;

 private:
  const std::uint32_t* delays(const Batch& b) {
    if (constant_delay_) {
      if (steps_[0] != constant_delay_) steps_.fill(constant_delay_);
    } else {
      delay_.draw(b.delay_word.data(), b.number.data(), b.n, delay_ms_.data());
      to_steps(delay_ms_.data(), b.n, per_ms_, steps_.data());
    }
    const auto [low, high] = std::minmax_element(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(b.n));
    delay_min = std::min(delay_min, *low);
    delay_max = std::max(delay_max, *high);
    return steps_.data();
  }

  /// weight(k) gives the multiplier of the code and the stored magnitude of synapse k.
  template <class Weight>
  void fill(const Batch& b, const std::uint32_t* steps, R* out, Weight weight) {
    std::int64_t last_multiplier = 0;
    std::uint32_t last_window = 0xFFFFFFFFu, code = 0;
    for (std::size_t k = 0; k < b.n; ++k) {
      const auto source = static_cast<std::uint32_t>(source_origin_ + b.source[k] * spec_.source.stride);
      const auto slot = static_cast<std::uint32_t>(sites_ == 1 ? slot_first_ + b.target[k] * spec_.target.stride
                                                               : slot_first_ + b.target[k] / sites_ * spec_.target.stride + b.target[k] % sites_ * site_slots_);
      const auto [multiplier, magnitude] = weight(k);
      const bool wide = plan_.layout == Layout::exact;
      const std::uint32_t base = wide ? 0 : window_ + (slot - window_) / window_slots * window_slots;
      if (multiplier != last_multiplier || base != last_window) {
        code = book_.number({multiplier, base, plan_.layout, static_cast<std::uint8_t>(spec_.receptor)});
        last_multiplier = multiplier;
        last_window = base;
      }
      out[k].key = source << 24 | steps[k] << 8 | code;
      if constexpr (sizeof(R) == sizeof(WideRecord)) {
        out[k].word = slot - base;
        out[k].weight = magnitude;
      } else {
        out[k].word = (slot - base) | magnitude << 16;
      }
    }
  }

  const ProjectionSpec& spec_;
  WeightPlan plan_;
  Sampler weight_, delay_;
  float per_ms_, per_quantum_;
  CodeBook& book_;
  std::uint32_t window_;
  std::int64_t slot_first_ = 0, source_origin_ = 0;
  std::int64_t sites_ = 1, site_slots_ = 0;  // of the target's receptor; from one site of a cell to the next
  RuleContext context_{};
  std::unique_ptr<RuleOnShard> rule_;
  std::uint32_t constant_delay_ = 0;
  std::vector<R>* records_ = nullptr;
  std::array<float, Batch::capacity> weights_, delay_ms_;
  std::array<std::uint32_t, Batch::capacity> magnitude_, steps_{};
};

/// Appends rows to the stream of a shard.
template <class R>
class RowWriter {
 public:
  RowWriter(RowTable& table, const std::vector<Code>& codes) : table_(table), codes_(codes) {
    put(0);  // the empty row, shared by all sources without synapses
    while (table_.word_count % RowTable::row_align) put(0);
  }

  /// The records of a group, in any order; scratch is as large.
  void write_group(std::int64_t first_source, std::int64_t n_sources, std::vector<R>& records, std::vector<R>& scratch) {
    std::array<std::size_t, 257> begin{};
    for (const R& r : records) ++begin[(r.key >> 24) + 1];
    for (std::size_t s = 0; s < 256; ++s) begin[s + 1] += begin[s];
    scratch.resize(records.size());
    auto next = begin;
    for (const R& r : records) scratch[next[r.key >> 24]++] = r;
    std::uint64_t need = table_.word_count + 16 * 256;
    need += records.size() * (sizeof(R) / 4 + 1) ;  // a header for each synapse at worst, and its words
    table_.words.reserve(need * 4);
    for (std::int64_t s = 0; s < n_sources; ++s) {
      const auto b = begin[static_cast<std::size_t>(s)], e = begin[static_cast<std::size_t>(s) + 1];
      if (b == e) continue;
      sort_row(scratch.data() + b, e - b, records.data() + b);
      table_.start_low[static_cast<std::size_t>(first_source + s)] = static_cast<std::uint32_t>(table_.word_count / RowTable::row_align);
      write_row(records.data() + b, e - b);
    }
    table_.synapses += records.size();
  }

 private:
  /// Sorts the records of one source by (delay, code), keeping the order of equal ones.
  void sort_row(const R* in, std::size_t n, R* out) {
    std::uint32_t low = 0xFFFFFF, high = 0;
    for (std::size_t k = 0; k < n; ++k) {
      low = std::min(low, in[k].key & 0xFFFFFF);
      high = std::max(high, in[k].key & 0xFFFFFF);
    }
    const auto code_bits = static_cast<std::uint32_t>(std::bit_width(codes_.size() - 1)), first = low >> 8;
    const std::size_t bins = (std::size_t{high >> 8} - first + 1) << code_bits;
    if (bins > 4 * n + 256) {
      std::copy(in, in + n, out);
      std::stable_sort(out, out + n, [](const R& a, const R& b) { return (a.key & 0xFFFFFF) < (b.key & 0xFFFFFF); });
      return;
    }
    bin_.assign(bins + 1, 0);
    const auto bin_of = [&](std::uint32_t key) { return ((key >> 8 & 0xFFFF) - first) << code_bits | (key & 0xFF); };
    for (std::size_t k = 0; k < n; ++k) ++bin_[bin_of(in[k].key) + 1];
    for (std::size_t k = 0; k < bins; ++k) bin_[k + 1] += bin_[k];
    for (std::size_t k = 0; k < n; ++k) out[bin_[bin_of(in[k].key)]++] = in[k];
  }

  void write_row(const R* r, std::size_t n) {
    std::uint32_t now = 0;
    for (std::size_t k = 0; k < n;) {
      const std::uint32_t key = r[k].key & 0xFFFFFF, delay = key >> 8, code = key & 0xFF;
      std::size_t end = k + 1;
      while (end < n && end - k < Header::count_max && (r[end].key & 0xFFFFFF) == key) ++end;
      for (; delay - now > Header::gap_max; now += Header::gap_max) put(Header::make(0, Header::gap_max, 0).word);
      put(Header::make(static_cast<std::uint32_t>(end - k), delay - now, code).word);
      now = delay;
      write_segment(r + k, end - k, codes_[code].layout);
      k = end;
    }
    put(0);
    while (table_.word_count % RowTable::row_align) put(0);
  }

  void write_segment(const R* r, std::size_t n, Layout layout) {
    if (layout == Layout::constant) {
      for (std::size_t k = 0; k < n; k += 2) put((r[k].word & 0xFFFF) | (k + 1 < n ? r[k + 1].word << 16 : 0));
    } else {
      for (std::size_t k = 0; k < n; ++k) {
        put(r[k].word);
        if constexpr (sizeof(R) == sizeof(WideRecord)) put(r[k].weight);
      }
    }
  }

  void put(std::uint32_t word) { reinterpret_cast<std::uint32_t*>(table_.words.data())[table_.word_count++] = word; }

  RowTable& table_;
  const std::vector<Code>& codes_;
  std::vector<std::uint32_t> bin_;
};

/// The allocator keeps what was freed, up to 64 MB a thread, for the next population or for good; given back, the highest memory
/// of a build is that of its largest population (three of 22 million synapses in all: 160 against 185 MB).
void give_back() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
constexpr std::uint64_t synapses_worth_giving_back = 1'000'000;  // 8 MB of them; giving back takes up to a millisecond

template <class R>
void build_shard(const Network& network, Shard& shard, const std::vector<WeightPlan>& plans, double words_expected) {
  RowTable& table = shard.rows;
  table.words = Arena(static_cast<std::size_t>(words_expected * 4) + (std::size_t{1} << 20));
  table.start_low = HugeArray<std::uint32_t>(static_cast<std::size_t>(network.neurons));
  CodeBook book;
  const auto window = windows(network, shard);

  std::vector<std::vector<std::unique_ptr<ProjectionOnShard<R>>>> by_source(network.populations.size());
  std::vector<double> fan_out(network.populations.size(), 0);
  for (std::size_t k = 0; k < network.spec.projections.size(); ++k) {
    const ProjectionSpec& p = network.spec.projections[k];
    if (network.populations[static_cast<std::size_t>(p.target.population)].event) continue;  // event_rows.cpp
    if (is_plastic(p)) continue;                                                                 // plastic_rows.cpp
    for (std::size_t b = 0; b < shard.blocks.size(); ++b)
      if (shard.blocks[b].population == p.target.population)
        by_source[static_cast<std::size_t>(p.source.population)].push_back(std::make_unique<ProjectionOnShard<R>>(network, shard, k, plans[k], window[b], shard.blocks[b], book));
    const auto population = static_cast<std::size_t>(p.source.population);
    fan_out[population] += rule_size(p, network.spec).synapses / static_cast<double>(network.populations[population].size) / static_cast<double>(network.shards.size());
  }

  RowWriter<R> writer(table, book.codes_);
  std::vector<R> records, scratch;
  for (std::size_t k = 0; k < network.populations.size(); ++k) {
    const Population& p = network.populations[k];
    const std::uint64_t before = table.synapses;
    std::int64_t group = 256;  // smaller where the records of 256 sources would not stay in the last-level cache
    while (group > 1 && fan_out[k] * static_cast<double>(group) > 4e6) group /= 2;
    for (std::int64_t first = 0; first < p.size && !by_source[k].empty(); first += group) {
      const std::int64_t last = std::min(first + group, p.size);
      records.clear();
      for (auto& projection : by_source[k]) projection->collect(first, last, records);
      if (!records.empty()) writer.write_group(p.first + first, last - first, records, scratch);
    }
    for (auto& projection : by_source[k]) {
      table.delay_min = std::min(table.delay_min, projection->delay_min);
      table.delay_max = std::max(table.delay_max, projection->delay_max);
    }
    by_source[k].clear();  // what the rules had listed
    if (table.synapses - before > synapses_worth_giving_back) give_back();
  }
  table.codes = book.codes_;
  table.words.shrink(table.word_count * 4);
}

/// Runs task(t) on one thread per shard and passes on the first exception.
void on_each_shard(std::size_t n, const std::function<void(std::size_t)>& task) {
  std::exception_ptr failure;
  std::mutex mutex;
  const auto guarded = [&](std::size_t t) {
    try { task(t); } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t t = 1; t < n; ++t) threads.emplace_back(guarded, t);
  guarded(0);
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void build_rows(Network& network) {
  const auto plans = plan_weights(network);
  const bool exact = std::any_of(plans.begin(), plans.end(), [](const WeightPlan& p) { return p.layout == Layout::exact; });
  const double words = 1.05 * network.memory.row_byte / 4 / static_cast<double>(network.shards.size());
  on_each_shard(network.shards.size(), [&](std::size_t t) {
    if (exact) build_shard<WideRecord>(network, network.shards[t], plans, words);
    else build_shard<Record>(network, network.shards[t], plans, words);
    build_event_rows(network, network.shards[t]);
    build_plastic_rows(network, network.shards[t]);
  });
  give_back();
  std::uint32_t low = 0xFFFFFFFFu, high = 1;
  for (const Shard& s : network.shards) {
    network.synapses += static_cast<std::int64_t>(s.rows.synapses);
    low = std::min(low, s.rows.delay_min);
    high = std::max(high, s.rows.delay_max);
    for (const PlasticTable& table : s.plastic) {
      network.synapses += static_cast<std::int64_t>(table.synapses);
      low = std::min(low, table.delay_min);
      high = std::max(high, table.delay_max);
    }
    if (s.events.segments.empty()) continue;
    network.synapses += static_cast<std::int64_t>(s.events.cells.size());
    const GridTime grid(network.dt());
    low = std::min(low, std::max(1u, grid.whole_steps(s.events.delay_min_ms)));
    high = std::max(high, grid.whole_steps(s.events.delay_max_ms) + 2);  // a spike late in its step, a delay that is not whole
  }
  network.delay_min = low == 0xFFFFFFFFu ? 1 : low;
  network.delay_max = high;
}

void for_each_synapse(const Network& network, std::int64_t source, const std::function<void(const SynapseRecord&)>& visit) {
  const GridTime time(network.dt());
  for (const Shard& shard : network.shards) {
    const std::uint32_t* words = shard.rows.data();
    std::uint64_t at = shard.rows.start(source);
    std::uint32_t delay = 0;
    for (Header h{words[at]}; !h.end(); h = Header{words[at]}) {
      ++at;
      delay += h.gap();
      const Code& code = shard.rows.codes[h.code()];
      for (std::uint32_t k = 0; k < h.count(); ++k) {
        std::uint32_t slot = 0;
        std::int64_t units = 0;
        switch (code.layout) {
          case Layout::compact: slot = words[at + k] & 0xFFFF; units = (words[at + k] >> 16) * code.multiplier; break;
          case Layout::constant: slot = words[at + k / 2] >> (k % 2 * 16) & 0xFFFF; units = code.multiplier; break;
          case Layout::exact: slot = words[at + 2 * k]; units = words[at + 2 * k + 1] * code.multiplier; break;
        }
        slot += code.base;
        const auto b = std::prev(std::upper_bound(shard.blocks.begin(), shard.blocks.end(), slot, [](std::size_t s, const Block& x) { return s < x.slot; }));
        const Population& p = network.populations[static_cast<std::size_t>(b->population)];
        visit({source, p.first + b->first + static_cast<std::int64_t>((slot - b->slot) % b->padded()), code.receptor, delay,
               static_cast<double>(units) * p.receptors[code.receptor].quantum, time(delay)});
      }
      at += segment_words(code.layout, h.count());
    }
  }
  if (network.off_grid) for_each_event_synapse(network, source, visit);
}

}  // namespace ranvier::engine
