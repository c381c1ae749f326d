// SPDX-License-Identifier: Apache-2.0
/// ranvier simulate from the outside: its JSON, its folders, saving and resuming, bad days, Ctrl-C.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "cli_example.hpp"

namespace ranvier::test_cli {
namespace {
using Json = nlohmann::json;

/// The summary of a run that must succeed.
Json simulate(const Folder& folder, const std::string& arguments) {
  const Ran ran = folder.ranvier("simulate small.toml --json " + arguments);
  EXPECT_EQ(ran.code, 0) << arguments << "\n" << ran.err;
  return Json::parse(ran.out, nullptr, false);
}
std::string hash(const Folder& folder, const std::string& arguments) { return simulate(folder, arguments).at("spike_hash"); }

void expect_refused(const Ran& ran, const std::string& part) {
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_NE(ran.err.find(part), std::string::npos) << part << " is missing in\n" << ran.err;
}

// --- JSON

TEST(CliJson, standard_output_is_one_json_value_and_standard_error_is_empty) {
  const Example folder;
  const Ran ran = folder.ranvier("simulate small.toml --json --output out");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  const Json summary = Json::parse(ran.out, nullptr, false);
  ASSERT_TRUE(summary.is_object()) << ran.out;
  Json written = Json::parse(text_of(folder / "out/summary.json"), nullptr, false);
  ASSERT_TRUE(written.is_object());
  EXPECT_EQ(written.at("spike_hash"), summary.at("spike_hash"));
}

TEST(CliJson, the_summary_has_all_the_keys_that_programs_rely_on) {
  const Example folder;
  const Json s = simulate(folder, "--threads 2 --seed 9 --output out");
  for (const char* key : {"/network/neurons", "/network/synapses", "/run/dt_ms", "/run/duration_ms", "/run/warmup_ms", "/run/seed", "/run/threads", "/time/build_s", "/time/simulate_s",
                          "/time/real_time_factor", "/time/stages", "/work/spikes", "/work/synaptic_events", "/work/flop", "/work/byte_moved", "/memory/byte_per_synapse",
                          "/memory/peak_rss_byte", "/populations", "/spike_hash"})
    EXPECT_TRUE(s.contains(Json::json_pointer(key))) << key;
  for (const auto& p : s.at("populations"))
    for (const char* key : {"name", "size", "rate_hz", "cv_isi", "correlation"}) EXPECT_TRUE(p.contains(key)) << key;
  EXPECT_EQ(s.at("network").at("neurons"), 63);
  EXPECT_EQ(s.at("run").at("duration_ms"), 200);
  EXPECT_EQ(s.at("run").at("warmup_ms"), 50);
  EXPECT_EQ(s.at("run").at("seed"), 9);
  EXPECT_EQ(s.at("run").at("threads"), 2);
  EXPECT_GT(s.at("work").at("spikes"), 100);
  EXPECT_GT(s.at("work").at("synaptic_events"), 100);
  EXPECT_EQ(s.at("partial"), false);
  EXPECT_EQ(s.at("spike_hash").get<std::string>().size(), 16u);
}

TEST(CliJson, without_it_a_person_is_told_what_runs_and_where_the_results_are) {
  const Example folder;
  const Ran ran = folder.ranvier("simulate small.toml --output out");
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.err.find("63 neurons"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find('\r'), std::string::npos) << "no progress bar where nobody watches";
  EXPECT_NE(ran.out.find("ranvier report out"), std::string::npos) << ran.out;
}

// --- one answer

TEST(CliSame, spikes_are_the_same_for_any_threads_and_instruction_set_and_others_for_another_seed) {
  const Example folder;
  const std::string one = hash(folder, "--threads 1 --output a");
  EXPECT_EQ(hash(folder, "--threads 3 --output b"), one);
  EXPECT_EQ(hash(folder, "--threads 2 --simd scalar --output c"), one);
  EXPECT_EQ(hash(folder, "--check-sleepers --output d"), one);
  EXPECT_NE(hash(folder, "--seed 6 --output e"), one);
  EXPECT_NE(hash(folder, "--set g=0 --output f"), one);
}

std::multiset<std::string> lines_of(const fs::path& file) {
  std::multiset<std::string> lines;
  std::istringstream text(text_of(file));
  std::string line;
  std::getline(text, line);  // the names of the columns
  while (std::getline(text, line)) lines.insert(line);
  return lines;
}

TEST(CliSame, a_run_saved_and_resumed_on_another_number_of_threads_has_the_hash_and_spikes_of_one_run) {
  const Example folder;
  const std::string csv = "--spikes-format csv ";
  const Json whole = simulate(folder, csv + "--warmup '103.7 ms' --duration '96.3 ms' --threads 1 --output whole");
  const Json first = simulate(folder, csv + "--warmup '0 ms' --duration '103.7 ms' --threads 1 --save state.h5 --output first");
  const Json second = simulate(folder, csv + "--duration '96.3 ms' --threads 3 --resume state.h5 --output second");
  EXPECT_EQ(second.at("spike_hash"), whole.at("spike_hash"));
  EXPECT_EQ(second.at("work").at("spikes"), whole.at("work").at("spikes"));
  EXPECT_EQ(second.at("work").at("synaptic_events"), whole.at("work").at("synaptic_events"));
  EXPECT_EQ(second.at("populations").at(0).at("rate_hz"), whole.at("populations").at(0).at("rate_hz"));

  auto joined = lines_of(folder / "first/spikes.csv");
  EXPECT_GT(joined.size(), 100u);
  joined.merge(lines_of(folder / "second/spikes.csv"));
  EXPECT_EQ(joined, lines_of(folder / "whole/spikes.csv"));
}

TEST(CliSame, a_run_in_three_pieces_through_files_is_one_run) {
  const Example folder;
  const std::string whole = hash(folder, "--warmup '60 ms' --duration '40 ms' --output whole");
  simulate(folder, "--warmup '0 ms' --duration '20 ms' --threads 2 --save one.h5 --output a");
  simulate(folder, "--duration '40 ms' --threads 1 --resume one.h5 --save two.h5 --output b");
  EXPECT_EQ(hash(folder, "--duration '40 ms' --threads 2 --resume two.h5 --output c"), whole);
}

// --- saved states

TEST(CliState, a_state_of_another_network_or_damaged_is_refused) {
  const Example folder;
  simulate(folder, "--save state.h5 --output a");
  expect_refused(folder.ranvier("simulate small.toml --resume state.h5 --set g=5 --output b"), "another network");
  expect_refused(folder.ranvier("simulate small.toml --resume state.h5 --seed 6 --output c"), "another network");
  const std::string bytes = text_of(folder / "state.h5");
  folder.write("short.h5", bytes.substr(0, bytes.size() / 2));
  expect_refused(folder.ranvier("simulate small.toml --resume short.h5 --output d"), "short.h5");
  std::string flipped = bytes;  // a potential of some cell
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  folder.write("flipped.h5", flipped);
  expect_refused(folder.ranvier("simulate small.toml --resume flipped.h5 --output f"), "flipped.h5: damaged");
  folder.write("empty.h5", "");
  expect_refused(folder.ranvier("simulate small.toml --resume empty.h5 --output e"), "empty.h5");
}

TEST(CliState, a_state_file_that_exists_is_not_overwritten_unasked) {
  const Example folder;
  simulate(folder, "--save state.h5 --output a");
  const std::string before = text_of(folder / "state.h5");
  expect_refused(folder.ranvier("simulate small.toml --save state.h5 --output b --duration '10 ms'"), "--overwrite");
  EXPECT_EQ(text_of(folder / "state.h5"), before);
  simulate(folder, "--save state.h5 --output b --duration '10 ms' --overwrite");
  EXPECT_NE(text_of(folder / "state.h5"), before);
}

// --- folders

TEST(CliFolders, an_output_folder_that_exists_is_refused_and_replaced_only_when_asked) {
  const Example folder;
  const std::string first = hash(folder, "--output out");
  expect_refused(folder.ranvier("simulate small.toml --output out --seed 6"), "--overwrite");
  EXPECT_EQ(Json::parse(text_of(folder / "out/summary.json")).at("spike_hash"), first);
  const std::string second = hash(folder, "--output out --seed 6 --overwrite");
  EXPECT_NE(second, first);
  EXPECT_EQ(Json::parse(text_of(folder / "out/summary.json")).at("spike_hash"), second);
}

TEST(CliFolders, results_go_to_a_new_folder_named_after_the_network_and_the_time) {
  const Example folder;
  EXPECT_EQ(folder.ranvier("simulate small.toml --duration '10 ms'").code, 0);
  EXPECT_EQ(folder.ranvier("simulate small.toml --duration '10 ms'").code, 0);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "results")) names.push_back(entry.path().filename().string());
  ASSERT_EQ(names.size(), 2u);
  for (const auto& name : names) EXPECT_EQ(name.rfind("small-", 0), 0u) << name;
}

