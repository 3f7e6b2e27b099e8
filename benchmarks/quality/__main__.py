"""The command: `python -m benchmarks.quality falls`, `lives`, `traffic`, `reappearance` or `clones`."""

from importlib import import_module
from pathlib import Path

import click

# Of each evaluation the module; its `evaluate(seed, plots)` prints tables and draws into the folder.
EVALUATIONS = {
    "falls": "benchmarks.quality.falls",
    "lives": "benchmarks.quality.lives",
    "traffic": "benchmarks.quality.traffic",
    "reappearance": "benchmarks.quality.reappearance",
    "clones": "benchmarks.quality.clones",
}


@click.command()
@click.argument("name", type=click.Choice(list(EVALUATIONS)))
@click.option("--seed", default=2026, show_default=True, help="of the world")
@click.option(
    "--plots",
    default=Path("docs/plots"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="folder for the plots",
)
def main(name: str, seed: int, plots: Path) -> None:
    """Try a score on a world whose truth is known and tell how often it is right."""
    import_module(EVALUATIONS[name]).evaluate(seed, plots)


if __name__ == "__main__":
    main()
