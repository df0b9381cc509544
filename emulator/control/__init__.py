"""The control API at ``/_emulator``: what no provider has. It moves time and clears state, for one tenant at a call."""