TEST(CliFolders, a_place_that_cannot_be_written_to_is_refused_before_the_run) {
  const Example folder;
  expect_refused(folder.ranvier("simulate small.toml --output small.toml"), "small.toml");
  expect_refused(folder.ranvier("simulate small.toml --output small.toml/out"), "--output");
  expect_refused(folder.ranvier("simulate small.toml --output /proc/ranvier"), "--output");  // read-only even for root
  if (::geteuid() == 0) return;
  fs::create_directory(folder / "locked");
  fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  expect_refused(folder.ranvier("simulate small.toml --output locked/out"), "--output");
}

TEST(CliFolders, a_sweep_makes_one_folder_for_each_value) {
  const Example folder;
  const Ran ran = folder.ranvier("simulate small.toml --sweep g=2:6:3 --duration '20 ms' --output sweep");
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::set<std::string> hashes;
  for (const std::string value : {"2", "4", "6"}) {
    const Json summary = Json::parse(text_of(folder / ("sweep/g=" + value + "/summary.json")), nullptr, false);
    ASSERT_TRUE(summary.is_object()) << value;
    hashes.insert(summary.at("spike_hash"));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "sweep"), fs::directory_iterator()), 3);
  const Ran json = folder.ranvier("simulate small.toml --sweep g=2:6:3 --duration '20 ms' --output again --json");
  EXPECT_EQ(json.code, 0) << json.err;
  const Json all = Json::parse(json.out, nullptr, false);
  ASSERT_TRUE(all.is_object()) << json.out;
  EXPECT_EQ(all.at("sweep"), "g");
  EXPECT_EQ(all.at("values"), Json({2.0, 4.0, 6.0}));
  ASSERT_EQ(all.at("runs").size(), 3u);
  EXPECT_EQ(all.at("runs").at(2).at("spike_hash"), Json::parse(text_of(folder / "sweep/g=6/summary.json")).at("spike_hash"));
  EXPECT_EQ(hash(folder, "--set g=6 --duration '20 ms' --output one"), Json::parse(text_of(folder / "sweep/g=6/summary.json")).at("spike_hash"));
}

