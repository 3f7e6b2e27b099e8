"""`python -m citynerve`: the command line."""

from citynerve.cli.main import main

main()
