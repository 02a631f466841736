# The commands people type. Only Python 3.11 or later (and make) must be there beforehand.
# Parameters: make book PARAMS="seed=7 fokus=kultur --name froe7"; the same for make pdf

PYTHON ?= python3
BIN = .venv/bin
ON_PAPER = tests/book/test_pdf.py  # in a process of its own: it sets the same PDF again and again, and locks the edition
PYTEST = $(BIN)/pytest -n 2 -p no:nbval  # which takes two seconds to import in each process

# The rooms that mypy looks at: all below the pages
TYPED = $(addprefix civsam/,files.py danish.py sharing.py instrument survey intake inference disclosure)
LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)
IN_BOOK = $$(sed -n 's/^\([a-z0-9.-]*\)==[^;]*$$/--no-emit-package \1/p' requirements.txt)  # those with a marker are needed anew

.PHONY: book watch pdf test check types lock notebooks links bench bench-statistik bench-svar lite scenarios bench-scenarier bench-profiler clean setup setup-test

book: setup
	@$(BIN)/civsam book $(if $(EDITION),--edition $(EDITION)) $(PARAMS)

watch: setup
	@$(BIN)/civsam book --watch $(if $(EDITION),--edition $(EDITION)) $(PARAMS)

pdf: setup
	@$(PYTHON) tools/setup_system.py chromium
	@$(BIN)/civsam book --pdf $(if $(EDITION),--edition $(EDITION)) $(PARAMS)

notebooks: setup
	@$(BIN)/civsam notebooks

links: setup
	@$(BIN)/python tools/links.py

scenarios: setup
	@$(BIN)/civsam scenarios run data/scenarier.yml --out data/scenarier.parquet

bench: setup
	@$(BIN)/python tools/bench.py; built=$$?; $(BIN)/python tools/bench_statistics.py && exit $$built

# The simulations of the tests with it, with all their draws
bench-statistik: setup-test
	@$(BIN)/python tools/bench_statistics.py
	@CIVSAM_FULD=1 $(PYTEST) tests/inference -m slow

bench-svar: setup
	@$(BIN)/python tools/bench_answers.py

bench-scenarier: setup
	@$(BIN)/python tools/bench_scenarios.py

bench-profiler: setup
	@$(BIN)/python tools/bench_profiles.py

# The book is built while the chapters are tried: its pages are put together on one core
test: setup-test
	@$(PYTHON) tools/setup_system.py
	@echo "Kodens form"; $(BIN)/ruff check .
	@$(MAKE) -s types
	@echo "Prøver af kapitlerne, mens bogen bygges: giver de det, de har gemt?"
	@$(BIN)/civsam book & book=$$!; $(BIN)/pytest --nbval --nbval-current-env -n 2 --dist loadfile -W default \
		index.ipynb chapters; chapters=$$?; wait $$book && exit $$chapters
	@echo "Prøver af koden, af en bog om indsamlede svar: kan nogen genkendes?, og af bogen på papir"
	@$(PYTEST) -n 0 $(ON_PAPER) & paper=$$!; $(PYTEST) --dist loadfile --no-loadscope-reorder -m "not browser"; \
		code=$$?; wait $$paper && exit $$code
	@echo "Prøver af bogen i en browser"
	@$(PYTEST) --dist loadgroup --no-loadscope-reorder -m browser --ignore=$(ON_PAPER)

# While one writes: the code's form, its types, and the tests that take seconds
check: setup-test
	@$(BIN)/ruff check .
	@$(MAKE) -s types
	@$(PYTEST) --dist loadfile -m "not slow and not browser"

types:
	@$(BIN)/mypy $(TYPED)

# Versions stay as they are where they can; UPGRADE=--upgrade moves all, UPGRADE="-P pandas" one
lock: setup
	@$(LOCK) pyproject.toml --group bog -o requirements.txt
	@$(LOCK) pyproject.toml --group bog --group test -c requirements.txt $(IN_BOOK) -o requirements-test.txt
	@$(LOCK) --group lite -o requirements-lite.txt
	@$(LOCK) --group uv --only-binary :all: -o tools/uv.txt

lite: setup
	@$(PYTHON) tools/setup_env.py lite
	@$(BIN)/python tools/lite.py

clean:
	rm -rf _build

setup:
	@$(PYTHON) tools/setup_env.py

setup-test:
	@$(PYTHON) tools/setup_env.py test
