// SPDX-License-Identifier: Apache-2.0
/// The exact words of what is wrong with the document as a whole, [parameters], [simulation].

#include <gtest/gtest.h>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

struct Mistake {
  const char* name;
  const char* text;      // the network file, after its first line: format = 1
  const char* problems;  // a line each
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.text; }

const Mistake mistakes[] = {
    {"broken_TOML",
     R"([[populations]
)",
     R"(network.toml:2:15: not valid TOML: Error while parsing table header: expected ']', saw '\n')"},
    {"unknown_section",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[simulatoin]
)",
     R"(network.toml:6: simulatoin = {}: unknown key. Did you mean "simulation"?)"},
    {"unknown_key",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
sizee = 3
)",
     R"(network.toml:6: populations[0].sizee = 3: unknown key. Did you mean "size"?)"},
    {"no_populations",
     R"()",
     R"(network.toml: populations: a network needs at least one population; write [[populations]])"},
    {"unknown_simulation_key",
     R"([simulation]
dtt = "0.1 ms"
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: simulation.dtt = "0.1 ms": unknown key. Did you mean "dt"?)"},
    {"dt_zero",
     R"([simulation]
dt = "0 ms"
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: simulation.dt = "0 ms": must be > 0 ms)"},
    {"dt_without_unit",
     R"([simulation]
dt = 0.1
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: simulation.dt = 0.1: has no unit, but a time is needed; write "0.1 ms")"},
    {"threads",
     R"([simulation]
threads = 0
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: simulation.threads = 0: must be at least 1)"},
    {"precision",
     R"([simulation]
precision = "dobule"
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: simulation.precision = "dobule": must be one of single, double. Did you mean "double"?)"},
    {"duration",
     R"([simulation]
duration = "-1 s"
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: simulation.duration = "-1 s": must be >= 0 ms)"},
    {"circle",
     R"([parameters]
a = "$b"
b = "$a"
[[populations]]
name = "E"
size = "$a"
model = "lif_exp"
)",
     R"(network.toml:7: populations[0].size = "$a" (which is "$a"): parameters refer to one another in a circle)"},
    {"circle2",
     R"([parameters]
a = "= 2 * $b"
b = "= 2 * $a"
[[populations]]
name = "E"
size = "$a"
model = "lif_exp"
)",
     R"(network.toml:7: populations[0].size = "$a" (which is "= 2 * $b"): the parameters b, a refer to one another in a circle)"},
    {"unused_parameter",
     R"([parameters]
a = 3
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: parameters.a = 3: nothing in this file uses it; remove it, or write "$a" where it is meant)"},
    {"unknown_parameter_name",
     R"([parameters]
size = 3
[[populations]]
name = "E"
size = "$sise"
model = "lif_exp"
)",
     R"(network.toml:3: parameters.size = 3: nothing in this file uses it; remove it, or write "$size" where it is meant
network.toml:6: populations[0].size = "$sise": no parameter "sise" in [parameters]. Did you mean "size"?)"},
    {"unknown_in_when",
     R"([parameters]
drive = "dc"
[[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "dc"
target = "E"
amplitude = "100 pA"
when = { drvie = "dc" }
[[inputs]]
type = "dc"
target = "E"
amplitude = "100 pA"
when = { drive = "dc" }
)",
     R"(network.toml:12: inputs[0].when.drvie: no such parameter. Did you mean "drive"?)"},
    {"unknown_choice",
     R"([parameters]
r = "AII"
[[populations]]
name = "E"
size = { choose = "$r", AI = 10, SR = 20 }
model = "lif_exp"
)",
     R"(network.toml:3: parameters.r = "AII": no such choice in populations[0].size. Did you mean "AI"?)"},
    {"choose_what",
     R"([[populations]]
name = "E"
size = { choose = "AI", AI = 10, SR = 20 }
model = "lif_exp"
)",
     R"(network.toml:4: populations[0].size.choose = "AI": must name a parameter, for example choose = "$regime".)"},
    {"all_together",
     R"([[populations]]
name = "E"
size = 0
model = "lif_exp"
params = { tau_m = "-1 ms", V_thh = "3 mV" }
[[projections]]
source = "E"
target = "J"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "3 mV"
delay = "1.5 ms"
[[inputs]]
type = "dc"
target = "E"
amplitude = 5
)",
     R"(network.toml:4: populations[0].size = 0: must be at least 1
network.toml:6: populations[0].params.tau_m = "-1 ms": must be > 0 ms; leave it out for the default of 10 ms
network.toml:6: populations[0].params.V_thh = "3 mV": unknown key. Did you mean "V_th"?
network.toml:9: projections[0].target = "J": no population "J". Did you mean "E"?
network.toml:17: inputs[0].amplitude = 5: has no unit, but a current is needed; write "5 pA")"},
};

