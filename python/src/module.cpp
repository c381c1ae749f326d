// SPDX-License-Identifier: Apache-2.0
/// The extension module ranvier._core: what the Python files in python/ranvier stand on. Nothing here is public; the
/// docstrings that a person reads are there.

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <thread>

#include "engine/model.hpp"
#include "io/network_file.hpp"
#include "outline.hpp"
#include "ranvier/error.hpp"
#include "ranvier/units.hpp"
#include "session.hpp"
#include "tree.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace ranvier::python {
namespace {

// ------------------------------------------------------------------------------------------ errors

/// Raises the classes that ranvier/errors.py defines.
void translate(const std::exception_ptr& error, void*) {
  const auto raise = [](const char* name, const std::exception& e) {
    nb::object type = nb::module_::import_("ranvier.errors").attr(name);
    PyErr_SetObject(type.ptr(), nb::str(e.what()).ptr());
  };
  try {
    std::rethrow_exception(error);
  } catch (const InputError& e) {
    raise("InputError", e);
  } catch (const RunError& e) {
    raise("RunError", e);
  }
}

// ------------------------------------------------------------------------------------------ arrays

/// A view of numbers that `owner` keeps alive.
template <class T>
nb::object view(const T* data, std::vector<std::size_t> shape, nb::handle owner, std::vector<std::int64_t> strides = {}) {
  static const T nothing{};
  nb::ndarray<nb::numpy, const T> array(data ? data : &nothing, shape.size(), shape.data(), owner, strides.empty() ? nullptr : strides.data());
  return array.cast();
}

/// An array that takes the numbers over.
template <class T>
nb::object taken(std::vector<T> numbers) {
  auto* kept = new std::vector<T>(std::move(numbers));
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return view(kept->data(), {kept->size()}, owner);
}

using Numbers = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Indices = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T, class Array>
std::vector<T> copied(const Array& array) {
  return {array.data(), array.data() + array.size()};
}

// ------------------------------------------------------------------------------------------ running

/// Work under way, so that it can be stopped where Python ends: a thread that wakes in a Python that is gone would take the process with it.
class UnderWay {
 public:
  explicit UnderWay(std::atomic<bool>& stop) : stop_(stop) {
    const std::lock_guard lock(mutex);
    flags.insert(&stop_);
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay() {
    const std::lock_guard lock(mutex);
    flags.erase(&stop_);
  }

  /// Called by Python's atexit: asks all to stop, and waits until they have, without Python's lock.
  static void end_all() {
    const nb::gil_scoped_release released;
    for (bool any = true; any;) {
      {
        const std::lock_guard lock(mutex);
        for (std::atomic<bool>* flag : flags) *flag = true;
        any = !flags.empty();
      }
      if (any) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  std::atomic<bool>& stop_;
  static inline std::mutex mutex;
  static inline std::set<std::atomic<bool>*> flags;
};

/// Does `work` on a thread of its own while this one listens to Ctrl-C and shows the progress.
///   beat  called twenty times a second with Python's lock held; may raise
template <class Work, class Beat>
void in_background(std::atomic<bool>& stop, Work work, Beat beat) {
  const UnderWay under_way(stop);
  std::exception_ptr failed, interrupted;
  std::atomic<bool> done{false};
  std::mutex mutex;
  std::condition_variable done_now;
  {
    const nb::gil_scoped_release released;
    std::jthread worker([&] {
      try {
        work();
      } catch (...) {
        failed = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      done = true;
      done_now.notify_one();
    });
    const auto over = [&] {
      std::unique_lock lock(mutex);
      return done_now.wait_for(lock, std::chrono::milliseconds(50), [&] { return done.load(); });
    };
    while (!over()) {
      if (interrupted) continue;
      const nb::gil_scoped_acquire held;
      try {
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        beat();
      } catch (const std::exception&) {
        interrupted = std::current_exception();
        stop = true;
      }
    }
  }
  if (interrupted) std::rethrow_exception(interrupted);
  if (failed) std::rethrow_exception(failed);
}

std::shared_ptr<RunResult> run(Session& session, std::uint32_t steps, bool counted, const nb::object& progress) {
  std::atomic<bool> stop{false};
  std::atomic<std::uint32_t> step{session.step()};
  std::shared_ptr<RunResult> piece;
  in_background(stop, [&] { piece = session.run(steps, counted, [&](std::uint32_t now) { step.store(now, std::memory_order_relaxed); }, stop); },
                [&] {
                  if (!progress.is_none()) progress(step.load(std::memory_order_relaxed));
                });
  return piece;
}

std::shared_ptr<Session> build(const NetworkSpec& spec, int threads, const std::string& simd, const std::string& resume) {
  std::atomic<bool> stop{false};
  std::shared_ptr<Session> session;
  in_background(stop, [&] { session = std::make_shared<Session>(spec, threads, simd, resume); }, [] {});
  return session;
}

std::shared_ptr<Session> rebuild(const NetworkSpec& spec, int threads, const std::string& simd, const Session& before, const std::vector<int>& renew) {
  std::atomic<bool> stop{false};
  std::shared_ptr<Session> session;
  in_background(stop, [&] { session = std::make_shared<Session>(spec, threads, simd, before, renew); }, [] {});
  return session;
}

// ------------------------------------------------------------------------------------------ networks

io::Overrides overrides_of(const std::vector<std::pair<std::string, std::string>>& set, std::optional<double> duration_ms, std::optional<double> warmup_ms, std::optional<std::uint64_t> seed,
                           std::optional<int> threads) {
  return {.set = set, .duration_ms = duration_ms, .warmup_ms = warmup_ms, .seed = seed, .threads = threads};
}

nb::list populations_of(const NetworkSpec& spec) {
  nb::list out;
  for (const PopulationSpec& p : spec.populations) out.append(nb::make_tuple(p.name, p.size, p.membrane));
  return out;
}

/// [n_populations] how many neurons of each population have their spikes recorded.
std::vector<std::int64_t> recorded_of(const NetworkSpec& spec) {
  std::vector<std::int64_t> count;
  for (std::size_t k = 0; k < spec.populations.size(); ++k) {
    const std::int64_t size = spec.populations[k].size;
    std::vector<bool> recorded(spec.recordings.empty() ? 0 : static_cast<std::size_t>(size));
    for (const RecordingSpec& r : spec.recordings)
      if (r.kind == RecordingSpec::Kind::spikes && r.neurons.population == static_cast<int>(k))
        for (std::int64_t i = 0; i < r.neurons.size(); ++i) recorded[static_cast<std::size_t>(r.neurons[i])] = true;
    count.push_back(spec.recordings.empty() ? size : std::count(recorded.begin(), recorded.end(), true));
  }
  return count;
}

nb::dict describe(const engine::ModelInfo& info) {
  static constexpr const char* kinds[] = {"membrane", "receptor", "source", "pair", "synapse"};
  const auto text = [](std::string_view s) { return nb::str(s.data(), s.size()); };
  nb::list parameters, state;
  for (const auto& p : info.parameters) parameters.append(nb::make_tuple(text(p.name), p.default_value, text(p.unit), text(p.meaning)));
  for (const auto& v : info.state) state.append(nb::make_tuple(text(v.name), text(v.unit), text(v.meaning)));
  nb::dict out;
  out["kind"] = kinds[static_cast<int>(info.kind)];
  out["name"] = text(info.name);
  out["title"] = text(info.title);
  out["equations"] = text(info.equations);
  out["parameters"] = parameters;
  out["state"] = state;
  out["numerics"] = text(info.numerics);
  out["source"] = text(info.source);
  return out;
}

nb::list models() {
  nb::list out;
  for (const auto* info : engine::all_models()) out.append(describe(*info));
  for (const auto& pair : engine::all_pairs()) {
    nb::dict d;
    d["kind"] = "pair";
    d["name"] = nb::str(pair.name.data(), pair.name.size());
    d["title"] = nb::str(pair.title.data(), pair.title.size());
    d["membrane"] = nb::str(pair.membrane.data(), pair.membrane.size());
    nb::list receptors;
    for (const auto& r : pair.receptors) receptors.append(nb::str(r.name.data(), r.name.size()));
    d["receptors"] = receptors;
    out.append(d);
  }
  return out;
}

double quantity(const std::string& text, const std::string& unit) {
  const auto wanted = parse_unit(unit);
  const Quantity given = parse_quantity(text);
  if (!wanted || !(given.dimension == wanted->dimension)) throw InputError(fmt::format("{}: must be {}, for example \"{}\"", text, wanted ? ranvier::describe(wanted->dimension) : "a known unit", example_of(unit)));
  return in_unit(given, *wanted);
}

// ------------------------------------------------------------------------------------------ results

nb::dict trace_dict(const nb::object& owner, const Trace& t) {
  nb::dict d;
  d["name"] = t.name;
  d["population"] = t.population;
  d["first_step"] = t.first_step;
  d["interval"] = t.interval;
  d["neurons"] = view(t.neurons.data(), {t.neurons.size()}, owner);
  nb::list variables;
  for (const auto& v : t.variables) variables.append(nb::make_tuple(v.name, v.unit));
  d["variables"] = variables;
  d["values"] = std::visit([&](const auto& values) { return view(values.data(), {t.sample_count(), t.variables.size(), t.neurons.size()}, owner); }, t.values);
  return d;
}

nb::dict connections_dict(Connections c) {
  nb::dict d;
  d["sampled"] = c.sampled;
  d["sample_steps"] = taken(std::move(c.sample_steps));
  d["samples"] = std::visit([](auto& samples) -> nb::object { return taken(std::move(samples)); }, c.samples);
  d["name"] = c.name;
  d["source_population"] = c.source_population;
  d["target_population"] = c.target_population;
  d["source"] = taken(std::move(c.source));
  d["target"] = taken(std::move(c.target));
  d["receptor"] = taken(std::move(c.receptor));
  d["weight"] = taken(std::move(c.weight));
  d["delay_ms"] = taken(std::move(c.delay_ms));
  return d;
}

/// One column of the spikes, as they lie in memory.
nb::object spike_column(const nb::object& self, std::uint32_t Spike::* member) {
  const RunResult& r = nb::cast<const RunResult&>(self);
  return view(r.spikes.empty() ? nullptr : &(r.spikes[0].*member), {r.spikes.size()}, self, {sizeof(Spike) / sizeof(std::uint32_t)});
}

void add_results(nb::module_& m) {
  nb::class_<RunResult>(m, "Piece")
      .def_prop_ro("steps", [](const nb::object& self) { return spike_column(self, &Spike::step); })
      .def_prop_ro("ids", [](const nb::object& self) { return spike_column(self, &Spike::neuron); })
      .def_prop_ro("times_ms", [](const nb::object& self) {
        const RunResult& r = nb::cast<const RunResult&>(self);
        return view(r.times_ms.data(), {r.times_ms.size()}, self);
      })
      .def_prop_ro("traces", [](const nb::object& self) {
        nb::list out;
        for (const Trace& t : nb::cast<const RunResult&>(self).traces) out.append(trace_dict(self, t));
        return out;
      })
      .def_prop_ro("connections", [](const RunResult& r) {
        nb::list out;
        for (const Connections& c : r.connections) out.append(connections_dict(c));
        return out;
      })
      .def_prop_ro("volume_traces", [](const RunResult& r) {
        nb::list out;
        for (VolumeTrace t : r.volume_traces) out.append(nb::make_tuple(t.name, t.volumes, t.first_step, t.interval, taken(std::move(t.values))));
        return out;
      })
      .def_prop_ro("volumes", [](const RunResult& r) {
        nb::dict out;
        for (const auto& v : r.volumes) out[v.name.c_str()] = v.concentration;
        return out;
      })
      .def_ro("end_step", &RunResult::end_step)
      .def_ro("partial", &RunResult::partial)
      .def_ro("simulate_s", &RunResult::simulate_s)
      .def_ro("population_spikes", &RunResult::population_spikes)
      .def_prop_ro("spike_count", [](const RunResult& r) { return r.work.spikes; })
      .def_prop_ro("synaptic_events", [](const RunResult& r) { return r.work.synaptic_events; });
}

void add_networks(nb::module_& m) {
  nb::class_<NetworkSpec>(m, "Spec")
      .def_ro("name", &NetworkSpec::name)
      .def_prop_ro("populations", populations_of)
      .def_prop_ro("outline", outline_of)
      .def_prop_ro("effects", effects_of)
      .def_prop_ro("inputs", [](const NetworkSpec& s) {
        std::vector<std::string> names;
        for (const auto& i : s.inputs) names.push_back(i.name);
        return names;
      })
      .def_prop_ro("recordings", [](const NetworkSpec& s) {
        std::vector<std::string> names;
        for (const auto& r : s.recordings) names.push_back(r.name);
        return names;
      })
      .def_prop_ro("receptors", [](const NetworkSpec& s) {
        std::vector<std::vector<std::string>> names;
        for (const auto& p : s.populations) {
          names.emplace_back();
          for (const auto& r : p.receptors) names.back().push_back(r.name);
        }
        return names;
      })
      .def_prop_ro("receptor_kinds", [](const NetworkSpec& s) {
        nb::list out;
        for (const auto& p : s.populations) {
          nb::list kinds;
          for (const auto& r : p.receptors) kinds.append(nb::make_tuple(r.name, r.kind, r.conductance));
          out.append(kinds);
        }
        return out;
      })
      .def_prop_ro("projections", [](const NetworkSpec& s) {
        nb::list out;
        for (const auto& p : s.projections) out.append(nb::make_tuple(p.name, p.source.population, p.target.population, p.receptor, !p.synapse.empty()));
        return out;
      })
      .def_prop_ro("input_targets", [](const NetworkSpec& s) {
        static constexpr const char* kinds[] = {"poisson", "dc", "step", "sine", "noise", "samples"};
        nb::list out;
        for (const auto& i : s.inputs) out.append(nb::make_tuple(i.name, kinds[static_cast<int>(i.kind)], i.target.population, i.receptor, i.start_ms, i.stop_ms));
        return out;
      })
      .def_prop_ro("gap_junctions", [](const NetworkSpec& s) { return s.gap_junctions.size(); })
      .def_prop_ro("spikes_recorded", recorded_of)
      .def_prop_ro("dt_ms", [](const NetworkSpec& s) { return s.simulation.dt_ms; })
      .def_prop_ro("duration_ms", [](const NetworkSpec& s) { return s.simulation.duration_ms; })
      .def_prop_ro("warmup_ms", [](const NetworkSpec& s) { return s.simulation.warmup_ms; })
      .def("positions", [](const nb::object& self, int k) {
        const PopulationSpec& p = nb::cast<const NetworkSpec&>(self).populations.at(static_cast<std::size_t>(k));
        const auto d = static_cast<std::size_t>(p.dimensions);
        return view(p.positions_um.data(), {d ? p.positions_um.size() / d : 0, d}, self);
      })
      .def("memory", [](const NetworkSpec& s, int threads) {
        const auto estimate = engine::estimate_memory(s, std::max(1, threads));
        return std::pair(estimate.synapses, estimate.total_byte());
      })
      .def("check", [](const NetworkSpec& s) { engine::check(s); });
  m.def("read_file", [](const std::string& file, const std::vector<std::pair<std::string, std::string>>& set, std::optional<double> duration_ms, std::optional<double> warmup_ms,
                        std::optional<std::uint64_t> seed, std::optional<int> threads) { return io::read_network(file, overrides_of(set, duration_ms, warmup_ms, seed, threads)); },
        "file"_a, "set"_a, "duration_ms"_a.none(), "warmup_ms"_a.none(), "seed"_a.none(), "threads"_a.none(), nb::call_guard<nb::gil_scoped_release>());
  m.def("read_tree", [](const nb::object& tree, const std::string& name, const std::string& folder) {
    io::Node node = to_node(tree, "");
    const nb::gil_scoped_release released;
    return io::read_tree(std::move(node), name, folder);
  });
}

void add_sessions(nb::module_& m) {
  nb::class_<Session>(m, "Session")
      .def("run", run, "steps"_a, "counted"_a, "progress"_a.none())
      .def("read", [](const Session& s, int population, const std::string& variable) { return taken(s.read(population, variable)); })
      .def("write", [](Session& s, int population, const std::string& variable, const Numbers& values) { s.write(population, variable, copied<double>(values)); })
      .def("variables", &Session::variables)
      .def("parameters", [](const Session& s, int population) {
        nb::dict out;
        for (auto& [name, values] : s.parameters(population)) out[name.c_str()] = taken(std::move(values));
        return out;
      })
      .def("currents", [](const Session& s, int population, std::uint32_t first, std::uint32_t steps) { return taken(s.currents(population, first, steps)); })
      .def("arrivals", [](const Session& s, int input, std::uint32_t first, std::uint32_t steps) { return taken(s.arrivals(input, first, steps)); })
      .def("connections", [](const Session& s, int source, int target) {
        Connections c;
        {
          const nb::gil_scoped_release released;
          c = s.connections(source, target);
        }
        return connections_dict(std::move(c));
      })
      .def("weights", [](const Session& s, int projection) { return taken(s.weights(projection)); })
      .def("change_inputs", [](Session& s, const NetworkSpec& spec) { s.change_inputs(spec.inputs); })
      .def("change_trains", [](Session& s, int population, const Indices& neurons, const Numbers& times) { s.change_trains(population, {copied<double>(times), copied<std::int64_t>(neurons)}); })
      .def("change_rates", [](Session& s, int population, const Numbers& rates) { s.change_rates(population, copied<double>(rates)); })
      .def("save", [](const Session& s, const std::string& file, bool overwrite) { s.save(file, overwrite); }, nb::call_guard<nb::gil_scoped_release>())
      .def("summary", &Session::summary, nb::call_guard<nb::gil_scoped_release>())
      .def("write_results", [](const Session& s, const std::string& folder, const std::string& format, bool overwrite) { return s.write_results(folder, format, overwrite).string(); },
           nb::call_guard<nb::gil_scoped_release>())
      .def("pieces_from", [](const Session& s, std::size_t first) { return std::vector(s.pieces().begin() + static_cast<std::ptrdiff_t>(std::min(first, s.pieces().size())), s.pieces().end()); })
      .def_prop_ro("step", &Session::step)
      .def_prop_ro("threads", &Session::threads)
      .def_prop_ro("synapse_count", [](const Session& s) { return s.network().synapses; });
  m.def("build", build, "spec"_a, "threads"_a, "simd"_a, "resume"_a);
  m.def("rebuild", rebuild, "spec"_a, "threads"_a, "simd"_a, "before"_a, "renew"_a);
}

}  // namespace

NB_MODULE(_core, m) {
  nb::set_leak_warnings(false);  // what a script still holds when Python ends is nobody's mistake
  nb::register_exception_translator(translate, nullptr);
  m.attr("version") = RANVIER_VERSION;
  add_results(m);
  add_networks(m);
  add_sessions(m);
  m.def("end_all", UnderWay::end_all);
  m.def("models", models);
  m.def("quantity", quantity, "text"_a, "unit"_a);
}

}  // namespace ranvier::python
