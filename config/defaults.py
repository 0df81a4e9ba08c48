"""Defaults that the control plane and the gateway must agree on."""

#: NAME=host: a customer's secret of that name may go to that host without asking, because the host made the key.
KNOWN_SECRET_HOSTS = ",".join(
    [
        "OPENAI_API_KEY=api.openai.com",
        "ANTHROPIC_API_KEY=api.anthropic.com",
        "GROQ_API_KEY=api.groq.com",
        "GEMINI_API_KEY=generativelanguage.googleapis.com",
        "MISTRAL_API_KEY=api.mistral.ai",
        "FIREWORKS_API_KEY=api.fireworks.ai",
    ]
)
