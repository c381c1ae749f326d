// SPDX-License-Identifier: Apache-2.0
/// Broken and unsupported SONATA circuits: each is refused with the file, the key or dataset, and what would be right.

#include <gtest/gtest.h>
#include <hdf5.h>

#include "sonata_example.hpp"

namespace ranvier::test_sonata {
namespace {

/// Overwrites one value of a dataset.
template <class T>
void poke(const fs::path& file, const std::string& dataset, hsize_t at, T value) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), d = H5Dopen2(f, dataset.c_str(), H5P_DEFAULT), space = H5Dget_space(d);
  const hsize_t one = 1;
  H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, nullptr, &one, nullptr);
  const hid_t memory = H5Screate_simple(1, &one, nullptr);
  const double number = static_cast<double>(value);
  H5Dwrite(d, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &number);
  H5Sclose(memory); H5Sclose(space); H5Dclose(d); H5Fclose(f);
}

void remove(const fs::path& file, const std::string& object) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(f, object.c_str(), H5P_DEFAULT);
  H5Fclose(f);
}

void remove_attribute(const fs::path& file, const std::string& object, const std::string& attribute) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Adelete_by_name(f, object.c_str(), attribute.c_str(), H5P_DEFAULT);
  H5Fclose(f);
}

class Broken : public Copy {
 public:
  Broken() : Copy(data / "nest_models") {}
  std::string says() const { return complaint(path() / "simulation_config.json"); }
};

void expect(const std::string& said, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(said.find(part), std::string::npos) << "looking for: " << part << "\nin: " << said;
}

TEST(SonataErrors, the_circuit_that_is_broken_below_is_whole) { EXPECT_EQ(Broken().says(), ""); }

// --- JSON

