#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes one machine file per row of catalogue.csv, with rents.csv and the tables below.

    python3 data/machines/make.py          # run after editing the catalogue; the .toml files are checked in

A machine file keeps every source of a figure; the first is the one used. `spread` is how far that source is to be trusted
(relative, one standard deviation): 2 % where a source was read, 5 % where it was quoted from memory, more where stated.
"""
import csv
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent

# key in the machine file, column of the catalogue, words by which the column `source` speaks of it
FIGURES = [
    ("fp64_flop_per_s", "fp64_flops", ("fp64", "rates")),
    ("fp32_flop_per_s", "fp32_flops", ("fp32", "rates")),
    ("tf32_flop_per_s", "tf32_flops", ("tf32", "tensor rates", "other precisions", "rates")),
    ("fp16_flop_per_s", "fp16_bf16_dense_flops", ("fp16", "bf16", "flop/s =", "tensor rates", "other precisions", "rates")),
    ("fp16_acc32_flop_per_s", "fp16_fp32acc_dense_flops", ("fp32-accumulate", "fp32 accumulat", "tensor rates", "other precisions")),
    ("fp8_flop_per_s", "fp8_dense_flops", ("fp8", "tensor rates", "other precisions")),
    ("fp4_flop_per_s", "fp4_dense_flops", ("fp4", "tensor rates")),
    ("int8_flop_per_s", "int8_dense_ops", ("int8", "tensor rates", "other precisions")),
    ("bandwidth_byte_per_s", "mem_bw_bytes_per_s", ("bandwidth", "sdram", "lpddr")),
    ("memory_byte", "mem_bytes", ("memory size", "memory 1", "memory 12", "capacity", "memory,")),
    ("cache_byte", "l2_or_llc_bytes", ("cache", "l2")),
    ("on_chip_byte", "onchip_sram_bytes", ("on-chip", "sram")),
    ("link_byte_per_s", "interconnect_bytes_per_s_per_direction", ("link", "ici", "interconnect")),
    ("internode_byte_per_s", "internode_bytes_per_s", ("internode",)),
    ("power_w", "tdp_w", ("tdp", "power", "140 w", "20 w")),
    ("price_usd", "launch_price_usd", ()),
    ("devices", "devices", ()),
    ("cores", "cores", ()),
    ("clock_per_s", "clock_hz", ("clock",)),
    ("neurons", "neurons_max", ("neurons",)),
    ("synapses", "synapses_max", ("synapses",)),
]

# Multiprocessors, compute units or GPU cores, from the vendors' data sheets and white papers (quoted from memory).
UNITS = {
    "nvidia-v100-sxm-32gb": 80, "nvidia-v100-pcie-32gb": 80, "nvidia-v100-deepbench": 80, "nvidia-a100-sxm-40gb": 108,
    "nvidia-a100-sxm-80gb": 108, "nvidia-a100-pcie-80gb": 108, "nvidia-a100-leonardo-custom": 124, "nvidia-h100-sxm-80gb": 132,
    "nvidia-h100-pcie-80gb": 114, "nvidia-h200-sxm": 132, "nvidia-gh200-141gb": 132, "nvidia-h800-sxm": 132, "nvidia-h20": 78,
    "nvidia-b200-sxm": 148, "nvidia-gb200": 152, "nvidia-l4": 58, "nvidia-l40": 142, "nvidia-l40s": 142, "nvidia-l20": 92,
    "nvidia-a40": 84, "nvidia-rtx-a6000": 84, "nvidia-rtx-6000-ada": 142, "nvidia-rtx-4000-ada": 48, "nvidia-rtx-5000-ada": 100,
    "nvidia-rtx-2080-ti": 68, "nvidia-titan-rtx": 72, "nvidia-rtx-3060-12gb": 28, "nvidia-rtx-3070-8gb": 46,
    "nvidia-rtx-3080-10gb": 68, "nvidia-rtx-3080-ti-12gb": 80, "nvidia-rtx-3090": 82, "nvidia-rtx-3090-ti": 84,
    "nvidia-rtx-4060-ti-16gb": 34, "nvidia-rtx-4070": 46, "nvidia-rtx-4070-ti-12gb": 60, "nvidia-rtx-4080": 76,
    "nvidia-rtx-4090": 128, "nvidia-rtx-5080": 84, "nvidia-rtx-5090": 170, "nvidia-rtx-pro-6000-server": 188, "nvidia-t4": 40,
    "nvidia-a10": 72, "nvidia-a30": 56, "nvidia-p100": 56, "nvidia-gtx-titan": 14, "nvidia-gtx-1080-ti": 28,
    "nvidia-titan-xp": 30, "nvidia-gtx-980-ti": 22, "nvidia-k20x": 14, "nvidia-k40m": 15, "nvidia-gb10": 48,
    "nvidia-jetson-agx-orin-64gb": 16, "nvidia-jetson-orin-nano-8gb": 8, "amd-mi100": 120, "amd-mi210": 104, "amd-mi250": 208,
    "amd-mi250x": 220, "amd-mi300x": 304, "amd-mi325x": 304, "amd-mi350x": 256, "amd-mi355x": 256, "amd-rx-7900-xtx": 96,
    "amd-rx-6900-xt": 80, "intel-arc-a770-16gb": 32, "intel-arc-b580": 20,
    "apple-m1-ultra-48": 48, "apple-m2-ultra-60": 60, "apple-m2-ultra-76": 76, "apple-m3-max-40": 40, "apple-m4-max-32": 32,
    "apple-m4-max-40": 40, "apple-m1-max-32": 32, "apple-m2-pro-19gpu": 19, "apple-m3-ultra-512": 80, "apple-m4-pro-20": 20,
    "apple-m1-7": 7,
}

# What further sources say, as the catalogue's notes tell: (machine, key) -> [(value, source, spread)]
ALSO = {
    ("nvidia-b300-sxm", "fp4_flop_per_s"): [(1.26e16, "another of the row's sources", 0.02)],
    ("nvidia-b300-sxm", "memory_byte"): [(2.7e11, "another of the row's sources", 0.02), (2.88e11, "another of the row's sources", 0.02)],
    ("nvidia-b300-sxm", "bandwidth_byte_per_s"): [(7.7e12, "another of the row's sources", 0.02), (8.0e12, "another of the row's sources", 0.02)],
    ("nvidia-gb10", "bandwidth_byte_per_s"): [(3.01e11, "Hot Chips 2025 report, upper figure", 0.02)],
    ("intel-gaudi2", "fp16_flop_per_s"): [(4.5e14, "Epoch AI \"Data on Machine Learning Hardware\" (CC BY)", 0.02)],
    ("intel-xeon-6980p", "bandwidth_byte_per_s"): [(6.144e11, "with DDR5-6400 instead of MRDIMM-8800, from memory", 0.05)],
    ("intel-xeon-6980p", "price_usd"): [(12460, "price cut of 2025, from memory", 0.2)],
    ("ibm-truenorth", "power_w"): [(0.3, "header of the open-neuromorphic.org page", 0.1)],
    ("spinnaker2-chip", "power_w"): [(2.0, "open-neuromorphic.org, lower end", 0.1), (5.0, "open-neuromorphic.org, upper end", 0.1)],
    ("spinnaker1-48chip-board", "power_w"): [(40.0, "lower end, from memory", 0.2), (80.0, "upper end, from memory", 0.2)],
    ("brain-human", "synapses"): [(1e12, "essay E0, lower end", 0.5), (1e13, "essay E1", 0.5), (6e14, "essay E4", 0.5)],
    ("brain-human", "neurons"): [(1e11, "essay E4", 0.1)],
    ("brain-human", "fp16_flop_per_s"): [(1e13, "Carlsmith 2020, lower end of the range", 1.0), (1e17, "Carlsmith 2020, upper end of the range", 1.0)],
    ("fugaku-machine", "fp64_flop_per_s"): [(4.42e17, "Linpack rate; icthealth.org and Carlsmith 2020 round it to 4e17", 0.02)],
    ("tianhe-2-hpcg", "fp64_flop_per_s"): [(5.49e16, "peak rate; the row holds the HPCG rate", 0.02)],
}


def doubtful(text):
    return "from memory" in text or "inferred" in text


def clause_for(words, source):
    """The part of the source column that speaks of a figure, else the first part."""
    clauses = [c.strip() for c in source.split(";") if c.strip()]
    for clause in clauses:
        head = clause.lower().split("(")[0]
        if any(w in head for w in words):
            return clause
    for clause in clauses:
        if clause.lower().startswith("the rest") and not any(w in clauses[0].lower() for w in words):
            return clause
    return clauses[0] if clauses else "not stated"


def trust(key, row, clause):
    fixed_point = row["kind"] == "neuromorphic" and "flop" in key
    if fixed_point or (row["kind"] == "brain" and key == "power_w"):
        return 0.7  # a factor of two
    if not doubtful(clause):
        return 0.02
    return 0.2 if key == "price_usd" else 0.05


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number(x):
    """As short as TOML allows: 512, 1.555e12."""
    x = float(x)
    if abs(x) < 1e6:
        return f"{int(x)}" if x == int(x) else repr(x)
    mantissa, exponent = f"{x:.11e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def reading(value, source, spread, inferred=False, date=""):
    parts = [f"value = {number(value)}", f"source = {quote(source)}"]
    if date:
        parts.append(f"date = {quote(date)}")
    parts.append(f"spread = {spread:g}")
    if inferred:
        parts.append("inferred = true")
    return "{ " + ", ".join(parts) + " }"


def readings_of(key, column, words, row):
    if not row[column]:
        return []
    if key == "price_usd":
        clause, date = row["price_source"] or row["source"], row["price_date"]
    else:
        clause, date = clause_for(words, row["source"]), ""
    if key == "internode_byte_per_s":
        clause = "usual network of such machines, from memory"
    if key in ("devices", "cores"):
        clause, date = row["source"].split(";")[0], ""
    found = [reading(row[column], clause, trust(key, row, clause), "inferred" in clause, date)]
    return found + [reading(*more) for more in ALSO.get((row["id"], key), [])]


def link_kind(row):
    note = row["interconnect_note"].lower()
    if not row["interconnect_bytes_per_s_per_direction"]:
        return "none"
    if "bridge" in note and "without" not in note:
        return "bridge"
    if any(w in note for w in ("infinity fabric", "ici", "neuronlink", "nvlink1", "torus", "mesh", "tofu", "mi2", "llm-analysis")):
        return "mesh"
    if any(w in note for w in ("nvlink", "ethernet")):
        return "fabric"
    return "bus" if "pcie" in note or "thunderbolt" in note else "mesh"


def rents_of(name, rents):
    rows = [r for r in rents if r["machine"] == name]
    return [reading(r["usd_per_hour"], "; ".join(t for t in (r["provider_kind"], r["source"], r["note"]) if t),
                    0.2 if doubtful(r["source"]) or "doubtful" in r["note"] else 0.05, False, r["date"]) for r in rows]


def machine_file(row, rents):
    lines = ["# Made by make.py from catalogue.csv: edit that. Values in SI units with byte and FLOP; rates are dense.", "format = 1"]
    lines += [f"id = {quote(row['id'])}", f"name = {quote(row['name'])}", f"vendor = {quote(row['vendor'])}", f"kind = {quote(row['kind'])}",
              f"link_kind = {quote(link_kind(row))}"]
    if row["launch_date"]:
        lines.append(f"launch_date = {quote(row['launch_date'])}")
    lines.append("aliases = [" + ", ".join(quote(a) for a in row["aliases"].split("|") if a) + "]")
    notes = "; ".join(t for t in (row["interconnect_note"], row["notes"]) if t)
    if notes:
        lines.append(f"notes = {quote(notes)}")
    lines += ["", "[figures]"]
    for key, column, words in FIGURES:
        found = readings_of(key, column, words, row)
        if found:
            lines.append(f"{key} = [{', '.join(found)}]" if len(found) == 1 else f"{key} = [\n  " + ",\n  ".join(found) + ",\n]")
    if row["id"] in UNITS:
        lines.append(f"units = [{reading(UNITS[row['id']], 'vendor data sheet, from memory', 0.02)}]")
    rent = rents_of(row["id"], rents)
    if rent:
        lines.append("rent_usd_per_hour = [\n  " + ",\n  ".join(rent) + ",\n]")
    return "\n".join(lines) + "\n"


def main():
    with open(HERE / "rents.csv", newline="") as f:
        rents = list(csv.DictReader(f))
    with open(HERE / "catalogue.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    for row in rows:
        assert re.fullmatch(r"[a-z0-9-]+", row["id"]), row["id"]
        (HERE / f"{row['id']}.toml").write_text(machine_file(row, rents))
    print(f"{len(rows)} machine files")


if __name__ == "__main__":
    main()
