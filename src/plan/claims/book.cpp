// SPDX-License-Identifier: Apache-2.0
#include "plan/claims/book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/suggest.hpp"
#include "plan/claims/rules.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan::claims {
namespace {

constexpr int max_references = 16;  // of a premise to a premise to a premise: a circle is longer

/// Every expression of a claim with the words that say where it stands.
std::vector<std::pair<const Expression*, std::string>> expressions_of(const Claim& claim) {
  std::vector<std::pair<const Expression*, std::string>> out;
  for (const Expression& e : claim.expressions) out.emplace_back(&e, "expression");
  if (claim.bound) out.emplace_back(&*claim.bound, "bound");
  if (claim.printed_formula) out.emplace_back(&*claim.printed_formula, "printed_formula");
  for (const Binding& b : claim.bindings) out.emplace_back(&b.value, "binds");
  for (const Implied& i : claim.implied) out.emplace_back(&i.value, "implies");
  for (const Derived& d : claim.derived) out.emplace_back(&d.value, "derived");
  for (const Term& t : claim.terms) out.emplace_back(&t.value, "terms");
  if (claim.integration) {
    out.emplace_back(&claim.integration->step, "integration.step");
    out.emplace_back(&claim.integration->rate, "integration.rate");
  }
  return out;
}

std::vector<std::string> premise_names(const Claim& claim) {
  std::vector<std::string> names;
  for (const Premise& p : claim.premises) names.push_back(p.name);
  return names;
}

bool same(const Value& a, const Value& b) {
  return a.dimension == b.dimension && std::abs(a.number - b.number) <= 1e-12 * std::max(std::abs(a.number), std::abs(b.number));
}

/// Keeps case `i` alone in every premise that has as many cases.
void keep_case(Claim& claim, std::size_t n, std::size_t i) {
  for (Premise& p : claim.premises)
    if (p.values.size() == n) p.values = {p.values[i]};
  if (claim.stated.size() == n) claim.stated = {claim.stated[i]};
}

Value read_new_value(const Premise& premise, const std::string& unit, std::string_view text) {
  try {
    Value v = parse_value(text);
    if (v.plain()) v = v * parse_unit(unit);
    (void)in_unit(v, unit);
    return v;
  } catch (const ValueError& e) {
    throw InputError(fmt::format("--set {}={}: {}", premise.name, text, e.what()));
  }
}

}  // namespace

const char* name_of(Verdict verdict) {
  static constexpr std::array names{"OK", "PARAM", "ROUND", "ERR", "SPEC", "INCONS", "LOGIC", "IMG"};
  return names[static_cast<std::size_t>(verdict)];
}

Book::Book(std::vector<Claim> claims) : claims_(std::move(claims)) {
  std::vector<std::string> problems;
  check(problems);
  if (!problems.empty()) throw InputError(std::move(problems));
}

const Claim* Book::find(std::string_view id) const {
  for (const Claim& c : claims_)
    if (c.id == id) return &c;
  return nullptr;
}

void Book::check(std::vector<std::string>& problems) const {
  std::set<std::string> ids;
  for (const Claim& c : claims_) {
    const auto problem = [&](std::string text) { problems.push_back(fmt::format("{}: claim {}: {}", c.where, c.id, text)); };
    if (!ids.insert(c.id).second) problem("the id is used twice; each claim needs its own");
    std::set<std::string> names;
    for (const Premise& p : c.premises) {
      if (!names.insert(p.name).second) problem(fmt::format("premise \"{}\" is given twice", p.name));
      try {
        (void)resolve(p);
      } catch (const ValueError& e) {
        problem(fmt::format("premises.{}.from = \"{}\": {}", p.name, p.from, e.what()));
      }
    }
    const std::size_t before = problems.size();
    for (const auto& [e, place] : expressions_of(c))
      for (const std::string& name : names_in(*e))
        if (name == "stated" ? c.stated.empty() : c.find(name) == nullptr)
          problem(fmt::format("{}: \"${}\" is no premise of this claim.{}", place, name, suggestion(name, premise_names(c))));
    if (problems.size() > before) continue;
    try {
      for (const auto& [e, place] : expressions_of(c)) (void)compute(c, *e, 0);
      const std::vector<Value> values = compute_all(c);
      for (const Value& v : values) (void)in_unit(v, c.unit);
      for (const Printed& p : c.stated) (void)in_unit(p.value, c.unit);
      for (const Derived& d : c.derived) (void)in_unit(compute(c, d.value, 0), d.unit);
      if (c.stated.size() > 1 && !values.empty() && c.stated.size() != values.size())
        problem(fmt::format("{} stated values, but {} computed ones; give one for each case", c.stated.size(), values.size()));
      if (c.bound && cases(c, *c.bound) > 1 && cases(c, *c.bound) != values.size()) problem("bound and expression have different numbers of cases");
      if (c.bound && !values.empty()) require_alike(values[0], compute(c, *c.bound, 0), "the comparison");
    } catch (const ValueError& e) {
      problem(e.what());
    }
  }
}

const Premise& Book::resolve(const Premise& premise) const {
  const Premise* p = &premise;
  for (int depth = 0; !p->from.empty(); ++depth) {
    if (depth > max_references) throw ValueError("leads in a circle");
    const auto dot = p->from.rfind('.');
    const Claim* claim = find(p->from.substr(0, dot));
    if (dot == std::string::npos || claim == nullptr) throw ValueError("no such claim; write CLAIM.PREMISE, for example \"3.1.peak\"");
    const Premise* next = claim->find(p->from.substr(dot + 1));
    if (next == nullptr)
      throw ValueError(fmt::format("claim {} has no such premise.{}", claim->id, suggestion(p->from.substr(dot + 1), premise_names(*claim))));
    p = next;
  }
  return *p;
}

