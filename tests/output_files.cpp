// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <regex>

#include "core/grid_time.hpp"
#include "io/npz.hpp"
#include "io/output_file.hpp"
#include "io/results.hpp"
#include "io/results_read.hpp"
#include "output_example.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// An example run with its options, ready to be written.
struct Example {
  NetworkSpec spec = test::example_spec();
  RunResult result = test::example_result(spec);
  OutputOptions options;

  explicit Example(fs::path folder, FileFormat format = FileFormat::sonata) {
    options.folder = std::move(folder);
    options.format = format;
    result.traces = {test::example_trace()};
    result.connections = {test::example_connections()};
  }
  std::vector<fs::path> write() const {
    const auto folder = prepare_output(options, spec.name);
    return write_results(folder, options, spec, result, summarise(spec, result));
  }
};

template <class Error, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

TEST(OutputFiles, times_are_the_doubles_a_person_expects) {
  EXPECT_EQ(GridTime(0.1)(3), 0.3);
  EXPECT_EQ(GridTime(0.1)(15000), 1500.0);
  EXPECT_EQ(GridTime(0.025)(3), 0.075);
  EXPECT_EQ(GridTime(0.3)(2), 0.6);
}

TEST(OutputFiles, an_uncommitted_file_leaves_nothing) {
  test::TemporaryFolder folder;
  {
    OutputFile file(folder.path / "a.txt");
    file.write(std::string(1 << 20, 'x'));
  }
  EXPECT_TRUE(fs::is_empty(folder.path));
}

TEST(OutputFiles, a_file_appears_whole_when_committed) {
  test::TemporaryFolder folder;
  std::string text;
  OutputFile file(folder.path / "a.txt");
  for (int i = 0; i < 100000; ++i) {
    file.write(std::to_string(i) + "\n");
    text += std::to_string(i) + "\n";
  }
  EXPECT_FALSE(fs::exists(folder.path / "a.txt"));
  file.commit();
  EXPECT_EQ(test::text_of(folder.path / "a.txt"), text);
  EXPECT_EQ(names_in(folder.path).size(), 1u);
}

TEST(OutputFiles, every_format_gives_the_same_spikes_and_traces_back) {
  test::TemporaryFolder parent;
  for (const auto* word : {"sonata", "csv", "npz"}) {
    SCOPED_TRACE(word);
    const Example run(parent.path / word, parse_file_format(word));
    run.write();
    const auto summary = read_summary(run.options.folder);
    EXPECT_EQ(read_spikes(run.options.folder, summary), run.result.spikes);
    const auto state = read_state(run.options.folder, summary);
    ASSERT_EQ(state.size(), 2u);
    EXPECT_EQ(state[0].variable, "V_m");
    EXPECT_EQ(state[1].unit, "pA");
    EXPECT_EQ(state[1].neurons, (std::vector<std::uint64_t>{3, 8}));
    ASSERT_EQ(state[0].time_ms.size(), 50u);
    EXPECT_DOUBLE_EQ(state[0].time_ms[1], 501);
    EXPECT_DOUBLE_EQ(state[0].values[2 * 2 + 1], -10);
    EXPECT_DOUBLE_EQ(state[1].values[2 * 2 + 1], 16);
  }
}

TEST(OutputFiles, double_precision_traces_keep_their_digits) {
  test::TemporaryFolder parent;
  for (const auto* word : {"sonata", "csv", "npz"}) {
    SCOPED_TRACE(word);
    Example run(parent.path / word, parse_file_format(word));
    run.spec.simulation.double_precision = true;
    run.result.traces[0].values = std::vector<double>(200, -65.123456789012345);
    run.write();
    EXPECT_EQ(read_state(run.options.folder, read_summary(run.options.folder))[0].values[7], -65.123456789012345);
  }
}

TEST(OutputFiles, the_summary_lists_every_file_and_comes_last) {
  test::TemporaryFolder parent;
  const Example run(parent.path / "r");
  const auto paths = run.write();
  EXPECT_EQ(paths.back().filename(), "summary.json");
  EXPECT_EQ(names_in(run.options.folder), (std::vector<std::string>{"graph_E_I.h5", "probe_V_m.h5", "probe_ex.I.h5", "spikes.h5", "summary.json"}));
  EXPECT_EQ(read_summary(run.options.folder)["files"].size(), 4u);
}

TEST(OutputFiles, the_default_folder_is_named_after_network_and_time) {
  test::TemporaryFolder parent;
  const auto before = fs::current_path();
  fs::current_path(parent.path);
  const auto first = prepare_output({}, "my/net"), second = prepare_output({}, "my/net");
  EXPECT_TRUE(std::regex_match(first.path.string(), std::regex("results/my_net-[0-9]{8}-[0-9]{6}"))) << first.path;
  EXPECT_NE(first.path, second.path);
  EXPECT_TRUE(fs::is_directory(second.path));
  fs::current_path(before);
}

