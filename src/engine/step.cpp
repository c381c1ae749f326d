// SPDX-License-Identifier: Apache-2.0
/// The step loop. Each thread owns one shard: neurons, and all synapses onto them. For every interval of delay_min
/// steps a shard goes through
///
///     for each step of the interval
///         1  deliver    what falls due in this step is added to the input slots (deliver.cpp)
///         2  update     the cells take their input; those that reach threshold fire (neuron-inl.hpp)
///     3  exchange       the spikes found are laid out for all shards to read
///
/// Rules that make this right:
///   - a spike found in an interval reaches no cell before the next one, because no delay is shorter: so within
///     an interval shards need nothing of each other
///   - what was under way before is delivered first, and only then are the others' new spikes waited for; the wait
///     therefore overlaps with nearly all of the delivering of the next step
///   - sums are integers, randomness is keyed by global ids: the answer is the same for any number of shards
///   - where synapses come and go a run is made of pieces, and between them all threads have joined (structure.hpp)
///   - where cells have gap junctions the interval is one step, and potentials are published like spikes (gap_run.hpp); or, with
///     waveform relaxation, an interval is delivered ahead, and coupled cells go through it until their currents are found (gap_wave.hpp)
///   - a mailbox has two pages, used in turn: a page is written again only after every shard has published the
///     interval in between, and a shard publishes only after it has read the page
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "core/ticks.hpp"
#include "engine/apart.hpp"
#include "engine/deliver.hpp"
#include "engine/event.hpp"
#include "engine/gap_run.hpp"
#include "engine/gap_wave.hpp"
#include "engine/inputs.hpp"
#include "engine/plastic.hpp"
#include "engine/record.hpp"
#include "engine/run.hpp"
#include "engine/structure.hpp"
#include "engine/wait.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

/// Cells whose inputs and state are worked on together, so that they stay in the L1 cache.
constexpr std::size_t chunk_cells = 1024;

struct alignas(64) Mailbox {
  std::vector<Spike> page[2];
  std::vector<ExactSpike> exact[2];  ///< those of them with exact times, where the network has event-driven cells
  bool stop[2] = {false, false};
  alignas(64) std::atomic<std::uint32_t> published{0};  ///< intervals

  void wait_for(std::uint32_t interval) const {
    wait_until([&] { return published.load(std::memory_order_acquire) > interval; });
  }
};

struct Failure {
  std::uint32_t step;
  std::int64_t neuron;  // global
  bool synapse = false;  // one of its synapses, rather than the neuron
  bool earlier = false;  // found at this step, but may have been so some steps before
  std::string hint = {};
};