Value Book::value_of(const Claim& claim, std::string_view name, std::size_t i) const {
  if (name == "stated" && !claim.stated.empty()) return claim.stated[std::min(i, claim.stated.size() - 1)].value;
  const Premise* own = claim.find(name);
  if (own == nullptr) throw ValueError(fmt::format("\"${}\" is no premise of claim {}", name, claim.id));
  const Premise& p = resolve(*own);
  if (p.values.size() == 1) return p.values[0];
  if (i >= p.values.size()) throw ValueError(fmt::format("premise \"{}\" has {} values, but {} are needed", name, p.values.size(), i + 1));
  return p.values[i];
}

std::size_t Book::cases(const Claim& claim, const Expression& expression) const {
  std::size_t n = 1;
  for (const std::string& name : names_in(expression)) {
    const Premise* own = claim.find(name);
    if (own == nullptr) continue;
    const std::size_t own_cases = resolve(*own).values.size();
    if (own_cases > 1 && n > 1 && own_cases != n)
      throw ValueError(fmt::format("premises with {} and with {} values in one expression: give each the same number of cases", n, own_cases));
    n = std::max(n, own_cases);
  }
  return n;
}

Value Book::compute(const Claim& claim, const Expression& expression, std::size_t i) const {
  return evaluate(expression, [&](std::string_view name) { return value_of(claim, name, i); });
}

std::vector<Value> Book::compute_all(const Claim& claim) const {
  std::vector<Value> out;
  for (const Expression& e : claim.expressions)
    for (std::size_t i = 0, n = cases(claim, e); i < n; ++i) out.push_back(compute(claim, e, i));
  return out;
}

void Book::set(std::string_view name, std::string_view value, std::span<const std::string> ids) {
  std::vector<std::string> known;
  bool found = false;
  for (Claim& c : claims_) {
    if (!ids.empty() && std::find(ids.begin(), ids.end(), c.id) == ids.end()) continue;
    for (Premise& p : c.premises) {
      known.push_back(p.name);
      if (p.name != name) continue;
      found = true;
      const Premise& meant = resolve(p);
      const Value v = read_new_value(p, meant.unit, value);
      const std::size_t n = meant.values.size();
      const auto at = std::find_if(meant.values.begin(), meant.values.end(), [&](const Value& x) { return same(x, v); });
      if (n > 1 && at != meant.values.end() && p.from.empty()) {
        keep_case(c, n, static_cast<std::size_t>(at - meant.values.begin()));
        continue;
      }
      if (n > 1 && meant.free) throw InputError(fmt::format("--set {}={}: claim {} has figures for its listed values only; see: ranvier plan claims --explain {}", name, value, c.id, c.id));
      p.unit = meant.unit;
      p.values = {v};
      p.from.clear();
      p.source = "--set";
    }
  }
  if (found) return;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  throw InputError(fmt::format("--set {}: no claim {} has a premise of this name.{}", name, ids.empty() ? "of the book" : "asked for", suggestion(name, known)));
}

namespace {

Checked review_one(const Book& book, const Claim& claim, std::span<const Contradiction> contradictions) {
  Checked out{.claim = &claim};
  const auto add = [&](std::optional<Finding> f) {
    if (f) out.findings.push_back(std::move(*f));
  };
  out.recomputed = book.compute_all(claim);
  const std::span<const Value> values = out.recomputed;
  const bool checked = !values.empty() && (!claim.stated.empty() || claim.bound);
  add(arithmetic(book, claim, values));
  add(comparison_fails(book, claim, values));
  add(forgotten_factor(book, claim, values));
  add(binary_prefix(book, claim, values));
  add(printed_formula(book, claim));
  add(unstable_step(book, claim));
  add(double_count(book, claim));
  add(level_for_rate(book, claim));
  add(mixed_precision(book, claim));
  add(mixed_period(book, claim));
  add(tile_count(book, claim));
  add(missing_premise(book, claim, values));
  add(vendor_conflict(book, claim));
  add(out_of_range(book, claim));
  add(picture_only(book, claim));
  add(contradicts(claim, contradictions));
  out.verdict = checked ? Verdict::ok : Verdict::param;
  for (const Finding& f : out.findings)
    if (f.verdict != Verdict::ok) out.verdict = std::max(out.verdict, f.verdict);
  return out;
}

}  // namespace

Review Book::review() const {
  Review out;
  std::vector<std::string> problems;
  try {
    out.contradictions = bound_twice(*this);
  } catch (const ValueError& e) {
    throw InputError(fmt::format("claims that speak of one quantity: {}", e.what()));
  }
  for (const Claim& c : claims_) {
    try {
      out.claims.push_back(review_one(*this, c, out.contradictions));
    } catch (const ValueError& e) {
      problems.push_back(fmt::format("claim {}: {}", c.id, e.what()));
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return out;
}

std::vector<std::string> essays_of(const Book& book) {
  std::vector<std::string> out;
  for (const Claim& c : book.claims())
    if (std::find(out.begin(), out.end(), c.essay) == out.end()) out.push_back(c.essay);
  return out;
}

}  // namespace ranvier::plan::claims
