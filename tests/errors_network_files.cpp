// SPDX-License-Identifier: Apache-2.0
/// The exact words of what is wrong with files that a network names: tables, edge lists, spike trains.

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

/// The files that the mistakes are about.
const Folder& files() {
  static const Folder folder;
  static const bool written = [] {
    folder.write("cells.csv", "name,C_m,bad\nA,200,200\nB,250,-3\nC,300,1\n");
    folder.write("spikes.csv", "neuron,time\n0,1\n5,2\n");
    folder.write("range.csv", "source,target\n0,1\n3,100\n");
    folder.write("nan.csv", "source,target\n0,1\nnan,2\n");
    folder.write("short.csv", "source,target\n0,1\n7\n");
    folder.write("fraction.csv", "source,target\n0.5,1\n");
    folder.write("empty.csv", "");
    folder.write("good.csv", "source,target,weight,delay\n0,1,5,1\n1,2,-5,0.01\n");
    folder.write("named.csv", "source,target\nA,B\nB,D\n");
    std::string rows = "source,target\n";
    for (int i = 0; i < 5000; ++i) rows += std::to_string(i * 7919 % 100) + "," + std::to_string(i * i % 97) + "\n";
    folder.write_gz("whole.csv.gz", rows);
    std::string bytes = folder.read("whole.csv.gz");
    folder.write("truncated.csv.gz", bytes.substr(0, bytes.size() / 2));
    bytes[bytes.size() - 8] ^= 0x55;  // the checksum at the end
    folder.write("damaged.csv.gz", bytes);
    io::Hdf5Image image;
    image.dataset("/edges/source", std::vector<std::uint32_t>{0, 1, 2});
    image.dataset("/edges/target", std::vector<std::uint32_t>{0, 100, 2});
    io::OutputFile file(folder / "edges.h5");
    image.write(file);
    file.commit();
    folder.write("truncated.h5", folder.read("edges.h5").substr(0, 600));
    return true;
  }();
  static_cast<void>(written);
  return folder;
}

const Mistake mistakes[] = {
    {"column_missing_file",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { C_m = { column = "C_m", file = "nothing.csv" } }
)",
     R"(network.toml:6: populations[0].params.C_m.file = "nothing.csv": no such file (nothing.csv))"},
    {"column_missing",
     R"([[populations]]
name = "E"
size = 3
model = "lif_exp"
params = { C_m = { column = "Cm", file = "cells.csv" } }
)",
     R"(network.toml:6: populations[0].params.C_m: cells.csv:1: no column "Cm". Did you mean "C_m"?)"},
    {"column_length",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { C_m = { column = "C_m", file = "cells.csv" } }
)",
     R"(network.toml:6: populations[0].params.C_m: column "C_m" has 3 values, but there are 100 neurons)"},
    {"column_illegal",
     R"([[populations]]
name = "E"
size = 3
model = "lif_exp"
params = { C_m = { column = "bad", file = "cells.csv" } }
)",
     R"(network.toml:6: populations[0].params.C_m: column "bad": the value -3 pF of neuron 1 must be > 0 pF)"},
    {"train_file_id",
     R"([[populations]]
name = "S"
size = 2
model = "spike_train"
times = "spikes.csv"
)",
     R"(network.toml:6: populations[0].times = "spikes.csv": spike 1: neuron 5 is out of range: the population has 2 neurons, 0 to 1)"},
    {"edges_missing_file",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "none.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "none.csv": no such file (none.csv))"},
    {"edges_missing_column",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "cells.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "cells.csv": cells.csv:1: no column "source". Known: name, C_m, bad
network.toml:9: projections[0].rule.edges = "cells.csv": cells.csv:1: no column "target". Known: name, C_m, bad)"},
    {"edges_out_of_range",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "range.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "range.csv": edge 1: target 100 is out of range: there are 100 targets, 0 to 99)"},
    {"edges_NaN",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "nan.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "nan.csv": nan.csv:3: column "source" = nan: is not a finite number)"},
    {"edges_short_row",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "short.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "short.csv": short.csv:3: has no value in column "target")"},
    {"edges_truncated_gz",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "truncated.csv.gz" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "truncated.csv.gz": truncated.csv.gz: ends in the middle: the gzip file was cut short)"},
    {"edges_damaged_gz",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "damaged.csv.gz" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "damaged.csv.gz": damaged.csv.gz: is damaged: incorrect data check)"},
    {"edges_truncated_h5",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "truncated.h5" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "truncated.h5": truncated.h5: is not an HDF5 file, or was cut short or damaged)"},
    {"edges_fraction",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "fraction.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "fraction.csv": fraction.csv:2: column "source" = 0.5: is not a whole number)"},
    {"edges_empty",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "empty.csv" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "empty.csv": empty.csv: is empty; its first line must name the columns)"},
    {"edges_folder",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "." }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = ".": is not a file ())"},
    {"edges_h5_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "edges.h5", source_column = "/edges/pre", target_column = "/edges/post" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "edges.h5": edges.h5: no dataset "/edges/pre". Known: source, target (in group "/edges"))"},
    {"edges_h5_range",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "edges.h5", source_column = "/edges/source", target_column = "/edges/target" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "edges.h5": edge 1: target 100 is out of range: there are 100 targets, 0 to 99)"},
    {"edges_weight_column_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "good.csv" }
receptor = "ex"
weight = { column = "wieght" }
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "good.csv": good.csv:1: no column "wieght". Did you mean "weight"?)"},
    {"edges_weight_sign",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "good.csv" }
receptor = "ex"
weight = { column = "weight" }
delay = "1.5 ms"
)",
     R"(network.toml:11: projections[0].weight: all weights must be >= 0 onto receptor "ex" of population "E")"},
    {"edges_delay_short",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "good.csv" }
receptor = "ex"
weight = "20 pA"
delay = { column = "delay" }
)",
     R"(network.toml:12: projections[0].delay: the delay 0.01 ms of edge 1 is below the time step of 0.1 ms; give at least 0.1 ms, or a smaller dt)"},
    {"edges_ids",
     R"([[populations]]
name = "E"
size = 3
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { edges = "named.csv", ids = { file = "cells.csv", column = "name" } }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.edges = "named.csv": edge 1: no target is called "D". Did you mean "A"? To leave such edges out: skip_unknown = true)"},
};

class errors_network_files : public testing::TestWithParam<Mistake> {};

TEST_P(errors_network_files, mistake_in_a_file_is_told_with_line_key_value_and_cure) {
  EXPECT_EQ(problems(std::string("format = 1\n") + GetParam().text, files().path()), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(exact_text, errors_network_files, testing::ValuesIn(mistakes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ranvier::test
