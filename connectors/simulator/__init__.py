"""A simulated city: ordinary life, planted incidents, and the truth about them."""

from connectors.simulator.living import LivingCity
from connectors.simulator.simulate import START, SimulationSummary, simulate
from connectors.simulator.size import SimulationError

__all__ = ["START", "LivingCity", "SimulationError", "SimulationSummary", "simulate"]
