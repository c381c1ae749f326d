#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rates of a leaky integrate-and-fire cell by quadrature in 40 digits: the oracle of tests/plan_mean_field.cpp.

    pip install mpmath; python3 tests/parity/data/make_siegert.py > tests/parity/data/siegert.csv

Siegert's integral is done as it stands, e^(u^2) (1 + erf u), in numbers long enough for its cancellations, by mpmath's
tanh-sinh rule; the program under test rewrites it and uses Gauss-Legendre in doubles.
"""
import mpmath as mp

mp.mp.dps = 40
FILTER = mp.fabs(mp.zeta(mp.mpf(1) / 2)) / mp.sqrt(2)


def rate_hz(tau_m, t_ref, V_th, V_reset, tau_syn, mean, std):
    shift = FILTER * mp.sqrt(mp.mpf(tau_syn) / tau_m)
    low, high = (mp.mpf(V_reset) - mean) / std + shift, (mp.mpf(V_th) - mean) / std + shift
    points = mp.linspace(low, high, 2 + int(4 * (high - low)))
    integral = mp.quad(lambda u: mp.exp(u * u) * mp.erfc(-u), points)
    return 1000 / (t_ref + tau_m * mp.sqrt(mp.pi) * integral)


def main():
    print("tau_m_ms,t_ref_ms,V_th_mV,V_reset_mV,tau_syn_ms,mean_mV,std_mV,rate_hz")
    for tau_m, t_ref, V_th, V_reset in ((20, 2, 20, 0), (10, 2, 15, 0), (10, 0, 15, 10)):
        for tau_syn in ("0", "0.5", "2"):
            for mean, std in ((-30, "5"), (0, "3"), (0, "10"), (10, "5"), (14, "2"), (16, "1"), (25, "0.5"), (25, "20"), (200, "10")):
                values = [mp.mpf(x) for x in (tau_m, t_ref, V_th, V_reset, tau_syn, mean, std)]
                print(",".join(str(x) for x in (tau_m, t_ref, V_th, V_reset, tau_syn, mean, std)) + "," + mp.nstr(rate_hz(*values), 17))


if __name__ == "__main__":
    main()
