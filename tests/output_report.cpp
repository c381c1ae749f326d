// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "io/activity.hpp"
#include "io/report.hpp"
#include "io/results.hpp"
#include "io/tables.hpp"
#include "output_example.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {
namespace fs = std::filesystem;
namespace {

/// Writes the results of a run and returns their folder.
fs::path written(const fs::path& folder, const NetworkSpec& spec, const RunResult& result, FileFormat format = FileFormat::sonata) {
  OutputOptions options;
  options.folder = folder;
  options.format = format;
  write_results(prepare_output(options, spec.name), options, spec, result, summarise(spec, result));
  return folder;
}

RunResult result_with_trace(const NetworkSpec& spec) {
  auto result = test::example_result(spec);
  result.traces = {test::example_trace()};
  Connections weights = test::example_connections();  // after 0, 50 and 100 steps
  const std::size_t n = weights.source.size();
  weights.sampled = true;
  weights.sample_steps = {0, 50, 100};
  std::vector<float> samples;
  for (std::size_t k = 0; k < 3 * n; ++k) samples.push_back(static_cast<float>(k) / 4);
  weights.samples = samples;
  result.connections = {weights};
  result.volume_traces = {{.name = "volumes", .volumes = {"dopamine", "other"}, .first_step = 10, .interval = 5, .values = {0.5, 1, 0.25, 2, 0.125, 3}}};
  return result;
}

/// The JSON that a page carries.
Json data_in(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const auto start = page.find(open) + open.size();
  return Json::parse(page.substr(start, page.find("</script>", start) - start));
}

TEST(OutputReport, the_page_asks_nothing_of_the_network) {
  test::TemporaryFolder parent;
  const auto spec = test::example_spec();
  const auto page = test::text_of(write_report(written(parent.path / "r", spec, result_with_trace(spec))));
  for (const char* forbidden : {"<script src", "<img", "<link", "<iframe", "@import", "url(http", "{{style}}", "{{library}}", "{{data}}"})
    EXPECT_EQ(page.find(forbidden), std::string::npos) << forbidden;
  EXPECT_NE(page.find("<title>example - Ranvier</title>"), std::string::npos);
}

TEST(OutputReport, the_page_is_the_same_from_every_format) {
  test::TemporaryFolder parent;
  const auto spec = test::example_spec();
  std::vector<Json> pages;
  for (const auto* word : {"sonata", "csv", "npz"}) {
    pages.push_back(data_in(test::text_of(write_report(written(parent.path / word, spec, result_with_trace(spec), parse_file_format(word))))));
    pages.back().erase("summary");  // it names the files and the time of writing
  }
  EXPECT_EQ(pages[0], pages[1]);
  EXPECT_EQ(pages[0], pages[2]);
  ASSERT_EQ(pages[0]["state"].size(), 3u);
  const Json& dopamine = pages[0]["state"][2]["lines"][0];
  EXPECT_EQ(dopamine["label"], "dopamine");
  EXPECT_EQ(dopamine["values"], (Json{0.5, 0.25, 0.125}));
  ASSERT_EQ(pages[0]["weights"].size(), 1u);
  const Json& weights = pages[0]["weights"][0];
  const auto n = static_cast<double>(test::example_connections().source.size());
  EXPECT_EQ(weights["synapses"], n);
  for (int sample = 0; sample < 3; ++sample) EXPECT_NEAR(weights["bands"][static_cast<std::size_t>(sample)][2].get<double>(), (sample * n + std::round((n - 1) / 2)) / 4, 1e-3) << "median of sample " << sample;
  EXPECT_EQ(weights["lines"].size(), std::min(12.0, n));
}

TEST(OutputReport, names_cannot_end_the_script) {
  test::TemporaryFolder parent;
  auto spec = test::example_spec();
  spec.name = "</script><script>alert(1)</script>";
  const auto page = test::text_of(write_report(written(parent.path / "r", spec, test::example_result(spec))));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(data_in(page)["summary"]["network"]["name"], spec.name);
}

TEST(OutputReport, an_existing_page_is_kept_without_overwrite) {
  test::TemporaryFolder parent;
  const auto spec = test::example_spec();
  const auto folder = written(parent.path / "r", spec, test::example_result(spec));
  write_report(folder);
  EXPECT_THROW(write_report(folder), InputError);
  EXPECT_EQ(write_report(folder, {}, true), folder / "report.html");
  EXPECT_EQ(write_report(folder, parent.path / "other.html"), parent.path / "other.html");
}

TEST(OutputReport, a_folder_of_something_else_is_an_error) {
  test::TemporaryFolder folder;
  EXPECT_THROW(write_report(folder.path), InputError);
  std::ofstream(folder.path / "summary.json") << R"({"network": 1, "run": 2, "time": 3, "work": 4, "populations": [5]})";
  EXPECT_THROW(write_report(folder.path), InputError);
  EXPECT_FALSE(fs::exists(folder.path / "report.html"));
}

TEST(OutputReport, a_large_raster_is_thinned_by_neurons_and_says_so) {
  test::TemporaryFolder parent;
  const auto spec = test::example_spec(20000);
  auto result = test::example_result(test::example_spec());
  result.spikes = test::random_spikes(200'000, spec.neuron_count(), 5001, 15000);
  const auto data = report_data(written(parent.path / "r", spec, result));
  EXPECT_GT(data["raster"]["recorded"], 190'000);
  EXPECT_LT(data["raster"]["count"], 60'000);
  EXPECT_GT(data["raster"]["stride"][0], 1);
  EXPECT_EQ(data["raster"]["stride"][2], 1);  // three neurons: all are drawn
}

TEST(OutputReport, few_neurons_that_fire_for_long_are_cut_in_time) {
  test::TemporaryFolder parent;
  const auto spec = test::example_spec(20, 100'000);
  auto result = test::example_result(test::example_spec());
  result.end_step = 1'005'000;
  result.spikes = test::random_spikes(200'000, spec.neuron_count(), 5001, 1'005'000);
  const auto data = report_data(written(parent.path / "r", spec, result));
  EXPECT_EQ(data["raster"]["count"], 120'000);
  EXPECT_LT(data["raster"]["end_ms"], 70'000);
}

TEST(OutputReport, an_oscillation_stands_out_at_its_frequency_and_poisson_is_flat_at_one) {
  const auto spec = test::example_spec(100, 20'000);
  const auto result = test::example_result(spec);
  const auto activity = population_activity(result.spikes, first_ids(spec), window_of(spec, result), 1);
  const auto flat = relative_spectrum(activity.counts[0], 1), beat = relative_spectrum(activity.counts[1], 1);
  const auto highest = std::size_t(std::max_element(beat.power.begin(), beat.power.end()) - beat.power.begin());
  EXPECT_NEAR(beat.frequency_hz[highest], 40, 0.5);  // the resolution is 0.49 Hz
  EXPECT_GT(beat.power[highest], 10);
  double mean = 0;
  for (const double power : flat.power) mean += power / double(flat.power.size());
  EXPECT_NEAR(mean, 1, 0.03);  // 1024 frequencies, 18 segments: standard error about 0.01
}

TEST(OutputReport, a_silent_or_short_signal_has_no_spectrum) {
  EXPECT_TRUE(relative_spectrum(std::vector<std::uint32_t>(1000, 0), 1).power.empty());
  EXPECT_TRUE(relative_spectrum(std::vector<std::uint32_t>(63, 1), 1).power.empty());
  EXPECT_TRUE(relative_spectrum({}, 1).power.empty());
}

TEST(OutputReport, runs_of_nothing_and_of_one_neuron_have_a_page) {
  test::TemporaryFolder parent;
  auto spec = test::example_spec(4, 100);
  auto result = test::example_result(spec);
  result.spikes.clear();
  result.end_step = result.warmup_step;
  EXPECT_TRUE(fs::exists(write_report(written(parent.path / "nothing", spec, result))));
  spec.populations = {test::population("one", 1)};
  spec.projections.clear();
  result.end_step = 6000;
  result.spikes = {{5100, 0}};
  result.population_spikes = {1};
  EXPECT_TRUE(fs::exists(write_report(written(parent.path / "one", spec, result))));
}

/// For tests/python/test_output.py, which opens it in a browser where there is one.
TEST(OutputReport, a_page_is_written_where_the_python_test_wants_it) {
  const char* place = std::getenv("RANVIER_OUTPUT_EXAMPLE");
  if (!place) GTEST_SKIP() << "RANVIER_OUTPUT_EXAMPLE is not set";
  const auto spec = test::example_spec();
  EXPECT_TRUE(fs::exists(write_report(written(fs::path(place) / "report", spec, result_with_trace(spec)))));
}

}  // namespace
}  // namespace ranvier::io
