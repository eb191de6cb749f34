"""What the gate asks of a stage, without a pipeline around it."""

from types import SimpleNamespace


def stage_with(tmp_path, codebook, responses):
    place = tmp_path / "data/processed/2020/ingest"
    place.mkdir(parents=True)
    responses.to_parquet(place / "responses.parquet")
    return SimpleNamespace(
        wave="2020",
        codebook=codebook,
        root=tmp_path,
        target=tmp_path / "staging",
        declared=SimpleNamespace(notebook="notebooks/2_clean.ipynb"),
        declares=lambda rel: rel != f"raw/{codebook.source.file}",
    )
