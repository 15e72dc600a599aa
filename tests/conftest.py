"""Hypothesis on machines that have other work to do: a slow example is no failure, wherever the tests run."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# On top of the profile of the place: in CI that one draws the same examples every time.
settings.register_profile("patient", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("patient")
