// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/plan_print.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {

using namespace plan;
using Json = nlohmann::ordered_json;

namespace {

bool is_time(std::string_view unit) { return unit == "s" || unit == "ms" || unit == "us"; }

/// Beside the metric asked for: the first that is a time and the first of which more is better, so that latency and throughput both show.
std::vector<std::string> pictured_metrics(const Study& study) {
  const Request& r = study.request;
  const std::string_view asked = find_metric(study.workload, r.kind, r.metric).name;
  const MetricInfo* first[2] = {nullptr, nullptr};
  for (const MetricInfo& m : study.workload.metrics) {
    if (*m.row_kind != 0 && m.row_kind != r.kind) continue;
    const MetricInfo*& place = first[m.higher_is_better];
    if (place == nullptr && (m.higher_is_better || is_time(m.unit))) place = &m;
  }
  std::vector<std::string> names;
  for (const MetricInfo* m : first)
    if (m != nullptr && m->name != asked) names.emplace_back(m->name);
  return names;
}

bool fits(const Json& point) { return point.contains("estimate") && point["estimate"]["fits"].get<bool>(); }
bool answered(const Json& point) { return point.contains("estimate"); }

/// Of points that double from a small number on, those up to the first that does not fit, or has no answer.
void cut_after_memory(Json& points) {
  const auto end = std::find_if(points.begin(), points.end(), [](const Json& p) { return !fits(p); });
  const auto keep = end != points.end() && answered(*end) ? end + 1 : end;
  points.erase(keep, points.end());
}

void set(Request& request, const std::string& key, const std::string& value) {
  if (key != "count") return request.parameters.set_text(key, value);
  Parameters count;
  count.set_text(key, value);
  request.count = static_cast<int>(std::clamp(count.number(key, 1), 0.0, 2e9));
}

std::optional<double> number_of(const Request& request, const std::string& key) {
  if (key == "count") return request.count;
  for (const auto& [name, value] : request.parameters.all())
    if (name == key && std::holds_alternative<double>(value)) return std::get<double>(value);
  return {};
}

bool fits_at(Request request, const std::string& key, double x) {
  set(request, key, fmt::format("{:.0f}", x));
  try {
    return answer(request).estimate.fits;
  } catch (const InputError&) {
    return false;
  }
}

/// The value of a swept key at a point, where it is a whole number that doubles hold exactly.
std::optional<double> whole_at(const Study& study, const Json& point, const std::string& key) {
  Request request = study.request;
  set(request, key, point["at"][key].get<std::string>());
  const auto x = number_of(request, key);
  if (!x || *x != std::floor(*x) || std::abs(*x) > 1e15) return {};
  return x;
}

/// Between a point that fits and the next, which does not: the last whole number that fits, found by halving.
void mark_end(const Study& study, const std::vector<std::string>& metrics, Json& j) {
  Json& points = j["sweep"];
  if (points.empty() || points[0]["at"].size() != 1) return;
  const std::string key = points[0]["at"].begin().key();
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    if (!fits(points[i]) || !answered(points[i + 1]) || fits(points[i + 1])) continue;
    const auto from = whole_at(study, points[i], key), to = whole_at(study, points[i + 1], key);
    if (!from || !to || *from >= *to) return;
    double low = *from, high = *to;
    while (high - low > 1) {
      const double middle = std::floor((low + high) / 2);
      (fits_at(study.request, key, middle) ? low : high) = middle;
    }
    if (low > *from) points.insert(points.begin() + static_cast<std::ptrdiff_t>(i) + 1, sweep_json(study, {fmt::format("{}={:.0f}", key, low)}, metrics).front());
    j["sweep_end"] = {{"key", key}, {"last", low}};  // moves `points`
    return;
  }
}

Json sweep_of(const Study& study, const std::vector<std::string>& ranges, const std::vector<std::string>& metrics) {
  if (!ranges.empty()) return sweep_json(study, ranges, metrics);
  const Pictured& p = study.workload.pictured;
  if (*p.key == 0) return Json::array();
  Json points = sweep_json(study, {fmt::format("{}={:.0f}:{:.0f}", p.key, p.low, p.high)}, metrics);
  cut_after_memory(points);
  return points;
}

/// The question itself, or where it lacks what is swept, the question at the last point that fits.
Study answerable(const Study& study, const Json& points) {
  try {
    answer(study.request);
    return study;
  } catch (const InputError&) {
    for (auto point = points.rbegin(); point != points.rend(); ++point) {
      if (!fits(*point)) continue;
      Study at = study;
      for (const auto& [key, value] : (*point)["at"].items()) set(at.request, key, value.get<std::string>());
      return at;
    }
    throw;
  }
}

}  // namespace

Json page_json(const Study& study, const std::vector<std::string>& ranges) {
  const auto metrics = pictured_metrics(study);
  Json picture{{"sweep", sweep_of(study, ranges, metrics)}};
  mark_end(study, metrics, picture);
  const Study asked = answerable(study, picture["sweep"]);
  Trace trace;
  const Answer a = answer(asked.request, &trace);
  Json j = to_json({asked.workload, asked.request.kind, *asked.request.machine, asked.request.count, a, &asked.request.parameters}, &trace);
  j["sensitivity"] = sensitivity_json(asked, a);
  j.update(picture);
  return j;
}

}  // namespace ranvier::cli
