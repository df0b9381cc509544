"""The use cases, in no provider's words: no HTTP, no SQL. Each takes the Caller that it acts for."""
