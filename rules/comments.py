"""Comments of a YAML file, each beside the entry that it speaks of: what a formatter must not lose.

YAML has no place for comments in its tree. Here a comment on a line of its own belongs to the entry below it, one that
is indented deeper than that to the entry above, and one behind a value to that value.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from events.place import Place
from rules.yaml import Items, Mapping, Node, Scalar


@dataclass(slots=True)
class Comment:
    """One comment with its `#`. `is_alone` on its line; `is_apart`: a blank line is above it."""

    text: str
    line: int
    column: int
    start: int  # offset in the file
    is_alone: bool
    is_apart: bool


@dataclass(slots=True)
class Entry:
    """A key with its value, or an item of a list, and the comments about it. `start`, `end` are offsets in the file."""

    key: Scalar | None
    value: Node
    line: int
    column: int
    start: int
    end: int
    is_apart: bool
    parent: "Branch"
    branch: "Branch | None" = None  # of a value that is a list or a mapping
    above: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)
    below: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class Branch:
    """A list or a mapping with its entries. `is_broken`: a comment stands between its brackets."""

    entries: list[Entry]
    is_list: bool
    is_flow: bool
    start: int
    end: int
    owner: Entry | None
    is_broken: bool = False


def outline(text: str, top: Node) -> Branch:
    """Return the outline of a document with its comments attached."""
    return _Outliner(text, top).top


def comments(text: str, top: Node) -> list[Comment]:
    """Return the comments of a document, in their order."""
    return _Outliner(text, top).comments


class _Outliner:
    """Builds the branches of one file and hangs its comments onto them."""

    def __init__(self, text: str, top: Node) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.scalars: list[tuple[int, int]] = []
        self.entries: list[Entry] = []  # in the order of the file
        self.top = self._branch(top, None)
        self.comments = list(self._comments())
        for comment in self.comments:
            self._attach(comment)

    def _at(self, place: Place) -> int:
        return self.starts[place.line - 1] + place.column - 1

    def _is_apart(self, line: int) -> bool:
        return line > 1 and not self.lines[line - 2].strip()

    # branches

    def _branch(self, node: Node, owner: Entry | None) -> Branch:
        assert not isinstance(node, Scalar)
        end = self._at(node.end) if node.end else len(self.text)
        branch = Branch([], isinstance(node, Items), node.is_flow, self._at(node.place), end, owner)
        if isinstance(node, Mapping):
            for key, value in node.entries:
                self._scalar(key)
                self._entry(branch, key, value, key.place)
        else:
            for item in node.items:
                self._entry(branch, None, item, item.place if node.is_flow else self._dash(node, item))
        return branch

    def _dash(self, node: Items, item: Node) -> Place:
        """Return where the `-` of an item stands: in the list's column, on the item's line or above it."""
        column = node.place.column
        line = item.place.line
        while line > node.place.line and self.lines[line - 1][column - 1 : column] != "-":
            line -= 1
        return Place(item.place.path, line, column)

    def _entry(self, branch: Branch, key: Scalar | None, value: Node, place: Place) -> None:
        start = self._at(place)
        is_apart = self._is_apart(place.line) and not self.lines[place.line - 1][: place.column - 1].strip()
        entry = Entry(key, value, place.line, place.column, start, start, is_apart, branch)
        self.entries.append(entry)
        branch.entries.append(entry)
        if isinstance(value, Scalar):
            entry.end = self._scalar(value)
        else:
            entry.branch = self._branch(value, entry)
            last = entry.branch.entries[-1].end if entry.branch.entries and not entry.branch.is_flow else None
            entry.end = last if last is not None else entry.branch.end

    def _scalar(self, scalar: Scalar) -> int:
        """Keep the span of a scalar, in which `#` begins no comment; return where it ends."""
        start = self._at(scalar.place)
        end = start + len(scalar.raw)
        head = start + scalar.raw.find("\n") if scalar.style in ("|", ">") else start
        self.scalars.append((head, end))
        return end

    # comments

    def _comments(self) -> Iterator[Comment]:
        spans = sorted(self.scalars)
        starts = [start for start, _ in spans]
        for number, line in enumerate(self.lines, 1):
            at = line.find("#")
            while at >= 0:
                offset = self.starts[number - 1] + at
                before = bisect_right(starts, offset) - 1
                inside = before >= 0 and offset < spans[before][1]
                if not inside and (at == 0 or line[at - 1] in " \t"):
                    is_alone = not line[:at].strip()
                    yield Comment(line[at:].rstrip(), number, at + 1, offset, is_alone, self._is_apart(number))
                    break
                at = line.find("#", at + 1)

    def _attach(self, comment: Comment) -> None:
        around = self._broken(comment)
        before = [entry for entry in self.entries if entry.start < comment.start]
        if not comment.is_alone and before:
            self._outside(before[-1], comment).behind.append(comment)
            return
        after = next((entry for entry in self.entries if entry.start > comment.start), None)
        if around is not None:
            if after is not None and after.start < around.end:
                after.above.append(comment)
            elif around.entries:
                around.entries[-1].below.append(comment)
            elif around.owner is not None:
                around.owner.behind.append(comment)
            return
        if after is None or comment.column > after.column:
            above = [entry for entry in before if entry.column <= comment.column and not entry.parent.is_flow]
            if above and (after is None or not _holds(above[-1], after)):
                above[-1].below.append(comment)
                return
        if after is not None:
            after.above.append(comment)
        elif before:
            self.top.entries[-1].below.append(comment)

    def _broken(self, comment: Comment) -> Branch | None:
        """Return the innermost pair of brackets that a comment stands between; they and those around are broken."""
        innermost = None
        for entry in self.entries:
            branch = entry.branch
            if branch is not None and branch.is_flow and branch.start < comment.start < branch.end:
                branch.is_broken = True
                innermost = branch
        return innermost

    @staticmethod
    def _outside(entry: Entry, comment: Comment) -> Entry:
        """Return the entry itself, or that which holds it where its brackets were closed before the comment."""
        while entry.parent.is_flow and entry.parent.end <= comment.start and entry.parent.owner is not None:
            entry = entry.parent.owner
        return entry


def _holds(entry: Entry, other: Entry) -> bool:
    """Whether an entry is around another one."""
    owner = other.parent.owner
    while owner is not None and owner is not entry:
        owner = owner.parent.owner
    return owner is entry