class ShardRun {
 public:
  ShardRun(const Network& network, State& state, std::size_t index, const RunOptions& options, Recorder::Impl& recorder, std::vector<Mailbox>& mail, GapBoard& board, WaveBoard& waves)
      : network_(network), shard_(network.shards[index]), whole_(state), state_(state.shards[index]), index_(index), options_(options), recorder_(recorder),
        mail_(mail), calendar_(network.delay_max + network.delay_min) {
    slots_ = {.sums = state_.sums, .wide = network.wide, .touched = state_.touched, .active = nullptr, .n_active = 0, .group_of_slots = state_.group_of_slots};
    if (state_.touched) fresh_.resize(shard_.cells / group_size + 2);
    slots_.active = fresh_.data();
    std::size_t largest = 0;
    for (std::size_t b = 0; b < shard_.blocks.size(); ++b) {
      blocks_.emplace_back(network, shard_.blocks[b], state_.blocks[b], state.step);
      largest = std::max(largest, shard_.blocks[b].padded() * static_cast<std::size_t>(network.populations[static_cast<std::size_t>(shard_.blocks[b].population)].spikes_max));
    }
    fired_.resize(largest);
    updates_.assign(blocks_.size(), 0);
    sort_active();
    for (const Spike& s : state.in_flight) set_out(shard_.rows, calendar_, s.neuron, s.step, state.step);
    for (const auto& synapses : state_.plastic) {
      const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(synapses->table().projection)];
      plastic_.push_back({synapses.get(), p.source, network.populations[static_cast<std::size_t>(p.source.population)].first});
      BlockRun& run = blocks_[synapses->table().block];
      run.taught.push_back(synapses.get());
      if (synapses->watches_potential()) run.watching.push_back(synapses.get());
    }
    if (network.gaps.wave_steps) waves_ = std::make_unique<GapWave>(network, shard_, index, state_, waves);
    else if (!network.gaps.empty()) gaps_ = std::make_unique<GapRun>(network, shard_, state_, board);
    if (shard_.events.empty()) return;
    events_ = std::make_unique<EventRun>(network, shard_, state_);
    for (const Spike& s : state.in_flight) events_->set_out_on_grid(s, state.step);
    for (const ExactSpike& s : state.exact_in_flight) events_->set_out(s.spike.neuron, s.spike.step, s.time_ms, state.step);
  }

  void run() {
    std::uint32_t step = whole_.step;
    std::uint64_t now = ticks();
    for (std::uint32_t interval = 0; step < options_.until_step; ++interval) {
      const std::uint32_t last = std::min(waves_ ? waves_->last_of(step + 1) : step + network_.delay_min, options_.until_step);
      for (std::uint32_t s = step + 1; s <= last; ++s) {
        if (waves_ && s > step + 1) take_delivered(s);
        else deliver(shard_.rows, calendar_, s, slots_, delivered_);
        deliver_plastic(s);
        charge(times_.deliver, now);
        if (s == step + 1 && interval > 0 && !receive(interval - 1, step, now)) return end(step);
        if (waves_ && s == step + 1) relax(s, now);
        if (gaps_) gaps_->begin(interval);
        update(s);
        for (const PlasticRun& p : plastic_) p.synapses->step_done(s);
        if (events_) update_events(s);
        charge(times_.update, now);
        recorder_.sample(network_, whole_, index_, s);
        charge(times_.record, now);
      }
      step = last;
      publish(interval, step);
    }
    end(step);
  }

  std::uint32_t last_step = 0;
  std::vector<Failure> failures;

 private:
  /// Adds the ticks since the last time; end() makes seconds of them.
  static void charge(double& sum, std::uint64_t& since) {
    const std::uint64_t t = ticks();
    sum += static_cast<double>(t - since);
    since = t;
  }

  /// Reads all mailboxes' pages of an interval and lets the spikes set out. False where somebody wants to stop.
  bool receive(std::uint32_t interval, std::uint32_t step, std::uint64_t& now) {
    bool go_on = true;
    for (const Mailbox& box : mail_) {
      box.wait_for(interval);
      go_on = go_on && !box.stop[interval & 1];
    }
    charge(times_.wait, now);
    if (!go_on) return false;
    for (const Mailbox& box : mail_)
      for (const Spike& s : box.page[interval & 1]) {
        set_out(shard_.rows, calendar_, s.neuron, s.step, step);
        if (!plastic_.empty()) plastic_sets_out(s);
        for (const auto& volume : state_.volumes) volume->hear(s);
      }
    for (const auto& volume : state_.volumes) volume->settle(step, step + network_.delay_min);
    plastic_has_heard(step);
    if (events_) receive_events(interval, step);
    deliver(shard_.rows, calendar_, step + 1, slots_, delivered_);
    deliver_plastic(step + 1);
    charge(times_.deliver, now);
    return true;
  }

  /// Delivers the rest of the interval ahead and, at its beginning, finds the currents of gap junctions in it.
  void relax(std::uint32_t first, std::uint64_t& now) {
    const std::uint32_t last = waves_->last_of(first);
    waves_->ahead().deliver(shard_.rows, calendar_, first + 1, last);
    charge(times_.deliver, now);
    if (last - first + 1 < network_.gaps.wave_steps) return;  // begun by the run before
    trial_ = true;
    waves_->relax(first, [&](std::uint32_t s) {
      for (const std::size_t b : waves_->blocks()) update_block(b, s);
    });
    trial_ = false;
    charge(times_.update, now);
  }
  void take_delivered(std::uint32_t step) {
    for (const std::uint32_t group : waves_->ahead().take(step, state_.sums, delivered_)) touch(group);
  }

  /// Synapses with a state (plastic.hpp), and which global ids their sources have.
  struct PlasticRun {
    PlasticSynapses* synapses;
    Slice source;
    std::int64_t first_neuron;
  };
  void plastic_sets_out(const Spike& spike) {
    for (const PlasticRun& p : plastic_) {
      const std::int64_t source = source_index(p.source, spike.neuron - p.first_neuron);
      if (source >= 0) p.synapses->fire(static_cast<std::uint32_t>(source), spike.step);
    }
  }
  void deliver_plastic(std::uint32_t step) {
    for (const PlasticRun& p : plastic_) {
      p.synapses->deliver(step, slots_);
      if (p.synapses->bad_source >= 0 && failures.empty()) failures.push_back({.step = step, .neuron = p.first_neuron + p.source[p.synapses->bad_source], .synapse = true, .hint = p.synapses->hint()});
    }
  }
  void plastic_has_heard(std::uint32_t step) {
    for (const PlasticRun& p : plastic_) p.synapses->heard = step;
  }

  void receive_events(std::uint32_t interval, std::uint32_t step) {
    for (const Mailbox& box : mail_) {
      for (const Spike& s : box.page[interval & 1]) events_->set_out_on_grid(s, step);
      for (const ExactSpike& s : box.exact[interval & 1]) events_->set_out(s.spike.neuron, s.spike.step, s.time_ms, step);
    }
  }

  void publish(std::uint32_t interval, std::uint32_t step) {
    Mailbox& box = mail_[index_];
    const std::uint32_t page = interval & 1;
    box.page[page].swap(found_);
    found_.clear();
    if (network_.off_grid) {
      box.exact[page].swap(found_exact_);
      found_exact_.clear();
    }
    if (gaps_) gaps_->publish(interval);
    if (interval % progress_every == 0) look_at_potentials(step);
    box.stop[page] = !failures.empty();
    if (index_ == 0) {
      if (options_.stop && options_.stop->load(std::memory_order_relaxed)) box.stop[page] = true;
      if (options_.progress && interval % progress_every == 0) options_.progress(step);
    }
    box.published.store(interval + 1, std::memory_order_release);
  }
  static constexpr std::uint32_t progress_every = 64;

  /// Linear membranes cannot blow up by themselves, so their loops do not look; but what comes in can be more than a number holds, and a
  /// potential that is none stays none.
  void look_at_potentials(std::uint32_t step) {
    for (std::size_t b = 0; b < shard_.blocks.size() && failures.empty(); ++b) {
      const Block& block = shard_.blocks[b];
      const Population& p = network_.populations[static_cast<std::size_t>(block.population)];
      if (!p.membrane) continue;
      const void* const V = state_.blocks[b].state[0];
      for (std::size_t i = 0; i < block.n; ++i)
        if (!std::isfinite(network_.spec.simulation.double_precision ? static_cast<const double*>(V)[i] : static_cast<double>(static_cast<const float*>(V)[i]))) {
          failures.push_back({.step = step, .neuron = p.first + block.first + static_cast<std::int64_t>(i), .earlier = true});
          break;
        }
    }
  }

  /// Leaves the state as it is between steps: spikes under way are kept by source and stamp, not in the slots.
  void end(std::uint32_t step) {
    std::fill_n(static_cast<std::byte*>(state_.sums), shard_.slots * (network_.wide ? 8 : 4), std::byte{0});
    last_step = step;
    look_at_potentials(step);
    for (const PlasticRun& p : plastic_) {
      const PlasticWork work = p.synapses->take_work();
      delivered_.plastic_events += work.events;
      delivered_.frequent_events += work.frequent;
      delivered_.plastic_flop += work.flop;
      delivered_.plastic_byte += work.byte;
    }
    const double tick = tick_length_.seconds();
    for (double* stage : {&times_.deliver, &times_.update, &times_.wait, &times_.record}) *stage *= tick;
    if (waves_ && index_ == 0) recorder_.count(waves_->take_work());
    recorder_.count(index_, shard_, delivered_, updates_, times_);
  }

  struct BlockRun {
    BlockRun(const Network& network, const Block& block, const BlockState& s, std::uint32_t step) : currents(network, block) {
      const Population& p = network.populations[static_cast<std::size_t>(block.population)];
      if (p.event) return;  // EventRun
      exact_times = p.exact_times;
      if (!p.membrane) {
        source = std::make_unique<SourceBlock>(network, block, step);
        return;
      }
      for (std::size_t k = 0; k < network.spec.inputs.size(); ++k) {
        if (network.spec.inputs[k].kind != InputSpec::Kind::poisson || network.spec.inputs[k].target.population != block.population) continue;
        PoissonInput input(network, k, block);
        if (!input.empty()) poisson.push_back(std::move(input));
      }
      std::copy(std::begin(s.state), std::end(s.state), std::begin(visit.state));
      std::copy(std::begin(s.constants), std::end(s.constants), std::begin(visit.constants));
      receptors = s.receptors;
      pools = s.pools;
      visit.n_receptors = static_cast<int>(pools.size());
      visit.ready = s.ready;
      visit.refractory = s.refractory;
      visit.refractory_stride = p.refractory.size() > 1;
      visit.asleep_since = s.asleep_since;
      visit.current = s.current;
      visit.wide = network.wide;
      visit.chance = stream_key(network.spec.simulation.seed_dynamics, Purpose::chance, static_cast<std::uint32_t>(block.population));
      visit.entity = static_cast<std::uint64_t>(block.first);
      visit.check_sleepers = network.options.check_sleepers;
      potentials = {.relative = s.state[0], .n = block.n};
      if (const int relative = p.membrane->model->relative_to; relative >= 0) {
        const std::vector<double>& base = p.parameters[static_cast<std::size_t>(relative)];
        potentials.base_per_cell = base.size() > 1;
        potentials.base = base.data() + (potentials.base_per_cell ? block.first : 0);
      }
    }
    Visit visit;
    std::vector<ReceptorBlock> receptors;  // where arrivals go
    std::vector<ReceptorBlock> pools;      // what the membrane sees
    std::vector<PoissonInput> poisson;
    CurrentInputs currents;
    std::unique_ptr<SourceBlock> source;
    bool exact_times = false;           // of a source
    std::vector<std::uint32_t> active;  // groups of the shard that are awake, where the population sleeps
    std::vector<PlasticSynapses*> taught;  // synapses that need to know when its cells fire
    std::vector<PlasticSynapses*> watching;  // those of them that follow the cells' potentials
    Potentials potentials;
  };

  void update(std::uint32_t step) {
    if (state_.touched) wake(step);
    for (std::size_t b = 0; b < blocks_.size(); ++b) update_block(b, step);
  }

  void update_block(std::size_t b, std::uint32_t step) {
    BlockRun& run = blocks_[b];
    const auto first = static_cast<std::uint32_t>(network_.populations[static_cast<std::size_t>(shard_.blocks[b].population)].first + shard_.blocks[b].first);
    if (run.source) {
      run.source->fire(step, [&](std::uint32_t cell, double time_ms) {
        found_.push_back({step, first + cell});
        recorder_.note(index_, {step, first + cell});
        if (run.exact_times) note_exact({{step, first + cell}, time_ms});
      });
      return;
    }
    if (!run.visit.ready) return;  // event-driven: follows by itself
    void* const current = state_.blocks[b].current;
    run.currents.update(step, network_.spec.simulation.double_precision, current);
    if (gaps_) delivered_.gap_currents += gaps_->add_currents(b, run.currents, current);
    if (waves_) delivered_.gap_currents += waves_->add_currents(b, step, run.currents, current);
    if (state_.blocks[b].sleeps) update_sleepers(b, step, first);
    else update_awake(b, step, first);
    for (PlasticSynapses* synapses : run.watching) synapses->after_update(step, run.potentials);
  }

  /// Event-driven cells; see event.hpp.
  void update_events(std::uint32_t step) {
    events_->advance(step, updates_);
    for (const ExactSpike& s : events_->spikes()) {
      found_.push_back(s.spike);
      recorder_.note(index_, s.spike);
      note_exact(s);
    }
  }
  void note_exact(const ExactSpike& spike) {
    found_exact_.push_back(spike);
    recorder_.note_exact(index_, spike);
  }

  void update_awake(std::size_t b, std::uint32_t step, std::uint32_t first) {
    BlockRun& run = blocks_[b];
    const std::size_t n = shard_.blocks[b].n;
    for (std::size_t cell = 0; cell < n; cell += chunk_cells) {
      const std::size_t count = std::min(chunk_cells, n - cell);
      for (PoissonInput& input : run.poisson) input.add(step, cell, count, run.receptors[static_cast<std::size_t>(input.receptor())].input);
      run.visit.first = cell;
      run.visit.n = count;
      visit(b, step, first);
    }
  }

  void update_sleepers(std::size_t b, std::uint32_t step, std::uint32_t first) {
    BlockRun& run = blocks_[b];
    for (PoissonInput& input : run.poisson) input.add(step, 0, shard_.blocks[b].n, run.receptors[static_cast<std::size_t>(input.receptor())].input);
    run.visit.first = 0;
    run.visit.n = shard_.blocks[b].n;
    run.visit.active = run.active.data();
    run.visit.n_active = run.active.size();
    run.visit.touched = state_.touched;
    visit(b, step, first);
    run.active.resize(run.visit.n_active);
  }

  void visit(std::size_t b, std::uint32_t step, std::uint32_t first) {
    BlockRun& run = blocks_[b];
    Visit& v = run.visit;
    v.step = step;
    if (state_.blocks[b].advance) advance_apart(network_.populations[static_cast<std::size_t>(shard_.blocks[b].population)], state_.blocks[b], v);
    v.receptors = run.pools.data();
    v.spikes = fired_.data();
    v.n_spikes = 0;
    v.updates = 0;
    state_.blocks[b].step(v);
    updates_.at(b) += v.updates;
    if (trial_) {
      v.bad_cell = -1;  // what is tried may go astray; what counts is the last time
      return;
    }
    for (std::size_t k = 0; k < v.n_spikes; ++k) {
      const Spike spike{step, first + v.spikes[k]};
      found_.push_back(spike);
      recorder_.note(index_, spike);
    }
    for (PlasticSynapses* synapses : run.taught)
      for (std::size_t k = 0; k < v.n_spikes; ++k) synapses->cell_fires(v.spikes[k], step);
    if (v.bad_cell >= 0 && failures.empty()) failures.push_back({step, first + v.bad_cell});
  }

  /// Hands the groups that received something in this step to their blocks.
  void wake(std::uint32_t step) {
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      for (PoissonInput& input : blocks_[b].poisson)
        if (state_.blocks[b].sleeps)
          input.wake_receivers(step, [&](std::size_t cell) { touch(static_cast<std::uint32_t>((shard_.blocks[b].cell + cell) / group_size)); });
    for (std::size_t k = 0; k < slots_.n_active; ++k) blocks_[block_of_group(fresh_[k])].active.push_back(fresh_[k]);
    slots_.n_active = 0;
  }
  void touch(std::uint32_t group) {
    if (state_.touched[group]) return;
    state_.touched[group] = 1;
    fresh_[slots_.n_active++] = group;
  }
  std::size_t block_of_group(std::uint32_t group) const {
    std::size_t b = 0;
    while (b + 1 < shard_.blocks.size() && shard_.blocks[b + 1].cell / group_size <= group) ++b;
    return b;
  }

  /// At the start of a run: groups with an awake cell are active, the others are not.
  void sort_active() {
    for (std::size_t b = 0; b < shard_.blocks.size(); ++b) {
      if (!state_.blocks[b].sleeps) continue;
      const Block& block = shard_.blocks[b];
      for (std::size_t g = 0; g < block.padded() / group_size; ++g) {
        const std::uint32_t* since = state_.blocks[b].asleep_since + g * group_size;
        const bool any_awake = std::any_of(since, since + group_size, [](std::uint32_t s) { return s == awake; });
        const auto group = static_cast<std::uint32_t>(block.cell / group_size + g);
        state_.touched[group] = any_awake;
        if (any_awake) blocks_[b].active.push_back(group);
      }
      blocks_[b].visit.first_group = static_cast<std::uint32_t>(block.cell / group_size);
      blocks_[b].active.reserve(block.padded() / group_size + 1);
    }
  }

  const Network& network_;
  const Shard& shard_;
  State& whole_;
  ShardState& state_;
  std::size_t index_;
  const RunOptions& options_;
  Recorder::Impl& recorder_;
  std::vector<Mailbox>& mail_;
  Calendar calendar_;
  Slots slots_;
  std::vector<std::uint32_t> fresh_;   // groups touched since the last update
  std::vector<BlockRun> blocks_;
  std::vector<std::uint32_t> fired_;   // cells of a block that fired
  std::vector<Spike> found_;           // spikes of the interval
  std::vector<PlasticRun> plastic_;
  std::unique_ptr<EventRun> events_;   // where the shard has event-driven cells
  std::vector<ExactSpike> found_exact_;
  std::unique_ptr<GapRun> gaps_;       // where the network has gap junctions: explicit ones,
  std::unique_ptr<GapWave> waves_;     // or those solved by waveform relaxation
  bool trial_ = false;                 // coupled cells are only tried: their spikes do not count
  Delivered delivered_;
  UpdateCounts updates_;
  StageTimes times_;  // in ticks until end()
  TickLength tick_length_;
};

}  // namespace

