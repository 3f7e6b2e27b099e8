"""Expressions: one small language in all places of a rule.

parse (text to nodes) → types (nodes to a checked tree, against schemas and vocabulary) → program (checked tree to
postfix code for `kernels.expression`). What findings say is in findings and misfits, their codes in codes.
"""
