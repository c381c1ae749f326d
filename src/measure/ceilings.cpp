// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "measure/ceilings.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::measure::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

/// Eight independent chains of multiply-adds; returns the FLOPs done. The result goes out so that the work stays.
template <class T>
double multiply_add(std::size_t rounds, double* out) {
  const hn::ScalableTag<T> d;
  auto a0 = hn::Set(d, T(1)), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  const auto x = hn::Set(d, T(0.999)), y = hn::Set(d, T(0.001));
  for (std::size_t k = 0; k < rounds; ++k) {
    a0 = fma(d, a0, x, y); a1 = fma(d, a1, x, y); a2 = fma(d, a2, x, y); a3 = fma(d, a3, x, y);
    a4 = fma(d, a4, x, y); a5 = fma(d, a5, x, y); a6 = fma(d, a6, x, y); a7 = fma(d, a7, x, y);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), hn::Add(hn::Add(a4, a5), hn::Add(a6, a7)));
  *out += static_cast<double>(hn::GetLane(sum));
  return 16.0 * static_cast<double>(rounds) * static_cast<double>(hn::Lanes(d));
}
double MultiplyAdd(bool double_precision, std::size_t rounds, double* out) {
  return double_precision ? multiply_add<double>(rounds, out) : multiply_add<float>(rounds, out);
}

/// One pass of p[i] = p[i] * x + y over an array; returns the bytes read and written.
double Stream(float* p, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, 0.5f), y = hn::Set(d, 1.0f);
  for (std::size_t i = 0; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) hn::Store(fma(d, hn::Load(d, p + i), x, y), d, p + i);
  return 8.0 * static_cast<double>(n);
}

}  // namespace ranvier::measure::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "core/arena.hpp"
#include "measure/ceilings.hpp"

namespace ranvier::measure {
HWY_EXPORT(MultiplyAdd);
HWY_EXPORT(Stream);
namespace {

using Clock = std::chrono::steady_clock;

/// Runs `work` on all threads from a common start; returns what they did in all per second, the best of three.
double rate(int threads, const std::function<double(int)>& work) {
  double best = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    std::barrier start(threads);
    std::vector<double> done(static_cast<std::size_t>(threads)), seconds(static_cast<std::size_t>(threads));
    std::vector<std::jthread> pool;
    for (int t = 0; t < threads; ++t)
      pool.emplace_back([&, t] {
        start.arrive_and_wait();
        const auto from = Clock::now();
        done[static_cast<std::size_t>(t)] = work(t);
        seconds[static_cast<std::size_t>(t)] = std::chrono::duration<double>(Clock::now() - from).count();
      });
    pool.clear();
    double sum = 0;
    for (double d : done) sum += d;
    best = std::max(best, sum / *std::max_element(seconds.begin(), seconds.end()));
  }
  return best;
}

}  // namespace

Ceilings measure_ceilings(int threads, bool double_precision) {
  Ceilings c;
  std::vector<double> sink(static_cast<std::size_t>(threads));
  c.flop_per_s = rate(threads, [&](int t) { return HWY_DYNAMIC_DISPATCH(MultiplyAdd)(double_precision, 1'000'000, &sink[static_cast<std::size_t>(t)]); });
  constexpr std::size_t n = std::size_t{12} << 20;  // 48 MiB a thread: beyond the last-level cache
  std::vector<HugeArray<float>> arrays;
  for (int t = 0; t < threads; ++t) arrays.emplace_back(n);
  c.bandwidth_byte_per_s = rate(threads, [&](int t) { return HWY_DYNAMIC_DISPATCH(Stream)(arrays[static_cast<std::size_t>(t)].data(), n); });
  return c;
}

EnergyMeter::EnergyMeter() : start_(read()) {}

std::optional<double> EnergyMeter::read() const {
  namespace fs = std::filesystem;
  std::error_code error;
  double joule = 0;
  bool any = false;
  for (const auto& entry : fs::directory_iterator("/sys/class/powercap", error)) {
    const std::string name = entry.path().filename();
    if (name.rfind("intel-rapl:", 0) != 0 || std::count(name.begin(), name.end(), ':') != 1) continue;  // packages, not their parts
    std::ifstream file(entry.path() / "energy_uj");
    double micro = 0;
    if (!(file >> micro)) return std::nullopt;
    joule += micro * 1e-6;
    any = true;
  }
  return any ? std::optional(joule) : std::nullopt;
}

std::optional<double> EnergyMeter::joule_since_start() const {
  const auto now = read();
  if (!now || !start_ || *now < *start_) return std::nullopt;  // a counter that wrapped says nothing
  return *now - *start_;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  utsname u{};
  return uname(&u) == 0 ? u.machine : "unknown";
}

std::string system_name() {
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("PRETTY_NAME=", 0) == 0) return line.substr(13, line.size() - 14);
  utsname u{};
  return uname(&u) == 0 ? std::string(u.sysname) + " " + u.release : "unknown";
}

std::uint64_t memory_byte() { return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGE_SIZE)); }

int core_count() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::uint64_t peak_rss_byte() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace ranvier::measure
#endif
