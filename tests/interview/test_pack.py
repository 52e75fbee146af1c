"""The file with an interview's questions: what is read of it, and every mistake told with its cure."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from grader.bank import Bank
from grader.errors import BankError, ExitCode
from grader.interview.pack import TOPICS, Deeper, FollowUp, ModelQuestion, packs, read_pack
from tests.conftest import ToyBank

PACK = """\
    # Staff only.

    [[criteria]]
    id = "bad_input"
    why = "why of bad_input"
    [[criteria.lost]]
    ask = "first of bad_input"
    slip = "slip 1"
    gap = "gap 1"
    [[criteria.lost]]
    ask = "second of bad_input"
    slip = "slip 2"
    gap = "gap 2"
    [criteria.won]
    ask = "deeper of bad_input"
    good = "good"
    weak = "weak"

    [[criteria]]
    id = "mean"
    why = "why of mean"
    [[criteria.lost]]
    ask = "first of mean"
    slip = "slip 3"
    gap = "gap 3"
    [[criteria.lost]]
    ask = "second of mean"
    slip = "slip 4"
    gap = "gap 4"
    [criteria.won]
    ask = "deeper of mean"
    good = "good"
    weak = "weak"

    [[questions]]
    topic = "speed"
    ask = "model, speed"
    good = "good of speed"
    weak = "weak of speed"

    [[questions]]
    topic = "randomness"
    ask = "model, randomness"
    good = "good of randomness"
    weak = "weak of randomness"
