"""The dashboard's server: Voila with our settings, sign-in and template, and its jobs' desk."""
