"""Expressions: one small language in all places of a rule.

parse (text to nodes) → types (nodes to a typed tree, against schemas and vocabulary) → program (typed tree to
postfix code for `kernels.expression`).
"""
