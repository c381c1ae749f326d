// SPDX-License-Identifier: Apache-2.0
/// ranvier plan claims: what essays state about brains and GPUs, recomputed, and where they slip.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/plan_commands.hpp"
#include "core/suggest.hpp"
#include "io/claims_file.hpp"
#include "plan/claims/book.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using namespace plan::claims;
using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> which, set;
  std::string explain, book;
  bool json = false;
};

/// Ids of the claims asked for: all where nothing is named. Throws InputError with the nearest essay or claim.
std::vector<std::string> select(const Book& book, const std::vector<std::string>& which) {
  const std::vector<std::string> essays = essays_of(book);
  std::vector<std::string> ids, known = essays;
  for (const Claim& c : book.claims()) known.push_back(c.id);
  for (const std::string& word : which) {
    const std::size_t before = ids.size();
    for (const Claim& c : book.claims())
      if (c.id == word || c.essay == word) ids.push_back(c.id);
    if (ids.size() > before) continue;
    const auto near = nearest_name(word, known);
    throw InputError(fmt::format("\"{}\" is neither a claim nor an essay.{} Essays: {}; all claims: ranvier plan claims", word, near.empty() ? "" : fmt::format(" Did you mean \"{}\"?", near), fmt::join(essays, ", ")));
  }
  return ids;
}

std::string number(double x) { return fmt::format("{:.7g}", x); }

std::vector<double> numbers(const Checked& c) {
  std::vector<double> out;
  for (const Value& v : c.recomputed) out.push_back(in_unit(v, c.claim->unit));
  return out;
}

std::string recomputed_text(const Checked& c, const char* nothing) {
  std::vector<std::string> texts;
  for (const double x : numbers(c)) texts.push_back(number(x));
  return texts.empty() ? nothing : fmt::format("{}{}{}", fmt::join(texts, ", "), c.claim->unit.empty() ? "" : " ", c.claim->unit);
}

std::string stated_text(const Claim& c) {
  std::vector<std::string> texts;
  for (const Printed& p : c.stated) texts.push_back(p.text);
  return texts.empty() ? "-" : fmt::format("{}", fmt::join(texts, ", "));
}

/// What was found, then what is known besides.
std::string note_text(const Checked& c) {
  std::vector<std::string> texts;
  for (const Finding& f : c.findings) texts.push_back(f.text);
  if (!c.claim->note.empty()) texts.push_back(c.claim->note);
  return fmt::format("{}", fmt::join(texts, "; "));
}

/// null, a number, or a list of numbers.
Json json_of(const std::vector<double>& values) {
  if (values.empty()) return nullptr;
  return values.size() == 1 ? Json(values[0]) : Json(values);
}

std::vector<double> stated_numbers(const Claim& c) {
  std::vector<double> out;
  for (const Printed& p : c.stated) out.push_back(in_unit(p.value, c.unit));
  return out;
}

Json premises_json(const Book& book, const Claim& claim) {
  Json out = Json::array();
  for (const Premise& own : claim.premises) {
    const Premise& p = book.resolve(own);
    std::vector<double> values;
    for (const Value& v : p.values) values.push_back(in_unit(v, p.unit));
    out.push_back({{"name", own.name}, {"value", json_of(values)}, {"unit", p.unit}, {"source", p.source}});
  }
  return out;
}

Json derived_json(const Book& book, const Claim& claim) {
  Json out = Json::array();
  for (const Derived& d : claim.derived)
    out.push_back({{"name", d.name}, {"value", in_unit(book.compute(claim, d.value, 0), d.unit)}, {"unit", d.unit}, {"expression", d.text}});
  return out;
}

Json claim_json(const Book& book, const Checked& c) {
  const Claim& claim = *c.claim;
  Json findings = Json::array();
  for (const Finding& f : c.findings) findings.push_back({{"rule", f.rule}, {"verdict", name_of(f.verdict)}, {"text", f.text}});
  return {{"id", claim.id},
          {"essay", claim.essay},
          {"statement", claim.statement},
          {"stated", json_of(stated_numbers(claim))},
          {"stated_text", claim.stated.empty() ? Json(nullptr) : Json(stated_text(claim))},
          {"recomputed", json_of(numbers(c))},
          {"unit", claim.unit},
          {"verdict", name_of(c.verdict)},
          {"note", note_text(c)},
          {"findings", findings},
          {"expression", claim.expression_texts},
          {"premises", premises_json(book, claim)},
          {"derived", derived_json(book, claim)}};
}

Json contradictions_json(const Review& review) {
  Json out = Json::array();
  for (const Contradiction& c : review.contradictions) {
    Json sides = Json::array();
    for (const auto& s : c.sides) sides.push_back({{"essay", s.essay}, {"claim", s.id}, {"low", s.low.number}, {"high", s.high.number}, {"asserted", s.asserted}});
    const std::string unit = c.sides[0].low.plain() ? "" : describe(c.sides[0].low.dimension);
    out.push_back({{"quantity", c.quantity}, {"unit", unit}, {"factor", c.factor}, {"values", sides}});
  }
  return out;
}

void print_table(const std::vector<const Checked*>& shown) {
  fmt::print("{:<5} {:<6}  statement\n{:13} stated -> recomputed; note\n", "claim", "", "");
  for (const Checked* c : shown) {
    const std::string note = note_text(*c);
    fmt::print("{:<5} {:<6}  {}\n", c->claim->id, name_of(c->verdict), c->claim->statement);
    const bool values = !c->claim->stated.empty() || !c->recomputed.empty();
    if (values) fmt::print("{:13} {} -> {}{}{}\n", "", stated_text(*c->claim), recomputed_text(*c, "-"), note.empty() ? "" : "; ", note);
    else if (!note.empty()) fmt::print("{:13} {}\n", "", note);
  }
}

