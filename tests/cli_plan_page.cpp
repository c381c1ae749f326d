// SPDX-License-Identifier: Apache-2.0
/// The pages of ranvier plan --page, ranvier plan validate --page and ranvier report PLAN.json.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli_example.hpp"

namespace ranvier::test_cli {
namespace {

using Json = nlohmann::json;

const char* const rows =
    "id,hardware,count,workload,parameters_json,metric,value,unit,score\n"
    "R1,h100,1,gemm,\"{\"\"m\"\": 4096, \"\"n\"\": 4096, \"\"k\"\": 4096, \"\"dtype\"\": \"\"bf16\"\"}\",time,0.2,ms,yes\n"
    "R2,a100,1,gemm,\"{\"\"m\"\": 512, \"\"n\"\": 512, \"\"k\"\": 512}\",time,0.01,ms,yes\n"
    "R3,a100,1,gemm,{},time,0.01,ms,yes\n"
    "<b>R4,h10O,1,stream,{},bandwidth,100,GB/s,no\n";

Json json_of(const Folder& folder, const std::string& arguments) {
  const Ran ran = folder.ranvier(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return Json::parse(ran.out);
}

/// The JSON that a page carries.
Json data_in(const Folder& folder, const std::string& name) {
  const std::string page = text_of(folder / name), open = "<script type=\"application/json\" id=\"data\">";
  const auto start = page.find(open);
  if (start == std::string::npos) throw std::runtime_error("no data in " + name);
  return Json::parse(page.substr(start + open.size(), page.find("</script>", start) - start - open.size()));
}

void expect_self_contained(const std::string& page) {
  for (const char* forbidden : {"<script src", "<img", "<link", "<iframe", "@import", "url(http", "fetch(", "{{style}}", "{{library}}", "{{data}}", "{{common}}", "{{script}}"}) {
    // The library may load tables where a page asks it to; the scripts of this page do not.
    const auto library = page.find("// https://d3js.org"), end = page.find("<script type=\"application/json\"");
    const auto found = page.find(forbidden);
    EXPECT_TRUE(found == std::string::npos || (found > library && found < end && page.find(forbidden, end) == std::string::npos)) << forbidden;
  }
}

TEST(CliPlanPage, the_page_carries_the_numbers_of_the_json) {
  const Folder folder;
  const Json printed = json_of(folder, "plan llm_serve llama-3-8b --on 2xh100 precision=fp8 --json --sensitivity --page p.html");
  const Json page = data_in(folder, "p.html");
  for (const auto& [key, value] : printed.items()) EXPECT_EQ(page[key], value) << key;
  EXPECT_GT(page["sweep"].size(), 5u);
  EXPECT_EQ(page["question"]["model"], "llama-3-8b");
  EXPECT_NE(page["command"].get<std::string>().find("plan llm_serve llama-3-8b"), std::string::npos);
  EXPECT_NE(text_of(folder / "p.html").find("<title>llm_serve llama-3-8b on 2 x H100"), std::string::npos);
}

TEST(CliPlanPage, pages_ask_nothing_of_the_network) {
  const Folder folder;
  folder.write("rows.csv", rows);
  EXPECT_EQ(folder.ranvier("plan gemm --on h100 m=64 n=64 k=64 --page p.html").code, 0);
  EXPECT_EQ(folder.ranvier("plan validate rows.csv --page v.html").code, 0);
  expect_self_contained(text_of(folder / "p.html"));
  expect_self_contained(text_of(folder / "v.html"));
}

TEST(CliPlanPage, the_times_of_the_operations_add_up_to_the_expected_time) {
  const Folder folder;
  for (const std::string question :
       {"gemm --on h100 m=4096 n=64 k=4096 timing=framework", "spmm --on a100 m=4096 n=64 k=4096", "stream --on a100", "all_reduce --on 8xh100 bytes=64MiB", "llm_serve llama-3-70b --on 8xh100 batch=32",
        "llm_serve_static mixtral-8x7b --on 4xa100 input_len=512 output_len=128 batch=16", "llm_serve_maxload llama-3-8b --on h100 input_len=512 output_len=128", "llm_prefill llama-3-8b --on rtx-4090 quant=Q4_K_M tokens=1500",
        "llm_decode llama-3-70b --on 2xa100 quant=Q4_K_M", "llm_train gpt3-175b --on 1024xa100 tp=8 pp=8 global_batch=1536 recompute=full", "brain brain=mouse --on 4xh100", "brain neurons=1e5 synapses=1e9 rate_hz=3 simulator=nest_cpu --on epyc-7702",
        "brain neurons=1e5 synapses=1e9 rate_hz=3 simulator=genn --on a100"}) {
    const Ran ran = folder.ranvier("plan " + question + " --json");
    ASSERT_EQ(ran.code, 0) << question << ran.err;
    const Json j = Json::parse(ran.out);
    double sum = 0;
    for (const Json& o : j["operations"]) sum += o["times"].get<double>() * o["time_s"].get<double>();
    const double expected = j["estimate"]["time_s"];
    EXPECT_NEAR(sum / expected, 1, 1e-9) << question;  // sums in another order
  }
}

TEST(CliPlanPage, the_roof_of_the_page_is_the_machines_and_a_product_stands_under_it) {
  const Folder folder;
  const Json j = json_of(folder, "plan gemm --on h100 m=4096 n=4096 k=4096 dtype=bf16 --json");
  ASSERT_EQ(j["operations"].size(), 1u);
  const Json& o = j["operations"][0];
  EXPECT_DOUBLE_EQ(o["flop"]["fp16_acc32"], 2.0 * 4096 * 4096 * 4096);
  EXPECT_DOUBLE_EQ(o["byte_moved"], 3.0 * 4096 * 4096 * 2);
  EXPECT_NEAR(j["roof"]["flop_per_s"]["fp16_acc32"].get<double>(), 989e12, 1e12);  // NVIDIA's data sheet
  EXPECT_NEAR(j["roof"]["byte_per_s"].get<double>(), 3.35e12, 0.01e12);
  EXPECT_LT(o["flop"]["fp16_acc32"].get<double>() / o["time_s"].get<double>(), j["roof"]["flop_per_s"]["fp16_acc32"].get<double>());
}

TEST(CliPlanPage, the_sweep_ends_where_memory_does) {
  const Folder folder;
  const std::string question = "plan llm_serve llama-3-8b --on h100 precision=fp8";
  EXPECT_EQ(folder.ranvier(question + " --page p.html").code, 0);
  const Json page = data_in(folder, "p.html");
  const auto last = page["sweep_end"]["last"].get<std::int64_t>();
  EXPECT_EQ(last, page["largest_batch"].get<std::int64_t>());
  EXPECT_TRUE(json_of(folder, question + " --json batch=" + std::to_string(last))["estimate"]["fits"]);
  EXPECT_FALSE(json_of(folder, question + " --json batch=" + std::to_string(last + 1))["estimate"]["fits"]);
  const Json& sweep = page["sweep"];
  EXPECT_FALSE(sweep.back()["estimate"]["fits"]);
  EXPECT_EQ(sweep[sweep.size() - 2]["at"]["batch"], std::to_string(last));
  EXPECT_EQ(sweep[0]["metrics"][0]["metric"], "output_throughput_total");
}

TEST(CliPlanPage, a_sweep_that_is_asked_for_is_drawn_and_answers_the_question_that_lacks_it) {
  const Folder folder;
  const Ran ran = folder.ranvier("plan gemm --on a100 m=64 k=64 --sweep n=1:8 --sweep dtype=fp16,fp32 --page p.html");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("page  p.html"), std::string::npos);
  const Json page = data_in(folder, "p.html");
  EXPECT_EQ(page["sweep"].size(), 8u);
  EXPECT_EQ(page["question"]["n"], 8);
}

TEST(CliPlanPage, a_plan_that_does_not_fit_has_a_page_that_says_so) {
  const Folder folder;
  EXPECT_EQ(folder.ranvier("plan llm_serve llama-3-70b --on rtx-4090 --page p.html").code, 0);
  const Json page = data_in(folder, "p.html");
  EXPECT_FALSE(page["estimate"]["fits"]);
  EXPECT_NE(page["remedy"].get<std::string>().find("fits"), std::string::npos);
}

TEST(CliPlanPage, hostile_text_cannot_become_markup) {
  const Folder folder;
  const std::string evil = "</script><script>alert(1)</script>";
  folder.write("evil.toml", "format = 1\nid = \"evil\"\nname = \"" + evil + "\"\nkind = \"gpu\"\n[figures]\nbandwidth_byte_per_s = [{ value = 1e12, source = \"" + evil + "\" }]\n");
  folder.write("rows.csv", std::string(rows) + evil + ",h100,1,gemm,{},time,1,ms,yes\n");
  EXPECT_EQ(folder.ranvier("plan gemm --on evil.toml m=64 n=64 k=64 --page p.html").code, 0);
  EXPECT_EQ(folder.ranvier("plan validate rows.csv --page v.html").code, 0);
  for (const char* page : {"p.html", "v.html"}) EXPECT_EQ(text_of(folder / page).find("<script>alert"), std::string::npos) << page;
  EXPECT_EQ(data_in(folder, "p.html")["machine_name"], evil);
}

TEST(CliPlanPage, an_existing_page_is_kept_without_overwrite) {
  const Folder folder;
  folder.write("p.html", "mine");
  folder.write("rows.csv", rows);
  for (const std::string command : {"plan gemm --on h100 m=64 n=64 k=64", "plan validate rows.csv"}) {
    const Ran ran = folder.ranvier(command + " --page p.html");
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("--overwrite"), std::string::npos) << ran.err;
    EXPECT_EQ(text_of(folder / "p.html"), "mine");
  }
  EXPECT_EQ(folder.ranvier("plan gemm --on h100 m=64 n=64 k=64 --page p.html --overwrite").code, 0);
  EXPECT_EQ(data_in(folder, "p.html")["workload"], "gemm");
}

TEST(CliPlanPage, a_page_that_cannot_be_written_leaves_nothing) {
  const Folder folder;
  const Ran ran = folder.ranvier("plan gemm --on h100 m=64 n=64 k=64 --page p.html", "ulimit -f 8;");
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("p.html"), std::string::npos) << ran.err;
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 0);
  EXPECT_EQ(folder.ranvier("plan gemm --on h100 m=64 n=64 k=64 --page none/p.html").code, 2);
}