TEST(OutputFiles, earlier_results_are_kept_without_overwrite) {
  test::TemporaryFolder parent;
  const Example run(parent.path / "r");
  run.write();
  const auto message = message_of<InputError>([&] { prepare_output(run.options, "n"); });
  EXPECT_NE(message.find("holds the results of an earlier run"), std::string::npos) << message;
  EXPECT_NE(message.find("--overwrite to replace them"), std::string::npos) << message;
}

TEST(OutputFiles, overwrite_replaces_results_and_spares_other_files) {
  test::TemporaryFolder parent;
  Example run(parent.path / "r");
  run.write();
  std::ofstream(run.options.folder / "notes.txt") << "mine";
  run.options.overwrite = true;
  run.options.format = FileFormat::csv;
  run.write();
  EXPECT_EQ(names_in(run.options.folder), (std::vector<std::string>{"graph_E_I.csv", "notes.txt", "probe.csv", "spikes.csv", "summary.json"}));
}

TEST(OutputFiles, a_summary_that_lists_files_elsewhere_deletes_nothing_there) {
  test::TemporaryFolder parent;
  Example run(parent.path / "r");
  std::ofstream(parent.path / "precious.txt") << "mine";
  fs::create_directory(run.options.folder);
  std::ofstream(run.options.folder / "summary.json") << R"({"files": [{"name": "../precious.txt"}]})";
  run.options.overwrite = true;
  run.write();
  EXPECT_TRUE(fs::exists(parent.path / "precious.txt"));
}

TEST(OutputFiles, recordings_of_one_name_get_files_of_their_own) {
  test::TemporaryFolder parent;
  Example run(parent.path / "r", FileFormat::npz);
  run.result.traces.push_back(test::example_trace());
  run.write();
  EXPECT_TRUE(fs::exists(run.options.folder / "probe.npz"));
  EXPECT_TRUE(fs::exists(run.options.folder / "probe_2.npz"));
}

TEST(OutputFiles, only_recorded_populations_are_written) {
  test::TemporaryFolder parent;
  Example run(parent.path / "r");
  RecordingSpec recording;
  recording.neurons = {1, 0, 10};
  run.spec.recordings = {recording};
  std::erase_if(run.result.spikes, [](const Spike& s) { return s.neuron < 400 || s.neuron >= 410; });
  run.write();
  EXPECT_EQ(read_summary(run.options.folder)["files"][0]["populations"], Json::array({"I"}));
}

TEST(OutputFiles, a_file_in_the_place_of_the_folder_is_an_error) {
  test::TemporaryFolder parent;
  std::ofstream(parent.path / "r") << "x";
  OutputOptions options;
  options.folder = parent.path / "r";
  options.overwrite = true;
  EXPECT_NE(message_of<InputError>([&] { prepare_output(options, "n"); }).find("exists and is not a folder"), std::string::npos);
  options.folder = parent.path / "r" / "below";
  EXPECT_NE(message_of<InputError>([&] { prepare_output(options, "n"); }).find("cannot make or read the folder"), std::string::npos);
}

TEST(OutputFiles, an_unknown_format_is_an_error_that_lists_them) {
  EXPECT_EQ(message_of<InputError>([] { parse_file_format("hdf5"); }),
            "--spikes-format hdf5: no such format\n  use sonata (HDF5), csv or npz");
}

TEST(OutputFiles, damaged_results_are_errors_not_crashes) {
  test::TemporaryFolder parent;
  for (const auto* word : {"sonata", "npz", "csv"}) {
    SCOPED_TRACE(word);
    const Example run(parent.path / word, parse_file_format(word));
    run.write();
    const auto summary = read_summary(run.options.folder);
    const auto file = run.options.folder / summary["files"][0]["name"].get<std::string>();
    const auto whole = test::text_of(file);
    for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{100}, whole.size() / 2}) {
      std::ofstream(file, std::ios::binary).write(whole.data(), std::streamsize(size));
      try {
        read_spikes(run.options.folder, summary);  // half a CSV file may still be lines of numbers
        EXPECT_STREQ(word, "csv");
      } catch (const InputError&) {
      }
    }
    fs::remove(file);
    EXPECT_THROW(read_spikes(run.options.folder, summary), InputError);
  }
}

