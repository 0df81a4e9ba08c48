"""People and the teams they act for."""
