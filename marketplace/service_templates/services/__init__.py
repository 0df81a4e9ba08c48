"""Writes: what a template and parameters render to, and services made of that."""

from marketplace.service_templates.services.errors import ParametersRefused
from marketplace.service_templates.services.instances import forget, instantiate
from marketplace.service_templates.services.rendering import Rendering, check_parameters, render

__all__ = ["ParametersRefused", "Rendering", "check_parameters", "forget", "instantiate", "render"]