TEST(SonataErrors, missing_and_damaged_configs) {
  const test::Folder folder;
  expect(complaint(folder / "none.json"), {"none.json: no such file"});
  expect(complaint(folder.write("a.json", "{ \"run\": \n { ]")), {"a.json:2: is not JSON"});
  expect(complaint(folder.write("b.json", "[1]")), {"must be a JSON object"});
  expect(complaint(folder.write("c.json", "{\"run\": {\"tstop\": 1}}")), {"names no circuit", "\"network\""});
  expect(complaint(folder.write("d.json", std::string(100'000, '['))), {"d.json"});
}

TEST(SonataErrors, manifests_with_circles_and_unknown_variables) {
  const Broken circle;
  circle.change("simulation_config.json", "\"$BASE\": \".\"", "\"$BASE\": \"$OTHER/a\", \"$OTHER\": \"$BASE/b\"");
  expect(circle.says(), {"manifest.$", "leads back to itself"});
  const Broken unknown;
  unknown.change("simulation_config.json", "$BASE/inputs.h5", "$BASIS/inputs.h5");
  expect(unknown.says(), {"inputs.input.input_file", "no variable \"$BASIS\"", "$BASE"});
}

TEST(SonataErrors, run_needs_a_stop_and_a_step_above_zero) {
  const Broken no_stop;
  no_stop.change("simulation_config.json", "tstop", "tstopp");
  expect(no_stop.says(), {"run.tstop is missing", "tstopp"});
  const Broken no_step;
  no_step.change("simulation_config.json", "\"dt\": 0.1", "\"dt\": 0");
  expect(no_step.says(), {"run.dt = 0", "must be > 0 ms"});
}

// --- nodes

TEST(SonataErrors, missing_files_are_named_with_the_key_that_names_them) {
  for (const char* file : {"network/nodes.h5", "network/edges.h5", "network/cells_node_types.csv", "network/edge_types.csv", "inputs.h5", "components/cell_models/iaf_psc_exp.json"}) {
    const Broken b;
    fs::remove(b / file);
    expect(b.says(), {fs::path(file).filename().c_str(), "no such file"});
  }
}

TEST(SonataErrors, files_cut_short) {
  for (const char* file : {"network/nodes.h5", "network/edges.h5", "inputs.h5"}) {
    const Broken b;
    fs::resize_file(b / file, fs::file_size(b / file) / 2);
    EXPECT_NE(b.says(), "") << file;
    fs::resize_file(b / file, 0);
    EXPECT_NE(b.says(), "") << file;
  }
}

TEST(SonataErrors, missing_datasets) {
  for (const char* dataset : {"/nodes/cells/node_type_id", "/nodes/cells/node_group_index", "/nodes/cells/0", "/nodes"}) {
    const Broken b;
    remove(b / "network/nodes.h5", dataset);
    EXPECT_NE(b.says(), "") << dataset;
  }
  for (const char* dataset : {"/edges/input_to_cells/source_node_id", "/edges/input_to_cells/target_node_id", "/edges/input_to_cells/edge_type_id", "/edges/input_to_cells/edge_group_id", "/edges/input_to_cells/0"}) {
    const Broken b;
    remove(b / "network/edges.h5", dataset);
    EXPECT_NE(b.says(), "") << dataset;
  }
  const Broken b;
  remove_attribute(b / "network/edges.h5", "/edges/input_to_cells/source_node_id", "node_population");
  expect(b.says(), {"edges.h5", "source_node_id", "no attribute node_population"});
}

TEST(SonataErrors, types_that_no_table_has) {
  const Broken node;
  poke(node / "network/nodes.h5", "/nodes/cells/node_type_id", 3, 999);
  expect(node.says(), {"nodes.h5", "node_type_id[3] = 999", "no such type in", "cells_node_types.csv", "100, 101"});
  const Broken edge;
  poke(edge / "network/edges.h5", "/edges/input_to_cells/edge_type_id", 7, 999);
  expect(edge.says(), {"edges.h5", "edge_type_id[7] = 999", "edge_types.csv"});
}

TEST(SonataErrors, ids_out_of_range) {
  const Broken source;
  poke(source / "network/edges.h5", "/edges/input_to_cells/source_node_id", 5, 40);
  expect(source.says(), {"source_node_id[5] = 40", "population \"input\" has no such node"});
  const Broken target;
  poke(target / "network/edges.h5", "/edges/input_to_cells/target_node_id", 5, 3);
  expect(target.says(), {"target_node_id[5] = 3", "population \"cells\" has no such node"});
  const Broken group;
  poke(group / "network/edges.h5", "/edges/input_to_cells/edge_group_index", 5, 100'000);
  expect(group.says(), {"nsyns", "has 520 entries", "100000"});
  const Broken no_group;
  poke(no_group / "network/edges.h5", "/edges/input_to_cells/edge_group_id", 5, 3);
  expect(no_group.says(), {"no group \"/edges/input_to_cells/3\""});
  const Broken twice;
  poke(twice / "network/nodes.h5", "/nodes/cells/node_id", 5, 10);
  expect(twice.says(), {"node_id[5] = 10", "stands twice"});
  const Broken spikes;
  poke(spikes / "inputs.h5", "/spikes/input/node_ids", 0, 77);
  expect(spikes.says(), {"inputs.h5", "node 77"});
}

TEST(SonataErrors, numbers_that_are_none) {
  const Broken time;
  poke(time / "inputs.h5", "/spikes/input/timestamps", 2, std::nan(""));
  expect(time.says(), {"inputs.h5", "timestamps", "not a finite number"});
  const Broken weight;
  weight.change("network/edge_types.csv", "330 1.0", "nan 1.0");
  expect(weight.says(), {"syn_weight is missing", "edge_type_id 0"});
  const Broken word;
  word.change("network/edge_types.csv", "330 1.0", "heavy 1.0");
  expect(word.says(), {"edge_types.csv", "edge_type_id 0", "syn_weight = \"heavy\"", "must be a number"});
  const Broken delay;
  delay.change("network/edge_types.csv", "330 1.0", "330 -1.0");
  expect(delay.says(), {"delay = -1 ms", "must not be negative"});
}

// --- what is not supported

TEST(SonataErrors, biophysical_cells_are_refused_by_name) {
  expect(complaint(data / "9_cells/simulation_config.json"),
         {"cortex_node_types.csv", "model_type = \"biophysical\"", "cells with compartments are not supported", "point_neuron", "node 0"});
}

TEST(SonataErrors, unknown_models_parameters_and_synapses) {
  const Broken model;
  model.change("network/cells_node_types.csv", "nest:iaf_psc_delta", "nest:iaf_psc_delte");
  expect(model.says(), {"model_template = \"nest:iaf_psc_delte\"", "Did you mean \"nest:iaf_psc_delta\"?", "nrn:IntFire1"});
  const Broken type;
  type.change("network/cells_node_types.csv", "point_neuron", "astrocyte");
  expect(type.says(), {"model_type = \"astrocyte\"", "virtual"});
  const Broken parameter;
  parameter.change("components/cell_models/iaf_psc_delta.json", "tau_m", "tau_n");
  expect(parameter.says(), {"iaf_psc_delta.json", "tau_n", "no such parameter", "tau_m"});
  const Broken glif;
  glif.change("components/cell_models/glif_psc.json", "\"after_spike_currents\": false", "\"after_spike_currents\": true");
  expect(glif.says(), {"after_spike_currents = 1", "not supported", "nest:glif_psc"});
  const Broken bound;
  bound.change("components/cell_models/iaf_psc_delta.json", "{", "{ \"V_min\": -90.0,");
  expect(bound.says(), {"V_min = -90", "not supported"});
  const Broken synapse;
  synapse.change("network/edge_types.csv", "static_synapse", "stdp_synapse");
  expect(synapse.says(), {"edge_types.csv", "model_template = \"stdp_synapse\"", "static_synapse"});
  const Broken port;
  port.change("components/synaptic_models/receptor_2.json", "2", "3");
  expect(port.says(), {"receptor_type = 3", "receptors 1 to 2"});
  const Broken function;
  function.change("network/edge_types.csv", "model_template\n0", "model_template weight_function\n0");
  function.change("network/edge_types.csv", "static.json static_synapse\n", "static.json static_synapse gaussianLL\n");
  expect(function.says(), {"weight_function = \"gaussianLL\"", "wmax"});
}

TEST(SonataErrors, inputs_and_reports_that_are_not_supported) {
  const Broken type;
  type.change("simulation_config.json", "\"input_type\": \"spikes\"", "\"input_type\": \"voltage_clamp\"");
  expect(type.says(), {"inputs.input.input_type = \"voltage_clamp\"", "spikes", "current_clamp"});
  const Broken module;
  module.change("simulation_config.json", "\"module\": \"sonata\"", "\"module\": \"nwb\"");
  expect(module.says(), {"inputs.input.module = \"nwb\"", "sonata", "csv"});
  const Broken report;
  report.change("simulation_config.json", "multimeter_report", "extracellular");
  expect(report.says(), {"reports.potentials.module = \"extracellular\"", "membrane_report"});
  const Broken variable;
  variable.change("simulation_config.json", "V_m", "cai");
  expect(variable.says(), {"variable_name = \"cai\"", "no state variable", "V_m"});
  const Broken set;
  set.change("simulation_config.json", "\"node_set\": \"input\"", "\"node_set\": \"inputs\"");
  expect(set.says(), {"inputs.input.node_set = \"inputs\"", "Did you mean \"input\"?"});
  const Broken cells;
  cells.change("simulation_config.json", "\"node_set\": \"input\"", "\"node_set\": \"cells\"");
  expect(cells.says(), {"virtual nodes only", "node 10 of \"cells\""});
  const Broken node;
  node.change("simulation_config.json", "15", "99");
  expect(node.says(), {"cells.node_id[2] = 99", "no population in question has a node of this id"});
}

TEST(SonataErrors, sets_in_a_circle) {
  const Broken b;
  b.write("sets.json", R"({"a": ["b"], "b": ["a"]})");
  b.change("simulation_config.json", "\"target_simulator\"", "\"node_sets_file\": \"sets.json\", \"target_simulator\"");
  b.change("simulation_config.json", "\"node_set\": \"input\"", "\"node_set\": \"a\"");
  expect(b.says(), {"leads back to itself"});
}

TEST(SonataErrors, set_is_refused_on_the_command_line) {
  EXPECT_THROW(io::read_network(data / "nest_models/simulation_config.json", {.set = {{"g", "4"}}}), InputError);
}

}  // namespace
}  // namespace ranvier::test_sonata
