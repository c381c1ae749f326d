// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "io/columns.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

using io::ColumnRequest;
using io::ColumnType;

/// edges.h5: three edges, as SONATA and as plain datasets.
class io_hdf5_read : public testing::Test {
 protected:
  void SetUp() override {
    io::Hdf5Image image;
    image.dataset("/edges/e/source_node_id", std::vector<std::uint64_t>{0, 1, 2});
    image.dataset("/edges/e/target_node_id", std::vector<std::uint32_t>{2, 1, 0});
    image.dataset("/weight", std::vector<float>{0.5f, 1, 2});
    image.dataset("/broken", std::vector<double>{0.5, 1, 2});
    image.dataset("/nan", std::vector<double>{0, std::numeric_limits<double>::quiet_NaN(), 2});
    image.dataset("/two", std::vector<double>{1, 2, 3, 4}, {2, 2});
    image.dataset("/short", std::vector<double>{1, 2});
    image.attribute("/edges", "units", "ms");
    io::OutputFile file(path());
    image.write(file);
    file.commit();
  }
  std::filesystem::path path() const { return folder_ / "edges.h5"; }

  std::string error(std::vector<ColumnRequest> wanted) const {
    try {
      io::read_columns(path(), wanted);
      return "";
    } catch (const InputError& e) {
      std::string text = e.what();
      return text.substr(folder_.path().string().size() + 1);
    }
  }

  Folder folder_;
};

TEST_F(io_hdf5_read, datasets_of_any_number_type_are_columns) {
  const std::vector<ColumnRequest> wanted{{"/edges/e/source_node_id", ColumnType::integer}, {"/edges/e/target_node_id", ColumnType::integer}, {"weight", ColumnType::real}};
  const auto columns = io::read_columns(path(), wanted);
  EXPECT_EQ(columns[0].integer, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(columns[1].integer, (std::vector<std::int64_t>{2, 1, 0}));
  EXPECT_EQ(columns[2].real, (std::vector<double>{0.5, 1, 2}));
}

TEST_F(io_hdf5_read, numbers_serve_as_names) {
  const ColumnRequest wanted{"/edges/e/source_node_id", ColumnType::text};
  EXPECT_EQ(io::read_columns(path(), {&wanted, 1})[0].text, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(io_hdf5_read, names_and_attributes_are_found) {
  EXPECT_EQ(io::hdf5_names(path(), "/edges"), (std::vector<std::string>{"e"}));
  EXPECT_TRUE(io::hdf5_names(path(), "/nothing").empty());
  EXPECT_EQ(io::hdf5_attribute(path(), "/edges", "units"), "ms");
  EXPECT_EQ(io::hdf5_attribute(path(), "/edges", "unit"), "");
}

TEST_F(io_hdf5_read, mistakes_are_told) {
  EXPECT_EQ(error({{"/edges/e/source", ColumnType::integer}}), "edges.h5: no dataset \"/edges/e/source\". Did you mean \"source_node_id\"? (in group \"/edges/e\")");
  EXPECT_EQ(error({{"wieght", ColumnType::real}}), "edges.h5: no dataset \"wieght\". Did you mean \"weight\"?");
  EXPECT_EQ(error({{"/edges/f/x", ColumnType::real}}), "edges.h5: no dataset \"/edges/f/x\". Did you mean \"e\"? (in group \"/edges\")");
  EXPECT_EQ(error({{"/edges", ColumnType::real}}), "edges.h5: dataset \"/edges\": is not a dataset");
  EXPECT_EQ(error({{"nan", ColumnType::real}}), "edges.h5: dataset \"nan\"[1] = nan: is not a finite number");
  EXPECT_EQ(error({{"broken", ColumnType::integer}}), "edges.h5: dataset \"broken\"[0] = 0.5: is not a whole number");
  EXPECT_EQ(error({{"two", ColumnType::real}}), "edges.h5: dataset \"two\": must have one dimension");
  EXPECT_EQ(error({{"weight", ColumnType::real}, {"short", ColumnType::real}}), "edges.h5: dataset \"short\": has 2 entries, but \"weight\" has 3");
}

TEST_F(io_hdf5_read, files_cut_anywhere_are_refused) {
  const auto bytes = folder_.read("edges.h5");
  const std::vector<ColumnRequest> wanted{{"/edges/e/source_node_id", ColumnType::integer}, {"weight", ColumnType::real}};
  for (const double share : {0.02, 0.2, 0.5, 0.9}) {
    folder_.write("cut.h5", bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
    EXPECT_THROW(io::read_columns(folder_ / "cut.h5", wanted), InputError) << share;
  }
}

}  // namespace
}  // namespace ranvier::test
