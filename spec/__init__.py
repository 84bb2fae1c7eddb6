"""The specification's tools: conformance vectors and the runner that holds an implementation against them."""
