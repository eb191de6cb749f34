.DEFAULT_GOAL := help
.PHONY: help setup report pdf slides word picture verify test test-slow lab gallery bench bench-pipeline bench-waves bench-scale check lock clean

# It would lead the interpreter of .venv to the library of another one.
unexport PYTHONHOME

# Every recipe but that of setup works as if .venv were activated.
IN_VENV := PYTHONUTF8=1 PATH="$(CURDIR)/.venv/bin:$$PATH"

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# $(error) stops with one line; a failing recipe would add a second one that says nothing.
setup:  ## make .venv with exactly the packages of requirements.lock (PYTHON=… chooses the interpreter)
	$(eval problem := $(shell PYTHON="$(PYTHON)" sh scripts/setup.sh --problem))$(if $(problem),$(error $(problem)))
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

report: setup  ## build everything that is out of date, and print where the report is
	@exec env $(IN_VENV) NSMO_WITH_PARENT=1 nsmo report

pdf: setup  ## print the built report and its topline, in each language, to reports/<wave>/pdf (needs Chromium)
	@$(IN_VENV) nsmo pdf

slides: setup  ## write the findings of the built report as slides, to reports/<wave>/slides (needs Chromium)
	@$(IN_VENV) nsmo slides

word: setup  ## write the built report for Word, to reports/<wave>/word (needs pandoc and Chromium)
	@$(IN_VENV) nsmo word

picture: setup  ## take the picture of the built report that README shows, docs/report.png (needs Chromium)
	@$(IN_VENV) python scripts/picture.py

verify: setup  ## build twice in throw-away copies, and compare every file with the other build and the commit
	@exec env $(IN_VENV) nsmo verify

test: setup  ## run the fast tests
	@$(IN_VENV) pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

test-slow: setup  ## run the slow tests: fresh environments, whole builds
	@$(IN_VENV) pytest -m slow -n 2 --dist loadfile

lab: setup  ## open the notebooks in JupyterLab
	@$(IN_VENV) nsmo lab

gallery: setup  ## run the gallery of figures anew, and keep what it shows
	@$(IN_VENV) python scripts/gallery.py

bench: setup  ## time the statistics beside other tools
	@$(IN_VENV) python benchmarks/crosstabs.py
	@$(IN_VENV) python benchmarks/run.py

bench-pipeline: setup  ## time a build beside papermill and nbconvert by hand
	@$(IN_VENV) python benchmarks/pipeline.py

bench-waves: setup  ## time what a build costs by itself for many waves
	@$(IN_VENV) python benchmarks/waves.py

bench-scale: setup  ## time every stage with more and more responses, and counts of many beside other tools
	@$(IN_VENV) python benchmarks/counting.py
	@$(IN_VENV) python benchmarks/scale.py

check: setup  ## check style, notebooks, data files and the definitions of the study
	@$(IN_VENV) ruff check
	@$(IN_VENV) ruff format --check
	@$(IN_VENV) basedpyright
	@$(IN_VENV) codespell
	@$(IN_VENV) python scripts/guard_data_files.py
	@$(IN_VENV) nsmo format --check
	@$(IN_VENV) nsmo check

lock:  ## resolve requirements.lock after a change in pyproject.toml (needs uv; UPGRADE=--upgrade takes the newest)
	uv pip compile pyproject.toml --group test --group build --universal --python-version 3.11 \
	    --fork-strategy fewest --generate-hashes --no-header --no-config \
	    --no-emit-index-url --no-emit-find-links --quiet $(UPGRADE) --output-file requirements.lock

clean:  ## remove what can be built again; .venv and DVC's cache stay
	rm -rf reports/*/html reports/*/pdf reports/*/slides reports/*/word reports/*/figures reports/*/workbooks reports/*/executed reports/*/failed
	rm -rf .nsmo .pytest_cache .ruff_cache .hypothesis build dist
	find data/processed -name '*.parquet' -exec rm -f {} + 2>/dev/null || true
	find src tests scripts notebooks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
