import time
import tracemalloc
import zipfile

import pytest

from nsmo.formats import archives
from nsmo.formats.cells import Layout, read_export
from nsmo.formats.detect import read
from nsmo.formats.workbook import open_workbook, sheets_with_cells
from nsmo.study import StudyError
from nsmo.study.textfile import read_utf8
from nsmo.study.yamlfile import YamlFile


def archive(path, *sizes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for i, size in enumerate(sizes):
            with file.open(f"xl/worksheets/sheet{i}.xml", "w", force_zip64=True) as member:
                for _ in range(size // 1_000_000):
                    member.write(bytes(1_000_000))
    return path


def test_a_workbook_that_unpacks_to_the_memory_of_a_machine_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path / "responses.xlsx", 150_000_000)
    start = time.perf_counter()
    with pytest.raises(StudyError, match=r"responses\.xlsx: [\d,]+ bytes that unpack to 150,000,000"):
        read_export(Layout("excel"), path)
    assert time.perf_counter() - start < 1


def test_an_archive_of_very_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(StudyError, match="an archive of 4 files"):
        archives.check_archive(archive(tmp_path / "x.lsa", 0, 0, 0, 0))


@pytest.mark.parametrize("size", [0, 90_000_000])
def test_what_is_small_enough_passes_however_it_is_packed(tmp_path, size):
    archives.check_archive(archive(tmp_path / "x.xlsx", size))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"id;q\n1;2\n"])
def test_what_is_no_archive_is_left_to_its_reader(tmp_path, content):
    (tmp_path / "x.xlsx").write_bytes(content)
    archives.check_archive(tmp_path / "x.xlsx")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("responses.csv", lambda path: read_export(Layout("csv"), path)),
        ("questionnaire.yaml", YamlFile),
        ("population.csv", read_utf8),
    ],
)
def test_a_link_out_of_the_folder_of_the_wave_is_refused(tmp_path, name, read):
    (tmp_path / "secret.txt").write_text("id,q\n1,key\n")
    wave = tmp_path / "2020"
    wave.mkdir()
    (wave / name).symlink_to(tmp_path / "secret.txt")
    with pytest.raises(StudyError, match=f"{name}: a link that leads out of the folder") as error:
        read(wave / name)
    assert "key" not in str(error.value)
    assert "secret" not in str(error.value)


def test_a_link_within_the_folder_is_fine(tmp_path):
    (tmp_path / "export_2020.csv").write_text("id,q\n1,a\n")
    (tmp_path / "responses.csv").symlink_to("export_2020.csv")
    assert read_export(Layout("csv"), tmp_path / "responses.csv").columns == ["id", "q"]


def test_a_wave_whose_whole_folder_is_a_link_is_fine(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.csv").write_text("x")
    (tmp_path / "2020").symlink_to(tmp_path / "real")
    assert read_utf8(tmp_path / "2020/a.csv") == "x"


def lying(path, name):
    """An archive in which one file says that it is small, and unpacks to 60 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, bytes(60_000_000))
    content = path.read_bytes()
    path.write_bytes(content.replace((60_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    return path


@pytest.mark.parametrize(
    ("file", "inside"),
    [("a.lsa", "survey_1.lss"), ("a.lsa", "survey_1_responses.lsr"), ("a.xlsx", "xl/sharedStrings.xml")],
)
def test_an_archive_that_lies_about_its_size_is_not_unpacked_beyond_it(tmp_path, file, inside):
    path = lying(tmp_path / file, inside)
    tracemalloc.start()
    with pytest.raises(StudyError, match=rf"{file}: "):
        read([path])
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_workbook_is_looked_at_before_its_sheets_are_listed(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.xlsx", 5_000_000)
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1_000_000)
    for look in (open_workbook, sheets_with_cells, lambda path: read([path])):
        with pytest.raises(StudyError, match=r"a\.xlsx: [\d,]+ bytes that unpack to 5,000,000"):
            look(path)
