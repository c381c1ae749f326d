// SPDX-License-Identifier: Apache-2.0
#include "plan/claims/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "plan/claims/formulas.hpp"

namespace ranvier::plan::claims {
namespace {

std::string show(const Value& v, const std::string& unit) { return fmt::format("{:.6g}{}{}", in_unit(v, unit), unit.empty() ? "" : " ", unit); }

/// Larger over smaller; infinite where the signs differ or one is 0.
double ratio_of(double a, double b) {
  if (a == b) return 1;
  if (a * b <= 0) return INFINITY;
  return std::max(a / b, b / a);
}

Verdict compare_date(const Printed& printed, double exact, double year) {
  return std::abs(printed.value.number - exact) < year ? Verdict::ok : Verdict::err;  // a year is named, not a day
}

Verdict compare_orders(double printed, double exact) {
  const double off = std::abs(printed - exact);
  return off <= 0.25 ? Verdict::ok : off <= 0.5 ? Verdict::round : Verdict::err;
}

Verdict compare(const Claim& claim, const Printed& printed, const Value& exact) {
  if (claim.is_date) return compare_date(printed, exact.number, parse_unit("year").number);
  if (claim.orders) return compare_orders(printed.value.number, exact.number);
  return compare_printed(printed, exact.number);
}

/// Verdict over all pairs of printed and computed values. One printed value for several computed ones that are no cases left
/// open: it is enough that one fits.
Verdict compare_all(const Claim& claim, std::span<const Value> values) {
  Verdict worst = Verdict::ok, best = Verdict::img;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Verdict v = compare(claim, claim.stated[std::min(i, claim.stated.size() - 1)], values[i]);
    worst = std::max(worst, v);
    best = std::min(best, v);
  }
  if (claim.stated.size() > 1 || values.size() == 1) return worst;
  return best == Verdict::ok && worst != Verdict::ok ? Verdict::round : best;
}

/// The claim's values with one premise changed by `change`.
std::vector<Value> with_changed(const Book& book, const Claim& claim, const std::string& name, const std::function<Value(const Value&)>& change) {
  std::vector<Value> out;
  for (const Expression& e : claim.expressions)
    for (std::size_t i = 0, n = book.cases(claim, e); i < n; ++i)
      out.push_back(evaluate(e, [&](std::string_view asked) {
        const Value v = book.value_of(claim, asked, i);
        return asked == name ? change(v) : v;
      }));
  return out;
}

/// Premises that the claim's expressions and its bound name.
std::vector<const Premise*> used_premises(const Book& book, const Claim& claim) {
  std::set<std::string> names;
  for (const Expression& e : claim.expressions)
    for (const std::string& n : names_in(e)) names.insert(n);
  if (claim.bound)
    for (const std::string& n : names_in(*claim.bound)) names.insert(n);
  std::vector<const Premise*> out;
  for (const Premise& p : claim.premises)
    if (names.contains(p.name)) out.push_back(&book.resolve(p));
  return out;
}

std::string stated_text(const Claim& claim) {
  std::vector<std::string> texts;
  for (const Printed& p : claim.stated) texts.push_back(p.text);
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string computed_text(const Claim& claim, std::span<const Value> values) {
  std::vector<std::string> texts;
  for (const Value& v : values) texts.push_back(show(v, claim.unit));
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool has_ratio_of_flop(const Dimension& d) {
  const auto flop = d.find("FLOP");
  if (flop == d.end() || flop->second != 1) return false;
  return std::none_of(d.begin(), d.end(), [](const auto& entry) { return entry.first == "s" || entry.first == "byte"; }) && d.size() > 1;
}

/// Addends that are listed one by one: numbers and names alone.
bool is_list(const std::vector<const Expression*>& terms) {
  return !terms.empty() && std::all_of(terms.begin(), terms.end(), [](const Expression* e) { return e->kind == Expression::Kind::number || e->kind == Expression::Kind::name; });
}

bool is_rate(const Dimension& d) { return d.contains("FLOP") && d.contains("s"); }

}  // namespace

Verdict compare_printed(const Printed& printed, double exact) {
  const double p = printed.value.number, off = std::abs(p - exact);
  if (off <= 1e-9 * std::abs(exact)) return Verdict::ok;
  const bool rounds = off <= printed.half_unit * (1 + 1e-9);
  if ((!rounds && printed.digits >= 3) || ratio_of(p, exact) > loose_ratio) return Verdict::err;
  const double share = off / std::abs(exact);
  const bool tight = share <= (std::abs(p) > std::abs(exact) ? tight_up : tight_down);
  return rounds && tight ? Verdict::ok : Verdict::round;
}

std::optional<Finding> arithmetic(const Book&, const Claim& claim, std::span<const Value> values) {
  if (values.empty() || claim.stated.empty() || claim.bound) return std::nullopt;
  const Verdict verdict = compare_all(claim, values);
  if (verdict == Verdict::ok) return std::nullopt;
  const bool sum = claim.expressions.size() == 1 && is_list(addends(claim.expressions[0]));
  const std::string what = sum ? fmt::format("the {} terms listed add up to {}, not {}", addends(claim.expressions[0]).size(), computed_text(claim, values), stated_text(claim))
                               : fmt::format("stated {}, recomputed {}", stated_text(claim), computed_text(claim, values));
  return Finding{"arithmetic", verdict, what};
}

std::optional<Finding> comparison_fails(const Book& book, const Claim& claim, std::span<const Value> values) {
  if (!claim.bound || values.empty()) return std::nullopt;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value bound = book.compute(claim, *claim.bound, book.cases(claim, *claim.bound) > 1 ? i : 0);
    const double x = values[i].number, b = bound.number;
    const bool holds = claim.relation == Relation::less ? x < b : claim.relation == Relation::at_most ? x <= b : claim.relation == Relation::greater ? x > b : x >= b;
    if (holds) continue;
    const char* word = claim.relation == Relation::less || claim.relation == Relation::at_most ? "below" : "above";
    return Finding{"comparison_fails", Verdict::err, fmt::format("{} is not {} {}", show(values[i], claim.unit), word, show(bound, claim.unit))};
  }
  return std::nullopt;
}

std::optional<Finding> forgotten_factor(const Book& book, const Claim& claim, std::span<const Value> values) {
  if (!arithmetic(book, claim, values) || compare_all(claim, values) < Verdict::err) return std::nullopt;
  for (const Premise& own : claim.premises) {
    const Premise& p = book.resolve(own);
    if (p.values.size() != 1 || !has_ratio_of_flop(p.values[0].dimension) || p.values[0].number == 1) continue;
    const auto without = with_changed(book, claim, own.name, [](const Value& v) { return Value{1, v.dimension}; });
    if (compare_all(claim, without) > Verdict::round) continue;
    return Finding{"forgotten_factor", Verdict::logic,
                   fmt::format("forgets {} = {}: without it {}, as stated; with it {}", own.name, show(p.values[0], p.unit), computed_text(claim, without), computed_text(claim, values))};
  }
  return std::nullopt;
}

std::optional<Finding> binary_prefix(const Book& book, const Claim& claim, std::span<const Value> values) {
  if (!arithmetic(book, claim, values)) return std::nullopt;
  for (const Premise& own : claim.premises) {
    const double excess = binary_excess(book.resolve(own).unit);
    if (excess == 1) continue;
    const auto binary = with_changed(book, claim, own.name, [&](Value v) {
      v.number *= excess;
      return v;
    });
    const double off = std::abs(binary[0].number / claim.stated[0].value.number - 1);
    if (compare_all(claim, binary) > Verdict::round || off > tight_down) continue;
    return Finding{"binary_prefix", Verdict::ok, fmt::format("a unit slip: {} comes out where the prefix of {} is read as a power of 1024", computed_text(claim, binary), own.name)};
  }
  return std::nullopt;
}

std::optional<Finding> printed_formula(const Book& book, const Claim& claim) {
  if (!claim.printed_formula || claim.stated.empty()) return std::nullopt;
  const Value printed = book.compute(claim, *claim.printed_formula, 0);
  const bool same_dimension = printed.dimension == claim.stated[0].value.dimension || printed.plain();
  const double unit = parse_unit(claim.unit).number;
  const bool in_any_unit = same_dimension && (ratio_of(printed.number, claim.stated[0].value.number) <= loose_ratio || ratio_of(printed.number * unit, claim.stated[0].value.number) <= loose_ratio);
  if (in_any_unit) return std::nullopt;
  return Finding{"printed_formula", Verdict::ok, fmt::format("the formula as printed, {}, gives {:.3g}{}: garbled", claim.printed_text, printed.number, printed.plain() ? std::string() : fmt::format(" {}", describe(printed.dimension)))};
}

std::optional<Finding> unstable_step(const Book& book, const Claim& claim) {
  if (!claim.integration) return std::nullopt;
  const Value step = book.compute(claim, claim.integration->step, 0);
  const Value limit = stable_step(book.compute(claim, claim.integration->rate, 0));
  require_alike(step, limit, "the comparison of steps");
  if (step.number <= limit.number) return std::nullopt;
  return Finding{"unstable_step", Verdict::logic,
                 fmt::format("explicit Euler with a step of {:.3g} ms diverges: these equations need at most {:.3g} ms, {:.3g} times as many steps", step.number * 1e3, limit.number * 1e3, step.number / limit.number)};
}

std::optional<Finding> double_count(const Book& book, const Claim& claim) {
  double sum = 0;
  for (const Term& t : claim.terms) sum += book.compute(claim, t.value, 0).number;
  for (std::size_t a = 0; a < claim.terms.size(); ++a)
    for (std::size_t b = a + 1; b < claim.terms.size(); ++b)
      for (const std::string& part : claim.terms[a].includes) {
        const auto& other = claim.terms[b].includes;
        if (std::find(other.begin(), other.end(), part) == other.end()) continue;
        const double share = std::min(book.compute(claim, claim.terms[a].value, 0).number, book.compute(claim, claim.terms[b].value, 0).number) / sum;
        return Finding{"double_count", share < double_count_share ? Verdict::ok : Verdict::logic,
                       fmt::format("\"{}\" and \"{}\" both include {}: counted twice, at most {:.2g} % of the sum", claim.terms[a].name, claim.terms[b].name, part, 100 * share)};
      }
  return std::nullopt;
}

std::optional<Finding> level_for_rate(const Book& book, const Claim& claim) {
  if (!claim.growth_time || claim.expressions.empty()) return std::nullopt;
  for (const Premise& own : claim.premises) {
    const Premise& p = book.resolve(own);
    if (!p.constant || p.values.size() != 1 || p.values[0].number == 1) continue;
    const auto with = book.compute_all(claim);
    const auto without = with_changed(book, claim, own.name, [](const Value& v) { return Value{1, v.dimension}; });
    if (ratio_of(with[0].number, without[0].number) < 1 + 1e-9) continue;
    const Value delay{with[0].number - without[0].number, with[0].dimension};
    return Finding{"level_for_rate", Verdict::logic,
                   fmt::format("{} = {} is a constant factor: it shifts the level, once, and does not change how fast it grows; the time stays {}, with a one-off delay of {} at most", own.name, show(p.values[0], p.unit),
                               show(without[0], claim.unit), show(delay, claim.unit))};
  }
  return std::nullopt;
}

std::optional<Finding> mixed_precision(const Book& book, const Claim& claim) {
  const Premise* first = nullptr;
  for (const Premise* p : used_premises(book, claim)) {
    if (p->precision.empty()) continue;
    if (first == nullptr) first = p;
    if (p->precision == first->precision) continue;
    const bool rates = is_rate(first->values[0].dimension) && is_rate(p->values[0].dimension);
    return Finding{"mixed_precision", rates ? Verdict::logic : Verdict::ok,
                   fmt::format("{} is {}, {} is {}: operations of different precision are compared", first->name, first->precision, p->name, p->precision)};
  }
  return std::nullopt;
}

std::optional<Finding> mixed_period(const Book& book, const Claim& claim) {
  if (!claim.horizon) return std::nullopt;
  for (const Premise& own : claim.premises) {
    const Premise& p = book.resolve(own);
    if (!p.covers || ratio_of(p.covers->number, claim.horizon->number) <= 1.01) continue;
    const double factor = claim.horizon->number / p.covers->number;
    const auto right = with_changed(book, claim, own.name, [&](Value v) {
      v.number *= factor;
      return v;
    });
    return Finding{"mixed_period", Verdict::logic,
                   fmt::format("{} is for {}, the sum for {}: over one period it is {}", own.name, show(*p.covers, "day"), show(*claim.horizon, "day"), computed_text(claim, right))};
  }
  return std::nullopt;
}

std::optional<Finding> tile_count(const Book&, const Claim& claim) {
  if (!claim.product) return std::nullopt;
  const TiledProduct& t = *claim.product;
  const double operations = tile_products(t.m, t.n, t.k, t.tile), rounds = std::ceil(operations / t.workers);
  if (rounds == t.rounds) return std::nullopt;
  return Finding{"tile_count", Verdict::logic,
                 fmt::format("a {:g} x {:g} x {:g} product has {:g} operations of {:g} x {:g} x {:g}: {:g} each on {:g} workers, not {:g}", t.m, t.n, t.k, operations, t.tile, t.tile, t.tile, rounds, t.workers, t.rounds)};
}

std::optional<Finding> missing_premise(const Book& book, const Claim& claim, std::span<const Value> values) {
  if (values.size() < 2 || claim.stated.size() > 1) return std::nullopt;
  const Premise* open = nullptr;
  for (const Premise& p : claim.premises)
    if (p.free && book.resolve(p).values.size() > 1) open = &book.resolve(p);
  if (open == nullptr) return std::nullopt;
  const auto fits = [&](const Value& v) {
    return claim.stated.empty() ? ratio_of(v.number, values[0].number) <= loose_ratio : compare(claim, claim.stated[0], v) <= Verdict::round;
  };
  if (std::all_of(values.begin(), values.end(), fits)) return std::nullopt;
  std::vector<std::string> results;
  for (std::size_t i = 0; i < values.size() && i < open->values.size(); ++i) results.push_back(fmt::format("{} at {}", show(values[i], claim.unit), show(open->values[i], open->unit)));
  return Finding{"missing_premise", Verdict::logic, fmt::format("depends on {}, which is not said: {}", open->name, fmt::join(results, ", "))};
}

std::optional<Finding> vendor_conflict(const Book&, const Claim& claim) {
  for (const Premise& p : claim.premises) {
    if (!p.vendor || p.values.empty() || ratio_of(p.values[0].number, p.vendor->number) <= 1 + vendor_share) continue;
    return Finding{"vendor_conflict", Verdict::spec, fmt::format("{} = {}, but the vendor says {} ({})", p.name, show(p.values[0], p.unit), show(*p.vendor, p.unit), p.vendor_source)};
  }
  return std::nullopt;
}

std::optional<Finding> out_of_range(const Book& book, const Claim& claim) {
  for (const Implied& i : claim.implied) {
    const Value v = book.compute(claim, i.value, 0);
    require_alike(v, i.low, "the comparison");
    if (v.number >= i.low.number && v.number <= i.high.number) continue;
    return Finding{"out_of_range", Verdict::logic, fmt::format("implies {} of {}; known are {:.4g} to {} ({})", i.quantity, show(v, i.unit), in_unit(i.low, i.unit), show(i.high, i.unit), i.source)};
  }
  return std::nullopt;
}

std::optional<Finding> picture_only(const Book&, const Claim& claim) {
  if (!claim.picture_only) return std::nullopt;
  return Finding{"picture_only", Verdict::img, "the formula stands in a picture only; what is recomputed here is a reconstruction from the text"};
}

}  // namespace ranvier::plan::claims