void print_summary(const std::vector<const Checked*>& shown, const Review& review, bool whole_book) {
  std::vector<std::string> counts;
  for (int v = 0; v <= static_cast<int>(Verdict::img); ++v) {
    const auto n = std::count_if(shown.begin(), shown.end(), [&](const Checked* c) { return static_cast<int>(c->verdict) == v; });
    if (n > 0) counts.push_back(fmt::format("{} {}", n, name_of(static_cast<Verdict>(v))));
  }
  fmt::print("\n{} claims: {}\n", shown.size(), fmt::join(counts, ", "));
  if (!whole_book || review.contradictions.empty()) return;
  fmt::print("\nOne quantity, several values:\n");
  for (const Contradiction& c : review.contradictions) {
    std::vector<std::string> sides;
    for (const auto& s : c.sides) sides.push_back(s.low.number == s.high.number ? fmt::format("{:.4g} ({} {})", s.low.number, s.essay, s.id) : fmt::format("{:.4g} to {:.4g} ({} {})", s.low.number, s.high.number, s.essay, s.id));
    fmt::print("  {}: {}; a factor of {:.3g}\n", c.quantity, fmt::join(sides, ", "), c.factor);
  }
}

/// The chain from the answer back to its premises.
void print_explanation(const Book& book, const Checked& c) {
  const Claim& claim = *c.claim;
  fmt::print("{} ({}): {}\n\n  stated      {}\n  recomputed  {}\n  verdict     {}\n", claim.id, claim.essay, claim.statement, stated_text(claim), recomputed_text(c, "nothing to compute"), name_of(c.verdict));
  for (const std::string& e : claim.expression_texts) fmt::print("  formula     {}\n", e);
  if (claim.bound) fmt::print("  compared    with {} = {:.6g} {}\n", claim.bound_text, in_unit(book.compute(claim, *claim.bound, 0), claim.unit), claim.unit);
  if (!claim.premises.empty()) fmt::print("\n  premises\n");
  for (const Premise& own : claim.premises) {
    const Premise& p = book.resolve(own);
    std::vector<std::string> values;
    for (const Value& v : p.values) values.push_back(number(in_unit(v, p.unit)));
    fmt::print("    {:<20} {} {}{}   [{}]\n", own.name, fmt::join(values, ", "), p.unit, own.from.empty() ? "" : " (" + own.from + ")", p.source);
  }
  if (!claim.derived.empty()) fmt::print("\n  also\n");
  for (const Derived& d : claim.derived) fmt::print("    {:<34} {:.7g} {}   {}\n", d.name, in_unit(book.compute(claim, d.value, 0), d.unit), d.unit, d.text);
  if (!c.findings.empty()) fmt::print("\n  found\n");
  for (const Finding& f : c.findings) fmt::print("    {:<18} {}\n", f.rule, f.text);
  if (!claim.note.empty()) fmt::print("\n  note        {}\n", claim.note);
}

void run(const Options& o) {
  Book book(o.book.empty() ? io::shipped_claims() : io::read_claims(o.book));
  std::vector<std::string> which = o.which;
  if (!o.explain.empty()) which.push_back(o.explain);
  const std::vector<std::string> ids = select(book, which);
  for (const auto& [name, value] : parse_set(o.set)) book.set(name, value, ids);
  const Review review = book.review();
  std::vector<const Checked*> shown;
  for (const Checked& c : review.claims)
    if (ids.empty() || std::find(ids.begin(), ids.end(), c.claim->id) != ids.end()) shown.push_back(&c);
  if (o.json) {
    Json claims = Json::array();
    for (const Checked* c : shown) claims.push_back(claim_json(book, *c));
    fmt::print("{}\n", Json{{"claims", claims}, {"contradictions", contradictions_json(review)}}.dump(2));
  } else if (!o.explain.empty()) {
    for (const Checked* c : shown) print_explanation(book, *c);
  } else {
    print_table(shown);
    print_summary(shown, review, ids.empty());
  }
}

}  // namespace

RANVIER_PLAN_COMMAND(claims) {
  auto o = std::make_shared<Options>();
  CLI::App* c = plan.add_subcommand("claims", "Recompute the numbers of essays on brains and GPUs, and find their slips");
  c->footer("Example:  ranvier plan claims 3.11 --set flop_per_weight=1\n\nVerdicts: OK, ROUND (loosely rounded), PARAM (an input, nothing to check), ERR (arithmetic), LOGIC (does not follow),\nINCONS (conflicts with another statement), SPEC (conflicts with the vendor), IMG (formula only in a picture).");
  c->add_option("WHICH", o->which, "essays (E4) or claims (3.11); default: all");
  c->add_option("--set", o->set, "NAME=VALUE: gives a premise another value, in its own unit or with one")->allow_extra_args(false);
  c->add_option("--explain", o->explain, "show one claim's formula, premises with their sources, and what the rules found");
  c->add_option("--book", o->book, "another book of claims: a .toml file, or a folder of them");
  c->add_flag("--json", o->json, "print JSON");
  c->callback([o] { run(*o); });
}

}  // namespace ranvier::cli