TEST(CliFolders, spikes_come_in_the_format_asked_for) {
  const Example folder;
  for (const auto& [format, ending] : {std::pair<std::string, std::string>{"sonata", "h5"}, {"csv", "csv"}, {"npz", "npz"}}) {
    simulate(folder, "--spikes-format " + format + " --output " + format);
    EXPECT_TRUE(fs::exists(folder / (format + "/spikes." + ending))) << format;
  }
}

// --- bad days

TEST(CliBadDays, a_full_disk_is_told_ends_with_1_and_leaves_nothing_half_written) {
  const Example folder;
  const Ran ran = folder.ranvier("simulate small.toml --duration '3 s' --output out", "ulimit -f 8;");
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_NE(ran.err.find("cannot write"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("ulimit -f"), std::string::npos) << ran.err;
  EXPECT_TRUE(!fs::exists(folder / "out") || fs::is_empty(folder / "out"));
}

TEST(CliBadDays, a_report_that_does_not_fit_onto_the_disk_ends_with_1) {
  const Example folder;
  simulate(folder, "--output out");
  const Ran ran = folder.ranvier("report out", "ulimit -f 8;");
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_FALSE(fs::exists(folder / "out/report.html"));
}

TEST(CliBadDays, a_state_that_does_not_fit_onto_the_disk_ends_with_1) {
  const Example folder;
  const Ran ran = folder.ranvier("simulate small.toml --save state.h5 --output out --duration '10 ms'", "ulimit -f 1;");
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_FALSE(fs::exists(folder / "state.h5"));
}

TEST(CliBadDays, a_blow_up_ends_with_1_and_names_population_neuron_and_step) {
  Folder folder;
  folder.write("net.toml", "format = 1\n[[populations]]\nname = \"wild\"\nsize = 20\nmodel = \"adex_exp\"\n"
                           "[[inputs]]\ntype = \"dc\"\ntarget = \"wild\"\namplitude = \"-1e15 pA\"\nstart = \"5 ms\"\n");
  const Ran ran = folder.ranvier("simulate net.toml --output out --json");
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("neuron 0 of population \"wild\""), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("step 51"), std::string::npos) << ran.err;
}

TEST(CliBadDays, a_network_too_large_for_the_memory_is_refused_with_advice) {
  Folder folder;
  folder.write("net.toml", "format = 1\n[[populations]]\nname = \"E\"\nsize = 100000000\nmodel = \"lif_exp\"\n"
                           "[[projections]]\nsource = \"E\"\ntarget = \"E\"\nrule = { fixed_indegree = 100000 }\nreceptor = \"ex\"\nweight = \"1 pA\"\ndelay = \"1 ms\"\n");
  const Ran ran = folder.ranvier("simulate net.toml --output out");
  expect_refused(ran, "cannot build");
  EXPECT_NE(ran.err.find("try:"), std::string::npos) << ran.err;
}

