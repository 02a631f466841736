# The commands people type. Only Python 3.11 or later (and make) must be there beforehand.
# Parameters: make book PARAMS="seed=7 fokus=kultur --name froe7"

PYTHON ?= python3
BIN = .venv/bin
OF_BOOK = tests/test_site.py tests/test_search.py tests/test_interaction.py tests/test_front.py tests/test_own_site.py  # need a built book

.PHONY: book test notebooks bench bench-statistik bench-svar clean setup

book: setup
	@$(BIN)/civsam book $(if $(EDITION),--edition $(EDITION)) $(PARAMS)

notebooks: setup
	@$(BIN)/civsam notebooks

bench: setup
	@$(BIN)/python tools/bench.py; built=$$?; $(BIN)/python tools/bench_statistics.py && exit $$built

bench-statistik: setup
	@$(BIN)/python tools/bench_statistics.py

bench-svar: setup
	@$(BIN)/python tools/bench_answers.py

test: setup
	@$(PYTHON) tools/setup_browser.py
	@echo "Kodens form"; $(BIN)/ruff check .
	@echo "Prøver af koden"; $(BIN)/pytest tests -n 2 --dist loadfile $(foreach test,$(OF_BOOK),--ignore=$(test))
	@echo "Prøver af kapitlerne: giver de det, de har gemt?"; $(BIN)/pytest --nbval --nbval-current-env -n 2 --dist loadfile -W default index.ipynb chapters
	@$(BIN)/civsam book
	@echo "Prøver af bogen i en browser"; $(BIN)/pytest $(filter-out %own_site.py,$(OF_BOOK)) -n 2
	@echo "Prøver af en bog om indsamlede svar: kan nogen genkendes?"; $(BIN)/pytest tests/test_own_site.py

clean:
	rm -rf _build

setup:
	@$(PYTHON) tools/setup_env.py
