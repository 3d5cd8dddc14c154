"""The help of ``bng-opt`` as typer writes it, kept as text so that it costs no time.

``tests/test_cli.py`` compares the two and prints what belongs here when a command changes.
"""

HELP = """\
Usage: bng-opt [OPTIONS] COMMAND [ARGS]...

  Find the cheapest lawful purchase of biodiversity units, and prove it.

Options:
  --version  Print the version.
  --help     Show this message and exit.

Commands:
  metric        Say what a metric workbook still lacks.
  optimise      Find the cheapest lawful purchase.
  verify        Check a plan by whoever made it.
  alternatives  Say what else could be bought, and its cost.
  sensitivity   Say how the cost moves with what it hangs on.
  portfolio     Find the least joint cost of many sites.
  doctor        See that everything works, or how to mend it.
  settings      Say how the program is set.
  health        Ask what serves whether it is well.
  write-back    Fill a purchase into the official workbook.
  certify       Have the workbook judge itself.
  report        Make reports from notebooks.
  app           Serve the dashboard.
  api           Run the service for programs.
  demo          Do the main job on the demonstration.
  market        Import, export and show the store's market.
  quote         Quote, reserve and sell.
  user          Who may sign in.
  customer      Who buys.
  introducer    Who brings customers, on which terms.
  db            Upgrade, check and back up the store.
  job           Work in the background.
  cache         Show and drop the plans that are kept.
  schedule      Make reports at set times, and hand them over.

  Exit status: 0 done; 2 bad input; 3 no lawful purchase exists, or a plan
  breaks a rule; 4 stopped before proof, or the solver failed; 1 a bug.
"""
