"""Checks a report against what it claims: its arithmetic, what it was made from, and a replay.

A report without a signature is believed in nothing: whatever it says is computed anew or replayed. What neither can
show, such as times, messages and what a submission printed, is vouched for by a signature alone.
"""
