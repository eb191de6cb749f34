"""What runs beside what is locked: a package of an extra may be missing, one of ours may not."""

from nsmo.runner import packages


def test_a_package_of_an_extra_may_be_missing_but_runs_as_locked_where_it_is_there(tmp_path, monkeypatch):
    (tmp_path / packages.LOCK).write_text("distributed==1.0\nnumpy==1.0\ntoolz==1.0\n", encoding="utf-8")
    monkeypatch.setattr(packages, "installed", dict)
    assert [str(one) for one in packages.others(tmp_path)] == ["numpy missing (locked: 1.0)"]
    monkeypatch.setattr(packages, "installed", lambda: {"distributed": "2.0", "numpy": "1.0"})
    assert [str(one) for one in packages.others(tmp_path)] == ["distributed 2.0 (locked: 1.0)"]
