# SPDX-License-Identifier: Apache-2.0
"""NIR graphs, the Neuromorphic Intermediate Representation: networks trained elsewhere run here, networks of here go out.

    import ranvier.nir

    graph = ranvier.nir.read("trained.nir", dt=1e-4)     # a file, or a nir.NIRGraph; seconds, or "0.1 ms"
    y = graph(x)                                         # x [steps][neurons of the input] -> y [steps][neurons of the output]
    ranvier.nir.write(network, "mine.nir")

NIR describes systems in continuous time; docs/nir.md says what a step is here and which frameworks give the same numbers.

Source  Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9
"""
from .graph import Graph, Run, read
from .export import write

__all__ = ["Graph", "Run", "read", "write"]
