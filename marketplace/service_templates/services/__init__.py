"""Writes: what a template and parameters render to, services made of that, and what platform services bring along."""

from marketplace.service_templates.services.errors import ParametersRefused, SellerNotTrusted, TemplateNameTaken
from marketplace.service_templates.services.instances import forget, instantiate
from marketplace.service_templates.services.members import render_members
from marketplace.service_templates.services.platforms import upload_platform
from marketplace.service_templates.services.rendering import Rendering, check_parameters, render

__all__ = [
    "ParametersRefused",
    "Rendering",
    "SellerNotTrusted",
    "TemplateNameTaken",
    "check_parameters",
    "forget",
    "instantiate",
    "render",
    "render_members",
    "upload_platform",
]
