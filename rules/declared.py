"""The vocabulary of files alone, whatever is wrong with their rules."""

from events.place import Problems
from events.schema import Schemas
from rules import yaml
from rules.files import RuleFiles
from rules.reading import Reader
from rules.vocabulary import Vocabulary
from rules.yaml import Mapping


def declared(given: RuleFiles, schemas: Schemas) -> Vocabulary:
    """Return what files declare, and the vocabulary beside one that is named alone.

    Raises
    ------
    Problems
        a file that cannot be read, and what is wrong with a declaration
    """
    reader = Reader()
    reader.problems += given.problems
    vocabulary = Vocabulary()
    for path, data in {**given.beside, **given.named}.items():
        node, problems = yaml.read(path, data)
        if path in given.named:
            reader.problems += problems
        if isinstance(node, Mapping) and (path in given.named or node.get("rules") is None):
            vocabulary.declare(node, reader, schemas)
    if any(problem.level == "error" for problem in reader.problems):
        raise Problems(reader.problems)
    return vocabulary
