// SPDX-License-Identifier: Apache-2.0
/// Models given as equations on the command line: the cache, the compiler and its absence, mistakes in files.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "cli_example.hpp"

namespace ranvier::test_cli {
namespace {

constexpr const char* model = R"(format = 1
[model]
name = "own_leaky"
equations = "dV/dt = (E_L - V)/tau_m + I/C_m : mV"
threshold = "V >= V_th"
reset = "V = E_L"
refractory = "t_ref"
[parameters]
tau_m = "10 ms"
C_m = "250 pF"
E_L = "-70 mV"
V_th = "-55 mV"
t_ref = "2 ms"
[state]
V = "E_L"
)";

constexpr const char* network = R"(format = 1
[[models]]
file = "own.toml"
[simulation]
duration = "100 ms"
seed = 3
[[populations]]
name = "p"
size = 20
membrane = "own_leaky"
receptors = [{ name = "ex", kind = "exponential" }]
[[inputs]]
type = "poisson"
target = "p"
rate = "2000 Hz"
weight = "300 pA"
[[recordings]]
type = "spikes"
neurons = "p"
)";

/// A folder with the files above, a cache of its own, and a compiler that counts its calls.
class OwnModel : public Folder {
 public:
  OwnModel() {
    write("own.toml", model);
    write("net.toml", network);
    const char* given = std::getenv("CXX");
    write("compiler", std::string("#!/bin/sh\necho call >> '") + (*this / "calls").string() + "'\nexec " + (given ? given : "c++") + " \"$@\"\n");
    ::chmod((*this / "compiler").c_str(), 0755);
  }
  /// Runs ranvier with that cache and that compiler.
  Ran run(const std::string& arguments, const std::string& compiler = "$PWD/compiler") const { return ranvier(arguments, "XDG_CACHE_HOME=$PWD/cache CXX=\"" + compiler + "\""); }
  std::string calls() const { return text_of(*this / "calls"); }

  fs::path shared_object() const {
    for (const auto& entry : fs::directory_iterator(path() / "cache" / "ranvier"))
      if (entry.path().extension() == ".so") return entry.path();
    return {};
  }
  std::string hash(const Ran& ran) const {
    const auto at = ran.out.find("\"spike_hash\"");
    return at == std::string::npos ? ran.err : ran.out.substr(at, 34);
  }
};

constexpr const char* simulate = "simulate net.toml --json --overwrite --output out";

TEST(CliOwnModels, a_second_run_does_not_call_the_compiler_and_a_damaged_file_is_made_again) {
  const OwnModel folder;
  EXPECT_EQ(folder.run("check net.toml").code, 0);
  EXPECT_EQ(folder.calls(), "");  // checking compiles nothing
  const Ran first = folder.run(simulate);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(folder.calls(), "call\n");
  const Ran second = folder.run(simulate);
  EXPECT_EQ(folder.calls(), "call\n");
  EXPECT_EQ(folder.hash(second), folder.hash(first));

  const fs::path object = folder.shared_object();
  const std::string whole = text_of(object);
  std::ofstream(object, std::ios::binary) << whole.substr(0, whole.size() / 2);
  const Ran third = folder.run(simulate);
  EXPECT_EQ(third.code, 0) << third.err;
  EXPECT_EQ(folder.calls(), "call\ncall\n");
  EXPECT_EQ(folder.hash(third), folder.hash(first));
  EXPECT_EQ(text_of(object).size(), whole.size());
  std::set<std::string> left;  // nothing unfinished stays behind
  for (const auto& entry : fs::directory_iterator(folder / "cache" / "ranvier")) left.insert(entry.path().filename().string().substr(0, 7));
  EXPECT_EQ(left, (std::set<std::string>{"headers", "own_lea"}));

  // A state of this model is not that of another one under the same name.
  EXPECT_EQ(folder.run("simulate net.toml --json --overwrite --output out --save state.h5").code, 0);
  EXPECT_EQ(folder.run("simulate net.toml --json --overwrite --output out --resume state.h5").code, 0);
  std::string other = model;
  other.replace(other.find("V_th = \"-55 mV\""), 15, "V_th = \"-56 mV\"");
  folder.write("own.toml", other);
  const Ran resumed = folder.run("simulate net.toml --json --overwrite --output out --resume state.h5");
  EXPECT_EQ(resumed.code, 2);
  EXPECT_EQ(folder.calls(), "call\ncall\n");  // the default of a parameter is no part of the code
}

