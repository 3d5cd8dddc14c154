"""Reports in batches: what they say, and the manifests that name their sites."""
