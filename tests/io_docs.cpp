// SPDX-License-Identifier: Apache-2.0
/// Every block of TOML in docs/network-file.md is read without a complaint.

#include <gtest/gtest.h>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

/// The files that the page mentions: 100 cells, some edges, some spikes.
void write_files(const Folder& folder) {
  std::string cells = "name,C_m,x,y\n";
  for (int i = 0; i < 100; ++i) cells += "cell" + std::to_string(i) + "," + std::to_string(200 + i) + "," + std::to_string(i % 10) + "," + std::to_string(i / 10) + "\n";
  folder.write("cells.csv", cells);
  folder.write("edges.csv", "pre,post,count\n0,1,3\n99,0,1\n");
  folder.write("named.csv", "source,target,delay\ncell0,cell5,1.5\ncell7,gland,2\n");
  folder.write("spikes.csv", "neuron,time\n0,1.5\n99,2.5\n");
}

/// A block that is not a whole file stands for one with these populations.
std::string complete(const std::string& block) {
  if (block.find("format = 1") != std::string::npos) return block;
  std::string text = "format = 1\n";
  if (block.find("[[populations]]") == std::string::npos)
    text += "[[populations]]\nname = [\"E\", \"I\"]\nsize = [100, 25]\nmodel = \"lif_exp\"\n"
            "positions = { random = [\"100 um\", \"100 um\"] }\n";
  return text + block;
}

std::vector<std::string> blocks_of(const std::filesystem::path& page) {
  std::ifstream in(page);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```toml") {
      blocks.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST(io_docs, every_block_of_the_network_file_reference_is_a_good_network) {
  const Folder folder;
  write_files(folder);
  const auto blocks = blocks_of(std::filesystem::path(RANVIER_SOURCE_DIR) / "docs/network-file.md");
  EXPECT_GE(blocks.size(), 10u);
  for (const auto& block : blocks) EXPECT_EQ(problems(complete(block), folder.path()), "") << block;
}

}  // namespace
}  // namespace ranvier::test
