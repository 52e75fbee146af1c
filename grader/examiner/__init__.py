"""Runs a hidden suite on the staff's side against a submission that lives in a sandbox."""
