// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A workload turns (parameters, machine, how many) into an answer. One file each, src/plan/workload/<name>.cpp, that holds
///
///     namespace ranvier::plan {
///     RANVIER_WORKLOAD(gemm) {
///       .name = "gemm",
///       .title = "dense matrix product C[m x n] = A[m x k] B[k x n]",
///       .example = "ranvier plan gemm --on h100 m=4096 n=4096 k=4096 dtype=fp16",
///       .parameters = parameters,        // a static array of ParameterInfo
///       .metrics = metrics,              // a static array of MetricInfo; the first is the default
///       .plan = plan,                    // Answer plan(const Question&, Trace*)
///     };
///     }
///
/// The build finds the macro and adds the workload to the registry; nothing else is edited. Helpers of a workload are other
/// files of that folder without the macro.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/machine.hpp"
#include "plan/constants.hpp"
#include "plan/estimate.hpp"
#include "plan/parameters.hpp"
#include "plan/trace.hpp"

namespace ranvier::plan {

struct ModelShape;  ///< shape of a language model: plan/model_shape.hpp

/// Models by name, for workloads that run one. Implemented in io (files), or by a test (a table).
class ModelSource {
 public:
  virtual ~ModelSource() = default;
  /// The shape under this name, alias or path of a config.json; nullptr where nobody knows it. Lives as long as the source.
  virtual const ModelShape* find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;
};

/// All that a workload may look at. Never an id, a source, a note or a year of a row.
struct Question {
  const Machine& machine;            ///< completed: plan/infer.hpp has filled what its sources lack
  int count = 1;                     ///< devices, as in the column `count`
  std::string_view row_kind;         ///< as asked: the workload's name, or one of its row_kinds ("llm_decode")
  std::string_view metric;           ///< one of the workload's metrics
  const Parameters& parameters;      ///< checked against the workload's list
  const Constants& constants;
  const ModelSource* models = nullptr;  ///< nullptr: none at hand
};

struct MetricInfo {
  const char* name;              ///< "time"
  const char* unit;              ///< "ms": the unit of Answer::value
  const char* meaning;
  const char* row_kind = "";     ///< where a workload has several: the kind it belongs to; "" for all
  bool higher_is_better = false;
};

/// The parameter that a picture sweeps where nobody says which, doubling from `low` to at most `high`; "": none.
struct Pictured {
  const char* key = "";
  double low = 1, high = 1;
};

struct Workload {
  const char* name;
  const char* title;
  const char* formula = "";                       ///< a paragraph: the formula and its source
  const char* example;
  std::span<const char* const> row_kinds = {};    ///< values of the column `workload` it answers, besides its name
  std::span<const ParameterInfo> parameters;
  std::span<const MetricInfo> metrics;
  bool takes_model = false;                       ///< `ranvier plan NAME MODEL`: MODEL is the parameter `model`
  /// Its rows measure other programs than the one that is modelled: errors are reported, but stay out of the overall score.
  bool reported_only = false;
  Pictured pictured = {};
  /// Predicts. Throws InputError where parameters are missing or contradict each other. A plan that does not fit in memory
  /// is an answer: estimate.fits is false, remedy says by how much; value is then 0 where there is no such thing.
  Answer (*plan)(const Question& question, Trace* trace);
};

#define RANVIER_WORKLOAD(id)        \
  extern const Workload id##_workload; \
  const Workload id##_workload

/// All workloads, by name.
std::span<const Workload* const> all_workloads();

/// The workload that answers rows of this kind (its name or one of its row_kinds), nullptr where there is none.
const Workload* find_workload(std::string_view row_kind);

/// The unit and meaning of a metric; throws InputError that lists the metrics of that kind of row.
const MetricInfo& find_metric(const Workload& workload, std::string_view row_kind, std::string_view metric);

/// What a caller hands over.
struct Request {
  const Machine* machine = nullptr;
  int count = 1;
  std::string kind;                  ///< workload or kind of row
  std::string metric;                ///< empty: the first of that kind
  Parameters parameters;
  const Constants* constants = nullptr;
  const ModelSource* models = nullptr;
};

/// Finds the workload, checks metric, count and parameters, plans, and fills the answer's metric, unit and interval where
/// the workload left them empty (value from estimate.expected in the unit s or ms, interval from estimate.spread).
/// Errors: InputError, with the nearest name where one is unknown.
Answer answer(const Request& request, Trace* trace = nullptr);

}  // namespace ranvier::plan