TEST(CliOwnModels, without_a_compiler_a_model_is_refused_politely) {
  const OwnModel folder;
  const Ran ran = folder.run(simulate, "/nonexistent");
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("CXX = /nonexistent was not found"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("apt install g++ libhwy-dev"), std::string::npos) << ran.err;
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(CliOwnModels, what_a_failing_compiler_said_is_shown) {
  const OwnModel folder;
  folder.write("compiler", "#!/bin/sh\necho 'model.cpp:1:10: fatal error: hwy/highway.h: No such file or directory' >&2\nexit 1\n");
  const Ran missing = folder.run(simulate);
  EXPECT_EQ(missing.code, 2);
  EXPECT_NE(missing.err.find("the headers of Highway are missing"), std::string::npos) << missing.err;
  EXPECT_NE(missing.err.find("model.cpp:1:10"), std::string::npos) << missing.err;
  folder.write("compiler", "#!/bin/sh\necho 'I am too old' >&2\nexit 1\n");
  const Ran old = folder.run(simulate);
  EXPECT_EQ(old.code, 2);
  EXPECT_NE(old.err.find("I am too old"), std::string::npos) << old.err;
}

TEST(CliOwnModels, a_cache_that_others_can_write_to_is_not_used) {
  const OwnModel folder;
  fs::create_directories(folder / "cache/ranvier");
  ::chmod((folder / "cache/ranvier").c_str(), 0777);
  const Ran ran = folder.run(simulate);
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("others can write to it"), std::string::npos) << ran.err;
  ::chmod((folder / "cache/ranvier").c_str(), 0700);
  ::chmod((folder / "cache").c_str(), 0777);  // who can rename the folder can put another in its place
  const Ran above = folder.run(simulate);
  EXPECT_EQ(above.code, 2);
  EXPECT_NE(above.err.find("everybody can write to"), std::string::npos) << above.err;
  ::chmod((folder / "cache").c_str(), 01777);
  EXPECT_EQ(folder.run(simulate).code, 0);
}

TEST(CliOwnModels, two_models_of_one_name_are_refused) {
  const OwnModel folder;
  folder.write("other.toml", model);
  std::string twice = network;
  twice.insert(twice.find("[simulation]"), "[[models]]\nfile = \"other.toml\"\n");
  folder.write("net.toml", twice);
  const Ran ran = folder.run("check net.toml");
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("net.toml:4: models[1]: a model called \"own_leaky\" is described above already: give one of them another name"), std::string::npos) << ran.err;
}

TEST(CliOwnModels, mistakes_are_told_with_file_line_and_advice) {
  const OwnModel folder;
  std::string wrong = model;
  wrong.replace(wrong.find("V >= V_th"), 9, "V >= V_tt");
  wrong.replace(wrong.find("I/C_m"), 5, "I*C_m");
  folder.write("own.toml", wrong);
  for (const std::string file : {"own.toml", "net.toml"}) {
    const Ran ran = folder.run("check " + file);
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("own.toml:4: model.equations: \"dV/dt = (E_L - V)/tau_m + I*C_m : mV\""), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("own.toml:5: model.threshold: \"V >= V_tt\": unknown name \"V_tt\". Did you mean \"V_th\"?"), std::string::npos) << ran.err;
  }
  folder.write("own.toml", std::string(model).replace(std::string(model).find("own_leaky"), 9, "leaky"));
  EXPECT_NE(folder.run("check own.toml").err.find("a built-in model is called so"), std::string::npos);
  fs::remove(folder / "own.toml");
  EXPECT_NE(folder.run("check net.toml").err.find("models[0].file = \"own.toml\": no such file"), std::string::npos);
}

TEST(CliOwnModels, a_network_file_can_hold_the_model_itself) {
  const OwnModel folder;
  std::string whole = network, own = model;
  own = own.substr(own.find("[model]"));
  for (const std::string table : {"model", "parameters", "state"}) own.replace(own.find("[" + table + "]"), table.size() + 2, "[models." + table + "]");
  whole.replace(whole.find("file = \"own.toml\"\n"), 18, own);
  folder.write("whole.toml", whole);
  const Ran ran = folder.run("check whole.toml");
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(CliOwnModels, models_shows_a_file_and_the_code_that_is_made_of_it) {
  const OwnModel folder;
  const Ran shown = folder.run("models own.toml");
  EXPECT_EQ(shown.code, 0) << shown.err;
  for (const char* part : {"dV/dt = (E_L - V)/tau_m + I/C_m : mV", "own_leaky", "method    exact", "t_ref"}) EXPECT_NE(shown.out.find(part), std::string::npos) << part << shown.out;
  const Ran source = folder.run("models own.toml --source");
  EXPECT_NE(source.out.find("struct OwnMembrane"), std::string::npos) << source.out;
  EXPECT_EQ(folder.run("models leaky --source").code, 2);
  EXPECT_EQ(folder.calls(), "");
}

}  // namespace
}  // namespace ranvier::test_cli
