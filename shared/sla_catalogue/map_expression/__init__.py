"""Expressions of a source's map: JMESPath, compiled once, and evaluated in a bounded number of steps."""

from __future__ import annotations

from sla_catalogue.map_expression.evaluation import Evaluation, EvaluationFailed
from sla_catalogue.map_expression.expression import BadExpression, Expression, compile_expression

__all__ = ["BadExpression", "Evaluation", "EvaluationFailed", "Expression", "compile_expression"]
