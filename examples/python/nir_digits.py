# SPDX-License-Identifier: Apache-2.0
"""Ten digits told apart by ten spiking neurons: a NIR graph, written, read and run. Nothing is trained; a second.

    python examples/python/nir_digits.py          needs: pip install nir

You see, for each digit shown with flipped pixels, the spikes of the ten neurons: each is excited by the pixels of its own digit, and the one that fires
keeps the others silent through recurrent weights.
"""
import pathlib
import tempfile

import nir
import numpy as np

import ranvier.nir

ROWS = """
.###.  ..#..  .###.  #####  ...#.  #####  ..##.  #####  .###.  .###.
#...#  .##..  #...#  ...#.  ..##.  #....  .#...  ....#  #...#  #...#
#..##  ..#..  ....#  ..#..  .#.#.  ####.  #....  ...#.  #...#  #...#
#.#.#  ..#..  ...#.  ...#.  #..#.  ....#  ####.  ..#..  .###.  .####
##..#  ..#..  ..#..  ....#  #####  ....#  #...#  .#...  #...#  ....#
#...#  ..#..  .#...  #...#  ...#.  #...#  #...#  .#...  #...#  ...#.
.###.  .###.  #####  .###.  ...#.  .###.  .###.  .#...  .###.  .##..
"""
DIGITS = np.array([[[c == "#" for c in line.split()[d]] for line in ROWS.split("\n") if line] for d in range(10)], dtype=float)  # [digit][7][5]
DT = 1e-3


def graph() -> nir.NIRGraph:
    """Pixels -> one neuron for each digit, with inhibition among them."""
    pixels = DIGITS.reshape(10, 35)
    weight = np.where(pixels > 0, 1 / pixels.sum(1, keepdims=True), -1 / (1 - pixels).sum(1, keepdims=True))  # 1 for the digit itself
    n = np.ones(10)
    return nir.NIRGraph(
        nodes={"pixels": nir.Input(np.array([7, 5])), "flat": nir.Flatten({"input": np.array([7, 5])}, 0, -1), "templates": nir.Linear(weight),
               "digits": nir.LIF(tau=20e-3 * n, r=6 * n, v_leak=0 * n, v_threshold=n, v_reset=0 * n), "inhibition": nir.Linear(-1.5 * (1 - np.eye(10))), "answer": nir.Output(np.array([10]))},
        edges=[("pixels", "flat"), ("flat", "templates"), ("templates", "digits"), ("digits", "inhibition"), ("inhibition", "digits"), ("digits", "answer")])


def shown(digit, rng, steps=100, flipped=5):
    """[steps][7][5] spikes: pixels that are on fire with 400 Hz, the others with 20 Hz; some are the wrong way round."""
    picture = DIGITS[digit].ravel().copy()
    wrong = rng.choice(35, flipped, replace=False)
    picture[wrong] = 1 - picture[wrong]
    return (rng.random((steps, 35)) < np.where(picture > 0, 400, 20) * DT).astype(float).reshape(steps, 7, 5)


def main():
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "digits.nir"
        nir.write(file, graph())
        network = ranvier.nir.read(file, dt=DT)
    print(network)
    right = 0
    for digit in range(10):
        counts = network(shown(digit, rng)).sum(axis=0).astype(int)
        right += int(counts.argmax() == digit)
        print(f"{digit} shown: " + " ".join(f"{c:3d}" for c in counts) + f"   -> {counts.argmax()}")
    print(f"{right} of 10 right")
    return right


if __name__ == "__main__":
    main()
