"""Aliases: names that customers re-target without touching their code."""
