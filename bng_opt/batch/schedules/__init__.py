"""Schedules: reports that are made and handed over at set times.

The settings say what is to be made when; the store keeps how far it has come, so that whoever
runs schedules on it may be stopped, killed or doubled.
"""
