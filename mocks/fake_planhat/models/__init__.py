"""The five models, read from data/models/*.toml. May import marshmallow and data; no Flask, no storage."""

from fake_planhat.models.model import COMPANY, CONVERSATION, ENDUSER, MODELS, TASK, USER, Model

__all__ = ["COMPANY", "CONVERSATION", "ENDUSER", "MODELS", "TASK", "USER", "Model"]
