// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/plan_print.hpp"
#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {

using namespace plan;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t points_max = 10'000;

struct Axis {
  std::string key;
  std::vector<std::string> values;
};

double number_in(std::string_view text, const std::string& range) {
  Parameters bag;
  bag.set_text("x", text);
  if (const auto& v = bag.all().front().second; std::holds_alternative<double>(v)) return std::get<double>(v);
  throw InputError(fmt::format("--sweep {}: \"{}\" is no number", range, text));
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  std::istringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

std::string plain(double x) { return fmt::format("{}", x); }

std::vector<std::string> steps_of(const std::vector<std::string>& parts, const std::string& range) {
  const double from = number_in(parts[0], range), to = number_in(parts[1], range);
  const bool doubling = parts.size() == 2;
  const double step = doubling ? 2 : number_in(parts[2], range);
  if (!(from <= to) || (doubling ? from <= 0 : step <= 0)) throw InputError(fmt::format("--sweep {}: FROM must not exceed TO{}", range, doubling ? ", and be above 0" : ", and STEP be above 0"));
  std::vector<std::string> values;
  for (double x = from; x <= to * (1 + 1e-12) && values.size() <= points_max; x = doubling ? x * 2 : x + step) values.push_back(plain(x));
  return values;
}

Axis axis_of(const std::string& range) {
  const auto equals = range.find('=');
  if (equals == 0 || equals == range.npos) throw InputError(fmt::format("--sweep {}: must be KEY=FROM:TO, KEY=FROM:TO:STEP or KEY=A,B,C", range));
  Axis axis{range.substr(0, equals), {}};
  const std::string text = range.substr(equals + 1);
  const auto parts = split(text, ':');
  const bool is_range = (parts.size() == 2 || parts.size() == 3) && text.find(',') == text.npos;
  axis.values = is_range ? steps_of(parts, range) : split(text, ',');
  if (axis.values.empty()) throw InputError(fmt::format("--sweep {}: has no values", range));
  return axis;
}

void check_key(const Study& study, const Axis& axis) {
  if (axis.key == "count") return;
  std::vector<std::string> names{"count"};
  for (const ParameterInfo& p : study.workload.parameters) names.emplace_back(p.key);
  if (std::find(names.begin(), names.end(), axis.key) == names.end()) throw InputError(fmt::format("--sweep: {} has no parameter \"{}\".{}", study.workload.name, axis.key, suggestion(axis.key, names)));
}

struct Point {
  std::vector<std::string> at;
  Request request;
  std::optional<Answer> answer;
  std::string problem;
};

Point evaluate(const Study& study, const std::vector<Axis>& axes, std::size_t number) {
  Point point{{}, study.request, {}, ""};
  Request& request = point.request;
  for (const Axis& axis : axes) {
    const std::string& value = axis.values[number % axis.values.size()];
    number /= axis.values.size();
    point.at.push_back(value);
    if (axis.key == "count") request.count = static_cast<int>(std::clamp(number_in(value, axis.key), 0.0, 2e9));
    else request.parameters.set_text(axis.key, value);
  }
  try {
    point.answer = answer(request);
    if (!point.answer->estimate.fits) point.problem = "does not fit";
  } catch (const InputError& e) {
    point.problem = std::string(e.what()).substr(0, std::string(e.what()).find('\n'));
  }
  return point;
}

const char* bottleneck_of(const Answer& a) { return bottleneck_names[static_cast<std::size_t>(a.estimate.bottleneck)]; }

void print_table(const std::vector<Axis>& axes, const std::vector<Point>& points) {
  const auto first = std::find_if(points.begin(), points.end(), [](const Point& p) { return p.answer.has_value(); });
  for (const Axis& axis : axes) fmt::print("{:>12} ", axis.key);
  const std::string metric = first == points.end() ? "" : first->answer->metric + (first->answer->unit.empty() ? "" : fmt::format(" [{}]", first->answer->unit));
  fmt::print("{:>32} {:>12} {:>12} {:>12}  {:<18} {}\n", metric, "p10", "p90", "utilisation", "bottleneck", "");
  for (const Point& p : points) {
    for (const auto& value : p.at) fmt::print("{:>12} ", value);
    if (p.answer) fmt::print("{:>32.5g} {:>12.5g} {:>12.5g} {:>11.2f}%  {:<18} {}\n", p.answer->value, p.answer->p10, p.answer->p90, 100 * p.answer->estimate.utilisation, bottleneck_of(*p.answer), p.problem.empty() ? bar(p.answer->estimate.utilisation, 20) : p.problem);
    else fmt::print("{:>32} {}\n", "-", p.problem);
  }
}

void print_csv(const std::vector<Axis>& axes, const std::vector<Point>& points) {
  for (const Axis& axis : axes) fmt::print("{},", axis.key);
  fmt::print("value,unit,p10,p90,time_s,lower_s,upper_s,utilisation,bottleneck,byte_moved,byte_resident,flop,energy_j,problem\n");
  for (const Point& p : points) {
    for (const auto& value : p.at) fmt::print("{},", value);
    if (p.answer) {
      const Estimate& e = p.answer->estimate;
      fmt::print("{:.8g},{},{:.8g},{:.8g},{:.8g},{:.8g},{:.8g},{:.6g},{},{:.8g},{:.8g},{:.8g},{:.8g},{}\n", p.answer->value, p.answer->unit, p.answer->p10, p.answer->p90, e.expected.value(), e.lower.value(), e.upper.value(),
                 e.utilisation, bottleneck_of(*p.answer), e.byte_moved.value(), e.byte_resident.value(), e.flop.value(), e.energy.value(), p.problem);
    } else {
      std::string problem = p.problem;
      std::replace(problem.begin(), problem.end(), '"', '\'');
      fmt::print(",,,,,,,,,,,,,\"{}\"\n", problem);
    }
  }
}

Json metrics_json(Request request, const std::vector<std::string>& metrics) {
  Json all = Json::array();
  for (const std::string& metric : metrics) {
    request.metric = metric;
    const Answer a = answer(request);  // the same question has an answer, and no metric of these needs more than the first
    all.push_back({{"metric", a.metric}, {"value", has_value(a) ? Json(a.value) : Json()}, {"unit", a.unit}, {"p10", a.p10}, {"p90", a.p90}});
  }
  return all;
}

Json points_json(const Study& study, const std::vector<Axis>& axes, const std::vector<Point>& points, const std::vector<std::string>& metrics) {
  Json all = Json::array();
  for (const Point& p : points) {
    Json j;
    for (std::size_t i = 0; i < axes.size(); ++i) j["at"][axes[i].key] = p.at[i];
    if (p.answer) j.update(to_json({study.workload, study.request.kind, *study.request.machine, p.request.count, *p.answer}, nullptr));
    if (p.answer && !metrics.empty()) j["metrics"] = metrics_json(p.request, metrics);
    j["problem"] = p.problem;
    all.push_back(std::move(j));
  }
  return all;
}

struct Swept {
  std::vector<Axis> axes;
  std::vector<Point> points;
};

Swept swept(const Study& study, const std::vector<std::string>& ranges) {
  std::vector<Axis> axes;
  std::size_t n = 1;
  for (const auto& range : ranges) {
    axes.push_back(axis_of(range));
    check_key(study, axes.back());
    n *= axes.back().values.size();
    if (n > points_max) throw InputError(fmt::format("--sweep: more than {} points", points_max));
  }
  std::vector<Point> points;
  for (std::size_t i = 0; i < n; ++i) points.push_back(evaluate(study, axes, i));
  return {std::move(axes), std::move(points)};
}

}  // namespace