/// The command in a process of its own, which is sent a signal a while after it has begun to run.
Ran interrupted(const Folder& folder, std::vector<std::string> arguments, int number = SIGINT, std::chrono::milliseconds wait = std::chrono::seconds(1)) {
  arguments.insert(arguments.begin(), RANVIER_BINARY);
  const fs::path out = folder / "out.txt", err = folder / "err.txt";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::chdir(folder.path().c_str()) != 0) ::_exit(99);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    std::vector<char*> words;
    for (auto& a : arguments) words.push_back(a.data());
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    ::_exit(99);
  }
  using namespace std::chrono_literals;
  for (int k = 0; k < 400 && text_of(err).find("neurons") == std::string::npos; ++k) std::this_thread::sleep_for(50ms);
  std::this_thread::sleep_for(wait);  // it is announced before it is built, which takes milliseconds
  ::kill(child, number);
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out), text_of(err)};
}

TEST(CliInterrupt, ctrl_c_ends_with_130_and_keeps_what_was_recorded_marked_as_partial) {
  const Example folder;
  for (const int number : {SIGINT, SIGTERM}) {
    const Ran ran = interrupted(folder, {"simulate", "small.toml", "--duration", "100000 s", "--output", "out", "--overwrite", "--threads", "2"}, number);
    EXPECT_EQ(ran.code, 130) << ran.err;
    EXPECT_NE(ran.out.find("interrupted at"), std::string::npos) << ran.out;
    const Json summary = Json::parse(text_of(folder / "out/summary.json"), nullptr, false);
    ASSERT_TRUE(summary.is_object());
    EXPECT_EQ(summary.at("partial"), true);
    EXPECT_GT(summary.at("work").at("spikes"), 0);
    EXPECT_GT(summary.at("populations").at(0).at("rate_hz"), 1) << "the rate is that of the part that was run";
    EXPECT_TRUE(fs::exists(folder / "out/spikes.h5"));
  }
}

TEST(CliInterrupt, ctrl_c_in_the_warmup_leaves_a_summary_without_rates) {
  const Example folder;
  const Ran ran = interrupted(folder, {"simulate", "small.toml", "--warmup", "100000 s", "--output", "out"});
  EXPECT_EQ(ran.code, 130) << ran.err;
  const Json summary = Json::parse(text_of(folder / "out/summary.json"), nullptr, false);
  ASSERT_TRUE(summary.is_object());
  EXPECT_EQ(summary.at("partial"), true);
  EXPECT_EQ(summary.at("work").at("spikes"), 0);
  EXPECT_TRUE(summary.at("populations").at(0).at("rate_hz").is_null()) << summary.at("populations").at(0);
}

TEST(CliInterrupt, ctrl_c_while_the_network_is_built_leaves_no_folder) {
  Folder folder;
  folder.write("net.toml", "format = 1\n[[populations]]\nname = \"E\"\nsize = 20000\nmodel = \"lif_exp\"\n"
                           "[[projections]]\nsource = \"E\"\ntarget = \"E\"\nrule = { fixed_indegree = 2000 }\nreceptor = \"ex\"\nweight = \"1 pA\"\ndelay = \"1 ms\"\n");
  const Ran ran = interrupted(folder, {"simulate", "net.toml", "--duration", "10000 s", "--output", "out"}, SIGINT, std::chrono::milliseconds(0));
  EXPECT_EQ(ran.code, 130) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(CliInterrupt, an_interrupted_run_can_be_resumed_from_its_saved_state) {
  const Example folder;
  const Ran ran = interrupted(folder, {"simulate", "small.toml", "--duration", "100000 s", "--output", "out", "--save", "state.h5"});
  EXPECT_EQ(ran.code, 130) << ran.err;
  EXPECT_EQ(folder.ranvier("simulate small.toml --resume state.h5 --duration '20 ms' --output more").code, 0);
}

TEST(CliReport, a_run_becomes_a_page) {
  const Example folder;
  simulate(folder, "--output out");
  const Ran ran = folder.ranvier("report out");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(text_of(folder / "out/report.html").rfind("<!", 0), 0u);
  EXPECT_EQ(folder.ranvier("report out").code, 2) << "a page that exists is kept";
  EXPECT_EQ(folder.ranvier("report out --overwrite").code, 0);
}

}  // namespace
}  // namespace ranvier::test_cli
