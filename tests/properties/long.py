"""The differential tests for as long as one likes: `python -m tests.properties.long --cases 50000 --seed 1`.

Each run looks at CHUNK rulesets from a seed of its own, which it prints; the same seed looks at the same cases again.
It ends at the first case that differs, and says the least that still does.
"""

import time

import click
from hypothesis import HealthCheck, seed, settings

from tests.properties.city_cases import BLIND, FAMILIES, LOGS, WHOLE, Looked, hold

CHUNK = 100  # rulesets
HOW = settings(max_examples=CHUNK, database=None, deadline=None, suppress_health_check=list(HealthCheck))


@click.command(help=__doc__)
@click.option("--cases", default=50_000, show_default=True, help="How many at least.")
@click.option("--seed", "number", default=1, show_default=True, help="Of the first run; the next ones count on.")
def main(cases: int, number: int) -> None:
    """Look at whole cities, families and blind feeds in turn."""
    looked, began = Looked(), time.monotonic()
    while looked.cases < cases:
        city = (WHOLE, FAMILIES, BLIND)[number % 3]
        try:
            seed(number)(hold(city, HOW, looked))()
        except AssertionError:
            click.echo(f"seed {number}: production and twin differ")
            raise
        seconds = time.monotonic() - began
        click.echo(f"seed {number}: {looked.cases} cases agree by now, after {seconds:.0f} s")
        number += 1
    click.echo(f"{looked.cases} cases, {LOGS} logs for each of {looked.rulesets} rulesets, all agree")
    click.echo(f"{looked.with_family} of the rulesets have a family of several rules")
    for (shape, transition), count in sorted(looked.alerts.items()):
        click.echo(f"{shape:12} {transition:10} in {count} cases")


if __name__ == "__main__":
    main()