TEST(OutputFiles, a_folder_without_a_summary_is_an_error_that_says_what_to_give) {
  test::TemporaryFolder folder;
  EXPECT_NE(message_of<InputError>([&] { read_summary(folder.path); }).find("give the folder that `ranvier simulate` wrote"), std::string::npos);
  std::ofstream(folder.path / "summary.json") << "{";
  EXPECT_THROW(read_summary(folder.path), InputError);
}

/// Writing beyond a limit of the file system ends like a full disk, and needs no rights.
TEST(OutputFiles, a_limit_of_the_file_size_is_an_error_and_leaves_no_file) {
  test::TemporaryFolder parent;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  for (const auto* word : {"sonata", "csv", "npz"}) {
    SCOPED_TRACE(word);
    const Example run(parent.path / word, parse_file_format(word));
    rlimit small = old_limit;
    small.rlim_cur = 20'000;
    setrlimit(RLIMIT_FSIZE, &small);
    const auto message = message_of<RunError>([&] { run.write(); });
    setrlimit(RLIMIT_FSIZE, &old_limit);
    EXPECT_NE(message.find("cannot write " + (parent.path / word / "spikes").string()), std::string::npos) << message;
    EXPECT_NE(message.find("File too large"), std::string::npos) << message;
    EXPECT_FALSE(fs::exists(parent.path / word));
  }
  std::signal(SIGXFSZ, old_handler);
}

/// A file system of 96 kB, where the test may mount one.
class TinyDisk {
 public:
  explicit TinyDisk(unsigned long flags = 0) {
    mounted_ = ::mount("tmpfs", folder.path.c_str(), "tmpfs", flags, "size=96k") == 0;
  }
  ~TinyDisk() {
    if (mounted_) ::umount(folder.path.c_str());
  }
  bool mounted() const { return mounted_; }
  test::TemporaryFolder folder;

 private:
  bool mounted_;
};

TEST(OutputFiles, a_full_disk_is_an_error_that_keeps_the_earlier_results) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "only root may mount a small disk";
  Example run(disk.folder.path / "r");
  const auto all_spikes = run.result.spikes;
  run.result.spikes.resize(100);
  run.write();
  const auto names = names_in(run.options.folder);
  run.result.spikes = all_spikes;
  run.options.overwrite = true;
  const auto message = message_of<RunError>([&] { run.write(); });
  EXPECT_NE(message.find("No space left on device"), std::string::npos) << message;
  EXPECT_NE(message.find("MB are left there"), std::string::npos) << message;
  EXPECT_EQ(names_in(run.options.folder), names);
  EXPECT_EQ(read_spikes(run.options.folder, read_summary(run.options.folder)).size(), 100u);
}

TEST(OutputFiles, a_read_only_disk_is_noticed_before_the_run) {
  const TinyDisk disk(MS_RDONLY);
  if (!disk.mounted()) GTEST_SKIP() << "only root may mount a small disk";
  OutputOptions options;
  options.folder = disk.folder.path;
  EXPECT_NE(message_of<InputError>([&] { prepare_output(options, "n"); }).find("Read-only file system"), std::string::npos);
}

TEST(OutputFiles, a_folder_without_permission_is_noticed_before_the_run) {
  test::TemporaryFolder parent;
  fs::create_directory(parent.path / "shut");
  ::chmod(parent.path.c_str(), 0755);
  ::chmod((parent.path / "shut").c_str(), 0500);
  const bool root = ::geteuid() == 0;
  if (root) { ASSERT_EQ(::seteuid(65534), 0); }  // root may write anywhere: be nobody for a moment
  OutputOptions options;
  for (const auto& folder : {parent.path / "shut", parent.path / "shut" / "below"}) {
    options.folder = folder;
    const auto message = message_of<InputError>([&] { prepare_output(options, "n"); });
    EXPECT_NE(message.find("Permission denied"), std::string::npos) << message;
  }
  if (root) { ASSERT_EQ(::seteuid(0), 0); }
  ::chmod((parent.path / "shut").c_str(), 0700);
}

/// For tests/python/test_output.py, which reads with libsonata, numpy and csv what is written here.
TEST(OutputFiles, an_example_is_written_where_the_python_test_wants_it) {
  const char* place = std::getenv("RANVIER_OUTPUT_EXAMPLE");
  if (!place) GTEST_SKIP() << "RANVIER_OUTPUT_EXAMPLE is not set";
  for (const auto* word : {"sonata", "csv", "npz"}) {
    Example run(fs::path(place) / word, parse_file_format(word));
    run.spec = test::example_spec(2000);  // more than a correlation sample
    run.result.spikes = test::example_result(run.spec).spikes;
    run.result.population_spikes = test::example_result(run.spec).population_spikes;
    EXPECT_FALSE(run.write().empty());
  }
}

}  // namespace
}  // namespace ranvier::io
