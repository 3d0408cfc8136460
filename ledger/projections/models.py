"""Pricing models as columns hold them."""

import polars as pl

from ledger.rules.words import PricingModel

PPU, PPA, PPS = (model.value for model in (PricingModel.PPU, PricingModel.PPA, PricingModel.PPS))
MODEL = pl.Enum([PPU, PPA, PPS])