TEST(CliPlanPage, report_draws_what_json_printed) {
  const Folder folder;
  folder.write("rows.csv", rows);
  folder.write("plan.json", folder.ranvier("plan gemm --on h100 m=64 n=64 k=64 --json --sensitivity").out);
  folder.write("sweep.json", folder.ranvier("plan gemm --on h100 m=64 k=64 --sweep n=1:64 --json").out);
  folder.write("rows.json", folder.ranvier("plan validate rows.csv --json").out);
  for (const std::string name : {"plan", "sweep", "rows"}) {
    const Ran ran = folder.ranvier("report " + name + ".json");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, name + ".html\n");
    EXPECT_EQ(data_in(folder, name + ".html"), Json::parse(text_of(folder / (name + ".json"))));
    EXPECT_EQ(folder.ranvier("report " + name + ".json").code, 2) << "a page that exists is kept";
  }
  EXPECT_EQ(folder.ranvier("report plan.json --output other.html").code, 0);
}

TEST(CliPlanPage, report_refuses_json_that_is_no_plan_and_says_why) {
  const Folder folder;
  folder.write("text.json", "hello");
  folder.write("other.json", "{\"a\": 1}");
  folder.write("list.json", "[1, 2]");
  Json plan = Json::parse(folder.ranvier("plan gemm --on h100 m=64 n=64 k=64 --json").out);
  plan["estimate"]["time_s"] = "soon";
  plan["operations"][0].erase("flop");
  plan["derivation"].push_back(7);
  folder.write("bent.json", plan.dump());
  folder.write("sweep.json", "{\"sweep\": [3]}");
  const std::pair<const char*, const char*> cases[] = {{"text.json", "is no JSON"},       {"other.json", "ranvier plan"},           {"list.json", "ranvier plan"},
                                                       {"bent.json", "estimate.time_s must be a number"}, {"bent.json", "operations[0].flop is missing"}, {"bent.json", "derivation[1"},
                                                       {"sweep.json", "sweep[0]."},       {"none.json", "none.json"}};
  for (const auto& [file, expected] : cases) {
    const Ran ran = folder.ranvier(std::string("report ") + file);
    EXPECT_EQ(ran.code, 2) << file;
    EXPECT_NE(ran.err.find(expected), std::string::npos) << ran.err;
  }
}

TEST(CliPlanPage, the_page_of_a_validation_carries_every_row_and_its_reason) {
  const Folder folder;
  folder.write("rows.csv", rows);
  const Json printed = json_of(folder, "plan validate rows.csv --json --page v.html");
  const Json page = data_in(folder, "v.html");
  EXPECT_EQ(page["rows"], printed["rows"]);
  EXPECT_EQ(page["workloads"], printed["workloads"]);
  EXPECT_EQ(page["rows"].size(), 4u);
  EXPECT_EQ(page["rows"][3]["id"], "<b>R4");
  EXPECT_FALSE(page["rows"][3]["reason"].get<std::string>().empty());
  EXPECT_EQ(page["rows"][0]["hardware"], "h100");
}

TEST(CliPlanPage, a_network_file_has_no_page_of_a_plan) {
  const Example folder;
  const Ran ran = folder.ranvier("plan brain small.toml --page p.html");
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("ranvier report"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace ranvier::test_cli
