import io
import subprocess
import zipfile

import pandas as pd
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfWriter

from nsmo.pipeline import leaks
from nsmo.study import load_codebook

DVC = "stages:\n  ingest:\n    outs:\n      - data/processed/2020/ingest/responses.parquet: {PUSH}\n"


@pytest.fixture
def repository(tmp_path, codebook_text, codebook_file):
    """A folder under git with a wave of real answers, which is as it should be."""
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    codebook = load_codebook(codebook_file(text))
    (tmp_path / "dvc.yaml").write_text(DVC.replace("{PUSH}", "{persist: true, push: false}"))
    received = tmp_path / "data/processed/2020/ingest/responses.parquet"
    received.parent.mkdir(parents=True)
    pd.DataFrame({"bakery": ["De Korenaar"], "breads.other_text": ["grandmother's own"]}).to_parquet(received)
    (tmp_path / "data/raw/2020").mkdir(parents=True)
    (tmp_path / "data/raw/2020/responses.csv").write_text("id\n1\n")
    (tmp_path / "data/raw/2020/questionnaire.yaml").write_text("text: ask info@bakers.nl\n")
    (tmp_path / "data/raw/2020/population.csv").write_text("category,count\nsmall,100\n")
    (tmp_path / "data/raw/2020/reference.csv").write_text("")  # no weights are made with a reference sample
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    kept = ["data/raw/2020/population.csv", "data/raw/2020/reference.csv"]
    subprocess.run(["git", "add", *kept], cwd=tmp_path, check=True)
    return tmp_path, codebook


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def workbook(text):
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as file:
        file.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>")
    return book.getvalue()


def picture(text):
    file, about = io.BytesIO(), PngInfo()
    about.add_text("Description", text)
    Image.new("L", (2, 2)).save(file, "PNG", pnginfo=about)
    return file.getvalue()


def sheet(text):
    file, pages = io.BytesIO(), PdfWriter()
    pages.add_blank_page(72, 72)
    pages.add_metadata({"/Subject": text, "/CreationDate": "D:20260612345678"})
    pages.write(file)
    return file.getvalue()


def found(repository):
    folder, codebook = repository
    return [str(problem) for problem in leaks.problems(folder, codebook)]


def test_a_wave_as_it_should_be_has_no_problem(repository):
    folder, _ = repository
    put(folder, "reports/2020/tables/topline/estimates.csv", "question,n,estimate\nfresh,185,0.8054054054\n")
    put(folder, "reports/2020/html/index.html", "<p>Ask info@bakers.nl. <b>185</b> of 1 000 000 bakeries</p>")
    put(folder, "reports/2020/html/data/axis.txt", "Share\n0 20 40 60 80%\n")
    assert found(repository) == []


@pytest.mark.parametrize("name", ["responses.csv", "answers.xlsx"])
def test_tracked_answers_are_named(repository, name):
    folder, _ = repository
    put(folder, f"data/raw/2020/{name}", "id\n1\n")
    subprocess.run(["git", "add", "--force", f"data/raw/2020/{name}"], cwd=folder, check=True)
    (problem,) = found(repository)
    assert problem.startswith(f"data/raw/2020/{name}: answers of real people, tracked by git")


@pytest.mark.parametrize(
    "out",
    [
        "data/processed/2020/clean/responses.parquet",
        "data/processed/2020/weight/replicates.parquet: {persist: true}",
    ],
)
def test_answers_that_would_be_pushed_are_named(repository, out):
    folder, _ = repository
    with (folder / "dvc.yaml").open("a") as file:
        file.write(f"  other:\n    foreach: [2020]\n    do:\n      outs:\n        - {out}\n")
    (problem,) = found(repository)
    assert problem.startswith("dvc.yaml, stages: other: outs: `dvc push` would send the answers")
    assert out.partition(":")[0] in problem


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("reports/2020/tables/x/x.csv", "raw,n\nde korenaar,1\n", "1 text that respondents typed"),
        (
            "data/processed/2020/clean/recodes.csv",
            "raw\nGrandmother’s own\n",
            "1 text that respondents typed",
        ),
        ("reports/2020/html/clean.html", "<td>De&#32;<i>Korenaar</i></td>", "1 text that respondents typed"),
        ("reports/2020/figures/x/x.svg", '<svg aria-label="De Korenaar"/>', "1 text that respondents typed"),
        ("reports/2020/executed/clean.ipynb", r'{"text/html": "<b>De Korenaar<\/b>"}', "1 text that"),
        ("reports/2020/workbooks/x/x.xlsx", workbook("De Korenaar"), "1 text that respondents typed"),
        ("reports/2020/workbooks/x/all.zip", workbook("De Korenaar"), "1 text that respondents typed"),
        ("reports/2020/figures/x/x.png", picture("De Korenaar"), "1 text that respondents typed"),
        ("reports/2020/pdf/x.pdf", sheet("De Korenaar"), "1 text that respondents typed"),
        ("reports/2020/elsewhere/x.csv", "raw,n\nde korenaar,1\n", "1 text that respondents typed"),
        ("reports/2020/html/data/x.json", '{"contact": "jan@bakery.nl"}', "an e-mail address"),
        ("reports/2020/html/x.html", "<p>06-12345678</p>", "a telephone number"),
        ("data/processed/2020/ingest/problems.csv", "found\n192.168.2.14\n", "an IP address"),
    ],
)
def test_what_tells_who_somebody_is_is_found_wherever_it_is_published(repository, name, content, what):
    put(repository[0], name, content)
    (problem,) = found(repository)
    assert problem.startswith(f"{name}: {what}")
    assert not any(word in problem for word in ("Korenaar", "jan@", "Grandmother", "12345678", "192.168"))


def test_a_reconstruction_has_nothing_to_hide(repository, codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    made = load_codebook(codebook_file(text.replace("provenance: real", "provenance: reconstructed")))
    put(repository[0], "reports/2020/html/x.html", "<p>De Korenaar, 06-12345678</p>")
    assert leaks.problems(repository[0], made) == []
