"""Schedules for those who have a scheduler already: systemd, cron, Kubernetes.

Each snippet starts ``bng-opt schedule run-now`` at the schedule's times. What the other scheduler
can't say is refused; where it treats a change of the clocks otherwise, a note says so.
"""