namespace {

/// Without a structural step before its end.
void run_piece(const Network& network, State& state, const RunOptions& options, Recorder& recorder) {
  const std::size_t n = network.shards.size();
  std::vector<Mailbox> mail(n);
  GapBoard board(network);
  WaveBoard waves(network);
  std::vector<std::unique_ptr<ShardRun>> shards;
  for (std::size_t t = 0; t < n; ++t) shards.push_back(std::make_unique<ShardRun>(network, state, t, options, recorder.impl(), mail, board, waves));
  recorder.impl().begin(network, state, options);
  std::vector<std::size_t> heard;  // spikes noted before
  for (const auto& log : recorder.impl().logs) heard.push_back(log.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 1; t < n; ++t) threads.emplace_back([&, t] { shards[t]->run(); });
    shards[0]->run();
  }
  state.step = shards[0]->last_step;
  recorder.impl().end_piece(network, state);
  hear(network, state);
  for (std::size_t t = 0; t < n && !state.growing.empty(); ++t) {
    const std::vector<Spike>& log = recorder.impl().logs[t];
    structures_hear(network, state, log.data() + heard[t], log.size() - heard[t]);
  }

  std::vector<Failure> failures;
  for (const auto& s : shards) failures.insert(failures.end(), s->failures.begin(), s->failures.end());
  if (failures.empty()) return;
  const Failure& f = *std::min_element(failures.begin(), failures.end(), [](const Failure& a, const Failure& b) { return std::pair(a.step, a.neuron) < std::pair(b.step, b.neuron); });
  const Population& p = network.populations[static_cast<std::size_t>(network.population_of(f.neuron))];
  throw RunError(fmt::format("the state of {}neuron {} of population \"{}\" is not a usable number any more {} step {} ({:g} ms)\n"
                             "  try: {}",
                             f.synapse ? "a synapse of " : "", f.neuron - p.first, p.name, f.earlier ? "by" : "at", f.step, f.step * network.dt(),
                             f.hint.empty() ? "a smaller dt, weaker weights or inputs, or a look at the parameters of that population" : f.hint));
}

}  // namespace

void run(const Network& network, State& state, const RunOptions& options, Recorder& recorder) {
  if (state.step == 0) recorder.impl().take_weights(network, state);
  while (state.step < options.until_step) {
    RunOptions piece = options;
    piece.until_step = std::min({options.until_step, next_structural_step(state, state.step), recorder.impl().next_weights(state.step)});
    run_piece(network, state, piece, recorder);
    if (state.step < piece.until_step) return;  // stopped
    recorder.impl().rewire(network, state);
    recorder.impl().take_weights(network, state);
  }
}

}  // namespace ranvier::engine
