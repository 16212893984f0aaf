"""The lessons: notebooks are current, names exist, exercises say what is wrong, scripts run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from autodiff import Value
from autodiff.lessons import exercises, optional
from autodiff.lessons.answers import Text, choice, custom, function, number, numbers
from autodiff.lessons.extras import INSTALL, spoken
from autodiff.lessons.script import LANGUAGES, NAME, cells, place, plain
from tests.programs import load

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "lessons"
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
maker = load("examples/lessons/make_notebooks.py")
EXERCISES = [
    (int(script.name[:2]), k, exercise)
    for script in SCRIPTS
    for k, exercise in import_module(f"autodiff.lessons.lesson{script.name[:2]}").EXERCISES.items()
]
HANGUL = re.compile("[가-힣]")
every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
every_exercise = pytest.mark.parametrize(
    ("lesson", "k", "exercise"), EXERCISES, ids=[f"{lesson}.{k}" for lesson, k, _ in EXERCISES]
)


@pytest.fixture(autouse=True)
def english_again():
    yield
    spoken[:] = ["en"]


# ---- the notebooks ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
@every_script
def test_notebooks_are_what_the_scripts_make(script, language):
    assert maker.is_current(script, language), "run: python examples/lessons/make_notebooks.py"


@pytest.mark.parametrize("language", LANGUAGES)
@every_script
def test_notebooks_ran_without_error_and_show_their_pictures(script, language):
    import nbformat

    path = maker.path_of(script, language)
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    assert path.stat().st_size < 300_000
    outputs = [output for cell in found.cells for output in cell.get("outputs", ())]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    shown = [kind for o in outputs for kind in o.get("data", {})]
    assert "image/png" in shown
    data = [o.get("data", {}) for o in outputs]
    assert all("image/png" in d for d in data if "image/svg+xml" in d)  # SVG is hidden until a cell is run
    assert "left out" not in str(outputs)
    assert str(ROOT) not in path.read_text("utf-8")


def test_every_notebook_has_a_script_and_is_listed():
    made = {maker.path_of(script, language) for script in SCRIPTS for language in LANGUAGES}
    assert set(FOLDER.glob("*/*.ipynb")) == made
    for language, name in {"en": "README.md", "ko": "README.ko.md"}.items():
        listed = re.findall(
            r"^\| \[(\d+\. .+?)\]\((.+?)\) \|.*\| (\d+) \|$", (FOLDER / name).read_text("utf-8"), re.M
        )
        assert [FOLDER / path for _, path, _ in listed] == [maker.path_of(s, language) for s in SCRIPTS]
        for (title, _, minutes), script in zip(listed, SCRIPTS, strict=True):
            first = next(cells(script.read_text("utf-8"), language)).text
            assert first.startswith(f"# {title}\n") and re.search(rf"\b{minutes} ?(minutes|분)", first)


@every_script
def test_links_between_lessons(script):
    text = script.read_text("utf-8")
    links = set(re.findall(r"\]\((\d\d_\w+)\.ipynb\)", text))
    assert links and links <= {other.stem for other in SCRIPTS} | {following(script)}


def following(script):
    """The lesson after this one, while it is not written yet."""
    (name,) = re.findall(r"^# (?:Next|다음): .*\((\w+)\.ipynb\)", script.read_text("utf-8"), re.M)[:1] or [""]
    return name if SCRIPTS[-1] == script else ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("lesson", "figures"),
    {
        1: ["6.00001", "5.99999", "f'(x) = -4.0    2x + 2 = -4"],
        2: ["f(1) = 6    f'(1) = 4", "f(x) − y = 0.01", "f(x) − y = 0.0001", "f'(x) = -4.0    ↑ ←"],
        3: [
            "n = 581 ", "-1.00000499074871", "2.00000000002491",
            "n = 652 ", "0.999995005231632", "3.99999999997505",
        ],
        4: [
            "∂f/∂x = 6.958924275", "∂f/∂y = 3.917848549", "(6.95892, 3.91785)", "|∇f(1, 2)| = 7.986",
            "-7.9860", "(2.03535116, 7.33784667)", "(1.99464414, 7.04433280)", "(1.95475126, 6.76255949)",
            "n = 607 ", "4.904686e-06", "3.310365e-11", "2.4056e-11",
        ],
    }.items(),
)  # fmt: skip
def test_figures(lesson, figures, language):
    """What the notebooks print: the figures of examples/gradient_descent.py."""
    found = json.loads(maker.path_of(SCRIPTS[lesson - 1], language).read_text("utf-8"))
    outputs = [output for cell in found["cells"] for output in cell.get("outputs", ())]
    printed = "".join(text for output in outputs for text in output.get("text", ()))
    for figure in figures:
        assert figure in printed


def test_the_check_sees_a_change(tmp_path, monkeypatch, capsys):
    for path in [SCRIPTS[0], maker.path_of(SCRIPTS[0], "en"), maker.path_of(SCRIPTS[0], "ko")]:
        copy = tmp_path / path.relative_to(FOLDER)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(maker, "HERE", tmp_path)
    monkeypatch.setattr(maker, "ROOT", tmp_path)
    script = tmp_path / SCRIPTS[0].name
    assert maker.is_current(script, "en")
    script.write_text(script.read_text("utf-8").replace('lang="ko"\n# ', 'lang="ko"\n# !', 1), "utf-8")
    assert maker.is_current(script, "en") and not maker.is_current(script, "ko")
    assert maker.main(["--check"]) == 1
    assert "ko" in capsys.readouterr().out


def test_what_is_printed_in_pieces_is_shown_in_one():
    from nbformat.v4 import new_output

    def printed(text, name="stdout"):
        return new_output("stream", name=name, text=text)

    picture = new_output("display_data", data={"text/plain": "p"})
    found = maker.joined([printed("a"), printed("b\n"), picture, printed("c"), printed("d", "stderr")])
    assert [o.get("text", o.get("data")) for o in found] == ["ab\n", {"text/plain": "p"}, "c", "d"]


def test_links_follow_lines_that_move(tmp_path, monkeypatch):
    import nbformat

    monkeypatch.setattr(maker, "HERE", tmp_path)
    copy = tmp_path / "en" / f"{SCRIPTS[0].stem}.ipynb"
    copy.parent.mkdir()
    good = (FOLDER / "en" / copy.name).read_text("utf-8")
    copy.write_text(re.sub(r"\.py#L\d+\)", ".py#L99999)", good), "utf-8")
    assert maker.is_current(SCRIPTS[0], "en")
    assert maker.relink(SCRIPTS[0], "en") and not maker.relink(SCRIPTS[0], "en")
    made, before = (nbformat.reads(text, 4) for text in (copy.read_text("utf-8"), good))
    assert "L99999" not in copy.read_text("utf-8")
    assert [cell.get("outputs") for cell in made.cells] == [cell.get("outputs") for cell in before.cells]


@pytest.mark.slow
def test_a_notebook_runs_headless():
    made = maker.run(SCRIPTS[0], "ko")
    assert all(cell.execution_count for cell in made.cells if cell.cell_type == "code")


# ---- the scripts -----------------------------------------------------------------------------------------
def run(script, *arguments):
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@every_script
def test_names_in_the_prose_exist_and_each_lesson_links_to_the_engine(script):
    names = {
        language: {
            name
            for cell in cells(script.read_text("utf-8"), language)
            if cell.prose
            for name in NAME.findall(cell.text)
        }
        for language in LANGUAGES
    }
    assert names["en"] == names["ko"]
    assert names["en"]
    for name in names["en"]:
        path, line = place(name)
        assert line is None or name.rpartition(".")[2] in path.read_text("utf-8").splitlines()[line - 1]


@every_script
def test_a_lesson_has_what_it_should(script):
    number = int(script.name[:2])
    count = len(import_module(f"autodiff.lessons.lesson{number:02}").EXERCISES)
    assert 3 <= count <= 5
    text = script.read_text("utf-8")
    for k in range(1, count + 1):
        assert len(re.findall(rf"^check\({k}, ", text, re.MULTILINE)) == 1
    for language in LANGUAGES:
        told = list(cells(text, language))
        prose = "\n".join(cell.text for cell in told if cell.prose)
        assert prose.startswith(f"# {number}. ")
        assert {"en": "minutes", "ko": "분"}[language] in told[0].text  # how long it takes to read
        assert bool(HANGUL.search(prose)) == (language == "ko")
        for cell in told:
            lines = [line for line in cell.text.splitlines() if line.strip() and line.strip()[0] != "#"]
            assert cell.prose or len(lines) <= 10, cell
    pieces = [[cell.prose for cell in cells(text, language)] for language in LANGUAGES]
    assert pieces[0] == pieces[1]  # the same, piece by piece


@every_script
def test_no_formula_becomes_a_list(script):
    """A line that happens to begin with a plus is an item of a list in Markdown."""
    item = re.compile(r"([-+*]|\d+[.)]) ")
    for language in LANGUAGES:
        for cell in cells(script.read_text("utf-8"), language):
            lines = ["", *cell.text.splitlines()]
            for before, line in pairwise(lines if cell.prose else []):
                inside = before.strip() and not before.startswith(" ") and not item.match(before)
                assert not (inside and item.match(line)), line


def test_a_script_tells_its_lesson_and_saves_its_pictures(tmp_path):
    text = run(SCRIPTS[0], "--lang", "ko", "--pictures", str(tmp_path))
    assert HANGUL.search(text) and "[saved" in text
    assert {path.suffix for path in tmp_path.iterdir()} >= {".png"}


@every_script
def test_a_lesson_without_extras_says_what_to_install_and_goes_on(script, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "gone = ('matplotlib', 'sklearn', 'scipy', 'pygraphviz', 'llvmlite', 'nbformat', 'IPython')\n"
        "hidden = lambda name: name.partition('.')[0] in gone\n"
        "importlib.util.find_spec = lambda name, *a: None if hidden(name) else find(name, *a)\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if hidden(name):\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Gone())\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), "--lang", "ko"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTHONUTF8": "1"},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = "".join(line for line in done.stdout.splitlines() if "│" not in line)
    text = script.read_text("utf-8")
    assert (INSTALL in shown) == ("= plots." in text or "= pyplot." in text)
    assert ("scikit-learn" in shown) == ("= digits()" in text)
    assert "picture:" not in shown and "Error" not in done.stderr


def test_comments_and_prose_in_one_language():
    script = (
        "import header\n"
        '# %% [markdown] lang="en"\n# One.\n#\n# Two.\n'
        '# %% [markdown] lang="ko"\n# 하나.\n'
        '# %%\nx = 1\n# en: two\n# ko: 둘\ny = 2\nspeak(language="en")\n'
        "# %% [markdown]\n# x = 1\n"
    )
    english, korean = (list(cells(script, language)) for language in LANGUAGES)
    assert [cell.text for cell in english] == [
        "One.\n\nTwo.", 'x = 1\n# two\ny = 2\nspeak(language="en")', "x = 1",
    ]  # fmt: skip
    assert [cell.text for cell in korean] == ["하나.", 'x = 1\n# 둘\ny = 2\nspeak(language="ko")', "x = 1"]
    assert [cell.line for cell in english] == [3, 9, 15]
    with pytest.raises(ValueError, match="line 1"):
        list(cells('# %% [markdown] lang="fr"\n', "en"))
    assert plain("**So** see [`a`](b.py#L1).") == "So see `a`."


def test_places():
    for name in ("autodiff.grad", "autodiff.Value.coerce", "autodiff.primitives.elementary.exp"):
        path, line = place(name)
        assert name.rpartition(".")[2] in path.read_text("utf-8").splitlines()[line - 1]
    assert place("autodiff.graph")[1] is None
    for name in ("autodiff.graph.nothing", "autodiff.nothing", "autodiff.graph.Node.nothing"):
        with pytest.raises(LookupError, match="nothing"):
            place(name)


# ---- the exercises ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
@every_exercise
def test_solutions_are_right_and_odd_answers_get_a_hint(lesson, k, exercise, language, capsys):
    right, praise = exercise.reply(exercise.solution, language)
    assert right is True and praise and bool(HANGUL.search(praise)) == (language == "ko")
    odd = [None, "", "no such word", -987.5, (), [1, "x"], {}, np.ones((2, 2)), lambda: 1, len, True, 1j]
    for answer in [*odd, float("nan"), float("inf"), Value(-987.5), type, (1.0,) * 7]:
        right, text = exercise.reply(answer, language)
        assert right is False and len(text) > 10, (answer, text)
        assert bool(HANGUL.search(text)) == (language == "ko"), text
    check = exercises(lesson, language)
    for unanswered in (..., lambda *xs: ...):
        if unanswered is ... or callable(exercise.solution):
            check(k, unanswered)
            said = capsys.readouterr().out
            assert str(k) in said and "✗" not in said and "✓" not in said


def reply(exercise, answer, language="en"):
    return exercise.reply(answer, language)


def test_replies_to_numbers():
    square = number(12.0, wrong={36.0: Text("squared", "제곱")}, hint=Text("Hint.", "힌트."))
    for answer in (12, 12.0, np.float32(12), np.array(12.0), Value(12.0), 12.000000001):
        assert reply(square, answer) == (True, "Right.")
    assert reply(square, 36) == (False, "squared Hint.")
    assert "sign" in reply(square, -12)[1] and "exact" in reply(square, 11.99)[1]
    assert "too large" in reply(square, 50)[1] and "too small" in reply(square, 5)[1]
    assert "near" not in reply(number(64.0), 65)[1]
    assert "quotation" in reply(square, "12")[1] and "shape (2,)" in reply(square, [12, 12])[1]
    assert "call it" in reply(square, len)[1] and "return" in reply(square, None)[1]
    assert reply(square, ...) == (None, "")
    assert "inf" in reply(square, float("inf"))[1]


def test_replies_to_several_numbers():
    pair = numbers((1.0, -2.0), wrong={(3.0, 4.0): Text("old", "옛")})
    for answer in ((1, -2), [1.0, -2.0], np.array([1.0, -2.0]), (Value(1.0), -2)):
        assert reply(pair, answer)[0] is True
    assert reply(pair, (3, 4)) == (False, "old")
    assert "order" in reply(pair, (-2, 1))[1]
    assert reply(pair, (1, 2))[1].startswith("Number 2: The size is right")
    assert "these are 3" in reply(pair, (1, 2, 3))[1]
    assert reply(pair, (1, ...))[0] is None
    assert "2 numbers" in reply(pair, 1.0)[1]


def test_replies_to_functions():
    cube = function(lambda x: 3 * x**2, at=(0.0, 1.0, 2.0), wrong=[(lambda x: x**3, Text("not f", "f 아님"))])
    assert reply(cube, lambda x: 3 * x * x)[0] is True
    assert reply(cube, lambda x: x * x * x) == (False, "not f")
    assert reply(cube, lambda x: 3 * x)[1] == "Called with x = 2, it gives 6, and should give 12."
    assert "ZeroDivisionError" in reply(cube, lambda x: 1 / x)[1]
    assert "argument" in reply(cube, lambda x, y: x)[1]
    assert "return" in reply(cube, lambda x: None)[1]
    assert "2 numbers" in reply(cube, lambda x: (x, x))[1]
    assert reply(cube, lambda x: ...)[0] is None
    assert "one argument, x, and" in reply(cube, lambda: 1)[1]
    two = function(lambda x, y: (y, x), at=[(1.0, 2.0)])
    assert "2 arguments, x, y, and" in reply(two, lambda x: x)[1]
    slope = function(lambda f, x: 3 * x**2, at=[(lambda x: x**3, 1.0), (np.cos, 2.0)])
    assert reply(slope, lambda f, x: 3)[1].startswith("Called with f = ") and "0x" not in reply(slope, max)[1]
    assert reply(two, lambda x, y: [Value(y), x])[0] is True


def test_replies_to_words_and_others():
    word = choice("up", {"down": Text("no", "아니요")})
    assert reply(word, " Up ")[0] is True and reply(word, "down") == (False, "no")
    assert '"down", "up"' in reply(word, 3)[1]
    assert reply(custom([1], lambda answer: None), [1], "ko") == (True, "맞습니다.")


def test_bad_calls():
    with pytest.raises(ValueError, match="no lesson 99"):
        exercises(99)
    with pytest.raises(ValueError, match="'fr'"):
        exercises(1, "fr")
    with pytest.raises(ValueError, match="lesson 1 has the exercises 1, 2"):
        exercises(1)(17, 0)


def test_a_missing_module_is_quiet_after_its_message(capsys):
    gone = optional("autodiff.draw", needs="no_such_module")
    first, second = gone.plots.slices(1, 2)
    first.set(title="x")
    second[0].plot()
    assert capsys.readouterr().out.count("left out") == 1 and not gone
    exercises(1, "ko")
    gone.plots.slices(1, 2)
    assert HANGUL.search(said := capsys.readouterr().out) and INSTALL in said
