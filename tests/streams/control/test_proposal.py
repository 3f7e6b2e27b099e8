"""Proposals and answers are files that two processes hand to each other."""

from events.place import Place, Problem
from streams.control.proposal import Answer, Proposal, Proposals
from streams.disk import Disk


def test_a_proposal_is_taken_once_and_its_answer_too(tmp_path):
    asking, engine = Proposals(tmp_path, Disk()), Proposals(tmp_path, Disk())
    assert engine.waiting() == []
    proposal = Proposal("publish", "li", "测试", "abc", {"a.yaml": "version: 1\n"})
    name = asking.put(proposal)
    assert engine.waiting() == [name] and asking.answer(name) is None and not asking.is_taken(name)
    assert engine.take(name) == proposal
    assert engine.waiting() == [] and engine.left() == [name] and asking.is_taken(name)
    assert not asking.withdraw(name)
    problem = Problem("E003", Place("a.yaml", 1, 2, 3), "wrong", "错", "do", "做")
    answer = Answer("refused", "r", "e", None, (problem,), ({"rule": "x", "change": "added"},), {"en": "a", "zh": "b"})
    engine.tell(name, answer)
    assert asking.answer(name) == answer and asking.answer(name) is None
    assert not [*(tmp_path / "proposals").iterdir()]


def test_a_proposal_can_be_taken_back_while_it_waits(tmp_path):
    proposals = Proposals(tmp_path, Disk())
    name = proposals.put(Proposal("disable", "li", "too loud", rule="x"))
    assert proposals.withdraw(name) and proposals.take(name) is None and proposals.waiting() == []


def test_what_is_to_be_disabled_is_known_until_it_is_answered(tmp_path):
    proposals = Proposals(tmp_path, Disk())
    proposals.put(Proposal("publish", "li", ""))
    name, other = (proposals.put(Proposal("disable", "li", "too loud", rule=rule)) for rule in ("x", "y"))
    assert proposals.disabling() == {"x", "y"}
    assert proposals.take(name) is not None and proposals.disabling() == {"x", "y"}
    proposals.tell(name, Answer("published"))
    assert proposals.disabling() == {"y"} and proposals.withdraw(other) and not proposals.disabling()


def test_rubbish_is_answered(tmp_path):
    proposals = Proposals(tmp_path, Disk())
    for text in (b"{", b"[]", b'{"kind": "other", "author": "", "reason": ""}', b'{"kind": "publish"}'):
        name = proposals.put(Proposal("publish", "li", ""))
        proposals.path(name).write_bytes(text)
        assert proposals.take(name) is None
        answer = proposals.answer(name)
        assert answer is not None and answer.result == "refused" and answer.why is not None
