// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io/summary.hpp"
#include "output_example.hpp"

namespace ranvier::io {
namespace {

Json example_summary() {
  const auto spec = test::example_spec();
  return summarise(spec, test::example_result(spec));
}

TEST(OutputSummary, every_promised_key_is_there) {
  const auto summary = example_summary();
  for (const char* path :
       {"/network/name", "/network/neurons", "/network/synapses", "/network/parameters/g", "/run/dt_ms", "/run/duration_ms", "/run/warmup_ms",
        "/run/seed", "/run/seeds/network", "/run/threads", "/run/precision", "/run/simd", "/time/build_s", "/time/simulate_s",
        "/time/simulate_cpu_s", "/time/real_time_factor", "/time/stages/deliver", "/work/spikes", "/work/synaptic_events", "/work/flop",
        "/work/byte_moved", "/memory/byte_per_synapse", "/memory/peak_rss_byte", "/memory/predicted_byte", "/energy/joule",
        "/energy/joule_per_synaptic_event", "/populations/0/name", "/populations/0/size", "/populations/0/rate_hz",
        "/populations/0/rate_hz_quartiles/2", "/populations/0/cv_isi", "/populations/0/cv_isi_quartiles/2", "/populations/0/correlation",
        "/populations/0/correlation_quartiles/2", "/spike_hash", "/partial", "/version", "/command", "/machine/cpu", "/machine/cores",
        "/machine/memory_byte", "/machine/bandwidth_byte_per_s", "/machine/flop_per_s"})
    EXPECT_TRUE(summary.contains(Json::json_pointer(path))) << path;
}

TEST(OutputSummary, volumes_are_told_of_where_there_are_some) {
  const auto spec = test::example_spec();
  auto result = test::example_result(spec);
  EXPECT_FALSE(summarise(spec, result).contains("volumes"));
  result.volumes = {{"dopamine", 1234, 0.25}};
  const Json summary = summarise(spec, result);
  EXPECT_EQ(summary["volumes"].dump(), "[{\"name\":\"dopamine\",\"pulses\":1234,\"concentration\":0.25}]");
  EXPECT_NE(summary_table(summary).find("volume \"dopamine\": 1,234 pulses, concentration 0.25 at the end"), std::string::npos);
}

TEST(OutputSummary, the_hash_has_16_digits_and_seeds_keep_64_bits) {
  const auto summary = example_summary();
  EXPECT_EQ(summary["spike_hash"], "00ab54a98ceb1f0a");
  EXPECT_EQ(summary["run"]["seeds"]["dynamics"].dump(), "18446744073709551615");
}

TEST(OutputSummary, the_rate_counts_all_spikes_even_where_few_neurons_were_recorded) {
  auto spec = test::example_spec();
  auto result = test::example_result(spec);
  RecordingSpec recording;
  recording.neurons = {0, 0, 10};
  spec.recordings = {recording};
  std::erase_if(result.spikes, [](const Spike& s) { return s.neuron >= 10; });
  const auto populations = summarise(spec, result)["populations"];
  EXPECT_DOUBLE_EQ(populations[0]["rate_hz"], double(result.population_spikes[0]) / 400);
  EXPECT_EQ(populations[0]["watched_neurons"], 10);
  EXPECT_DOUBLE_EQ(populations[1]["rate_hz"], double(result.population_spikes[1]) / 100);
  EXPECT_TRUE(populations[1]["rate_hz_quartiles"].is_null());
  EXPECT_TRUE(populations[1]["cv_isi"].is_null());
}

TEST(OutputSummary, a_partial_run_is_judged_by_the_time_it_covered) {
  const auto spec = test::example_spec();
  auto result = test::example_result(spec);
  result.partial = true;
  result.end_step = 10000;  // half of what was asked for
  const auto summary = summarise(spec, result);
  EXPECT_DOUBLE_EQ(summary["run"]["duration_ms"], 1000);
  EXPECT_DOUBLE_EQ(summary["run"]["simulated_ms"], 500);
  EXPECT_DOUBLE_EQ(summary["time"]["real_time_factor"], 0.2);
  EXPECT_NE(summary_table(summary).find("PARTIAL"), std::string::npos);
}

TEST(OutputSummary, unknown_values_are_null) {
  const auto spec = test::example_spec();
  auto result = test::example_result(spec);
  result.synapse_count = 0;
  result.end_step = result.warmup_step;
  result.machine.flop_per_s.reset();
  const auto summary = summarise(spec, result);
  EXPECT_TRUE(summary["energy"]["joule"].is_null());
  EXPECT_TRUE(summary["memory"]["byte_per_synapse"].is_null());
  EXPECT_TRUE(summary["time"]["real_time_factor"].is_null());
  EXPECT_TRUE(summary["populations"][0]["rate_hz"].is_null());
  EXPECT_TRUE(summary["machine"]["flop_per_s"].is_null());
  EXPECT_FALSE(summary_table(summary).empty());
}

TEST(OutputSummary, energy_is_divided_by_the_synaptic_events) {
  const auto spec = test::example_spec();
  auto result = test::example_result(spec);
  result.joule = 5;
  result.work.synaptic_events = 1'000'000'000;
  const auto summary = summarise(spec, result);
  EXPECT_DOUBLE_EQ(summary["energy"]["joule_per_synaptic_event"], 5e-9);
  EXPECT_NE(summary_table(summary).find("5.00 nJ per synaptic event"), std::string::npos);
}

TEST(OutputSummary, effects_follow_weights_signs_and_reversal_potentials) {
  auto spec = test::example_spec();
  EXPECT_EQ(population_effect(spec, 0), "excitatory");
  EXPECT_EQ(population_effect(spec, 1), "inhibitory");
  EXPECT_TRUE(population_effect(spec, 2).is_null());
  auto& receptor = spec.populations[1].receptors[0];  // only E projects there with a positive weight
  receptor.conductance = true;
  receptor.sign = -1;
  EXPECT_EQ(population_effect(spec, 0), "inhibitory");
  receptor.sign = 0;
  receptor.params["E_rev"] = Values::constant(0);
  spec.populations[1].params["E_L"] = Values::constant(-60);
  EXPECT_EQ(population_effect(spec, 0), "excitatory");
  receptor.sign = +1;  // as of the receptor "in" of lif_cond_exp: its weights are positive, and it inhibits
  receptor.params["E_rev"] = Values::constant(-80);
  EXPECT_EQ(population_effect(spec, 0), "inhibitory");
  receptor.params["E_rev"] = Values::constant(0);
  spec.projections.push_back(test::projection(0, 2, -1));
  EXPECT_EQ(population_effect(spec, 0), "mixed");
}

TEST(OutputSummary, the_table_shows_what_a_person_looks_for) {
  const auto table = summary_table(example_summary());
  for (const char* text : {"example: 503 neurons, 50,000 synapses, seed 7", "1 s of biology after 500 ms of warm-up, dt 0.1 ms, 2 threads",
                           "deliver 0.06 s (60 %)", "4.30 bytes per synapse", "peak 12.0 MB", "hash      00ab54a98ceb1f0a",
                           "this system does not tell"})
    EXPECT_NE(table.find(text), std::string::npos) << text << "\n" << table;
  EXPECT_EQ(table.find("-0.00 "), std::string::npos);
}

}  // namespace
}  // namespace ranvier::io
