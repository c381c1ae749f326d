// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Time of one dense matrix product, the piece that gemm, gemm_best and spmm share.
///
/// C[m x n] = A[m x k] B[k x n] is cut into tiles of C; each compute unit works on one tile at a time:
///
///   arithmetic   2 m n k FLOP, of tiles that stick out as if they were full, in whole waves of tiles over the units, at
///                a rate that a tile's side limits: a tile of a x b loads (a + b) / (2 a b) numbers per multiply-add
///   memory       A, B and C once (a wave of tiles shares its rows and columns through the cache)
///
/// The tile is the one with the least time, as a library's heuristic would choose. Where that fills the units better, the
/// sum over k is split (split-k), up to 16 ways of at least 256 each.
/// Source: tile and wave quantisation as in NVIDIA, "Matrix Multiplication Background User's Guide", sections 4 and 5.

#include <cstdint>
#include <string_view>

#include "plan/algebra.hpp"
#include "plan/constants.hpp"

namespace ranvier::plan {

struct Product {
  double m = 1, n = 1, k = 1;
  Precision precision = Precision::fp16_acc32;
};

/// Format of a product by the name that rows and people use: "bf16", "fp16_tensor", "fp32", ...
/// Throws InputError with the nearest name.
Precision parse_precision(std::string_view name);

/// Matrix units are what runs a format much faster than fp32, which vector units do.
bool has_matrix_unit(const Machine& machine, Precision precision);

/// Work of one product: FLOP, bytes once, one launch.
Work work_of(const Product& p);

/// Share of the rate that the shape allows, and the rate that power allows, together with the share no mechanism here
/// explains (Constants::arithmetic_share).
double arithmetic_share(const Product& p, const Machine& machine, const Constants& constants, Trace* trace = nullptr);

/// Time of one product called from device code (one launch).
OperationTime time_of_product(const Product& p, const Machine& machine, const Constants& constants, Trace* trace = nullptr);

/// Spread of such a kernel's time: what the constants leave, and how sure the machine's rate and bandwidth are.
double kernel_spread(const Machine& machine, Precision precision, const Constants& constants);

/// Efficiency of kernels that only move data.
Efficiency streaming(const Constants& constants);

}  // namespace ranvier::plan
