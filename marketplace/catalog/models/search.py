"""What search needs beside the services themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchWord(models.Model):
    """A word of some service's names, for mending misspelt searches. Words are never taken away: they only suggest."""

    word = models.CharField(max_length=40, primary_key=True)
    trigrams = ArrayField(models.CharField(max_length=3))

    class Meta:
        indexes = [GinIndex(fields=["trigrams"], name="search_word_trigrams")]

    def __str__(self) -> str:
        return self.word


class MarketChange(models.Model):
    """Something on the market changed. The last row and the number of rows tell apart what was counted before."""

    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"change {self.pk}"
