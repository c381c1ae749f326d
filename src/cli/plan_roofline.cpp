// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_roofline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/plan_print.hpp"

namespace ranvier::cli {
namespace {

constexpr int columns_a_decade = 10, rows_a_decade = 2;
constexpr int decades_across_max = 7, decades_up_max = 6;

int decade_below(double x) { return static_cast<int>(std::floor(std::log10(x))); }

}  // namespace

std::string draw(const Roofline& r) {
  if (!(r.flop_per_s > 0 && r.byte_per_s > 0 && r.flop > 0 && r.byte > 0 && r.time_s > 0)) return "";
  const double intensity = r.flop / r.byte, reached = r.flop / r.time_s, ridge = r.flop_per_s / r.byte_per_s;
  const int left = std::max(decade_below(std::min(intensity, ridge / 10)), decade_below(std::max(intensity, ridge)) + 1 - decades_across_max);
  const int right = decade_below(std::max(intensity, ridge * 10)) + 1;
  const int top = decade_below(r.flop_per_s) + 1;
  const int bottom = std::max(decade_below(std::min(reached, r.byte_per_s * std::pow(10.0, left))), top - decades_up_max);
  const int width = (right - left) * columns_a_decade + 1, height = (top - bottom) * rows_a_decade + 1;

  std::vector<std::string> rows(static_cast<std::size_t>(height), std::string(static_cast<std::size_t>(width), ' '));
  const auto column_of = [&](double x) { return static_cast<int>(std::lround((std::log10(x) - left) * columns_a_decade)); };
  const auto row_of = [&](double y) { return static_cast<int>(std::lround((top - std::log10(y)) * rows_a_decade)); };
  const auto put = [&](int column, int row, char mark) {
    if (column >= 0 && column < width && row >= 0 && row < height) rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] = mark;
  };
  for (int column = 0; column < width; ++column) {
    const double x = std::pow(10.0, left + static_cast<double>(column) / columns_a_decade);
    put(column, row_of(std::min(r.flop_per_s, r.byte_per_s * x)), r.byte_per_s * x < r.flop_per_s ? '/' : '-');
  }
  put(column_of(intensity), row_of(reached), 'o');

  std::string out = "\n";
  for (int row = 0; row < height; ++row) {
    const std::string label = row % rows_a_decade == 0 ? with_prefix(std::pow(10.0, top - row / rows_a_decade), "FLOP/s") : "";
    out += fmt::format("  {:>13} |{}\n", label, rows[static_cast<std::size_t>(row)]);
  }
  out += fmt::format("  {:>13} +", "");
  for (int column = 0; column < width; ++column) out += column % columns_a_decade == 0 ? '+' : '-';
  out += fmt::format("\n  {:>13}  ", "");
  for (int decade = left; decade <= right; ++decade) out += fmt::format("{:<{}}", fmt::format("{:g}", std::pow(10.0, decade)), columns_a_decade);
  out += fmt::format("FLOP/byte\n  {:>13}  o {} FLOP/byte, {} of {} reached; the roof bends at {} FLOP/byte\n", "", with_prefix(intensity, ""), with_prefix(reached, "FLOP/s"),
                     with_prefix(std::min(r.flop_per_s, r.byte_per_s * intensity), "FLOP/s"), with_prefix(ridge, ""));
  return out;
}

std::string bar(double share, int width) {
  static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int n = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width * 8));
  std::string out;
  for (int k = 0; k < n / 8; ++k) out += "█";
  return out + eighths[n % 8];
}

}  // namespace ranvier::cli
