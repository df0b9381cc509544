"""The fine-tuning emulator."""