"""
FILE = "solutions/toy/interview.toml"


def test_all_questions_are_read(toy_bank: ToyBank) -> None:
    pack = read_pack(toy_bank.write(FILE, PACK), Bank(toy_bank.root).assignment("toy"))
    assert pack.assignment.title == "A toy"
    assert list(pack.criteria) == ["mean", "bad_input"], "in the rubric's order, whatever the file's"
    mean = pack.criteria["mean"]
    assert (mean.id, mean.why) == ("mean", "why of mean")
    assert mean.lost == (FollowUp("first of mean", "slip 3", "gap 3"), FollowUp("second of mean", "slip 4", "gap 4"))
    assert mean.won == Deeper("deeper of mean", "good", "weak")
    assert pack.questions == (
        ModelQuestion("speed", "model, speed", "good of speed", "weak of speed"),
        ModelQuestion("randomness", "model, randomness", "good of randomness", "weak of randomness"),
    )
    assert not pack.is_empty


def test_a_text_over_several_lines_keeps_them_without_blanks_at_their_ends(toy_bank: ToyBank) -> None:
    text = dedent(PACK).replace('"why of mean"', '"""\nFirst:   \n  x = 1\nlast.\n"""')
    pack = read_pack(toy_bank.write(FILE, text), Bank(toy_bank.root).assignment("toy"))
    assert pack.criteria["mean"].why == "First:\n  x = 1\nlast."


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_known(toy_bank: ToyBank, topic: str) -> None:
    path = toy_bank.write(FILE, PACK.replace('topic = "speed"', f'topic = "{topic}"'))
    assert read_pack(path, Bank(toy_bank.root).assignment("toy")).questions[0].topic == topic


def test_a_criterion_may_have_no_questions(toy_bank: ToyBank) -> None:
    """An author writes them one after the other."""
    text = dedent(PACK)
    start, end = text.index('[[criteria]]\nid = "mean"'), text.index("[[questions]]")
    path = toy_bank.write(FILE, text[:start] + text[end:])
    assert list(read_pack(path, Bank(toy_bank.root).assignment("toy")).criteria) == ["bad_input"]


@pytest.mark.parametrize(
    ("find", "replace", "told"),
    [
        ("# Staff only.", "= nothing", "not valid TOML"),
        ("# Staff only.", 'criterion = "x"', "should hold [[criteria]] and [[questions]] only, but has 'criterion'"),
        ("# Staff only.", "[[question]]", "has 'question'"),
        ('id = "mean"', 'id = "means"', "no criterion 'means': did you mean 'mean'? there are mean, bad_input"),
        ('id = "mean"', 'id = "xyz"', "toy has no criterion 'xyz': there are mean, bad_input"),
        ('id = "mean"', 'id = "bad_input"', "'bad_input' should have one entry, but has two"),
        ('id = "mean"', "id = 3", "[[criteria]] 2: 'id' should be a str, but is 3"),
        ('id = "mean"', "", "[[criteria]] 2: 'id' should be a str, but is None"),
        ('why = "why of mean"', "", "[[criteria]] 2 (mean): 'why' should be a str, but is None"),
        ('why = "why of mean"', 'why = " \\n "', "(mean): 'why' should say something, but is empty"),
        ('slip = "slip 4"', "", "(mean), lost 2: 'slip' should be a str, but is None"),
        ('gap = "gap 3"', "gap = true", "(mean), lost 1: 'gap' should be a str, but is True"),
        ('ask = "deeper of mean"', "", "(mean), won: 'ask' should be a str, but is None"),
        ('ask = "deeper of mean"\n    good = "good"', 'ask = "x"', "(mean), won: 'good' should be a str"),
        (
            '[criteria.won]\n    ask = "deeper of mean"',
            "[[criteria.won]]",
            "(mean): 'won' should be a dict, but is [",
        ),
        (
            '[[criteria.lost]]\n    ask = "first of mean"\n    slip = "slip 3"\n    gap = "gap 3"\n',
            "",
            "(mean): should have two [[criteria.lost]], but has 1",
        ),
        (
            '[[criteria.lost]]\n    ask = "first of mean"',
            '[[criteria.lost]]\n    ask = "x"\n    slip = "x"\n    gap = "x"\n    [[criteria.lost]]\n    ask = "y"',
            "(mean): should have two [[criteria.lost]], but has 3",
        ),
        (
            'topic = "speed"',
            'topic = "weather"',
            "[[questions]] 1: the topic should be one that is known, but is 'we",
        ),
        ('topic = "speed"', "", "[[questions]] 1: 'topic' should be a str, but is None"),
        ('weak = "weak of speed"', "", "[[questions]] 1 (speed): 'weak' should be a str, but is None"),
        ('good = "good of randomness"', "good = []", "[[questions]] 2 (randomness): 'good' should be a str"),
    ],
)
def test_a_mistake_is_told_with_its_place(toy_bank: ToyBank, find: str, replace: str, told: str) -> None:
    assert PACK.count(find) == 1
    path = toy_bank.write(FILE, PACK.replace(find, replace))
    with pytest.raises(BankError) as caught:
        read_pack(path, Bank(toy_bank.root).assignment("toy"))
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.cure or "not valid TOML" in told
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("text", ["criteria = 3", 'criteria = ["mean"]', "questions = {}", "questions = [1]"])
def test_what_is_no_list_of_tables_is_told(toy_bank: ToyBank, text: str) -> None:
    with pytest.raises(BankError, match=r"should be a (str|list), but is"):
        read_pack(toy_bank.write(FILE, text), Bank(toy_bank.root).assignment("toy"))


def test_packs_are_those_that_a_bank_has(toy_bank: ToyBank) -> None:
    toy_bank.add_other()
    bank = Bank(toy_bank.root)
    assert bank.interview("toy") is None
    assert packs(bank, bank.assessment) == {}
    path = toy_bank.write(FILE, PACK)
    assert bank.interview("toy") == path
    found = packs(bank, bank.assessment)
    assert found == {"toy": read_pack(path, bank.assignment("toy"))}
    toy_bank.write("solutions/other/interview.toml", "# to be written\n")
    assert packs(bank, bank.assessment) == found, "a file of comments has nothing to ask"


def test_a_file_that_is_missing_is_told(tmp_path: Path, toy_bank: ToyBank) -> None:
    with pytest.raises(BankError, match="is missing"):
        read_pack(tmp_path / "interview.toml", Bank(toy_bank.root).assignment("toy"))
