"""OpenAI, as its recorded traffic, its published OpenAPI document 2.3.0 and its SDKs tell it.

What a test holds is marked with how it is known; what the recordings lack, such as the words of most refusals, is
marked ``unverified`` and is what a run against the service would tell. Where recordings have what the published schema
forbids, ``published`` says so. The service takes jobs from few accounts since May 2026 (observed) and from none after
6 January 2027 (documented): what needs one is then not tried.
"""