void sweep(const Study& study, const std::vector<std::string>& ranges, SweepFormat format) {
  const auto [axes, points] = swept(study, ranges);
  if (format == SweepFormat::csv) print_csv(axes, points);
  else if (format == SweepFormat::json) fmt::print("{}\n", Json{{"sweep", points_json(study, axes, points, {})}}.dump(2));
  else print_table(axes, points);
}

Json sweep_json(const Study& study, const std::vector<std::string>& ranges, const std::vector<std::string>& metrics) {
  const auto [axes, points] = swept(study, ranges);
  return points_json(study, axes, points, metrics);
}

namespace {

struct Lever {
  std::string kind, name;
  double exponent = 0;   ///< d ln(answer) / d ln(input)
  double spread = 0;     ///< how sure the input is, relative
};

constexpr double nudge = 0.02;

double value_or_zero(const Request& request) {
  try {
    return answer(request).value;
  } catch (const InputError&) {
    return 0;
  }
}

/// Slope of ln(answer) over ln(input) between two values of it; 0 where one of them has no answer.
double exponent_between(double value_up, double value_down, double ratio) { return value_up > 0 && value_down > 0 ? std::log(value_up / value_down) / std::log(ratio) : 0; }

/// `move(request, factor)` gives the answer with the input multiplied.
template <class Move>
double exponent_of(const Request& request, Move&& move) {
  return exponent_between(move(request, 1 + nudge), move(request, 1 - nudge), (1 + nudge) / (1 - nudge));
}

double exponent_of_parameter(Request request, const std::string& key, double x) {
  const bool whole = x == std::floor(x);  // moves by one at least
  const double up = whole ? std::max(std::ceil(x * (1 + nudge)), x + 1) : x * (1 + nudge);
  const double down = whole ? std::max(1.0, std::min(std::floor(x * (1 - nudge)), x - 1)) : x * (1 - nudge);
  request.parameters.set(key, up);
  const double value_up = value_or_zero(request);
  request.parameters.set(key, down);
  return exponent_between(value_up, value_or_zero(request), up / down);
}

template <class Unit>
void move_figure(std::vector<Lever>& levers, const Study& study, const char* name, Figure<Unit> Machine::*figure) {
  const Figure<Unit>& f = study.request.machine->*figure;
  if (!f.known) return;
  const double exponent = exponent_of(study.request, [&](Request r, double factor) {
    Machine moved = *r.machine;
    (moved.*figure).value *= factor;
    r.machine = &moved;
    return value_or_zero(r);
  });
  levers.push_back({"machine", name, exponent, f.spread});
}

void move_figures(std::vector<Lever>& levers, const Study& study) {
  move_figure(levers, study, "memory bandwidth", &Machine::bandwidth);
  move_figure(levers, study, "memory", &Machine::memory);
  move_figure(levers, study, "link in the box", &Machine::link);
  move_figure(levers, study, "link between boxes", &Machine::internode);
  move_figure(levers, study, "power", &Machine::power);
  move_figure(levers, study, "compute units", &Machine::units);
  for (std::size_t i = 0; i < n_precisions; ++i) {
    const double exponent = exponent_of(study.request, [&](Request r, double factor) {
      Machine moved = *r.machine;
      moved.rate[i].value *= factor;
      r.machine = &moved;
      return value_or_zero(r);
    });
    levers.push_back({"machine", fmt::format("rate {}", precision_names[i]), exponent, study.request.machine->rate[i].spread});
  }
}

std::vector<Lever> levers_of(const Study& study) {
  std::vector<Lever> levers;
  move_figures(levers, study);
  for (const ConstantInfo& c : constant_table()) {
    const double exponent = exponent_of(study.request, [&](Request r, double factor) {
      Constants moved = *r.constants;
      moved.*c.member *= factor;
      r.constants = &moved;
      return value_or_zero(r);
    });
    levers.push_back({"constant", std::string(c.name), exponent, c.spread});
  }
  for (const auto& [key, value] : study.request.parameters.all()) {
    const double* number = std::get_if<double>(&value);
    if (number == nullptr || *number == 0) continue;
    levers.push_back({"parameter", key, exponent_of_parameter(study.request, key, *number), 0});
  }
  std::erase_if(levers, [](const Lever& l) { return std::abs(l.exponent) < 0.005; });
  std::sort(levers.begin(), levers.end(), [](const Lever& a, const Lever& b) { return std::abs(a.exponent) > std::abs(b.exponent); });
  return levers;
}

}  // namespace

void print_sensitivity(const Study& study, const Answer& at) {
  fmt::print("\nwhat moves {} most\n  {:<10} {:<28} {:>22} {:>12}\n", at.metric, "", "", "1 % more gives", "sure to");
  for (const Lever& l : levers_of(study)) fmt::print("  {:<10} {:<28} {:>+21.2f}% {:>12}\n", l.kind, l.name, l.exponent, l.spread > 0 ? fmt::format("{:.0f} %", 100 * l.spread) : "");
}

Json sensitivity_json(const Study& study, const Answer&) {
  Json all = Json::array();
  for (const Lever& l : levers_of(study)) all.push_back({{"kind", l.kind}, {"input", l.name}, {"exponent", l.exponent}, {"spread", l.spread}});
  return all;
}

}  // namespace ranvier::cli
