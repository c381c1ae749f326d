// SPDX-License-Identifier: Apache-2.0
#include "engine/deliver.hpp"

#include <algorithm>

namespace ranvier::engine {
namespace {

/// Pointers ahead whose segments are fetched; 8 beats 4 and 16 by 5 to 20 % (bench/README.md, "deliver").
constexpr std::size_t prefetch_ahead = 8;
constexpr std::size_t cache_line_words = 16;

template <bool wakes>
inline void wake(Slots& s, std::uint32_t slot) {
  if constexpr (wakes) {
    const std::uint32_t group = s.group_of_slots[slot / group_size];
    s.active[s.n_active] = group;
    s.n_active += s.touched[group] == 0;
    s.touched[group] = 1;
  }
}

template <class Sum, bool wakes>
inline void add_segment(const std::uint32_t* word, std::uint32_t n, const Code& code, Slots& s) {
  Sum* const sums = static_cast<Sum*>(s.sums) + code.base;
  const auto m = static_cast<Sum>(code.multiplier);
  switch (code.layout) {  // nearly always the same as the one before
    case Layout::compact:
      for (std::uint32_t k = 0; k < n; ++k) {
        const std::uint32_t synapse = word[k];
        sums[synapse & 0xFFFF] += static_cast<Sum>(synapse >> 16) * m;
        wake<wakes>(s, code.base + (synapse & 0xFFFF));
      }
      return;
    case Layout::constant: {
      const auto* slot = reinterpret_cast<const std::uint16_t*>(word);
      for (std::uint32_t k = 0; k < n; ++k) {
        sums[slot[k]] += m;
        wake<wakes>(s, code.base + slot[k]);
      }
      return;
    }
    case Layout::exact:
      for (std::uint32_t k = 0; k < n; ++k) {
        sums[word[2 * k]] += static_cast<Sum>(word[2 * k + 1]) * m;
        wake<wakes>(s, code.base + word[2 * k]);
      }
      return;
  }
}

template <class Sum, bool wakes>
void deliver_step(const RowTable& rows, Calendar& calendar, std::uint32_t step, Slots& slots, Delivered& counted) {
  const std::uint32_t* const words = rows.data();
  std::vector<Due>& due = calendar.at(step);
  const std::size_t n = due.size();
  std::uint64_t events = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (i + prefetch_ahead < n) {
      const std::uint32_t* next = words + due[i + prefetch_ahead].word();
      for (std::size_t line = 0; line < 4; ++line) __builtin_prefetch(next + line * cache_line_words);
    }
    std::uint64_t at = due[i].word();
    std::uint32_t count = due[i].count(), code_number = due[i].code();
    for (;;) {
      const Code& code = rows.codes[code_number];
      add_segment<Sum, wakes>(words + at, count, code, slots);
      events += count;
      at += segment_words(code.layout, count);
      const Header next{words[at]};
      if (next.end()) break;
      count = next.count();
      code_number = next.code();
      ++at;
      if (next.gap() != 0) {  // else: another scale or receptor of the same delay
        calendar.push(step + next.gap(), Due::make(at, count, code_number));
        break;
      }
    }
  }
  calendar.clear(step);
  counted.events += events;
  counted.segments += n;
}

}  // namespace

void deliver(const RowTable& rows, Calendar& calendar, std::uint32_t step, Slots& slots, Delivered& counted) {
  if (slots.touched) {
    if (slots.wide) deliver_step<std::int64_t, true>(rows, calendar, step, slots, counted);
    else deliver_step<std::int32_t, true>(rows, calendar, step, slots, counted);
  } else {
    if (slots.wide) deliver_step<std::int64_t, false>(rows, calendar, step, slots, counted);
    else deliver_step<std::int32_t, false>(rows, calendar, step, slots, counted);
  }
}

void set_out(const RowTable& rows, Calendar& calendar, std::int64_t source, std::uint32_t stamp, std::uint32_t after) {
  const std::uint32_t* const words = rows.data();
  std::uint64_t at = rows.start(source);
  std::uint32_t due = stamp;
  for (Header h{words[at]}; !h.end(); h = Header{words[at]}) {
    ++at;
    due += h.gap();
    if (due > after) return calendar.push(due, Due::make(at, h.count(), h.code()));
    at += segment_words(rows.codes[h.code()].layout, h.count());
  }
}

}  // namespace ranvier::engine
