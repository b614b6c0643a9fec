"""Trains and samples a vision-language policy for Ruminate: transformers + PEFT behind a local socket (docs/torch.md)."""

# Version of the messages on the socket; infra/torch/schema.ts has the same number.
PROTOCOL = 3