class errors_network_general : public testing::TestWithParam<Mistake> {};

TEST_P(errors_network_general, mistake_in_a_document_is_told_with_line_key_value_and_cure) {
  EXPECT_EQ(problems(std::string("format = 1\n") + GetParam().text, {}), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(exact_text, errors_network_general, testing::ValuesIn(mistakes),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(errors_network, file_without_format_is_refused) {
  EXPECT_EQ(problems("[[populations]]\nname = \"E\"\nsize = 1\nmodel = \"lif_exp\"\n"),
            "network.toml:1: format is missing: the first line of a network file is format = 1");
}

TEST(errors_network, file_of_a_later_format_is_refused) {
  EXPECT_EQ(problems("format = 2\n[[populations]]\nname = \"E\"\nsize = 1\nmodel = \"lif_exp\"\n"),
            "network.toml:1: format = 2: this version reads format = 1");
}

TEST(errors_network, file_that_does_not_exist_is_named) {
  const Folder folder;
  try {
    io::read_network(folder / "none.toml");
    FAIL() << "was read";
  } catch (const InputError& e) {
    EXPECT_EQ(std::string(e.what()), (folder / "none.toml").string() + ": no such file");
  }
}

TEST(errors_network, folder_in_place_of_a_file_is_refused) {
  const Folder folder;
  try {
    io::read_network(folder.path());
    FAIL() << "was read";
  } catch (const InputError& e) {
    EXPECT_EQ(std::string(e.what()), folder.path().string() + ": is not a file");
  }
}

TEST(errors_network, set_of_an_unknown_parameter_offers_the_nearest) {
  EXPECT_EQ(problems("format = 1\n[parameters]\nscale = 1\n[[populations]]\nname = \"E\"\nsize = \"$scale\"\nmodel = \"lif_exp\"\n", {},
                     {.set = {{"scael", "0.5"}}}),
            "network.toml: --set scael=0.5: no parameter \"scael\" in [parameters]. Did you mean \"scale\"?");
}

TEST(errors_network, a_hundred_dots_in_a_key_are_refused_before_they_nest) {
  std::string key = "a";
  for (int i = 0; i < 100'000; ++i) key += ".a";
  EXPECT_EQ(problems(key + " = 1\n"), "network.toml:1: not a network file: more than 16 dots in one key");
}

TEST(errors_network, letters_beyond_ascii_are_for_quotes_and_comments) {
  EXPECT_EQ(problems(std::string(one_population) + "# \u00e9 \u00b5\ndescription = 3\n\u00e9 = 1\n"), "network.toml:8: not valid TOML: letters beyond ASCII belong in quotes");
  EXPECT_EQ(problems("description = \"\u00e9\"\n" + std::string(one_population)), "");
  EXPECT_EQ(problems("description = \"\"\"\n\u00e9 \\\n  \u00e9\n\"\"\"\n" + std::string(one_population)), "");
  EXPECT_EQ(problems("description = '\u00e9\\'\n" + std::string(one_population)), "");
}

TEST(io_toml_tree, letters_of_all_languages_survive_in_every_kind_of_string) {
  const auto name = [](const std::string& quoted) { return read("name = " + quoted + "\n" + std::string(one_population)).name; };
  EXPECT_EQ(name("\"\u00e9 \\t \u3042 \U0001F9E0\""), "\u00e9 \t \u3042 \U0001F9E0");
  EXPECT_EQ(name("'\u00e9 \\t \"x\"'"), "\u00e9 \\t \"x\"");
  EXPECT_EQ(name("\"\"\"a\\\n   \u00e9 \\\n\n \u3042\"\"\""), "a\u00e9 \u3042");
  EXPECT_EQ(name("\"\"\"\n\"\u00e9\"\"\"\""), "\"\u00e9\"") << "a quote beside the closing ones";
  EXPECT_EQ(name("'''\n\u00e9 \\ \"\n'x'\u00e9'''"), "\u00e9 \\ \"\n'x'\u00e9") << "single quotes within";
  EXPECT_EQ(problems("name = \"\xC3\"\n" + std::string(one_population)), "network.toml:1: not valid TOML: a string has bytes that are not UTF-8");
}

TEST(errors_network, prose_with_many_dots_is_no_long_key) {
  EXPECT_EQ(problems(std::string(one_population) + "# a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w ........................\n"), "");
  EXPECT_EQ(problems("description = \"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w\"\n" + std::string(one_population)), "");
}

}  // namespace
}  // namespace ranvier::test
